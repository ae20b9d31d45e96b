"""What a delta cannot answer, looked for once it is compared: all is asked for then, and compared instead."""

from typing import LiteralString

from psycopg import sql

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.fill import FROM_PLATFORM
from oneroster_operator.sync.judge import Judged
from oneroster_operator.sync.tally import Differences, Kind
from oneroster_operator.sync.wanted import ENROLLED_BY, Owner

# Nothing is removed because it is not listed, for only all of it shows that.
_ABSENT: LiteralString = """
SELECT FROM differences AS difference
WHERE difference.action = 'end' AND CASE difference.kind {cases} END
"""
_STAGED_IN = {
    Kind.ROLES: "stage_users",
    Kind.SESSIONS: "stage_academic_sessions",
    Kind.COURSES: "stage_courses",
    Kind.CLASSES: "stage_classes",
    Kind.ENROLLMENTS: "stage_enrollments",
}
_CASE: LiteralString = (
    "WHEN {kind} THEN NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = difference.sourced_id)"
)

_CHANGED_CLASS: LiteralString = """
SELECT FROM wanted_classes JOIN stage_classes AS class USING (sourced_id)
WHERE class.modified IS DISTINCT FROM {old}
"""

# What a changed record names may be there, and not have changed itself.
_UNKNOWN: tuple[LiteralString, ...] = (
    """
    {changed_class} AND class.course_sourced_id IS NOT NULL
    AND class.course_sourced_id NOT IN (SELECT sourced_id FROM stage_courses)
    """,
    """
    {changed_class} AND EXISTS (
        SELECT FROM unnest(class.term_sourced_ids) AS term (sourced_id)
        WHERE term.sourced_id NOT IN (SELECT sourced_id FROM stage_academic_sessions)
    )
    """,
    """
    SELECT FROM wanted_academic_sessions JOIN stage_academic_sessions AS session USING (sourced_id)
    WHERE session.modified IS DISTINCT FROM {old} AND session.parent_sourced_id IS NOT NULL
    AND session.parent_sourced_id NOT IN (SELECT sourced_id FROM stage_academic_sessions)
    """,
    """
    SELECT FROM stage_enrollments AS enrollment
    WHERE enrollment.modified IS DISTINCT FROM {old} AND enrollment.state = 'wanted'
    AND enrollment.role = %(enrolled)s
    AND enrollment.class_sourced_id NOT IN (SELECT sourced_id FROM stage_classes)
    """,
)

# The enrollments of a new class are new as well; those of one that comes back, or from another school, are not.
_BACK: tuple[LiteralString, ...] = (
    """
    SELECT FROM stage_classes AS class
    JOIN roster.classes AS known ON known.district_id = %(district)s AND known.sourced_id = class.sourced_id
    WHERE class.modified IS DISTINCT FROM {old} AND class.state = 'wanted'
    AND (NOT %(category)s = ANY (known.claimed_by) OR known.school_id <> class.school_id)
    AND EXISTS (
        SELECT FROM roster.enrollments AS enrollment
        WHERE enrollment.district_id = %(district)s AND enrollment.class_id = known.id
        AND enrollment.category = %(category)s
    )
    """,
    """
    {changed_class}
    AND NOT EXISTS (
        SELECT FROM roster.classes AS known
        WHERE known.district_id = %(district)s AND known.sourced_id = class.sourced_id
    )
    AND class.sourced_id NOT IN (
        SELECT class_sourced_id FROM stage_enrollments
        WHERE state = 'wanted' AND modified IS DISTINCT FROM {old}
    )
    """,
)


async def doubt(connection: Connection, owner: Owner, limits: Limits, found: Differences, judged: Judged) -> str:
    """Why a delta is not enough, in a sentence; empty where it is."""
    if judged.holds:
        return "What changed is beyond the limits, and only all of it shows what became of the rest."
    if _is_much_new(owner.category, limits, found):
        return "So much is new that everybody may have another id, and only all of it shows that."
    if await _any(connection, owner, _absent()):
        return "Something is not listed that has to be."
    if owner.category in ENROLLED_BY:
        for statement in _UNKNOWN:
            if await _any(connection, owner, _with_old(statement)):
                return "What changed belongs to something that did not, and that has not been needed so far."
        for statement in _BACK:
            if await _any(connection, owner, _with_old(statement)):
                return "A class came back or is at another school, and its enrollments did not change with it."
    return ""


def _is_much_new(category: Category, limits: Limits, found: Differences) -> bool:
    """Whether it might be `holds`' IdsChanged, if as much should be gone."""
    floor = 1 if category.grants_admin else limits.removed_floor
    for kind in (Kind.ROLES, Kind.ENROLLMENTS, Kind.CLASSES):
        tally = found.of(kind)
        if tally.created > floor and tally.created * 100 > limits.max_changed_percent // 2 * tally.active:
            return True
    return False


def _absent() -> sql.Composed:
    cases = [
        sql.SQL(_CASE).format(kind=sql.Literal(kind.value), stage=sql.Identifier(name))
        for kind, name in _STAGED_IN.items()
    ]
    return sql.SQL(_ABSENT).format(cases=sql.SQL(" ").join(cases))


def _with_old(statement: LiteralString) -> sql.Composed:
    old = sql.SQL(FROM_PLATFORM)
    return sql.SQL(statement).format(old=old, changed_class=sql.SQL(_CHANGED_CLASS).format(old=old))


async def _any(connection: Connection, owner: Owner, statement: sql.Composed) -> bool:
    cursor = await connection.execute(sql.SQL("SELECT EXISTS ({})").format(statement), owner.names)
    return await cursor.fetchone() == (True,)
