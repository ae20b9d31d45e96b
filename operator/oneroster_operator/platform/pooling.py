"""Whether the session is our own: a pooler that hands out another one for each transaction loses locks and tables.

A pooler makes up the process id that PostgreSQL tells a client when it connects; only behind one is the rest
asked. There a second connection holds a transaction open: in a pool by session each has a process of its own that
stays the same; in a pool by transaction or statement the two share one, or the first gets another.
"""

import asyncio

import psycopg

from oneroster_operator.platform.connection import (
    Connection,
    PlatformError,
    PlatformReason,
    connect,
    place_of,
    platform_errors,
)

_SECONDS = 5.0
"""A pool by session may have no second one to spare."""


async def check_session(connection: Connection, url: str) -> None:
    """Raise `PlatformError` (`PlatformPooled`) where statements of this connection go to changing sessions.

    `url` is the one that the connection was opened by; the connection is in no transaction. A pool by session is
    never refused; what is missed of a busy one by transaction, `sync.lock.retake` finds before the merge.
    """
    with platform_errors(connection):
        first = await _process(connection)
        if first == connection.info.backend_pid:
            return
        try:
            async with asyncio.timeout(_SECONDS):
                other = await connect(url, application="oneroster-pooling", timeout=_SECONDS)
        except (TimeoutError, PlatformError):
            return
        try:
            async with other, other.transaction():
                if await _process(other) == first or await _process(connection) != first:
                    raise _pooled(connection)
        except psycopg.errors.ProtocolViolation:  # a pool by statement takes no transaction
            raise _pooled(connection) from None


async def _process(connection: Connection) -> int:
    row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    return int(row[0]) if row else 0


def _pooled(connection: Connection) -> PlatformError:
    return PlatformError(
        PlatformReason.POOLED,
        f"{place_of(connection)} is behind a pooler that hands each transaction to another session, such as "
        "PgBouncer with pool_mode=transaction; locks and temporary tables need one session: use a URL that leads "
        "to PostgreSQL itself, or to a pool with pool_mode=session.",
    )
