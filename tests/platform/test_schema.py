"""Which schema the program works with."""

import pytest

from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect
from oneroster_operator.platform.schema import SCHEMA_VERSION, check_schema, packaged_migrations
from tests.platform.databases import Database, bare_database
from tests.platform.postgres import Server


def test_migrations_are_numbered_without_a_gap_up_to_the_version_the_code_knows() -> None:
    assert [migration.version for migration in packaged_migrations()] == list(range(1, SCHEMA_VERSION + 1))


@pytest.mark.database
async def test_either_role_may_check_the_schema(database: Database) -> None:
    for url in (database.operator_url, database.sync_url):
        async with await connect(url, application="tests") as connection:
            await check_schema(connection)


@pytest.mark.database
async def test_a_database_that_was_never_migrated_is_refused(postgres: Server) -> None:
    with bare_database(postgres) as bare:
        async with await connect(bare.admin_url, application="tests") as connection:
            with pytest.raises(
                PlatformError, match=r"has not been migrated, .* run oneroster-platform migrate"
            ) as caught:
                await check_schema(connection)
    assert caught.value.reason == PlatformReason.SCHEMA


@pytest.mark.database
async def test_a_newer_schema_is_refused(database: Database) -> None:
    async with await connect(database.admin_url, application="tests") as admin:
        await admin.execute(
            "INSERT INTO roster.schema_migrations (version, name, checksum) VALUES (9999, '9999_later', '')"
        )
    async with await connect(database.sync_url, application="tests") as connection:
        with pytest.raises(PlatformError, match="schema version 9999, newer than version") as caught:
            await check_schema(connection)
    assert caught.value.reason == PlatformReason.SCHEMA


@pytest.mark.database
async def test_an_older_schema_is_refused(database: Database) -> None:
    async with await connect(database.admin_url, application="tests") as admin:
        await admin.execute("UPDATE roster.schema_migrations SET version = version - 1")
    async with await connect(database.operator_url, application="tests") as connection:
        with pytest.raises(PlatformError, match=f"this program needs version {SCHEMA_VERSION}: run") as caught:
            await check_schema(connection)
    assert caught.value.reason == PlatformReason.SCHEMA


@pytest.mark.database
async def test_a_login_without_its_group_role_is_told_which_to_grant(database: Database, postgres: Server) -> None:
    async with await connect(database.admin_url, application="tests") as admin:
        await admin.execute("CREATE ROLE nobodys_login LOGIN")
        try:
            await admin.execute("SET ROLE nobodys_login")
            with pytest.raises(PlatformError, match="grant the login of operatorUrl") as caught:
                await check_schema(admin)
        finally:
            await admin.execute("RESET ROLE; DROP ROLE nobodys_login")
    assert caught.value.reason == PlatformReason.REFUSED
