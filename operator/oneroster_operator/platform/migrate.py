"""Bringing the database's schema to this version: forward only, one migration at a time, under a lock."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg

from oneroster_operator.platform.connection import (
    Connection,
    PlatformError,
    PlatformReason,
    place_of,
    platform_errors,
)
from oneroster_operator.platform.schema import Migration, applied_migrations

MINIMUM_SERVER = 15
"""The first PostgreSQL with UNIQUE NULLS NOT DISTINCT."""

_LOCK = int.from_bytes(b"1roster1")
"""Key of the advisory lock; a single bigint, so that it never meets a lock of two integers."""

_TABLE_LOCK_TIMEOUT = "30s"
"""A migration that waits for a table makes every later reader of it wait too, so it gives up early."""

_PREREQUISITES = {
    "districts": ("id", "name"),
    "schools": ("id", "district_id", "name", "identifier"),
}


async def migrate(connection: Connection, migrations: Sequence[Migration], say: Callable[[str], None]) -> int:
    """Apply what is missing of `migrations`; return how many that was.

    `connection` is the administrator's, in autocommit mode and straight to the server: a pooler that shares
    sessions would lose the lock. `say` is told of each step in one line. Raises `PlatformError`; what had been
    applied before the failing migration stays, the failing one is undone as a whole.
    """
    with platform_errors(connection):
        async with _alone(connection, say):
            pending = await pending_migrations(connection, migrations)
            if pending:
                await _check_prerequisites(connection)
            await connection.execute("SELECT set_config('lock_timeout', %s, false)", [_TABLE_LOCK_TIMEOUT])
            for migration in pending:
                say(f"Applying {migration.name} ...")
                await _apply(connection, migration)
    return len(pending)


async def pending_migrations(connection: Connection, migrations: Sequence[Migration]) -> Sequence[Migration]:
    """What of `migrations` the database lacks.

    Raises `PlatformError` (`PlatformSchema`) where the server is too old, or where what was applied is not
    what `migrations` begins with.
    """
    if connection.info.server_version < MINIMUM_SERVER * 10_000:
        raise _unfit(
            connection,
            f"runs on PostgreSQL {connection.info.server_version // 10_000}: "
            f"PostgreSQL {MINIMUM_SERVER} or newer is needed.",
        )
    applied = await applied_migrations(connection)
    if len(applied) > len(migrations):
        raise _unfit(
            connection,
            f"has schema version {applied[-1].version}, newer than this program's version {len(migrations)}: "
            "use the image of the version that migrated it, schemas never go back.",
        )
    for recorded, ours in zip(applied, migrations, strict=False):
        if (recorded.version, recorded.checksum) != (ours.version, ours.checksum):
            raise _unfit(
                connection,
                f"was migrated by another {recorded.name} than this program's {ours.name}: "
                "use a released image; a migration is never changed once it was applied.",
            )
    return migrations[len(applied) :]


@asynccontextmanager
async def _alone(connection: Connection, say: Callable[[str], None]) -> AsyncIterator[None]:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
    if await cursor.fetchone() == (False,):
        say("Another migration of this database is running; waiting for it to end ...")
        await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if not connection.closed:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO roster.schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                [migration.version, migration.name, migration.checksum],
            )
    except psycopg.errors.LockNotAvailable:
        raise PlatformError(
            PlatformReason.UNREACHABLE,
            f"{migration.name} was undone: its tables were in use for {_TABLE_LOCK_TIMEOUT}; "
            "migrate again when no sync is running.",
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise PlatformError(
            PlatformReason.REFUSED,
            f"{migration.name} was undone: {error.diag.message_primary}. The administrator's login must own the "
            "database and the platform's tables, or be allowed to create schemas and roles and to grant.",
        ) from None
    except psycopg.Error as error:
        if error.sqlstate is None or connection.closed:
            raise
        # A migration holds no data of people, so the server's own words may be shown.
        raise PlatformError(
            PlatformReason.SCHEMA,
            f"{migration.name} was undone: {error.diag.message_primary} (SQLSTATE {error.sqlstate}).",
        ) from None


async def _check_prerequisites(connection: Connection) -> None:
    cursor = await connection.execute(
        """
        SELECT class.relname, attribute.attname,
            EXISTS (
                SELECT FROM pg_catalog.pg_index AS index
                WHERE index.indrelid = class.oid AND index.indisunique AND index.indpred IS NULL
                AND index.indnkeyatts = 1 AND index.indkey[0] = attribute.attnum
            )
        FROM pg_catalog.pg_class AS class
        JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = class.oid
        JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE namespace.nspname = 'public' AND class.relkind IN ('r', 'p')
        AND attribute.attnum > 0 AND attribute.atttypid IN ('text'::regtype, 'varchar'::regtype)
        """
    )
    unique = {(table, column): is_unique async for table, column, is_unique in cursor}
    for table, columns in _PREREQUISITES.items():
        missing = [column for column in columns if (table, column) not in unique]
        if missing:
            raise _unfit(
                connection, f"has no public.{table} with {', '.join(missing)} of type text: {_BEFOREHAND}"
            )
        if not unique[table, "id"]:
            raise _unfit(connection, f"has a public.{table} whose id is not its primary key: {_BEFOREHAND}")


_BEFOREHAND = (
    "the platform's own tables public.districts (id, name) and public.schools (id, district_id, name, identifier) "
    "must be there before the roster's."
)


def _unfit(connection: Connection, what: str) -> PlatformError:
    return PlatformError(PlatformReason.SCHEMA, f"{place_of(connection)} {what}")
