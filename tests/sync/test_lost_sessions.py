"""A database that breaks the session off in the midst of a run, and is there again or not."""

import asyncio
import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.district_lock import lock_key
from oneroster_operator.platform.runs import RunRecord
from oneroster_operator.sync.reconnect import Reconnecting
from tests.platform.databases import Database, fresh_database
from tests.platform.postgres import Server, free_port, running
from tests.sync.bent import bent
from tests.sync.holding import Holding, holding
from tests.sync.setting import DISTRICT, Setting, noon, setting
from tests.sync.test_kills import wait_until
from tests.sync.wire import Fate, Wire, wired

pytestmark = pytest.mark.database

COPY_OF_ENROLLMENTS = b'COPY "stage_enrollments"'
DIFF = b"INSERT INTO differences"
MERGE_OF_USERS = b"INSERT INTO roster.users"
MERGE_OF_ENROLLMENTS = b"INSERT INTO roster.enrollments"
ACCOUNT = b"INSERT INTO roster.sync_runs"
COMMIT = b"COMMIT\x00"


class Undisturbed(NamedTuple):
    """What the platform holds after a run that nothing disturbed, and that run's account."""

    holding: Holding
    created: dict[Category, int]


@pytest.fixture(scope="module")
def undisturbed(postgres: Server) -> Iterator[Undisturbed]:
    async def sync(database: Database) -> dict[Category, int]:
        async with setting(database) as s:
            return created(await s.sync())

    with fresh_database(postgres) as database:
        account = asyncio.run(sync(database))
        yield Undisturbed(holding(database.admin_url), account)


def created(records: list[RunRecord]) -> dict[Category, int]:
    assert {record.outcome for record in records} == {Outcome.SUCCEEDED}, records
    return {record.category: record.created for record in records}


def accounts(of: Setting) -> list[tuple[Any, ...]]:
    return of.query("SELECT category, outcome, count(*) FROM roster.sync_runs GROUP BY 1, 2 ORDER BY min(id)")


EACH_ONCE = [(category, "Succeeded", 1) for category in Category]


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        pytest.param(COPY_OF_ENROLLMENTS, 1, id="while the district is read"),
        pytest.param(DIFF, 1, id="while the first category is compared"),
        pytest.param(DIFF, 9, id="while a later category is compared"),
        pytest.param(MERGE_OF_USERS, 1, id="while the first category is written"),
        pytest.param(MERGE_OF_ENROLLMENTS, 2, id="while a later category is written"),
        pytest.param(COMMIT, 1, id="when the first category is committed"),
        pytest.param(COMMIT, 5, id="when the last category is committed"),
    ],
)
@pytest.mark.parametrize("fate", Fate)
async def test_a_lost_session_is_made_up_for(
    database: Database, undisturbed: Undisturbed, statement: bytes, number: int, fate: Fate
) -> None:
    async with setting(database) as s:
        s.reconnecting = Reconnecting(first_delay=0.05)
        wire = Wire(statement, fate, number, after=ACCOUNT if statement == COMMIT else b"")
        async with wired(s, wire):
            records = await s.sync()
        assert wire.met == 1
        assert wire.sessions == 2
        assert created(records) == undisturbed.created, "what was written is told, not written again"
        assert accounts(s) == EACH_ONCE
        assert holding(database.admin_url) == undisturbed.holding


async def test_categories_that_are_written_are_not_run_again(database: Database) -> None:
    async with setting(database) as s:
        asked = s.district.district.counts
        await s.sync(Category.STUDENTS, Category.CLASS_ROSTERS)
        usual = asked.copy()
        async with wired(s, Wire(ACCOUNT, Fate.TERMINATED, 2)):
            await s.sync(Category.STUDENTS, Category.CLASS_ROSTERS)
        assert asked["users"] == 2 * usual["users"], "for the students, who are written"
        assert asked["enrollments"] == 3 * usual["enrollments"]


async def test_a_commit_that_was_the_last_is_not_told_as_failed(database: Database) -> None:
    """The account is there though nobody heard of it; the district is not asked again."""
    async with setting(database) as s:
        async with wired(s, Wire(COMMIT, Fate.CUT_AFTER, after=ACCOUNT)):
            record = await s.one(Category.STUDENTS)
        assert record.outcome is Outcome.SUCCEEDED
        assert accounts(s) == [(Category.STUDENTS, "Succeeded", 1)]
        asked = s.district.district.counts["users"]
        await s.one(Category.STUDENTS)
        assert s.district.district.counts["users"] == 2 * asked


