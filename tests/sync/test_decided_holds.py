"""Holds from run to run: stored with their rows, approved once, discarded, cleared by themselves."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.runs import RunRecord
from tests.district.records import User
from tests.platform.databases import Database
from tests.sync.bent import bent
from tests.sync.setting import STRICT, Setting, noon, setting

pytestmark = pytest.mark.database

STUDENTS, TEACHERS, ADMINS = Category.STUDENTS, Category.TEACHER_ASSIGNMENTS, Category.DISTRICT_ADMINS
ACTIVE = "SELECT count(*) FROM roster.user_roles WHERE role = 'student' AND ended_at IS NULL"


def students(s: Setting) -> list[User]:
    return [u for u in s.district.population.users.values() if u.roles[0].name == "student"]


def leave(s: Setting, leaving: Iterable[User]) -> list[User]:
    gone = list(leaving)
    for user in gone:
        s.district.population.remove(user)
    return gone


def come_back(s: Setting, people: Iterable[User]) -> None:
    for user in people:
        s.district.population.put(user)


def states(s: Setting) -> dict[str, str]:
    return dict(s.query("SELECT fingerprint, state FROM roster.holds"))


def rows(s: Setting, fingerprint: str) -> int:
    return s.count("SELECT count(*) FROM roster.hold_rows WHERE fingerprint = %s", fingerprint)


async def half_gone(s: Setting) -> tuple[RunRecord, list[User]]:
    """Half the students are missing, and the run that held it."""
    await s.one(STUDENTS)
    gone = leave(s, students(s)[::2])
    record = await s.one(STUDENTS)
    assert record.outcome is Outcome.HELD
    return record, gone


class TestStored:
    async def test_with_its_rows_by_ids_alone(self, database: Database) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            assert states(s) == {record.hold: "open"}
            stored = s.query("SELECT kind, action, sourced_id FROM roster.hold_rows")
            assert sorted(stored) == sorted(
                ("user_roles", "end", user.sourced_id) for user in gone for _ in user.roles
            )
            assert s.query("SELECT parts, reason, counts, decided_at FROM roster.holds") == [
                (["absences", "losses"], "RemovalsHeld", {"user_roles": {"end": record.withheld}}, None)
            ]

    async def test_the_same_changes_have_the_same_fingerprint_and_others_another(self, database: Database) -> None:
        async with setting(database) as s:
            first, _ = await half_gone(s)
            s.clock = lambda: noon() + dt.timedelta(hours=1)
            assert (await s.one(STUDENTS)).hold == first.hold
            ((found, seen),) = s.query("SELECT found_at, seen_at FROM roster.holds")
            assert seen - found == dt.timedelta(hours=1)
            leave(s, students(s)[:1])
            second = (await s.one(STUDENTS)).hold
            assert second != first.hold
            assert states(s) == {first.hold: "cleared", second: "open"}
            assert (rows(s, first.hold), rows(s, second)) == (0, first.withheld + 1)

    async def test_it_clears_itself_when_the_district_mends_it(self, database: Database) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            come_back(s, gone)
            assert (await s.one(STUDENTS)).hold == ""
            assert states(s) == {record.hold: "cleared"}
            leave(s, gone)
            assert (await s.one(STUDENTS)).hold == record.hold
            assert (states(s), rows(s, record.hold)) == ({record.hold: "open"}, record.withheld)

    async def test_an_answer_that_is_not_complete_decides_nothing(self, database: Database) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            come_back(s, gone)
            s.change(approvals=(record.hold,))
            leave(s, gone)
            async with bent(s, too_few):
                unproven = await s.one(STUDENTS)
            assert (unproven.outcome, unproven.hold, unproven.removed) == (Outcome.DISTRICT_FAILED, "", 0)
            assert states(s) == {record.hold: "open"}

    async def test_a_dry_run_stores_nothing(self, database: Database) -> None:
        async with setting(database) as s:
            await s.one(STUDENTS)
            leave(s, students(s)[::2])
            await s.one(STUDENTS, dry_run=True)
            assert states(s) == {}


class TestApproved:
    async def test_what_still_occurs_is_let_through_and_the_rest_faces_the_limits_alone(
        self, database: Database
    ) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            come_back(s, gone[:3])
            leave(s, students(s)[5:7])
            before = s.count(ACTIVE)
            s.change(approvals=(record.hold,))
            applied = await s.one(STUDENTS)
            assert (applied.outcome, applied.hold, applied.rebased) == (Outcome.SUCCEEDED, "", True)
            assert before - s.count(ACTIVE) == applied.removed > record.withheld - 10
            assert states(s) == {record.hold: "applied"}

    async def test_it_works_once_even_if_the_plan_keeps_naming_it(self, database: Database) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            s.change(approvals=(record.hold,))
            assert (await s.one(STUDENTS)).removed == record.withheld
            come_back(s, gone)
            assert (await s.one(STUDENTS)).outcome is Outcome.SUCCEEDED
            leave(s, gone)
            again = [await s.one(STUDENTS) for _ in range(2)]
            assert [(r.outcome, r.removed) for r in again] == [(Outcome.HELD, 0)] * 2
            assert {r.hold for r in again} != {record.hold}
            assert states(s) == {record.hold: "applied", again[0].hold: "open"}

    async def test_others_beyond_the_limits_are_another_hold(self, database: Database) -> None:
        async with setting(database) as s:
            record, _ = await half_gone(s)
            leave(s, students(s)[::2])
            s.change(approvals=(record.hold,))
            applied = await s.one(STUDENTS)
            assert (applied.outcome, applied.removed) == (Outcome.HELD, record.withheld)
            assert states(s) == {record.hold: "applied", applied.hold: "open"}

    async def test_what_the_district_took_back_is_cleared_not_applied(self, database: Database) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            come_back(s, gone)
            s.change(approvals=(record.hold,))
            assert (await s.one(STUDENTS)).removed == 0
            assert states(s) == {record.hold: "cleared"}

    async def test_each_category_has_its_own(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync(STUDENTS, TEACHERS)
            teachers = [u for u in s.district.population.users.values() if u.roles[0].name == "teacher"]
            leave(s, [*students(s)[::2], *teachers[::2]])
            held = await s.sync(STUDENTS, TEACHERS)
            assert [r.outcome for r in held] == [Outcome.HELD] * 2
            s.change(approvals=(held[0].hold,))
            after = await s.sync(STUDENTS, TEACHERS)
            assert [(r.outcome, r.hold) for r in after] == [(Outcome.SUCCEEDED, ""), (Outcome.HELD, held[1].hold)]
            assert states(s) == {held[0].hold: "applied", held[1].hold: "open"}

    async def test_new_admins_come_with_their_people(self, database: Database) -> None:
        async with setting(database) as s:
            s.change(accepted_admins={}, limits=msgspec.structs.replace(STRICT, max_new_admins=0))
            record = await s.one(ADMINS)
            assert (record.outcome, record.total) == (Outcome.HELD, 0)
            s.change(approvals=(record.hold,))
            assert (await s.one(ADMINS)).total == record.new_admins

    async def test_after_an_approval_what_is_left_is_the_peak(self, database: Database) -> None:
        async with setting(database) as s:
            record, _ = await half_gone(s)
            s.change(approvals=(record.hold,))
            await s.one(STUDENTS)
            leave(s, students(s)[:1])
            assert (await s.one(STUDENTS)).outcome is Outcome.SUCCEEDED


class TestDiscarded:
    async def test_it_stays_withheld_and_is_reported_no_more(self, database: Database) -> None:
        async with setting(database) as s:
            record, _ = await half_gone(s)
            before = s.count(ACTIVE)
            s.change(discards=(record.hold,))
            for _ in range(2):
                noted = await s.one(STUDENTS)
                assert (noted.outcome, noted.hold, noted.removed) == (Outcome.SUCCEEDED, "", 0)
                assert noted.withheld == record.withheld
                assert noted.message == f"{record.withheld} changes stay withheld because a person discarded them."
                assert states(s) == {record.hold: "discarded"}
                s.change(discards=())
            assert s.count(ACTIVE) == before

    async def test_others_are_written_or_held_on_their_own(self, database: Database) -> None:
        async with setting(database) as s:
            record, _ = await half_gone(s)
            s.change(discards=(record.hold,))
            leave(s, students(s)[:1])
            assert (await s.one(STUDENTS)).removed >= 1
            leave(s, students(s)[:60])
            other = await s.one(STUDENTS)
            assert other.outcome is Outcome.HELD
            assert states(s) == {record.hold: "discarded", other.hold: "open"}

    async def test_it_can_be_approved_later(self, database: Database) -> None:
        async with setting(database) as s:
            record, _ = await half_gone(s)
            s.change(discards=(record.hold,))
            await s.one(STUDENTS)
            s.change(discards=(), approvals=(record.hold,))
            assert (await s.one(STUDENTS)).removed == record.withheld
            assert states(s) == {record.hold: "applied"}

    async def test_it_clears_itself_when_nothing_of_it_occurs(self, database: Database) -> None:
        async with setting(database) as s:
            record, gone = await half_gone(s)
            s.change(discards=(record.hold,))
            await s.one(STUDENTS)
            come_back(s, gone[1:])
            await s.one(STUDENTS)
            assert states(s) == {record.hold: "discarded"}
            come_back(s, gone)
            await s.one(STUDENTS)
            assert (states(s), rows(s, record.hold)) == ({record.hold: "cleared"}, 0)


class TestAdditionsOnly:
    async def test_ends_are_counted_and_not_written_and_the_rest_flows(self, database: Database) -> None:
        async with setting(database) as s:
            await s.one(STUDENTS)
            s.change(limits=msgspec.structs.replace(STRICT, additions_only=True))
            leave(s, students(s)[::2])
            s.district.controls.add_student()
            before = s.count(ACTIVE)
            record = await s.one(STUDENTS)
            assert (record.outcome, record.removed, record.created, record.hold) == (Outcome.SUCCEEDED, 0, 2, "")
            assert record.withheld > 20
            assert record.message == (
                f"{record.withheld} ends and deactivations were not written because spec.safety.mode is "
                "AdditionsOnly."
            )
            assert s.count(ACTIVE) == before + 1

    async def test_nobody_is_disabled_by_it_but_administrators(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            s.change(limits=msgspec.structs.replace(STRICT, additions_only=True))
            population = s.district.population
            student = students(s)[0]
            admin = next(u for u in population.users.values() if u.roles[0].name == "districtAdministrator")
            for user in (student, admin):
                population.put(replace(user, enabled=False))
            records = await s.sync(STUDENTS, ADMINS)
            assert [(r.withheld, r.changed) for r in records] == [(1, 0), (0, 1)]
            disabled = s.query("SELECT sourced_id FROM roster.users WHERE NOT enabled")
            assert (admin.sourced_id,) in disabled
            assert (student.sourced_id,) not in disabled

    async def test_a_dismissed_admin_goes_all_the_same(self, database: Database) -> None:
        async with setting(database) as s:
            await s.one(ADMINS)
            s.change(limits=msgspec.structs.replace(STRICT, additions_only=True))
            population = s.district.population
            one, other, *_ = [u for u in population.users.values() if u.roles[0].name == "districtAdministrator"]
            population.put(replace(one, status="tobedeleted"))
            population.remove(other)
            record = await s.one(ADMINS)
            assert (record.outcome, record.removed, record.withheld) == (Outcome.SUCCEEDED, 1, 1)


class TestPeak:
    async def test_nine_percent_an_hour_is_held_in_the_second_hour(self, database: Database) -> None:
        async with setting(database) as s:
            s.change(limits=msgspec.structs.replace(STRICT, removed_floor=0, max_removed_percent=12))
            await s.one(STUDENTS)
            outcomes = []
            for hour in range(1, 4):
                s.clock = lambda hour=hour: noon() + dt.timedelta(hours=hour)  # type: ignore[misc]
                leave(s, one_in_eleven(s))
                outcomes.append((await s.one(STUDENTS)).outcome)
            assert outcomes == [Outcome.SUCCEEDED, Outcome.HELD, Outcome.HELD]

    async def test_after_seven_days_it_is_forgotten(self, database: Database) -> None:
        async with setting(database) as s:
            s.change(limits=msgspec.structs.replace(STRICT, removed_floor=0, max_removed_percent=12))
            await s.one(STUDENTS)
            for day in (1, 9):
                s.clock = lambda day=day: noon() + dt.timedelta(days=day)  # type: ignore[misc]
                leave(s, one_in_eleven(s))
                assert (await s.one(STUDENTS)).outcome is Outcome.SUCCEEDED

    async def test_a_school_that_is_no_longer_linked_is_no_removal(self, database: Database) -> None:
        async with setting(database) as s:
            s.change(limits=msgspec.structs.replace(STRICT, removed_floor=0))
            await s.one(STUDENTS)
            links = dict(s.plan.links)
            del links[min(links)]
            s.change(links=links)
            leave(s, [next(u for u in students(s) if {role.org for role in u.roles} <= links.keys())])
            record = await s.one(STUDENTS)
            assert (record.outcome, record.removed) == (Outcome.SUCCEEDED, 1)


def one_in_eleven(s: Setting) -> list[User]:
    """Of each school."""
    by_school: dict[str, list[User]] = {}
    for user in students(s):
        by_school.setdefault(user.roles[0].org, []).append(user)
    return [user for people in by_school.values() for user in people[: len(people) // 11]]


def too_few(collection: str, records: list[Any], headers: dict[str, str]) -> None:
    headers["X-Total-Count"] = str(int(headers["X-Total-Count"]) + 100)
