"""Districts are granted to roles: what is not granted can be neither read nor written, shown by trying."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect
from oneroster_operator.platform.grants import RoleUnknown, check_granted, grant, granted_roles, revoke
from oneroster_operator.platform.migrate import migrate
from oneroster_operator.platform.schema import packaged_migrations
from tests.platform.databases import OPERATOR_LOGIN, SYNC_LOGIN, Database, add_district, bare_database
from tests.platform.postgres import Server

pytestmark = pytest.mark.database

OURS, THEIRS = "springfield-usd", "shelbyville-usd"
PERSON = (
    "INSERT INTO roster.users (district_id, sourced_id, given_name, family_name, enabled, active)"
    " VALUES (%s, 'u1', 'Ada', 'Byron', true, true)"
)


@pytest.fixture
def two(database: Database) -> Database:
    """Two districts with a person each, of which one is granted."""
    add_district(database.admin_url, OURS)
    add_district(database.admin_url, THEIRS, granted=False)
    with psycopg.connect(database.admin_url) as admin:
        for district in (OURS, THEIRS):
            admin.execute(PERSON, [district])
            admin.execute("INSERT INTO roster.district_owners VALUES (%s, 'c', 'districts', 'x')", [district])
    return database


def test_every_table_with_a_district_is_confined(database: Database) -> None:
    with psycopg.connect(database.admin_url) as admin:
        rows = admin.execute(
            """
            SELECT class.relname, class.relrowsecurity, array_agg(policy.polname)
            FROM pg_class AS class
            JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = 'district_id'
            LEFT JOIN pg_policy AS policy ON policy.polrelid = class.oid
            WHERE class.relnamespace = 'roster'::regnamespace AND class.relkind IN ('r', 'p')
            GROUP BY class.oid
            """
        ).fetchall()
    confined = {name: (secured, policies) for name, secured, policies in rows}
    assert confined.pop("district_grants") == (True, ["own_grants"])
    assert len(confined) >= 9
    assert set(map(str, confined.values())) == {str((True, ["granted_districts"]))}


def test_what_is_not_granted_is_not_seen_and_not_changed(two: Database) -> None:
    with psycopg.connect(two.sync_url, autocommit=True) as sync:
        assert sync.execute("SELECT district_id FROM roster.users").fetchall() == [(OURS,)]
        assert sync.execute("UPDATE roster.users SET active = false").rowcount == 1
        assert (
            sync.execute("UPDATE roster.users SET active = false WHERE district_id = %s", [THEIRS]).rowcount == 0
        )
        assert sync.execute("SELECT district_id FROM roster.district_owners").fetchall() == [(OURS,)]
    with psycopg.connect(two.admin_url) as admin:
        assert admin.execute("SELECT active FROM roster.users WHERE district_id = %s", [THEIRS]).fetchone() == (
            True,
        )


def test_what_is_not_granted_is_not_written(two: Database) -> None:
    with psycopg.connect(two.sync_url, autocommit=True) as sync:
        for statement, values in (
            (PERSON, [THEIRS]),
            ("UPDATE roster.users SET district_id = %s", [THEIRS]),
            ("INSERT INTO roster.school_links VALUES (%s, '1', 'sch')", [THEIRS]),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                sync.execute(statement.encode(), values)


def test_the_operator_does_not_see_runs_of_a_district_that_is_not_granted(two: Database) -> None:
    with psycopg.connect(two.admin_url) as admin:
        for district in (OURS, THEIRS):
            admin.execute(
                "INSERT INTO roster.sync_runs"
                " (district_id, connection, job, category, dry_run, started_at, finished_at, outcome)"
                " VALUES (%s, 'districts/x', 'job', 'Students', false, now(), now(), 'Succeeded')",
                [district],
            )
    with psycopg.connect(two.operator_url) as operator:
        assert operator.execute("SELECT district_id FROM roster.sync_runs").fetchall() == [(OURS,)]


def test_nobody_grants_himself_a_district(two: Database) -> None:
    for url in (two.operator_url, two.sync_url):
        with psycopg.connect(url, autocommit=True) as connection:
            assert {row[1] for row in connection.execute("SELECT * FROM roster.district_grants")} == {OURS}
            for statement in (
                "INSERT INTO roster.district_grants VALUES (current_user, 'shelbyville-usd')",
                "UPDATE roster.district_grants SET district_id = 'shelbyville-usd'",
                "ALTER TABLE roster.users DISABLE ROW LEVEL SECURITY",
                "DROP POLICY granted_districts ON roster.users",
                "SET row_security = off; SELECT * FROM roster.users",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


async def test_a_district_is_granted_and_revoked(two: Database) -> None:
    async with (
        await connect(two.admin_url, application="tests") as admin,
        await connect(two.sync_url, application="tests") as sync,
    ):
        with pytest.raises(PlatformError, match=f"grant --district {THEIRS} --to ROLE") as caught:
            await check_granted(sync, THEIRS)
        assert caught.value.reason == PlatformReason.DISTRICT_NOT_GRANTED
        assert await grant(admin, THEIRS, [SYNC_LOGIN, OPERATOR_LOGIN]) == 2
        assert await grant(admin, THEIRS, [SYNC_LOGIN]) == 0
        assert await granted_roles(admin, THEIRS) == [OPERATOR_LOGIN, SYNC_LOGIN]
        await check_granted(sync, THEIRS)
        assert await revoke(admin, THEIRS, [SYNC_LOGIN]) == 1
        with pytest.raises(PlatformError):
            await check_granted(sync, THEIRS)


async def test_a_grant_to_a_group_is_one_to_its_members(two: Database) -> None:
    async with await connect(two.admin_url, application="tests") as admin:
        await grant(admin, THEIRS, ["oneroster_sync"])
    async with await connect(two.sync_url, application="tests") as sync:
        await check_granted(sync, THEIRS)
    async with await connect(two.operator_url, application="tests") as operator:
        with pytest.raises(PlatformError):
            await check_granted(operator, THEIRS)


async def test_a_role_that_is_not_there_is_named_and_nothing_is_granted(two: Database) -> None:
    async with await connect(two.admin_url, application="tests") as admin:
        with pytest.raises(RoleUnknown, match=r'no role Nobody"s:'):
            await grant(admin, THEIRS, [SYNC_LOGIN, 'Nobody"s'])
        assert await granted_roles(admin, THEIRS) == []


async def test_a_role_that_was_dropped_locks_nobody_else_out(two: Database) -> None:
    async with await connect(two.admin_url, application="tests") as admin:
        with dropped_afterwards(two, "short_lived"):
            await grant(admin, OURS, ["short_lived"])
        assert "short_lived" in await granted_roles(admin, OURS)
        async with await connect(two.sync_url, application="tests") as sync:
            await check_granted(sync, OURS)
        assert await revoke(admin, OURS, ["short_lived"]) == 1


@contextmanager
def dropped_afterwards(database: Database, role: str) -> Iterator[None]:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role}".encode())
        try:
            yield
        finally:
            admin.execute(f"DROP ROLE {role}".encode())


async def test_the_tables_owner_is_not_confined(two: Database) -> None:
    async with await connect(two.admin_url, application="tests") as admin:
        await check_granted(admin, THEIRS)


async def test_a_platform_that_was_synced_before_goes_on(postgres: Server) -> None:
    before, rest = packaged_migrations()[:1], packaged_migrations()
    with bare_database(postgres) as bare:
        async with await connect(bare.admin_url, application="tests") as admin:
            await migrate(admin, before, lambda _: None)
            await admin.execute("INSERT INTO public.districts VALUES ('springfield-usd', ''), ('new-usd', '')")
            await admin.execute(
                "INSERT INTO roster.sync_runs"
                " (district_id, connection, job, category, dry_run, started_at, finished_at, outcome)"
                " VALUES ('springfield-usd', 'districts/x', 'job', 'Students', true, now(), now(), 'Succeeded')"
            )
            await migrate(admin, rest, lambda _: None)
            assert await granted_roles(admin, OURS) == ["oneroster_operator", "oneroster_sync"]
            assert await granted_roles(admin, "new-usd") == []
