"""Diff: what has to be written so that the platform holds what a category wants, in a temporary table.

One row of `differences` is one row of the roster to be written. `action` is create, revive (the row is there
but ended, or without this category's claim), change or end. `trait` marks what the limits look at: `moved`
(a change of who or where it is), `explicit` (an end that the district's own record asks for) and `former` (an end
of a row of an earlier identity, which `sourced_id` then is of).
"""

from collections import defaultdict
from typing import LiteralString

from psycopg import sql

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.columns import CLAIMED, FILLED, IDENTITY, listed
from oneroster_operator.sync.roles import GRANTED_BY
from oneroster_operator.sync.tally import Kind, Tally
from oneroster_operator.sync.wanted import ENROLLED_BY, Owner

_CREATE = """
CREATE TEMP TABLE differences (
    kind text NOT NULL, action text NOT NULL, id bigint, sourced_id text NOT NULL, school_id text, trait text
)
"""


async def create(connection: Connection) -> None:
    """Make the temporary table."""
    await connection.execute(_CREATE)


async def find(connection: Connection, owner: Owner) -> None:
    """Fill `differences` from the tables that `wanted` filled."""
    await connection.execute("TRUNCATE differences")
    if owner.category in GRANTED_BY:
        for statement in (_USERS, _ROLES_WANTED, _ROLES_ENDED):
            await connection.execute(statement, owner.names)
    if owner.category in ENROLLED_BY:
        for kind in CLAIMED:
            await connection.execute(_claims_wanted(kind), owner.names)
            await connection.execute(_claims_ended(kind), owner.names)
        await connection.execute(_ENROLLMENTS_WANTED, owner.names)
        await connection.execute(_ENROLLMENTS_ENDED, owner.names)
    await connection.execute("ANALYZE differences")


# Whoever gets a role is active; who keeps none is seen to when roles have ended. An account that never had a role
# of the roster is filled in and not changed, also where the run that linked it came no further.
_USERS = sql.SQL(
    """
    INSERT INTO differences
    SELECT 'users',
           CASE WHEN known.id IS NULL THEN 'create' WHEN NOT known.active THEN 'revive' ELSE 'change' END,
           known.id, staged.sourced_id, NULL,
           CASE WHEN known.active AND known.id NOT IN (SELECT id FROM just_linked)
               AND EXISTS (SELECT FROM roster.user_roles AS had WHERE had.user_id = known.id AND NOT had.by_hand)
               AND ({known_identity}) IS DISTINCT FROM ({identity}) THEN 'moved' END
    FROM stage_users AS staged
    LEFT JOIN roster.users AS known
        ON known.district_id = %(district)s AND known.sourced_id = staged.sourced_id
    WHERE staged.sourced_id IN (SELECT sourced_id FROM wanted_user_roles)
    AND (known.id IS NULL OR NOT known.active OR ({known_columns}) IS DISTINCT FROM ({columns}))
    """
).format(
    known_identity=listed(IDENTITY, "known"),
    identity=listed(IDENTITY, "staged"),
    known_columns=listed(FILLED[Kind.USERS], "known"),
    columns=listed(FILLED[Kind.USERS], "staged"),
)

_ROLES_WANTED = """
INSERT INTO differences
SELECT 'user_roles',
       CASE WHEN held.id IS NULL THEN 'create' WHEN held.ended_at IS NOT NULL THEN 'revive' ELSE 'change' END,
       held.id, wanted.sourced_id, wanted.school_id, NULL
FROM wanted_user_roles AS wanted
LEFT JOIN roster.users AS person
    ON person.district_id = %(district)s AND person.sourced_id = wanted.sourced_id
LEFT JOIN roster.user_roles AS held
    ON held.district_id = %(district)s AND held.user_id = person.id AND held.role = %(role)s AND NOT held.by_hand
    AND held.school_id IS NOT DISTINCT FROM wanted.school_id
WHERE held.id IS NULL OR held.ended_at IS NOT NULL
OR (held.begin_date, held.end_date) IS DISTINCT FROM (wanted.begin_date, wanted.end_date)
"""

_ROLES_ENDED = """
INSERT INTO differences
SELECT 'user_roles', 'end', held.id, coalesce(person.sourced_id, person.former_sourced_id), held.school_id,
       CASE WHEN person.sourced_id IS NULL THEN 'former' WHEN staged.state IS NOT NULL THEN 'explicit' END
FROM roster.user_roles AS held
JOIN roster.users AS person ON person.district_id = %(district)s AND person.id = held.user_id
LEFT JOIN stage_users AS staged ON staged.sourced_id = person.sourced_id
WHERE held.district_id = %(district)s AND held.role = %(role)s AND held.ended_at IS NULL AND NOT held.by_hand
AND coalesce(person.sourced_id, person.former_sourced_id) IS NOT NULL
AND (held.school_id IS NULL OR held.school_id IN (SELECT school_id FROM linked))
AND staged.state IS DISTINCT FROM 'rejected'
AND NOT EXISTS (
    SELECT FROM wanted_user_roles AS wanted
    WHERE wanted.sourced_id = person.sourced_id AND wanted.school_id IS NOT DISTINCT FROM held.school_id
)
"""


