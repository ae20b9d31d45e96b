"""A district's school that a person has assigned to another of the platform's schools takes its rows along.

All that the roster has at the school that was wrong moves in one transaction, of every category at once: a class
stays with its members, and nobody at either school sees half of it. It is the platform's own correction and no
change in the district, so no limit holds it.
"""

from collections import Counter
from collections.abc import Collection, Mapping

from oneroster_operator.platform.connection import Connection

_MOVE = """
UPDATE roster.{table} AS known SET school_id = reassigned.right_id
FROM unnest(%(wrong)s::text[], %(right)s::text[]) AS reassigned (wrong_id, right_id)
WHERE known.district_id = %(district)s AND known.school_id = reassigned.wrong_id
"""
_MOVE_CLASSES = _MOVE.format(table="classes")
_MOVE_ENROLLMENTS = _MOVE.format(table="enrollments")

# Where a role that ended stands in its place, that one holds again: nobody loses a role by the correction.
_REVIVE_ROLES = """
UPDATE roster.user_roles AS former SET ended_at = NULL, begin_date = held.begin_date, end_date = held.end_date
FROM roster.user_roles AS held
JOIN unnest(%(wrong)s::text[], %(right)s::text[]) AS reassigned (wrong_id, right_id)
    ON reassigned.wrong_id = held.school_id
WHERE held.district_id = %(district)s AND held.ended_at IS NULL AND NOT held.by_hand AND NOT former.by_hand
AND former.district_id = %(district)s AND former.user_id = held.user_id AND former.role = held.role
AND former.school_id = reassigned.right_id AND former.ended_at IS NOT NULL
"""

# A role is held once at a school: it moves where its place is free, and of two that come to one place one does.
_MOVE_ROLES = """
WITH moving AS (
    SELECT DISTINCT ON (held.user_id, held.role, reassigned.right_id) held.id, reassigned.right_id
    FROM roster.user_roles AS held
    JOIN unnest(%(wrong)s::text[], %(right)s::text[]) AS reassigned (wrong_id, right_id)
        ON reassigned.wrong_id = held.school_id
    WHERE held.district_id = %(district)s AND NOT held.by_hand
    AND NOT EXISTS (
        SELECT FROM roster.user_roles AS other
        WHERE other.user_id = held.user_id AND other.role = held.role AND other.school_id = reassigned.right_id
        AND NOT other.by_hand
    )
    ORDER BY held.user_id, held.role, reassigned.right_id, held.ended_at DESC NULLS FIRST
)
UPDATE roster.user_roles AS held SET school_id = moving.right_id FROM moving WHERE held.id = moving.id
"""
# What could not move is there already.
_END_ROLES = """
UPDATE roster.user_roles SET ended_at = now()
WHERE district_id = %(district)s AND ended_at IS NULL AND NOT by_hand AND school_id = ANY (%(wrong)s)
AND school_id NOT IN (SELECT school_id FROM linked)
"""


def reassigned(
    stored: Mapping[str, str], planned: Mapping[str, str], earlier: Collection[str] = ()
) -> dict[str, str]:
    """The right school's id by that of the wrong one; arguments are platform school ids by sourcedId.

    Not where the wrong one is, or was, that of another of the district's schools too, or of one in an `earlier`
    identity: its rows do not tell whose they are, so they are left to the diff.
    """
    claims = Counter(stored.values())
    return {
        school_id: planned[sourced_id]
        for sourced_id, school_id in stored.items()
        if planned.get(sourced_id, school_id) != school_id and claims[school_id] == 1 and school_id not in earlier
    }


async def move(connection: Connection, district_id: str, schools: Mapping[str, str]) -> int:
    """Move the rows from the wrong schools to the right ones, in the caller's transaction; how many rows were."""
    names = {"district": district_id, "wrong": list(schools), "right": list(schools.values())}
    moved = 0
    for statement in (_REVIVE_ROLES, _MOVE_ROLES, _END_ROLES, _MOVE_CLASSES, _MOVE_ENROLLMENTS):
        moved += (await connection.execute(statement, names)).rowcount
    return moved
