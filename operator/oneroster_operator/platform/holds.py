"""`roster.holds`: what runs of a district withheld, with the rows, and what became of it."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Literal, LiteralString

import msgspec
from psycopg.rows import dict_row

from oneroster_operator.api.category import Category
from oneroster_operator.platform.connection import Connection, platform_errors, streamed


class HoldUnknown(Exception):
    """The district has no hold of this fingerprint."""

    def __init__(self, district_id: str, fingerprint: str) -> None:
        super().__init__(
            f"District {district_id} has no hold {fingerprint}: status.categories[].hold and oneroster-sync hold "
            "list have the fingerprints."
        )


class StoredHold(msgspec.Struct, frozen=True, rename="camel"):
    """What a run withheld of a category."""

    fingerprint: str
    category: Category
    state: Literal["open", "applied", "discarded", "cleared"]
    """Of a cleared one, which did not occur again, the rows are not kept."""
    reason: str
    message: str
    parts: list[str]
    counts: dict[str, dict[str, int]]
    """Rows by kind (a table of the roster) and action."""
    found_at: dt.datetime
    seen_at: dt.datetime
    """When the last run found it so."""
    decided_at: dt.datetime | None

    @property
    def rows(self) -> int:
        """How many rows are, or were, withheld."""
        return sum(count for actions in self.counts.values() for count in actions.values())


_SELECT = """
SELECT fingerprint, category, state, reason, message, parts, counts, found_at, seen_at, decided_at
FROM roster.holds
WHERE district_id = %(district)s AND (%(fingerprint)s::text IS NULL OR fingerprint = %(fingerprint)s)
ORDER BY found_at, fingerprint
"""
_ROWS = """
SELECT kind, action, sourced_id, school_id, NULL FROM roster.hold_rows
WHERE district_id = %(district)s AND fingerprint = %(fingerprint)s
ORDER BY kind, action, school_id, sourced_id
"""


def _same(table: LiteralString) -> LiteralString:
    """Whether it is what the hold is about: by its id, or by the one that it had in the identity before."""
    return f"""
    {table}.district_id = row.district_id
    AND coalesce({table}.sourced_id, {table}.former_sourced_id) = row.sourced_id
    AND ({table}.sourced_id IS NULL) = row.former
    AND ({table}.sourced_id IS NOT NULL OR {table}.former_epoch = (
        SELECT max(epoch) - 1 FROM roster.identities WHERE district_id = %(district)s
    ))
    """  # noqa: S608 - made of constants


_ROWS_WITH_NAMES = f"""
SELECT row.kind, row.action, row.sourced_id, row.school_id,
       coalesce(
           person.given_name || ' ' || person.family_name, enrolled.given_name || ' ' || enrolled.family_name,
           class.title, course.title, session.title
       )
FROM roster.hold_rows AS row
LEFT JOIN roster.users AS person ON row.kind IN ('users', 'user_roles') AND {_same("person")}
LEFT JOIN roster.enrollments AS enrollment ON row.kind = 'enrollments' AND {_same("enrollment")}
LEFT JOIN roster.users AS enrolled ON enrolled.id = enrollment.user_id
LEFT JOIN roster.classes AS class ON row.kind = 'classes' AND {_same("class")}
LEFT JOIN roster.courses AS course ON row.kind = 'courses' AND {_same("course")}
LEFT JOIN roster.academic_sessions AS session ON row.kind = 'academic_sessions' AND {_same("session")}
WHERE row.district_id = %(district)s AND row.fingerprint = %(fingerprint)s
ORDER BY 1, 2, 4, 3
"""  # noqa: S608 - made of constants


async def stored_holds(connection: Connection, district_id: str) -> list[StoredHold]:
    """All of a district, the oldest first. Raises `PlatformError`."""
    return await _holds(connection, district_id, None)


async def stored_hold(connection: Connection, district_id: str, fingerprint: str) -> StoredHold:
    """The one of this fingerprint. Raises `HoldUnknown`, `PlatformError`."""
    for hold in await _holds(connection, district_id, fingerprint):
        return hold
    raise HoldUnknown(district_id, fingerprint)


async def _holds(connection: Connection, district_id: str, fingerprint: str | None) -> list[StoredHold]:
    with platform_errors(connection):
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_SELECT, {"district": district_id, "fingerprint": fingerprint})
            found = await cursor.fetchall()
    return [StoredHold(**{**row, "category": Category(row["category"])}) for row in found]


async def hold_rows(
    connection: Connection, district_id: str, fingerprint: str, *, names: bool
) -> AsyncIterator[tuple[str, str, str, str | None, str | None]]:
    """Kind, action, sourcedId, the platform's school id, and a name or title; few are in memory at once.

    Without `names` there is none; with it there is one for what the platform has. Raises `PlatformError`.
    """
    statement = _ROWS_WITH_NAMES if names else _ROWS
    values = {"district": district_id, "fingerprint": fingerprint}
    async for row in streamed(connection, "hold_rows", statement, values):
        yield row[0], row[1], row[2], row[3], row[4]
