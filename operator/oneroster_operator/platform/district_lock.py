"""The advisory lock under which a district's rows are written: by one run, or one command, at a time."""

import hashlib

from oneroster_operator.platform.connection import (
    Connection,
    PlatformError,
    PlatformReason,
    place_of,
    platform_errors,
)


def lock_key(district_id: str) -> int:
    """The lock's key: 64 bits, signed as PostgreSQL has it."""
    digest = hashlib.sha256(f"oneroster-sync/{district_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


async def try_lock(connection: Connection, district_id: str) -> bool:
    """Whether the district's lock was free; it is then had until the session ends. Raises psycopg's errors."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(district_id)])
    return await cursor.fetchone() == (True,)


async def lock_district(connection: Connection, district_id: str) -> None:
    """Take the district's lock until the session ends.

    Raises `PlatformError` (`PlatformUnreachable`: in use) where a run has it.
    """
    with platform_errors(connection):
        if await try_lock(connection, district_id):
            return
    raise PlatformError(
        PlatformReason.UNREACHABLE,
        f"{place_of(connection)} is being written by a sync of the district {district_id}: try again when "
        "that has ended.",
    )
