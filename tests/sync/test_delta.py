"""Runs that ask for what changed, and for all of it once a week: what comes of it."""

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import identity_fingerprint
from oneroster_operator.api.report import Outcome, Pull
from tests.district.settings import Queries, Settings
from tests.platform.databases import Database
from tests.sync.holding import current
from tests.sync.weekly import (
    DAY,
    DELTA,
    NOT_YET,
    ROSTERS,
    STUDENTS,
    TEACHERS,
    WEEK_AGO,
    enrollments,
    pulls,
    row,
    student,
    taught,
    weekly,
)

pytestmark = pytest.mark.database


VERSIONS = pytest.mark.parametrize("version", ["1.1", "1.2"])


class TestWhatChanged:
    @VERSIONS
    async def test_comes_and_is_all_that_is_asked_for(self, database: Database, version: Any) -> None:
        async with weekly(database, Settings(version=version)) as w:
            assert pulls(await w.s.sync()) == [(Outcome.SUCCEEDED, Pull.FULL, NOT_YET)] * 5
            first = w.holding()
            w.wait(hours=20)
            w.put(student(w), given_name="Ada")
            w.s.district.controls.add_student()
            gone = enrollments(w, student(w, 1))[0]
            w.put(gone, status="tobedeleted")
            w.wait(hours=4)
            w.asked()
            records = await w.s.sync()
            assert pulls(records) == [DELTA] * 5
            assert all(asked.startswith("dateLastModified>=") for asked in w.asked())
            assert sum(record.records for record in records) < 100
            assert row(w, "users", student(w))[4] == "Ada"
            assert not row(w, "enrollments", gone)[-1]
            assert len(w.holding()["users"]) == len(first["users"]) + 1
            assert sum(record.removed for record in records) == 1

    @VERSIONS
    async def test_is_nothing_and_then_nothing_is_written(self, database: Database, version: Any) -> None:
        async with weekly(database, Settings(version=version)) as w:
            first = await w.s.sync()
            w.wait(days=3)
            writes, records = await w.s.writes_of()
            assert pulls(records) == [DELTA] * 5
            assert writes == {}
            assert [(r.created, r.changed, r.removed) for r in records] == [(0, 0, 0)] * 5
            assert [(r.total, r.schools, r.unchanged) for r in records] == [
                (r.total, r.schools, r.created + r.unchanged) for r in first
            ]

    async def test_categories_that_run_alone_see_what_others_saw_before(self, database: Database) -> None:
        async with weekly(database) as w:
            for category in Category:
                await w.s.one(category)
            w.wait(hours=30)
            w.s.district.controls.add_student()
            w.put(taught(w)[1], primary=not taught(w)[1].primary)
            w.wait(hours=1)
            told = [await w.s.one(category) for category in Category]
            assert pulls(told) == [DELTA] * 5
            assert [record.created > 0 for record in told] == [True, False, True, False, False]
            before = w.holding()
            w.s.change(full="Always")
            await w.s.sync()
            assert w.holding() == before

    async def test_a_change_whose_time_is_before_the_run_that_missed_it_is_not_lost(
        self, database: Database
    ) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            w.put(student(w), given_name="Ada", modified=w.calendar.now - dt.timedelta(minutes=50))
            assert pulls(await w.next_day()) == [DELTA] * 5
            assert row(w, "users", student(w))[4] == "Ada"
            w.wait(days=1)
            assert pulls(await w.s.sync()) == [DELTA] * 5

    async def test_of_a_server_that_takes_the_zone_for_another_is_not_lost(self, database: Database) -> None:
        async with weekly(database, Settings(queries=Queries(filter_moved=dt.timedelta(hours=14)))) as w:
            await w.s.sync()
            w.put(student(w), given_name="Ada")
            assert pulls(await w.next_day()) == [DELTA] * 5
            assert row(w, "users", student(w))[4] == "Ada"


