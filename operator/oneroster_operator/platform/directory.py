"""The platform's own districts and schools, and which of them the district's schools are."""

from collections.abc import Mapping

import msgspec

from oneroster_operator.platform.connection import Connection, platform_errors

_EPOCH = "(SELECT coalesce(max(epoch), 1) FROM roster.identities WHERE district_id = %s)"
"""Of the district's present identity."""


class PlatformSchool(msgspec.Struct, frozen=True):
    """A school as the platform knows it (`public.schools`)."""

    id: str
    name: str
    identifier: str | None = None
    """What both sides may know it by, such as the 12-digit id of the National Center for Education Statistics."""


class DistrictUnknown(Exception):
    """The platform has no district of this id."""

    def __init__(self, district_id: str) -> None:
        super().__init__(
            f"The platform has no district {district_id}: correct the district's id, or have the platform's "
            "administrator add the district."
        )
        self.district_id = district_id


class SchoolUnknown(Exception):
    """A link names schools that the platform does not have in this district."""

    def __init__(self, district_id: str, school_ids: tuple[str, ...]) -> None:
        shown = ", ".join(school_ids[:5]) + (f" and {len(school_ids) - 5} more" if len(school_ids) > 5 else "")
        super().__init__(f"The platform's district {district_id} has no school {shown}: correct the links.")
        self.school_ids = school_ids


async def schools(connection: Connection, district_id: str) -> list[PlatformSchool]:
    """The platform's schools of a district, by id. Raises `DistrictUnknown`, `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            """
            SELECT school.id, coalesce(school.name, ''), school.identifier
            FROM public.districts AS district
            LEFT JOIN public.schools AS school ON school.district_id = district.id
            WHERE district.id = %s
            ORDER BY school.id COLLATE "C"
            """,
            [district_id],
        )
        rows = await cursor.fetchall()
    if not rows:
        raise DistrictUnknown(district_id)
    return [PlatformSchool(*row) for row in rows if row[0] is not None]


async def links(connection: Connection, district_id: str) -> dict[str, str]:
    """The platform's school id by the district's sourcedId, for every school synced in the present identity.

    Raises `PlatformError`.
    """
    with platform_errors(connection):
        cursor = await connection.execute(
            f"SELECT sourced_id, school_id FROM roster.school_links WHERE district_id = %s AND epoch = {_EPOCH}",  # noqa: S608 - a constant
            [district_id, district_id],
        )
        return dict(await cursor.fetchall())


async def save_links(connection: Connection, district_id: str, links: Mapping[str, str]) -> int:
    """Store the links by which a run wrote, in the caller's transaction; return how many differed.

    A link that is not named stays as it is. Raises `SchoolUnknown` before anything is written where a school
    is not one of this district's, and `PlatformError`.
    """
    pairs = [list(links.keys()), list(links.values())]
    with platform_errors(connection):
        cursor = await connection.execute(
            """
            SELECT DISTINCT link.school_id
            FROM unnest(%s::text[]) AS link (school_id)
            LEFT JOIN public.schools AS school ON school.id = link.school_id AND school.district_id = %s
            WHERE school.id IS NULL
            ORDER BY link.school_id
            """,
            [pairs[1], district_id],
        )
        if unknown := await cursor.fetchall():
            raise SchoolUnknown(district_id, tuple(row[0] for row in unknown))
        cursor = await connection.execute(
            f"""
            INSERT INTO roster.school_links AS stored (district_id, epoch, sourced_id, school_id)
            SELECT %s, {_EPOCH}, link.sourced_id, link.school_id
            FROM unnest(%s::text[], %s::text[]) AS link (sourced_id, school_id)
            ON CONFLICT (district_id, epoch, sourced_id)
            DO UPDATE SET school_id = excluded.school_id, linked_at = now()
            WHERE stored.school_id <> excluded.school_id
            """,  # noqa: S608 - made of a constant
            [district_id, district_id, *pairs],
        )
        return cursor.rowcount


async def earlier_schools(connection: Connection, district_id: str) -> set[str]:
    """Platform schools that were synced in earlier identities of the district. Raises `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            f"SELECT DISTINCT school_id FROM roster.school_links WHERE district_id = %s AND epoch < {_EPOCH}",  # noqa: S608 - a constant
            [district_id, district_id],
        )
        return {school_id for (school_id,) in await cursor.fetchall()}
