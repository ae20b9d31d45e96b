"""How a run ends that cannot be had, and what it says of it."""

import asyncio
import contextlib
import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import OAuth2
from oneroster_operator.platform.runs import RunRecord
from oneroster_operator.sync import lock
from tests.platform.databases import Database
from tests.sync.bent import bent
from tests.sync.setting import DISTRICT, setting

pytestmark = pytest.mark.database


def endings(records: list[RunRecord]) -> list[tuple[Category, Outcome, str]]:
    return [(record.category, record.outcome, record.reason) for record in records]


async def test_a_refused_collection_is_the_business_of_those_who_need_it(database: Database) -> None:
    async with setting(database) as s:
        s.district.controls.refuse("enrollments")
        records = await s.sync()
        assert endings(records) == [
            (Category.STUDENTS, Outcome.SUCCEEDED, ""),
            (Category.TEACHER_ASSIGNMENTS, Outcome.REFUSED, "Forbidden"),
            (Category.CLASS_ROSTERS, Outcome.REFUSED, "Forbidden"),
            (Category.SCHOOL_ADMINS, Outcome.SUCCEEDED, ""),
            (Category.DISTRICT_ADMINS, Outcome.SUCCEEDED, ""),
        ]
        assert records[1].message.startswith("TeacherAssignments needs enrollments: ")
        assert records[1].created == 0
        assert s.count("SELECT count(*) FROM roster.classes") == 0
        assert s.query("SELECT outcome FROM roster.sync_runs ORDER BY id") == [(r.outcome,) for r in records]


async def test_refused_credentials_are_not_tried_again(database: Database) -> None:
    async with setting(database) as s:
        s.district.controls.rotate_secret()
        records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.REFUSED, "InvalidCredentials")}
        assert len(records) == 5
        asked = s.district.district.counts["token"]
        await s.one(Category.STUDENTS)
        assert s.district.district.counts["token"] == 2 * asked
        assert s.count("SELECT count(*) FROM roster.sync_runs WHERE outcome = 'Refused'") == 6


async def test_a_lost_database_ends_them_all(database: Database) -> None:
    async with setting(database) as s:
        s.access = replace(s.access, sync_url="postgresql://nobody:none@127.0.0.1:1/platform")
        records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.PLATFORM_FAILED, "PlatformUnreachable")}
        assert len(records) == 5
        assert "none" not in records[0].message
        assert s.district.district.counts["users"] == 0, "nobody was asked for nothing"


async def test_sessions_that_all_break_off_write_nothing(database: Database) -> None:
    async with setting(database) as s:

        def cut(collection: str, records: list[dict[str, Any]], headers: dict[str, str]) -> None:
            with psycopg.connect(s.database.admin_url) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'oneroster-sync'"
                )

        async with bent(s, cut):
            records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.PLATFORM_FAILED, "PlatformUnreachable")}
        assert len(records) == 5
        assert s.count("SELECT count(*) FROM roster.users") == 0


async def test_a_school_that_the_platform_does_not_have_is_named(database: Database) -> None:
    async with setting(database) as s:
        s.change(links=s.plan.links | {"0101": "sch_of_another_district"})
        records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.FAILED, "SchoolUnknown")}
        assert "sch_of_another_district" in records[0].message


async def test_a_district_that_the_platform_does_not_have_is_named(database: Database) -> None:
    async with setting(database) as s:
        s.change(district_id="shelbyville")
        records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.FAILED, "DistrictUnknown")}


async def test_what_nobody_foresaw_tells_its_class_and_keeps_its_text(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with setting(database) as s:
        await s.sync(Category.STUDENTS)
        with psycopg.connect(s.database.admin_url) as connection:
            connection.execute("ALTER TABLE roster.users ADD CHECK (family_name <> 'CANARY')")
        population = s.district.population
        student = next(u for u in population.users.values() if u.roles[0].name == "student")
        population.put(replace(student, family_name="CANARY"))
        records = await s.sync(Category.STUDENTS, Category.SCHOOL_ADMINS)
        assert endings(records) == [
            (Category.STUDENTS, Outcome.FAILED, "CheckViolation"),
            (Category.SCHOOL_ADMINS, Outcome.SUCCEEDED, ""),
        ]
        assert "CANARY" not in caplog.text + records[0].message
        assert "23514" in caplog.text, "the SQLSTATE is told"
        assert "merge.py" in caplog.text, "and where it was"


async def test_the_time_that_is_up_is_told_apart_by_who_used_it(database: Database) -> None:
    async with setting(database) as s:
        s.change(run_seconds=1)
        s.district.controls.begin_outage()
        records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.DISTRICT_FAILED, "DeadlineExceeded")}
        assert len(records) == 5
        assert s.count("SELECT count(*) FROM roster.sync_runs") == 5


