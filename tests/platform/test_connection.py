"""What goes wrong with the platform's database, told apart by who can mend it."""

import socket
import traceback

import psycopg
import pytest

from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect, platform_errors
from tests.platform.databases import SYNC_LOGIN, Database
from tests.platform.postgres import Server

PASSWORD = "pa55-never-shown"


async def failure(url: str, timeout: float = 10) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        await connect(url, application="tests", timeout=timeout)
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "",
        PASSWORD,
        f"postgres:/login:{PASSWORD}@db/platform",
        f"postgresql://login:{PASSWORD}@db",
        f"postgresql://login:{PASSWORD}@/platform",
        f"postgresql://login:{PASSWORD} x@db/platform",
        f"postgresql://login:{PASSWORD}%zz@db/platform",
        f"postgresql://login:x@{PASSWORD}@db/platform",
        f"postgresql://login:x@y/{PASSWORD}@db/platform",
        f"postgresql://login:{PASSWORD}/x@db/platform",
        f"postgresql://login:1/{PASSWORD}@db/platform",
        f"postgresql://login:{PASSWORD}@db:port/platform",
        f"postgresql://login:{PASSWORD}@d%0Ab/platform",
        f"postgresql://login:{PASSWORD}@db/platform?no_such_setting=1",
    ],
)
async def test_a_url_that_cannot_be_read_is_invalid(url: str) -> None:
    assert (await failure(url)).reason == PlatformReason.URL_INVALID


async def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = await failure(f"postgresql://login:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/platform")
    assert error.reason == PlatformReason.UNREACHABLE
    assert error.message.startswith("The platform database platform at 127.0.0.1 cannot be reached: ")


async def test_a_host_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = await failure(f"postgresql://login:{PASSWORD}@127.0.0.1:{port}/platform", timeout=0.2)
    assert error.reason == PlatformReason.UNREACHABLE
    assert "did not take a connection within 0.2 s" in error.message


async def test_an_unknown_host_is_unreachable() -> None:
    error = await failure(f"postgresql://login:{PASSWORD}@no-such-host.invalid/platform")
    assert error.reason == PlatformReason.UNREACHABLE


@pytest.mark.database
async def test_a_wrong_password_is_refused(database: Database, postgres: Server) -> None:
    error = await failure(postgres.url(database.name, SYNC_LOGIN, PASSWORD))
    assert error.reason == PlatformReason.REFUSED
    assert "check user, password and database name" in error.message


@pytest.mark.database
async def test_a_missing_password_is_refused(database: Database, postgres: Server) -> None:
    error = await failure(postgres.url(database.name, SYNC_LOGIN, ""))
    assert error.reason == PlatformReason.REFUSED


@pytest.mark.database
async def test_an_unknown_database_is_refused(postgres: Server) -> None:
    assert (await failure(postgres.admin_url("elsewhere"))).reason == PlatformReason.REFUSED


@pytest.mark.database
async def test_tls_that_the_server_does_not_speak_is_refused(database: Database) -> None:
    error = await failure(database.sync_url + "?sslmode=require")
    assert error.reason == PlatformReason.REFUSED
    assert "do not agree on TLS" in error.message


@pytest.mark.database
async def test_a_full_server_is_unreachable_for_the_moment(database: Database) -> None:
    async with await connect(database.admin_url, application="tests") as admin:
        await admin.execute(f"ALTER ROLE {SYNC_LOGIN} CONNECTION LIMIT 0".encode())
        try:
            error = await failure(database.sync_url)
        finally:
            await admin.execute(f"ALTER ROLE {SYNC_LOGIN} CONNECTION LIMIT -1".encode())
    assert error.reason == PlatformReason.UNREACHABLE
    assert "takes no connection at the moment" in error.message


@pytest.mark.database
async def test_the_connection_is_known_by_name_and_a_newline_after_the_url_does_no_harm(
    database: Database,
) -> None:
    async with await connect(database.sync_url + "\n", application="oneroster-sync") as connection:
        for setting, value in (("application_name", "oneroster-sync"), ("statement_timeout", "30s")):
            cursor = await connection.execute("SELECT current_setting(%s)", [setting])
            assert await cursor.fetchone() == (value,)
        assert connection.autocommit


@pytest.mark.database
async def test_a_slow_statement_ends_at_its_time_limit(database: Database) -> None:
    async with await connect(database.sync_url, application="tests", statement_timeout=0.05) as connection:
        with pytest.raises(PlatformError, match="within the time allowed") as caught, platform_errors(connection):
            await connection.execute("SELECT pg_sleep(5)")
    assert caught.value.reason == PlatformReason.UNREACHABLE


@pytest.mark.database
async def test_a_connection_cut_by_the_administrator_is_unreachable(database: Database) -> None:
    async with await connect(database.sync_url, application="tests") as connection:
        with psycopg.connect(database.admin_url) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        for _ in range(2):
            with pytest.raises(PlatformError) as caught, platform_errors(connection):
                await connection.execute("SELECT 1")
            assert caught.value.reason == PlatformReason.UNREACHABLE


@pytest.mark.database
@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM public.schools", PlatformReason.REFUSED),
        ("SELECT FROM roster.no_such_table", PlatformReason.SCHEMA),
        ("SELECT no_such_column FROM roster.users", PlatformReason.SCHEMA),
        ("SET transaction_read_only = on; CREATE TABLE public.t ()", PlatformReason.UNREACHABLE),
    ],
)
async def test_a_statement_that_fails_is_told_by_who_can_mend_it(
    database: Database, statement: str, reason: PlatformReason
) -> None:
    async with await connect(database.sync_url, application="tests") as connection:
        with pytest.raises(PlatformError) as caught, platform_errors(connection):
            await connection.execute(statement.encode())
    assert caught.value.reason == reason
    assert "no_such" not in caught.value.message


@pytest.mark.database
async def test_our_own_mistakes_stay_psycopgs_errors(database: Database) -> None:
    async with await connect(database.sync_url, application="tests") as connection:
        with pytest.raises(psycopg.errors.DivisionByZero), platform_errors(connection):
            await connection.execute("SELECT 1 / 0")
