"""Migrations: forward, once, alone, whole or not at all."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from oneroster_operator.platform import migrate as module
from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect
from oneroster_operator.platform.main import main
from oneroster_operator.platform.migrate import migrate
from oneroster_operator.platform.schema import SCHEMA_VERSION, Migration, applied_migrations, packaged_migrations
from tests.platform.databases import GROUP_ROLES, Database, bare_database, create_users
from tests.platform.postgres import Server

pytestmark = pytest.mark.database

NEXT = len(packaged_migrations()) + 1


async def run(url: str, migrations: list[Migration]) -> list[str]:
    said: list[str] = []
    async with await connect(url, application="tests", statement_timeout=None) as connection:
        await migrate(connection, migrations, said.append)
    return said


async def recorded(url: str) -> list[tuple[int, str, str]]:
    async with await connect(url, application="tests") as connection:
        applied = await applied_migrations(connection)
    return [(migration.version, migration.name, migration.checksum) for migration in applied]


async def test_an_empty_platform_is_migrated_and_recorded(postgres: Server) -> None:
    with bare_database(postgres) as bare:
        said = await run(bare.admin_url, packaged_migrations())
        assert said == [f"Applying {migration.name} ..." for migration in packaged_migrations()]
        assert await recorded(bare.admin_url) == [(m.version, m.name, m.checksum) for m in packaged_migrations()]


async def test_a_second_time_nothing_is_done(database: Database) -> None:
    assert await run(database.admin_url, packaged_migrations()) == []


async def test_a_second_one_waits_for_the_first_and_finds_nothing_to_do(postgres: Server) -> None:
    slow = Migration(NEXT, "slow", "", b"SELECT pg_sleep(0.5)")
    first_has_begun = asyncio.Event()

    async def first(url: str) -> int:
        async with await connect(url, application="tests", statement_timeout=None) as connection:
            return await migrate(connection, [*packaged_migrations(), slow], lambda _: first_has_begun.set())

    with bare_database(postgres) as bare:
        task = asyncio.create_task(first(bare.admin_url))
        await first_has_begun.wait()
        said = await run(bare.admin_url, [*packaged_migrations(), slow])
        assert said == ["Another migration of this database is running; waiting for it to end ..."]
        assert await task == NEXT


def test_two_processes_at_once_both_end_well(postgres: Server) -> None:
    with bare_database(postgres) as bare:
        both = [start("migrate", bare.admin_url) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert sum("Applying 0001_roster" in out for out, _ in said) == 1
        assert sum("Nothing to do" in out for out, _ in said) == 1


def start(command: str, url: str) -> subprocess.Popen[str]:
    program = f"from oneroster_operator.platform.main import main; raise SystemExit(main(['{command}']))"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"PLATFORM_ADMIN_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_a_migration_that_fails_is_undone_and_those_before_it_stay(postgres: Server) -> None:
    broken = Migration(NEXT, "broken", "", b"CREATE TABLE roster.half (); SELECT 1 / 0")
    with bare_database(postgres) as bare:
        with pytest.raises(
            PlatformError, match=r"broken was undone: division by zero \(SQLSTATE 22012\)"
        ) as caught:
            await run(bare.admin_url, [*packaged_migrations(), broken])
        assert caught.value.reason == PlatformReason.SCHEMA
        assert len(await recorded(bare.admin_url)) == NEXT - 1
        async with await connect(bare.admin_url, application="tests") as connection:
            cursor = await connection.execute("SELECT to_regclass('roster.half')")
            assert await cursor.fetchone() == (None,)


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(database: Database) -> None:
    first, *rest = packaged_migrations()
    changed = Migration(first.version, first.name, "0" * 64, first.sql)
    with pytest.raises(PlatformError, match="was migrated by another 0001_roster") as caught:
        await run(database.admin_url, [changed, *rest])
    assert caught.value.reason == PlatformReason.SCHEMA


async def test_a_schema_never_goes_back(database: Database) -> None:
    later = Migration(NEXT, "later", "", b"SELECT 1")
    await run(database.admin_url, [*packaged_migrations(), later])
    with pytest.raises(PlatformError, match=f"has schema version {NEXT}, newer than .* never go back") as caught:
        await run(database.admin_url, packaged_migrations())
    assert caught.value.reason == PlatformReason.SCHEMA


async def test_tables_in_use_are_not_waited_for_without_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TABLE_LOCK_TIMEOUT", "50ms")
    change = Migration(NEXT, "change", "", b"ALTER TABLE roster.users ADD COLUMN more text")
    with psycopg.connect(database.sync_url) as syncing:
        syncing.execute("SELECT FROM roster.users")
        with pytest.raises(PlatformError, match="change was undone: its tables were in use") as caught:
            await run(database.admin_url, [*packaged_migrations(), change])
    assert caught.value.reason == PlatformReason.UNREACHABLE


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DROP TABLE public.schools, public.districts", r"has no public\.districts with id, name of type text"),
        (
            "DROP TABLE public.schools",
            r"has no public\.schools with id, district_id, name, identifier of type text",
        ),
        (
            "ALTER TABLE public.schools DROP COLUMN identifier",
            r"has no public\.schools with identifier of type text",
        ),
        (
            "ALTER TABLE public.schools ALTER COLUMN district_id TYPE bytea USING NULL",
            r"has no public\.schools with district_id of type text",
        ),
        (
            "ALTER TABLE public.schools DROP CONSTRAINT schools_pkey",
            "a public.schools whose id is not its primary key",
        ),
    ],
)
async def test_the_platforms_own_tables_must_be_there(postgres: Server, statement: str, told: str) -> None:
    with bare_database(postgres) as bare:
        with psycopg.connect(bare.admin_url) as connection:
            connection.execute("ALTER TABLE public.schools DROP CONSTRAINT schools_district_id_fkey")
            connection.execute(statement.encode())
        with pytest.raises(PlatformError, match=told) as caught:
            await run(bare.admin_url, packaged_migrations())
        assert caught.value.reason == PlatformReason.SCHEMA
        assert await recorded(bare.admin_url) == []


async def test_a_database_closed_to_the_public_is_opened_to_the_two_roles(postgres: Server) -> None:
    with bare_database(postgres) as bare:
        with psycopg.connect(bare.admin_url) as admin:
            admin.execute(f'REVOKE ALL ON DATABASE "{bare.name}" FROM PUBLIC'.encode())
            admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await run(bare.admin_url, packaged_migrations())
        create_users(bare.admin_url, dict.fromkeys(GROUP_ROLES, postgres.password))
        with psycopg.connect(bare.sync_url) as connection:
            connection.execute("CREATE TEMPORARY TABLE staged AS SELECT * FROM public.schools")
        with psycopg.connect(bare.operator_url) as connection:
            connection.execute("SELECT * FROM public.schools")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TEMPORARY TABLE staged ()")


async def test_a_server_that_is_too_old_is_refused(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MINIMUM_SERVER", 99)
    told = "runs on PostgreSQL 16: PostgreSQL 99 or newer is needed"
    with bare_database(postgres) as bare, pytest.raises(PlatformError, match=told):
        await run(bare.admin_url, packaged_migrations())


async def test_a_login_that_may_not_grant_is_told_so_and_nothing_stays(postgres: Server) -> None:
    with bare_database(postgres) as bare:
        async with await connect(bare.admin_url, application="tests") as admin:
            await admin.execute("CREATE ROLE weak CREATEROLE")
            try:
                await admin.execute(f'GRANT CREATE ON DATABASE "{bare.name}" TO weak'.encode())
                await admin.execute("GRANT SELECT, REFERENCES ON public.districts, public.schools TO weak")
                await admin.execute("SET ROLE weak")
                with pytest.raises(
                    PlatformError, match="0001_roster was undone: this login may not grant"
                ) as caught:
                    await migrate(admin, packaged_migrations(), lambda _: None)
                assert await applied_migrations(admin) == []
            finally:
                await admin.execute("RESET ROLE; DROP OWNED BY weak; DROP ROLE weak")
        assert caught.value.reason == PlatformReason.REFUSED


def test_the_command_tells_what_it_does_and_what_is_pending(
    postgres: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with bare_database(postgres) as bare:
        file = tmp_path / "url"
        file.write_text(bare.admin_url + "\n")
        here = ["--url-file", str(file)]
        assert main(["status", *here]) == 5
        names = [migration.name for migration in packaged_migrations()]
        pending = "".join(f"Pending: {name}\n" for name in names)
        assert capsys.readouterr().out == f"Schema version 0.\n{pending}"
        assert main(["migrate", *here]) == 0
        applying = "".join(f"Applying {name} ...\n" for name in names)
        assert capsys.readouterr().out == f"{applying}Done: the schema is version {SCHEMA_VERSION}.\n"
        assert main(["migrate", *here]) == 0
        assert capsys.readouterr().out == f"Nothing to do: the schema is version {SCHEMA_VERSION}.\n"
        assert main(["status", *here]) == 0
        assert capsys.readouterr().out == f"Schema version {SCHEMA_VERSION}.\nNothing is pending.\n"
