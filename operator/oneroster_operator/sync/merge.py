"""Merge: writes the differences into the roster, in the caller's transaction, and counts what it wrote.

Inserts and updates are separate statements over the differences alone. `INSERT ... ON CONFLICT DO UPDATE` would
lock every unchanged row and use up an id for it, which is a write for nothing; the district's advisory lock
already keeps others from inserting the same row.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.columns import CLAIMED, FILLED, assigned, listed, named
from oneroster_operator.sync.tally import Kind
from oneroster_operator.sync.wanted import Owner


@dataclass(frozen=True, slots=True)
class Written:
    """Rows of the roster that were written."""

    created: int = 0
    """New, or active again, or claimed by one category more."""
    changed: int = 0
    removed: int = 0
    """Ended, or claimed by one category less."""

    def __add__(self, other: "Written") -> "Written":
        return Written(self.created + other.created, self.changed + other.changed, self.removed + other.removed)


async def merge(connection: Connection, owner: Owner) -> Written:
    """Write all that is in `differences`; what refers to a row comes after it."""
    found = await _actions(connection)
    written = Written()
    for kind, write in _WRITERS:
        if kind in found:
            written += await write(_Writing(connection, owner, kind, found[kind]))
    return written


async def _actions(connection: Connection) -> dict[Kind, set[str]]:
    actions: dict[Kind, set[str]] = defaultdict(set)
    cursor = await connection.execute("SELECT DISTINCT kind, action FROM differences")
    for kind, action in await cursor.fetchall():
        actions[Kind(kind)].add(action)
    return actions


@dataclass(frozen=True, slots=True)
class _Writing:
    """One kind of differences; a statement for which there are none is not made, each would read a whole table."""

    connection: Connection
    owner: Owner
    kind: Kind
    actions: set[str]

    async def rows(self, action: str, statement: sql.SQL | sql.Composed) -> int:
        """How many rows a statement for differences of this action wrote."""
        if action not in self.actions:
            return 0
        return (await self.connection.execute(statement, self.owner.names)).rowcount

    async def counts(self, update: LiteralString, **names: sql.Composable) -> tuple[int, int]:
        """How many rows an update revived and how many it changed."""
        if self.actions.isdisjoint({"revive", "change"}):
            return 0, 0
        cursor = await self.connection.execute(_counted(update, **names), self.owner.names)
        row = await cursor.fetchone()
        return (row[0], row[1]) if row else (0, 0)


_CREATE_USERS = sql.SQL(
    """
    INSERT INTO roster.users (district_id, sourced_id, active, {columns})
    SELECT %(district)s, staged.sourced_id, true, {values}
    FROM differences AS difference JOIN stage_users AS staged USING (sourced_id)
    WHERE difference.kind = 'users' AND difference.action = 'create'
    """
).format(columns=named(FILLED[Kind.USERS]), values=listed(FILLED[Kind.USERS], "staged"))

_UPDATE_USERS = """
UPDATE roster.users AS known SET {assignments}, active = true, changed_at = now()
FROM differences AS difference JOIN stage_users AS staged USING (sourced_id)
WHERE difference.kind = 'users' AND difference.action IN ('revive', 'change')
AND known.district_id = %(district)s AND known.id = difference.id
"""

_CREATE_ROLES = sql.SQL(
    """
    INSERT INTO roster.user_roles (district_id, user_id, role, school_id, begin_date, end_date, by_hand)
    SELECT %(district)s, person.id, %(role)s, wanted.school_id, wanted.begin_date, wanted.end_date, false
    FROM differences AS difference
    JOIN wanted_user_roles AS wanted
        ON wanted.sourced_id = difference.sourced_id AND wanted.school_id IS NOT DISTINCT FROM difference.school_id
    JOIN roster.users AS person
        ON person.district_id = %(district)s AND person.sourced_id = difference.sourced_id
    WHERE difference.kind = 'user_roles' AND difference.action = 'create'
    """
)

_UPDATE_ROLES = """
UPDATE roster.user_roles AS held
SET begin_date = wanted.begin_date, end_date = wanted.end_date, ended_at = NULL
FROM differences AS difference
JOIN wanted_user_roles AS wanted
    ON wanted.sourced_id = difference.sourced_id AND wanted.school_id IS NOT DISTINCT FROM difference.school_id
WHERE difference.kind = 'user_roles' AND difference.action IN ('revive', 'change')
AND held.district_id = %(district)s AND held.id = difference.id
"""

_END_ROLES = sql.SQL(
    """
    UPDATE roster.user_roles SET ended_at = now()
    WHERE district_id = %(district)s
    AND id IN (SELECT id FROM differences WHERE kind = 'user_roles' AND action = 'end')
    """
)

_DEACTIVATE = sql.SQL(
    """
    UPDATE roster.users AS person SET active = false, changed_at = now()
    WHERE person.district_id = %(district)s AND person.active
    AND person.id IN (
        SELECT ended.user_id
        FROM differences AS difference
        JOIN roster.user_roles AS ended ON ended.district_id = %(district)s AND ended.id = difference.id
        WHERE difference.kind = 'user_roles' AND difference.action = 'end'
    )
    AND NOT EXISTS (
        SELECT FROM roster.user_roles AS held
        WHERE held.district_id = %(district)s AND held.user_id = person.id AND held.ended_at IS NULL
    )
    """
)

_CREATE_CLAIMED = """
INSERT INTO {roster} (district_id, sourced_id, claimed_by, {columns})
SELECT %(district)s, staged.sourced_id, ARRAY[%(category)s::text], {values}
FROM differences AS difference JOIN {stage} AS staged USING (sourced_id)
WHERE difference.kind = {kind} AND difference.action = 'create'
"""

_UPDATE_CLAIMED = """
UPDATE {roster} AS known
SET {assignments}, ended_at = NULL,
    claimed_by = ARRAY(
        SELECT DISTINCT claim COLLATE "C" FROM unnest(known.claimed_by || %(category)s::text) AS claim ORDER BY 1
    )
