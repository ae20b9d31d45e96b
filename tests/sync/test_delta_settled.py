"""Up to where a category has what changed, and what is settled by all of it alone."""

import datetime as dt
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from oneroster_operator.api.report import Outcome, Pull
from tests.district.settings import Paging
from tests.platform.databases import Database
from tests.sync.setting import STRICT
from tests.sync.weekly import (
    DAY,
    DELTA,
    FIRST,
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


class TestWatermarks:
    async def test_move_with_what_is_written(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            hour = dt.timedelta(hours=1)
            assert w.watermarks() == [(STUDENTS, "users", FIRST - hour, FIRST, FIRST)]
            await w.next_day(STUDENTS)
            assert w.watermarks() == [(STUDENTS, "users", FIRST + DAY - hour, FIRST + DAY, FIRST)]

    async def test_stay_where_the_merge_is_undone_and_the_next_run_brings_it_all(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            before = w.watermarks(), w.holding()
            w.put(student(w), given_name="Ada")
            w.wait(days=2)
            with psycopg.connect(database.admin_url, autocommit=True) as admin:
                admin.execute(
                    "ALTER TABLE roster.sync_runs ADD CONSTRAINT none CHECK (outcome <> 'Succeeded') NOT VALID"
                )
                (record,) = await w.s.sync(STUDENTS)
                admin.execute("ALTER TABLE roster.sync_runs DROP CONSTRAINT none")
            assert record.outcome is not Outcome.SUCCEEDED
            assert (w.watermarks(), w.holding()) == before
            w.wait(days=2)
            assert pulls(await w.s.sync(STUDENTS)) == [DELTA]
            assert row(w, "users", student(w))[4] == "Ada"

    async def test_stay_where_all_of_it_is_not_proven_to_be_all(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            before = w.watermarks()
            w.behave(paging=Paging(total_error=1))
            (record,) = await w.next_day(STUDENTS)
            assert (record.outcome, record.reason) == (Outcome.DISTRICT_FAILED, "PullIncomplete")
            assert w.watermarks() == before

    async def test_stay_where_a_run_is_a_dry_one_which_is_shown_all_of_it(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            before = w.watermarks()
            gone = student(w)
            w.remove(*enrollments(w, gone), gone)
            w.wait(days=1)
            records = await w.s.sync(dry_run=True)
            assert pulls(records) == [(Outcome.SUCCEEDED, Pull.FULL, "")] * 5
            assert w.watermarks() == before

    async def test_are_none_where_every_run_asks_for_all_of_it(self, database: Database) -> None:
        async with weekly(database) as w:
            w.s.change(full="Always")
            assert pulls(await w.s.sync()) == [(Outcome.SUCCEEDED, Pull.FULL, "")] * 5
            assert w.watermarks() == []
            assert not any("dateLastModified" in asked for asked in w.asked())


class TestUnsettled:
    async def test_while_something_is_withheld_all_is_asked_for(self, database: Database) -> None:
        async with weekly(database, limits=STRICT) as w:
            await w.s.sync(STUDENTS)
            gone = [student(w, number) for number in range(25)]
            w.remove(*gone)
            w.wait(days=7)
            (record,) = await w.s.sync(STUDENTS)
            assert (record.outcome, record.pull, record.pull_reason) == (Outcome.HELD, Pull.FULL, WEEK_AGO)
            told = "Something is withheld, and only all of it shows whether that is still so."
            assert pulls(await w.next_day(STUDENTS)) == [(Outcome.HELD, Pull.FULL, told)]
            for user in gone:
                w.put(user)
            assert pulls(await w.next_day(STUDENTS)) == [(Outcome.SUCCEEDED, Pull.FULL, told)]
            assert pulls(await w.next_day(STUDENTS)) == [DELTA]

    async def test_what_would_be_withheld_is_judged_by_all_of_it(self, database: Database) -> None:
        async with weekly(database, limits=STRICT) as w:
            await w.s.sync(STUDENTS)
            for user in [student(w, number) for number in range(25)]:
                w.put(user, status="tobedeleted")
            told = "What changed is beyond the limits, and only all of it shows what became of the rest."
            assert pulls(await w.next_day(STUDENTS)) == [(Outcome.HELD, Pull.FULL, told)]

    async def test_people_who_may_all_have_other_ids_are_judged_by_all_of_it(self, database: Database) -> None:
        async with weekly(database, limits=STRICT) as w:
            await w.s.sync(STUDENTS)
            everybody = [u for u in w.population.users.values() if u.roles[0].name == "student"]
            w.remove(*everybody)
            for user in everybody:
                w.put(user, sourced_id=f"other-{user.sourced_id}")
            before = w.holding()
            (record,) = await w.next_day(STUDENTS)
            assert (record.outcome, record.reason, record.pull) == (Outcome.HELD, "IdsChanged", Pull.FULL)
            assert w.holding() == before

    async def test_while_an_enrollment_waits_all_is_asked_for(self, database: Database) -> None:
        async with weekly(database) as w:
            someone = student(w)
            w.put(someone, status="tobedeleted")
            (first, *_) = await w.s.sync(ROSTERS, STUDENTS)
            assert first.waiting > 0
            await w.s.sync(STUDENTS, ROSTERS)
            w.put(someone, status="active")
            w.wait(days=1)
            assert pulls([await w.one(STUDENTS)]) == [DELTA]
            told = "Enrollments lack their user or class, and only all of it shows whether they have come."
            record = await w.one(ROSTERS)
            assert (record.pull, record.pull_reason, record.waiting) == (Pull.FULL, told, 0)
            assert row(w, "enrollments", enrollments(w, someone)[0])[-1]

    async def test_what_has_waited_long_enough_is_counted_and_no_reason_any_more(self, database: Database) -> None:
        async with weekly(database) as w:
            w.put(student(w), status="tobedeleted")
            await w.s.sync(STUDENTS, ROSTERS)
            w.wait(days=14)
            (first,) = await w.next_day(ROSTERS)
            (second,) = await w.next_day(ROSTERS)
            assert (first.pull, second.pull) == (Pull.FULL, Pull.DELTA)
            assert second.quarantined_by_rule == first.quarantined_by_rule
            assert second.quarantined > 0
            assert w.s.count("SELECT count(*) FROM roster.quarantine") == second.quarantined

    async def test_who_is_not_among_what_changed_may_be_there_all_the_same(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync()
            _, enrollment = taught(w)
            aide = next(user for user in w.population.users.values() if user.roles[0].name == "aide")
            w.put(enrollment, user=aide.sourced_id)
            (record,) = await w.next_day(TEACHERS)
            assert (record.pull, record.waiting, record.quarantined) == (Pull.DELTA, 1, 0)

    async def test_whoever_would_go_unseen_is_looked_for_in_all_of_it(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            former = "UPDATE roster.users SET former_sourced_id = sourced_id, former_epoch = 0, sourced_id = NULL"
            w.s.query(f"{former} WHERE sourced_id = %s RETURNING id", student(w).sourced_id)
            told = "Something is not listed that has to be."
            assert pulls(await w.next_day(STUDENTS)) == [(Outcome.SUCCEEDED, Pull.FULL, told)]

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"enabledUser": "perhaps"}, "InvalidBoolean"),
            (
                {"roles": [{"role": "superintendent", "roleType": "primary", "org": {"sourcedId": "0101"}}]},
                "UnknownRole",
            ),
        ],
    )
    async def test_what_cannot_be_used_stays_as_it_is_and_counted_until_it_comes_good(
        self, database: Database, fields: dict[str, Any], rule: str
    ) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            someone = student(w)
            w.put(someone, roles=(replace(someone.roles[0], end=w.population.today + 3 * DAY),))
            held = row(w, "users", someone)[-1]

            def spoil(collection: str, records: list[Any], headers: dict[str, str]) -> None:
                for record in records:
                    if record["sourcedId"] == someone.sourced_id:
                        record.update(fields)

            async with w.bent(spoil):
                told = [record for _ in range(5) for record in await w.next_day(STUDENTS)]
            assert pulls(told) == [DELTA] * 5
            assert [record.quarantined_by_rule for record in told] == [{rule: 1}] * 5
            assert row(w, "users", someone)[-1] == (held and rule != "UnknownRole")
            w.put(someone, given_name="Ada")
            (record,) = await w.next_day(STUDENTS)
            assert (record.pull, record.quarantined) == (Pull.DELTA, 0)
            assert w.s.count("SELECT count(*) FROM roster.quarantine") == 0