async def test_of_two_runs_one_waits_for_the_other(database: Database) -> None:
    async with setting(database) as s:
        first, second = await asyncio.gather(s.sync(), s.sync())
        assert {r.outcome for r in (*first, *second)} == {Outcome.SUCCEEDED}
        created = sorted(sum(r.created for r in records) for records in (first, second))
        assert created[0] == 0 < created[1]
        jobs = [job for (job,) in s.query("SELECT job FROM roster.sync_runs ORDER BY id")]
        assert jobs in (["job-1"] * 5 + ["job-2"] * 5, ["job-2"] * 5 + ["job-1"] * 5)


async def test_a_run_that_waited_in_vain_is_skipped(database: Database) -> None:
    async with setting(database) as s:
        s.change(lock_wait_seconds=0)
        async with await psycopg.AsyncConnection.connect(s.database.admin_url, autocommit=True) as other:
            assert await lock.acquire(other, DISTRICT, 0)
            records = await s.sync()
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.SKIPPED, "LockHeld")}
        assert "another run" in records[0].message.lower()
        assert s.district.district.counts["users"] == 0
        assert s.count("SELECT count(*) FROM roster.sync_runs WHERE outcome = 'Skipped'") == 5


async def test_another_districts_run_is_not_waited_for(database: Database) -> None:
    async with setting(database) as s:
        s.change(lock_wait_seconds=0)
        async with await psycopg.AsyncConnection.connect(s.database.admin_url, autocommit=True) as other:
            assert await lock.acquire(other, "shelbyville", 0)
            assert (await s.one(Category.STUDENTS)).outcome is Outcome.SUCCEEDED


async def test_a_transaction_takes_the_lock_again_only_from_its_own_session(database: Database) -> None:
    async with (
        await psycopg.AsyncConnection.connect(database.admin_url, autocommit=True) as ours,
        await psycopg.AsyncConnection.connect(database.admin_url, autocommit=True) as theirs,
    ):
        assert await lock.acquire(ours, DISTRICT, 0)
        async with ours.transaction():
            await lock.retake(ours, DISTRICT)
        async with theirs.transaction():
            with pytest.raises(lock.LockLost):
                await lock.retake(theirs, DISTRICT)


async def test_a_run_that_is_told_to_stop_says_so_and_has_written_nothing_of_the_rest(database: Database) -> None:
    async with setting(database) as s:
        reached = asyncio.Event()

        def at_enrollments(collection: str, records: list[dict[str, Any]], headers: dict[str, str]) -> None:
            if collection == "enrollments":
                reached.set()

        async with bent(s, at_enrollments):
            run = s.run()
            work = asyncio.create_task(run.work())
            await reached.wait()
            work.cancel()
            started = asyncio.get_running_loop().time()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            await run.interrupted()
        assert asyncio.get_running_loop().time() - started < 5
        assert endings(run.records) == [
            (Category.STUDENTS, Outcome.SUCCEEDED, ""),
            *((category, Outcome.FAILED, "Interrupted") for category in list(Category)[1:]),
        ]
        assert s.count("SELECT count(*) FROM roster.classes") == 0
        assert s.query("SELECT category, outcome, reason FROM roster.sync_runs ORDER BY id") == endings(
            run.records
        )
        assert {r.outcome for r in await s.sync()} == {Outcome.SUCCEEDED}, "the next run heals"


async def test_days_begin_in_the_districts_time_zone(database: Database) -> None:
    """Noon in Chicago is the next day on Kiritimati, where a role that begins then has begun."""
    async with setting(database) as s:
        population = s.district.population
        student = next(
            u for u in population.users.values() if u.roles[0].name == "student" and u.status == "active"
        )
        role = replace(student.roles[0], begin=population.today + dt.timedelta(days=1))
        population.put(replace(student, roles=(role,)))
        here = await s.one(Category.STUDENTS)
        s.change(time_zone="Pacific/Kiritimati")
        there = await s.one(Category.STUDENTS)
        assert there.total == here.total + 1
        assert ZoneInfo(s.plan.time_zone).key == "Pacific/Kiritimati"


async def test_no_secret_is_in_an_access_that_is_shown(database: Database) -> None:
    async with setting(database) as s:
        assert isinstance(s.access.credentials, OAuth2)
        shown = repr(s.access)
        assert s.district.client_secret not in shown
        assert s.database.sync_url not in shown