FROM differences AS difference JOIN {stage} AS staged USING (sourced_id)
WHERE difference.kind = {kind} AND difference.action IN ('revive', 'change')
AND known.district_id = %(district)s AND known.id = difference.id
"""

_END_CLAIMED = """
UPDATE {roster} AS known
SET claimed_by = array_remove(known.claimed_by, %(category)s::text),
    ended_at = CASE WHEN known.claimed_by = ARRAY[%(category)s::text] THEN now() END
WHERE known.district_id = %(district)s
AND known.id IN (SELECT id FROM differences WHERE kind = {kind} AND action = 'end')
"""

_CREATE_ENROLLMENTS = sql.SQL(
    """
    INSERT INTO roster.enrollments (
        district_id, sourced_id, category, role, user_id, class_id, school_id, is_primary, begin_date, end_date
    )
    SELECT %(district)s, wanted.sourced_id, %(category)s, %(enrolled)s, person.id, class.id, wanted.school_id,
           staged.is_primary, staged.begin_date, staged.end_date
    FROM differences AS difference
    JOIN wanted_enrollments AS wanted USING (sourced_id)
    JOIN stage_enrollments AS staged USING (sourced_id)
    JOIN roster.users AS person
        ON person.district_id = %(district)s AND person.sourced_id = wanted.user_sourced_id
    JOIN roster.classes AS class
        ON class.district_id = %(district)s AND class.sourced_id = wanted.class_sourced_id
    WHERE difference.kind = 'enrollments' AND difference.action = 'create'
    """
)

_UPDATE_ENROLLMENTS = """
UPDATE roster.enrollments AS known
SET category = %(category)s, role = %(enrolled)s, user_id = person.id, class_id = class.id,
    school_id = wanted.school_id, is_primary = staged.is_primary,
    begin_date = staged.begin_date, end_date = staged.end_date, ended_at = NULL
FROM differences AS difference
JOIN wanted_enrollments AS wanted USING (sourced_id)
JOIN stage_enrollments AS staged USING (sourced_id)
JOIN roster.users AS person
    ON person.district_id = %(district)s AND person.sourced_id = wanted.user_sourced_id
JOIN roster.classes AS class
    ON class.district_id = %(district)s AND class.sourced_id = wanted.class_sourced_id
WHERE difference.kind = 'enrollments' AND difference.action IN ('revive', 'change')
AND known.district_id = %(district)s AND known.id = difference.id
"""

_END_ENROLLMENTS = sql.SQL(
    """
    UPDATE roster.enrollments SET ended_at = now()
    WHERE district_id = %(district)s
    AND id IN (SELECT id FROM differences WHERE kind = 'enrollments' AND action = 'end')
    """
)


async def _users(of: _Writing) -> Written:
    created = await of.rows("create", _CREATE_USERS)
    revived, changed = await of.counts(_UPDATE_USERS, assignments=assigned(FILLED[Kind.USERS], "staged"))
    return Written(created + revived, changed)


async def _roles(of: _Writing) -> Written:
    created = await of.rows("create", _CREATE_ROLES)
    revived, changed = await of.counts(_UPDATE_ROLES)
    removed = await of.rows("end", _END_ROLES)
    changed += await of.rows("end", _DEACTIVATE)
    return Written(created + revived, changed, removed)


async def _claims(of: _Writing) -> Written:
    names: dict[str, sql.Composable] = {
        "kind": sql.Literal(of.kind.value),
        "roster": sql.Identifier("roster", of.kind.value),
        "stage": sql.Identifier(f"stage_{of.kind}"),
        "columns": named(FILLED[of.kind]),
        "values": listed(FILLED[of.kind], "staged"),
        "assignments": assigned(FILLED[of.kind], "staged"),
    }
    created = await of.rows("create", sql.SQL(_CREATE_CLAIMED).format(**names))
    revived, changed = await of.counts(_UPDATE_CLAIMED, **names)
    removed = await of.rows("end", sql.SQL(_END_CLAIMED).format(**names))
    return Written(created + revived, changed, removed)


async def _enrollments(of: _Writing) -> Written:
    created = await of.rows("create", _CREATE_ENROLLMENTS)
    revived, changed = await of.counts(_UPDATE_ENROLLMENTS)
    removed = await of.rows("end", _END_ENROLLMENTS)
    return Written(created + revived, changed, removed)


_WRITERS: tuple[tuple[Kind, Callable[[_Writing], Awaitable[Written]]], ...] = (
    (Kind.USERS, _users),
    (Kind.ROLES, _roles),
    *((kind, _claims) for kind in CLAIMED),
    (Kind.ENROLLMENTS, _enrollments),
)


def _counted(update: LiteralString, **names: sql.Composable) -> sql.Composed:
    """An update as a query that says how many of its rows were revived and how many changed."""
    return sql.SQL(
        """
        WITH written AS ({update} RETURNING difference.action)
        SELECT count(*) FILTER (WHERE action = 'revive'), count(*) FILTER (WHERE action = 'change') FROM written
        """
    ).format(update=sql.SQL(update).format(**names))
