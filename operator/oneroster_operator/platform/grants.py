"""Which roles of the database may read and write which districts: row-level security of all roster tables.

A login sees the rows of the districts that are granted to it or to a role whose member it is. The owner of the
tables, and a superuser, see all.
"""

from collections.abc import Sequence

from oneroster_operator.platform.connection import (
    Connection,
    PlatformError,
    PlatformReason,
    place_of,
    platform_errors,
)


class RoleUnknown(Exception):
    """The database has no role of this name."""

    def __init__(self, role: str) -> None:
        super().__init__(f"The database has no role {role}: create it, or correct its name.")


async def grant(connection: Connection, district_id: str, roles: Sequence[str]) -> int:
    """Grant the district to the roles, all or none; return to how many it was not granted before.

    Raises `RoleUnknown`, `PlatformError`; the district is one of the platform's.
    """
    with platform_errors(connection):
        cursor = await connection.execute(
            "SELECT role FROM unnest(%s::text[]) AS role WHERE to_regrole(quote_ident(role)) IS NULL",
            [list(roles)],
        )
        if unknown := await cursor.fetchone():
            raise RoleUnknown(unknown[0])
        cursor = await connection.execute(
            "INSERT INTO roster.district_grants (role, district_id) SELECT unnest(%s::text[]), %s"
            " ON CONFLICT DO NOTHING",
            [list(roles), district_id],
        )
        return cursor.rowcount


async def revoke(connection: Connection, district_id: str, roles: Sequence[str]) -> int:
    """Take the district's grants to the roles back; return how many there were. Raises `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            "DELETE FROM roster.district_grants WHERE district_id = %s AND role = ANY (%s::text[])",
            [district_id, list(roles)],
        )
        return cursor.rowcount


async def granted_roles(connection: Connection, district_id: str) -> list[str]:
    """To whom the district is granted, for who may see it. Raises `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            "SELECT role FROM roster.district_grants WHERE district_id = %s ORDER BY role", [district_id]
        )
        return [role async for (role,) in cursor]


async def check_granted(connection: Connection, district_id: str) -> None:
    """Raise `PlatformError` (`DistrictNotGranted`) where row-level security hides the district from this login."""
    with platform_errors(connection):
        cursor = await connection.execute(
            "SELECT NOT row_security_active('roster.school_links')"
            " OR %s IN (SELECT district_id FROM roster.district_grants)",
            [district_id],
        )
        if await cursor.fetchone() == (True,):
            return
    raise PlatformError(
        PlatformReason.DISTRICT_NOT_GRANTED,
        f"{place_of(connection)} has not granted the district {district_id} to this login: the platform's "
        f"administrator should run oneroster-platform grant --district {district_id} --to ROLE ROLE, with the "
        "logins of operatorUrl and syncUrl.",
    )