def _claims_wanted(kind: Kind) -> sql.Composed:
    is_class = kind is Kind.CLASSES
    return sql.SQL(
        """
        INSERT INTO differences
        SELECT {kind},
               CASE WHEN known.id IS NULL THEN 'create'
                    WHEN NOT %(category)s = ANY (known.claimed_by) THEN 'revive' ELSE 'change' END,
               known.id, staged.sourced_id, {school}, CASE WHEN {moved} THEN 'moved' END
        FROM {wanted} JOIN {stage} AS staged USING (sourced_id)
        LEFT JOIN {roster} AS known ON known.district_id = %(district)s AND known.sourced_id = staged.sourced_id
        WHERE known.id IS NULL OR NOT %(category)s = ANY (known.claimed_by)
        OR ({known_columns}) IS DISTINCT FROM ({columns})
        """
    ).format(
        kind=sql.Literal(kind.value),
        school=sql.SQL("staged.school_id" if is_class else "NULL"),
        moved=sql.SQL("known.school_id <> staged.school_id" if is_class else "false"),
        wanted=sql.Identifier(f"wanted_{kind}"),
        stage=sql.Identifier(f"stage_{kind}"),
        roster=sql.Identifier("roster", kind.value),
        known_columns=listed(FILLED[kind], "known"),
        columns=listed(FILLED[kind], "staged"),
    )


def _claims_ended(kind: Kind) -> sql.Composed:
    is_class = kind is Kind.CLASSES
    return sql.SQL(
        """
        INSERT INTO differences
        SELECT {kind}, 'end', known.id, coalesce(known.sourced_id, known.former_sourced_id), {school},
               CASE WHEN known.sourced_id IS NULL THEN 'former' WHEN staged.state = 'left out' THEN 'explicit' END
        FROM {roster} AS known
        LEFT JOIN {stage} AS staged ON staged.sourced_id = known.sourced_id
        WHERE known.district_id = %(district)s AND %(category)s = ANY (known.claimed_by)
        AND NOT EXISTS (SELECT FROM {wanted} AS wanted WHERE wanted.sourced_id = known.sourced_id)
        AND NOT EXISTS (SELECT FROM frozen WHERE kind = {kind} AND frozen.sourced_id = known.sourced_id)
        AND (known.sourced_id IS NOT NULL OR {former_ends})
        """
    ).format(
        kind=sql.Literal(kind.value),
        school=sql.SQL("known.school_id" if is_class else "NULL"),
        stage=sql.Identifier(f"stage_{kind}"),
        roster=sql.Identifier("roster", kind.value),
        wanted=sql.Identifier(f"wanted_{kind}"),
        former_ends=sql.SQL("known.school_id IN (SELECT school_id FROM linked)" if is_class else _NONE_IS_FROZEN),
    )


# Of an earlier identity, what a class of a school that is not linked needs is not told from the rest.
_NONE_IS_FROZEN: LiteralString = """NOT EXISTS (
    SELECT FROM roster.classes AS class
    WHERE class.district_id = %(district)s AND class.sourced_id IS NULL AND %(category)s = ANY (class.claimed_by)
    AND class.school_id NOT IN (SELECT school_id FROM linked)
)"""

_ENROLLMENTS_WANTED = """
INSERT INTO differences
SELECT 'enrollments',
       CASE WHEN known.id IS NULL THEN 'create' WHEN known.ended_at IS NOT NULL THEN 'revive' ELSE 'change' END,
       known.id, wanted.sourced_id, wanted.school_id,
       CASE WHEN (person.sourced_id, class.sourced_id, known.school_id)
           IS DISTINCT FROM (wanted.user_sourced_id, wanted.class_sourced_id, wanted.school_id) THEN 'moved' END
FROM wanted_enrollments AS wanted
JOIN stage_enrollments AS staged USING (sourced_id)
LEFT JOIN roster.enrollments AS known
    ON known.district_id = %(district)s AND known.sourced_id = wanted.sourced_id
LEFT JOIN roster.users AS person ON person.district_id = %(district)s AND person.id = known.user_id
LEFT JOIN roster.classes AS class ON class.district_id = %(district)s AND class.id = known.class_id
WHERE known.id IS NULL OR known.ended_at IS NOT NULL
OR (person.sourced_id, class.sourced_id, known.school_id, known.is_primary, known.begin_date, known.end_date)
    IS DISTINCT FROM (
        wanted.user_sourced_id, wanted.class_sourced_id, wanted.school_id,
        staged.is_primary, staged.begin_date, staged.end_date
    )
"""

