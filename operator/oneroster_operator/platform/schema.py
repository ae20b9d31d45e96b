"""Which schema this version works with, and whether the database has it."""

import hashlib
import re
from importlib import resources

import msgspec

from oneroster_operator.platform.connection import (
    Connection,
    PlatformError,
    PlatformReason,
    place_of,
    platform_errors,
)

SCHEMA_VERSION = 8
"""The number of the newest file in migrations/."""

_FILE_NAME = re.compile(r"(?P<version>\d{4})_\w+\.sql")


class Migration(msgspec.Struct, frozen=True):
    """One numbered step of the schema, or the record of one in `roster.schema_migrations`."""

    version: int
    name: str
    """The file's name without `.sql`."""
    checksum: str
    """SHA-256 of the file, hexadecimal."""
    sql: bytes = b""


def packaged_migrations() -> list[Migration]:
    """The migrations that this version ships, in the order in which they apply."""
    found = []
    for file in resources.files(__package__).joinpath("migrations").iterdir():
        if match := _FILE_NAME.fullmatch(file.name):
            sql = file.read_bytes()
            name = file.name.removesuffix(".sql")
            found.append(Migration(int(match["version"]), name, hashlib.sha256(sql).hexdigest(), sql))
    return sorted(found, key=lambda migration: migration.version)


async def applied_migrations(connection: Connection) -> list[Migration]:
    """The migrations that the database records, oldest first; none where it was never migrated."""
    with platform_errors(connection):
        cursor = await connection.execute("SELECT to_regclass('roster.schema_migrations') IS NOT NULL")
        if await cursor.fetchone() == (False,):
            return []
        cursor = await connection.execute(
            "SELECT version, name, checksum FROM roster.schema_migrations ORDER BY version"
        )
        return [Migration(*row) async for row in cursor]


async def check_schema(connection: Connection) -> None:
    """Raise `PlatformError` (`PlatformSchema`) unless the database has exactly this version's schema."""
    applied = await applied_migrations(connection)
    found = applied[-1].version if applied else 0
    if found == SCHEMA_VERSION:
        return
    if found > SCHEMA_VERSION:
        message = (
            f"{place_of(connection)} has schema version {found}, newer than version {SCHEMA_VERSION} which this "
            "program knows: run the image of the version that migrated it."
        )
    else:
        has = f"has schema version {found}" if found else "has not been migrated"
        message = (
            f"{place_of(connection)} {has}, this program needs version {SCHEMA_VERSION}: "
            "run oneroster-platform migrate with this version's image."
        )
    raise PlatformError(PlatformReason.SCHEMA, message)
