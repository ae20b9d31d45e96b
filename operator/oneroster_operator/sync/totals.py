"""Totals: what a category holds, or would hold, in all and per school.

The unit is people for Students and TeacherAssignments (a person at two schools counts at both and once in all),
roles for SchoolAdmins and DistrictAdmins (one for each person and school, so that a preview shows what the limits
count), and student enrollments for ClassRosters.
"""

from dataclasses import dataclass, field
from typing import LiteralString

from oneroster_operator.api.category import Category
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.wanted import Owner


@dataclass(frozen=True, slots=True)
class Totals:
    """`schools` has every linked school, also with 0; a district admin counts under the district's org."""

    total: int = 0
    schools: dict[str, int] = field(default_factory=dict)
    """By the district's sourcedId."""


@dataclass(frozen=True, slots=True)
class Places:
    """The district's names for where people are counted."""

    links: dict[str, str]
    """The platform's school id by sourcedId; of two sourcedIds of one school the first has its count."""
    district_org: str | None

    def named(self, category: Category, counts: dict[str | None, int]) -> dict[str, int]:
        """Counts by platform school id as counts by sourcedId."""
        if category is Category.DISTRICT_ADMINS:
            return {} if self.district_org is None else {self.district_org: counts.get(None, 0)}
        left = dict(counts)
        return {sourced_id: left.pop(school_id, 0) for sourced_id, school_id in sorted(self.links.items())}


_WANTED_PEOPLE = """
SELECT school_id, count(DISTINCT sourced_id), grouping(school_id) = 1
FROM wanted_user_roles GROUP BY GROUPING SETS ((school_id), ())
"""
_WANTED_ENROLLMENTS = """
SELECT school_id, count(*), grouping(school_id) = 1
FROM wanted_enrollments GROUP BY GROUPING SETS ((school_id), ())
"""
_HELD_PEOPLE = """
SELECT school_id, count(DISTINCT user_id), grouping(school_id) = 1
FROM roster.user_roles
WHERE district_id = %(district)s AND role = %(role)s AND ended_at IS NULL AND NOT by_hand
AND (school_id IS NULL OR school_id IN (SELECT school_id FROM linked))
GROUP BY GROUPING SETS ((school_id), ())
"""
_HELD_ENROLLMENTS = """
SELECT school_id, count(*), grouping(school_id) = 1
FROM roster.enrollments
WHERE district_id = %(district)s AND category = %(category)s AND ended_at IS NULL
AND school_id IN (SELECT school_id FROM linked)
GROUP BY GROUPING SETS ((school_id), ())
"""


async def wanted(connection: Connection, owner: Owner, places: Places) -> Totals:
    """What the category would hold if all that it wants were written, and nothing else."""
    enrollments = owner.category is Category.CLASS_ROSTERS
    return await _totals(connection, owner, places, _WANTED_ENROLLMENTS if enrollments else _WANTED_PEOPLE)


async def held(connection: Connection, owner: Owner, places: Places) -> Totals:
    """What the category holds at its linked schools."""
    enrollments = owner.category is Category.CLASS_ROSTERS
    return await _totals(connection, owner, places, _HELD_ENROLLMENTS if enrollments else _HELD_PEOPLE)


async def _totals(connection: Connection, owner: Owner, places: Places, statement: LiteralString) -> Totals:
    cursor = await connection.execute(statement, owner.names)
    total, counts = 0, {}
    for school_id, count, in_all in await cursor.fetchall():
        if in_all:
            total = count
        else:
            counts[school_id] = count
    if owner.category.grants_admin:
        total = sum(counts.values())
    return Totals(total, places.named(owner.category, counts))