_ENROLLMENTS_ENDED = """
INSERT INTO differences
SELECT 'enrollments', 'end', known.id, coalesce(known.sourced_id, known.former_sourced_id), known.school_id,
       CASE WHEN known.sourced_id IS NULL THEN 'former' WHEN staged.state IS NOT NULL THEN 'explicit' END
FROM roster.enrollments AS known
LEFT JOIN stage_enrollments AS staged ON staged.sourced_id = known.sourced_id
WHERE known.district_id = %(district)s AND known.category = %(category)s AND known.ended_at IS NULL
AND known.school_id IN (SELECT school_id FROM linked)
AND staged.state IS DISTINCT FROM 'rejected'
AND NOT EXISTS (SELECT FROM wanted_enrollments AS wanted WHERE wanted.sourced_id = known.sourced_id)
"""


_HELD_PEOPLE = """
SELECT 'users', NULL, count(*)
FROM roster.users
WHERE district_id = %(district)s AND active AND sourced_id IN (SELECT sourced_id FROM wanted_user_roles)
UNION ALL
SELECT 'user_roles', school_id, count(*)
FROM roster.user_roles
WHERE district_id = %(district)s AND role = %(role)s AND ended_at IS NULL AND NOT by_hand
AND (school_id IS NULL OR school_id IN (SELECT school_id FROM linked))
GROUP BY school_id
"""
_HELD_ROSTERS = """
SELECT 'academic_sessions', NULL, count(*)
FROM roster.academic_sessions WHERE district_id = %(district)s AND %(category)s = ANY (claimed_by)
UNION ALL
SELECT 'courses', NULL, count(*)
FROM roster.courses WHERE district_id = %(district)s AND %(category)s = ANY (claimed_by)
UNION ALL
SELECT 'classes', school_id, count(*)
FROM roster.classes
WHERE district_id = %(district)s AND %(category)s = ANY (claimed_by)
AND school_id IN (SELECT school_id FROM linked)
GROUP BY school_id
UNION ALL
SELECT 'enrollments', school_id, count(*)
FROM roster.enrollments
WHERE district_id = %(district)s AND category = %(category)s AND ended_at IS NULL
AND school_id IN (SELECT school_id FROM linked)
GROUP BY school_id
"""

_FOUND = """
SELECT kind, CASE WHEN kind = 'users' THEN NULL ELSE school_id END,
       count(*) FILTER (WHERE action IN ('create', 'revive')),
       count(*) FILTER (WHERE action = 'change'),
       count(*) FILTER (WHERE action = 'change' AND trait = 'moved'),
       count(*) FILTER (WHERE action = 'end'),
       count(*) FILTER (WHERE action = 'end' AND trait = 'explicit'),
       count(*) FILTER (WHERE action = 'end' AND trait = 'former')
FROM {rows}
GROUP BY 1, 2
"""


async def held(connection: Connection, owner: Owner) -> dict[Kind, dict[str | None, int]]:
    """What the category holds now, by kind and platform school id."""
    counts: dict[Kind, dict[str | None, int]] = defaultdict(dict)
    for writers, statement in ((GRANTED_BY, _HELD_PEOPLE), (ENROLLED_BY, _HELD_ROSTERS)):
        if owner.category in writers:
            cursor = await connection.execute(statement, owner.names)
            for kind, school_id, count in await cursor.fetchall():
                counts[Kind(kind)][school_id] = count
    return counts


async def found_in(connection: Connection, rows: sql.Composable) -> dict[Kind, dict[str | None, Tally]]:
    """How many differences there are in a table like `differences`, by kind and platform school id."""
    found: dict[Kind, dict[str | None, Tally]] = defaultdict(dict)
    cursor = await connection.execute(sql.SQL(_FOUND).format(rows=rows))
    for kind, school_id, *counts in await cursor.fetchall():
        found[Kind(kind)][school_id] = Tally(0, *counts)
    return found


async def tallies(connection: Connection, owner: Owner) -> dict[Kind, dict[str | None, Tally]]:
    """What the category holds and how much of it differs, by kind and platform school id."""
    found: dict[Kind, dict[str | None, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for kind, counts in (await held(connection, owner)).items():
        for school_id, active in counts.items():
            found[kind][school_id] += Tally(active=active)
    for kind, tallies_of_kind in (await found_in(connection, sql.SQL("differences"))).items():
        for school_id, tally in tallies_of_kind.items():
            found[kind][school_id] += tally
    return found
