"""A connection to the platform's database, and what its failures mean to the person who can mend them.

No message here carries a user, a password, a statement or a value: host and database name at most.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.abc import Params, Query
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

Connection = psycopg.AsyncConnection[TupleRow]
"""What every function of this package takes: a connection as `connect` opens it."""

_MAX_NAME = 255
_ROWS_AT_A_TIME = 1000

# What PostgreSQL says when it answers but takes nobody in just now (src/backend/postmaster/postmaster.c,
# src/backend/utils/init/postinit.c). While connecting libpq hands on words, no SQLSTATE.
_NOT_NOW = (
    "starting up",
    "shutting down",
    "recovery mode",
    "not accepting connections",
    "too many",
    "slots are reserved",
)
_TLS = ("SSL", "certificate")

_DEFAULTS: dict[str, str] = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    "gssencmode": "disable",
}


class PlatformReason(StrEnum):
    """Why the platform's database could not be used, as a condition's reason."""

    UNREACHABLE = "PlatformUnreachable"
    """Away, too slow, or taking nobody in just now: passes by itself or with the administrator's help."""
    REFUSED = "PlatformRefused"
    """It answered and said no: login, TLS, or a right that the login lacks."""
    SCHEMA = "PlatformSchema"
    """Its tables are not those that this version works with."""
    URL_INVALID = "PlatformURLInvalid"
    """The URL in the Secret cannot be read."""
    POOLED = "PlatformPooled"
    """Its pooler gives a client no session of its own."""
    DISTRICT_NOT_GRANTED = "DistrictNotGranted"
    """Row-level security hides the district from the login."""
    DISTRICT_TAKEN = "DistrictTaken"
    """Another connection owns the district."""