async def test_a_commit_of_an_earlier_run_is_not_taken_for_this_ones(database: Database) -> None:
    """Outside of a cluster all runs are of one job."""
    async with setting(database) as s:
        await s.one(Category.STUDENTS)
        s.jobs = 0
        s.clock = lambda: noon() + dt.timedelta(minutes=1)
        async with wired(s, Wire(COMMIT, Fate.CUT_BEFORE, after=ACCOUNT)):
            record = await s.one(Category.STUDENTS)
        assert record.created == 0
        assert accounts(s) == [(Category.STUDENTS, "Succeeded", 2)]


async def test_what_is_lost_again_and_again_is_the_platforms_fault(database: Database) -> None:
    async with setting(database) as s:
        wire = Wire(MERGE_OF_USERS, Fate.TERMINATED, times=10)
        async with wired(s, wire):
            records = await s.sync()
        assert wire.met == 4, "three times it is begun again"
        assert [r.category for r in records] == list(Category)
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.PLATFORM_FAILED, "PlatformUnreachable")}
        assert "lost its session" in records[0].message
        assert s.count("SELECT count(*) FROM roster.users") == 0
        assert accounts(s) == [(category, "PlatformFailed", 1) for category in Category]
        assert {r.outcome for r in await s.sync()} == {Outcome.SUCCEEDED}


async def test_a_preview_too_is_made_up_for(database: Database) -> None:
    async with setting(database) as s:
        async with wired(s, Wire(ACCOUNT, Fate.CUT_AFTER)):
            records = await s.sync(dry_run=True)
        assert {r.outcome for r in records} == {Outcome.SUCCEEDED}
        assert accounts(s) == EACH_ONCE


async def test_another_run_that_has_the_lock_meanwhile_does_not_hide_the_loss(database: Database) -> None:
    async with setting(database) as s:
        s.change(lock_wait_seconds=0)
        wire = Wire(MERGE_OF_USERS, Fate.CUT_BEFORE)
        async with wired(s, wire), await psycopg.AsyncConnection.connect(s.database.admin_url) as other:
            work = asyncio.create_task(s.sync())
            await asyncio.wait_for(asyncio.to_thread(wait_until, lambda: locks_held(s) > 0), 30)
            await other.execute("SELECT pg_advisory_lock(%s)", [lock_key(DISTRICT)])
            assert wire.met == 1
            records = await work
        assert {(r.outcome, r.reason) for r in records} == {(Outcome.PLATFORM_FAILED, "PlatformUnreachable")}
        assert "lost its session" in records[0].message
        assert accounts(s) == [(category, "PlatformFailed", 1) for category in Category]


def locks_held(of: Setting) -> int:
    return of.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")


async def test_a_server_that_is_started_anew_is_waited_for(undisturbed: Undisturbed) -> None:
    port = free_port()
    reached = asyncio.Event()

    def at_enrollments(collection: str, records: list[dict[str, Any]], headers: dict[str, str]) -> None:
        if collection == "enrollments":
            reached.set()

    with tempfile.TemporaryDirectory(prefix="oneroster-restart-") as name, ExitStack() as second:
        first = ExitStack()
        with fresh_database(first.enter_context(server_in(Path(name), port))) as database:
            async with setting(database) as s:
                async with bent(s, at_enrollments):
                    work = asyncio.create_task(s.sync())
                    await asyncio.wait_for(reached.wait(), 20)
                    first.close()
                    await asyncio.sleep(1.5)
                    assert not work.done()
                    second.enter_context(server_in(Path(name), port))
                    records = await work
                assert created(records) == undisturbed.created
                assert accounts(s) == EACH_ONCE
                assert holding(database.admin_url) == undisturbed.holding


def server_in(directory: Path, port: int) -> AbstractContextManager[Server]:
    settings = {"fsync": "off", "max_connections": "20"}
    return running(
        directory,
        listen="127.0.0.1",
        port=port,
        password="it-lives-briefly",
        settings=settings,
        log=directory / "log",
    )