class TestWhatIsNoLongerListed:
    async def test_is_removed_by_a_full_pull_alone(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            first = w.holding()
            gone = student(w)
            w.remove(*enrollments(w, gone), gone)
            for _ in range(6):
                assert pulls(await w.next_day()) == [DELTA] * 5
                assert w.holding() == first
            records = await w.next_day()
            assert pulls(records) == [(Outcome.SUCCEEDED, Pull.FULL, WEEK_AGO)] * 5
            assert not row(w, "users", gone)[-1]
            assert pulls(await w.next_day()) == [DELTA] * 5

    async def test_and_is_claimed_by_another_category_is_not_claimed_anew(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            w.wait(days=1)
            class_, teacher = taught(w)
            w.remove(
                *(e for e in list(w.population.enrollments.values()) if e.class_ == class_.sourced_id), class_
            )
            long_ago = "UPDATE roster.watermarks SET full_at = full_at - interval '7 days' WHERE category = %s"
            w.s.query(f"{long_ago} RETURNING collection", ROSTERS)
            assert (await w.one(ROSTERS)).pull is Pull.FULL
            assert row(w, "classes", class_)[-2:] == (("TeacherAssignments",), True)
            assert pulls([await w.one(TEACHERS)]) == [DELTA]
            for together in ([ROSTERS], [TEACHERS, ROSTERS]):
                w.wait(hours=1)
                assert pulls(await w.s.sync(*together)) == [DELTA] * len(together)
                assert row(w, "classes", class_)[-2:] == (("TeacherAssignments",), True)
            assert row(w, "enrollments", teacher)[-1]


class TestDates:
    async def test_what_has_ended_by_its_date_ends(self, database: Database) -> None:
        async with weekly(database) as w:
            someone, (enrollment, *_) = student(w), enrollments(w, student(w, 1))
            end = w.population.today + 4 * DAY
            w.put(someone, roles=(replace(someone.roles[0], end=end),))
            w.put(enrollment, end=end)
            await w.s.sync()
            for _ in range(3):
                assert pulls(await w.next_day(STUDENTS, ROSTERS)) == [DELTA] * 2
                assert row(w, "users", someone)[-1]
                assert row(w, "enrollments", enrollment)[-1]
            assert pulls(await w.next_day(STUDENTS, ROSTERS)) == [DELTA] * 2
            assert not row(w, "users", someone)[-1]
            assert not row(w, "enrollments", enrollment)[-1]
            assert row(w, "enrollments", enrollments(w, student(w, 1))[1])[-1]

    @pytest.mark.parametrize("seen_by", ["full", "delta"])
    async def test_on_the_day_on_which_something_begins_all_is_asked_for(
        self, database: Database, seen_by: str
    ) -> None:
        async with weekly(database) as w:
            if seen_by == "delta":
                await w.s.sync()
                w.wait(days=2)
            someone, begin = student(w), w.population.today + 4 * DAY
            w.put(someone, roles=(replace(someone.roles[0], begin=begin),))
            await w.s.sync(STUDENTS)
            assert not [r for r in current(w.holding()["users"]) if r[0] == someone.sourced_id]
            for _ in range(3):
                assert pulls(await w.next_day(STUDENTS)) == [DELTA]
            told = "Roles or enrollments came into force by their dates."
            assert pulls(await w.next_day(STUDENTS)) == [(Outcome.SUCCEEDED, Pull.FULL, told)]
            assert row(w, "users", someone)[-1]
            assert pulls(await w.next_day(STUDENTS)) == [DELTA]


class TestThePlan:
    async def test_a_school_that_is_linked_now_brings_who_did_not_change(self, database: Database) -> None:
        async with weekly(database, unlinked=["0101"]) as w:
            await w.s.sync()
            w.s.change(links={**w.s.plan.links, "0101": "sch_0101"})
            told = "Schools, categories, endpoint, time zone, mode or software changed since the last time."
            assert pulls(await w.next_day()) == [(Outcome.SUCCEEDED, Pull.FULL, told)] * 5
            assert w.s.count("SELECT count(*) FROM roster.user_roles WHERE school_id = 'sch_0101'") > 0
            assert pulls(await w.next_day()) == [DELTA] * 5

    async def test_a_category_that_needs_all_of_it_gives_all_of_it_to_the_others_of_its_run(
        self, database: Database
    ) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            records = await w.next_day(STUDENTS, Category.SCHOOL_ADMINS)
            assert pulls(records) == [
                (Outcome.SUCCEEDED, Pull.FULL, "Another category of the same run needs all of it."),
                (Outcome.SUCCEEDED, Pull.FULL, NOT_YET),
            ]

    async def test_who_comes_back_to_an_earlier_endpoint_is_asked_for_all_of_it(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS, TEACHERS)
            first = w.s.plan.endpoint
            for endpoint in (msgspec.structs.replace(first, url=f"{first.url}/new"), first):
                approved = identity_fingerprint(endpoint.url, endpoint.version)
                w.s.change(endpoint=endpoint, approved_identity=approved)
                await w.next_day(STUDENTS)
            (record,) = await w.next_day(TEACHERS)
            assert (record.outcome, record.pull, record.pull_reason) == (Outcome.SUCCEEDED, Pull.FULL, NOT_YET)
            assert row(w, "enrollments", taught(w)[1])[-1]


class TestRosters:
    async def test_a_class_that_comes_back_comes_with_its_enrollments(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            class_, teacher = taught(w)
            w.put(class_, status="tobedeleted")
            await w.next_day()
            assert not row(w, "enrollments", teacher)[-1]
            w.put(class_, status="active")
            records = {record.category: record for record in await w.next_day()}
            assert records[TEACHERS].pull is Pull.FULL
            assert row(w, "enrollments", teacher)[-1]
            assert row(w, "classes", class_)[-2:] == (("ClassRosters", "TeacherAssignments"), True)

    async def test_a_class_that_nobody_taught_so_far_is_found(self, database: Database) -> None:
        async with weekly(database) as w:
            class_, teacher = taught(w)
            w.put(teacher, status="tobedeleted")
            await w.s.sync(TEACHERS)
            assert class_.sourced_id not in {r[0] for r in w.holding()["classes"]}
            w.put(teacher, status="active")
            told = "What changed belongs to something that did not, and that has not been needed so far."
            assert pulls(await w.next_day(TEACHERS)) == [(Outcome.SUCCEEDED, Pull.FULL, told)]
            assert row(w, "enrollments", teacher)[-1]

    async def test_the_last_claim_ends_a_class_that_is_deleted(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            class_, _ = taught(w)
            w.put(class_, status="tobedeleted")
            assert pulls(await w.next_day()) == [DELTA] * 5
            assert row(w, "classes", class_)[-2:] == ((), False)