class PlatformError(Exception):
    """The platform's database could not be used; `message` is one sentence, fit for status and logs."""

    def __init__(self, reason: PlatformReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


async def connect(
    url: str, *, application: str, timeout: float = 10.0, statement_timeout: float | None = 30.0
) -> Connection:
    """Open a connection in autocommit mode; a transaction is opened by `async with connection.transaction()`.

    `application` is what the database's administrator sees in pg_stat_activity. `timeout` bounds the whole
    connecting, `statement_timeout` every statement after it (None: no bound); both are seconds. Settings in
    the URL, such as sslmode, are kept. Raises `PlatformError` and nothing else of its own.
    """
    parameters = _parameters(url)
    place = _place(parameters["dbname"], parameters.get("host") or parameters["hostaddr"])
    parameters |= {"application_name": application, "connect_timeout": str(max(2, math.ceil(timeout)))}
    try:
        async with asyncio.timeout(timeout):
            connection = await psycopg.AsyncConnection.connect(
                make_conninfo(**(_DEFAULTS | parameters)), autocommit=True, prepare_threshold=None
            )
    except (TimeoutError, psycopg.errors.ConnectionTimeout):
        # "from None" throughout: a traceback of psycopg's own would show the URL it could not use.
        raise _unreachable(f"{place} did not take a connection within {timeout:g} s") from None
    except psycopg.Error as error:
        raise _connect_failure(error, place) from None
    try:
        with platform_errors(connection):
            milliseconds = 0 if statement_timeout is None else math.ceil(statement_timeout * 1000)
            await connection.execute("SELECT set_config('statement_timeout', %s, false)", [str(milliseconds)])
    except BaseException:
        await connection.close()
        raise
    return connection


@contextmanager
def platform_errors(connection: Connection) -> Iterator[None]:
    """Turn what goes wrong with statements on this connection into `PlatformError`.

    A violated constraint or a bad value (SQLSTATE classes 22 and 23), or a statement we wrote wrongly on our
    side of the wire, is our own fault and passes as psycopg's error; its text may hold data of people.
    """
    try:
        yield
    except psycopg.Error as error:
        failure = _statement_failure(error, place_of(connection))
        if failure is None:
            raise
        raise failure from None


async def streamed(
    connection: Connection, name: str, statement: Query, values: Params
) -> AsyncGenerator[tuple[Any, ...]]:
    """The rows of a query, few of them in memory at once; `name` is that of its cursor. Raises `PlatformError`.

    WITH HOLD: whoever reads slowly keeps no transaction open.
    """
    with platform_errors(connection):
        async with connection.cursor(name=name, withhold=True) as cursor:
            cursor.itersize = _ROWS_AT_A_TIME
            await cursor.execute(statement, values)
            async for row in cursor:
                yield row


def place_of(connection: Connection) -> str:
    """Which database it is, as the subject of a sentence."""
    return _place(connection.info.dbname, connection.info.host)


def _place(database: str, host: str) -> str:
    return f"The platform database {database} at {host}"


def _parameters(url: str) -> dict[str, str]:
    try:
        parameters = {key: str(value) for key, value in conninfo_to_dict(url.strip()).items() if value}
    except psycopg.Error:
        raise _url_invalid("it is no PostgreSQL URL") from None
    database = parameters.get("dbname", "")
    host = parameters.get("host") or parameters.get("hostaddr", "")
    if not host or not database:
        raise _url_invalid("it names no host or no database")
    # A password with a raw @ or / moves parts of itself into the host's or the database's name, and from
    # there into our messages.
    if any("@" in name or not name.isprintable() or len(name) > _MAX_NAME for name in (host, database)):
        raise _url_invalid("user, password, host and database cannot be told apart")
    if not all(port.isdecimal() for port in parameters.get("port", "5432").split(",")):
        raise _url_invalid("its port is no number")
    return parameters


def _url_invalid(why: str) -> PlatformError:
    return PlatformError(
        PlatformReason.URL_INVALID,
        f"The platform URL cannot be used, {why}: it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "with special characters of the password percent-encoded (@ as %40, / as %2F).",
    )


def _unreachable(what: str) -> PlatformError:
    return PlatformError(
        PlatformReason.UNREACHABLE,
        f"{what}: the platform's administrator should check that it runs and lets this network in.",
    )


def _busy(what: str) -> PlatformError:
    return PlatformError(
        PlatformReason.UNREACHABLE, f"{what}: try again, and ask the platform's administrator if it lasts."
    )


def _connect_failure(error: psycopg.Error, place: str) -> PlatformError:
    text = str(error)
    if any(words in text for words in _NOT_NOW):
        return _busy(f"{place} answers but takes no connection at the moment")
    if error.pgconn is not None and (error.pgconn.used_password or "FATAL" in text):
        return PlatformError(
            PlatformReason.REFUSED,
            f"{place} refused the login: check user, password and database name in the platform URL, "
            "and that pg_hba.conf admits this network.",
        )
    if any(word in text for word in _TLS):
        return PlatformError(
            PlatformReason.REFUSED,
            f"{place} and this client do not agree on TLS: check sslmode and sslrootcert in the platform URL, "
            "and the server's certificate.",
        )
    return _unreachable(f"{place} cannot be reached")


def _statement_failure(error: psycopg.Error, place: str) -> PlatformError | None:
    state = error.sqlstate
    if state is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return _unreachable(f"{place} broke the connection off") if lost else None
    if state == psycopg.errors.QueryCanceled.sqlstate:
        return _busy(f"{place} did not answer within the time allowed for a statement")
    if state == psycopg.errors.ReadOnlySqlTransaction.sqlstate:
        return _busy(f"{place} takes no writes at the moment (a standby, or read-only)")
    if state == psycopg.errors.InsufficientPrivilege.sqlstate:
        return PlatformError(
            PlatformReason.REFUSED,
            f"{place} denies this login a right that it needs: grant the login of operatorUrl the role "
            "oneroster_operator, that of syncUrl the role oneroster_sync.",
        )
    match state[:2]:
        case "08" | "53" | "57" | "58":
            return _unreachable(f"{place} broke off (SQLSTATE {state})")
        case "40" | "55":
            return _busy(f"{place} was busy with other writers (SQLSTATE {state})")
        case "3F" | "42":
            return PlatformError(
                PlatformReason.SCHEMA,
                f"{place} lacks a table or column that this version needs (SQLSTATE {state}): "
                "run oneroster-platform migrate with this version's image.",
            )
    return None
