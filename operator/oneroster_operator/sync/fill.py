"""Makes of a staged delta what all of it would have been: what did not change is staged as the platform has it.

What comes after the stage then needs to know nothing of deltas, and nobody is missing: who is not in the delta is
there all the same. What was staged so is for one category, and told by its time: no record is that old.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final, LiteralString

from psycopg import sql

from oneroster_operator.oneroster import Collection
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import stage
from oneroster_operator.sync.columns import FILLED, listed, named
from oneroster_operator.sync.quarantine import MENDS_ELSEWHERE
from oneroster_operator.sync.stage import KINDS
from oneroster_operator.sync.tally import Kind
from oneroster_operator.sync.wanted import Owner

FROM_PLATFORM: Final[LiteralString] = "'-infinity'::timestamptz"
"""`modified` of what is staged from the platform."""

_TAKE_BACK: LiteralString = "DELETE FROM {stage} WHERE modified = {old}"

# What could not be used and did not change cannot be used now; the platform keeps of it what it has.
_UNUSABLE: LiteralString = """
INSERT INTO {stage} (sourced_id, modified, state, rule)
SELECT known.sourced_id, {old}, CASE known.rule WHEN 'UnknownRole' THEN 'unknown' ELSE 'rejected' END, known.rule
FROM roster.quarantine AS known
WHERE known.district_id = %(district)s AND known.category = %(category)s AND known.collection = %(collection)s
AND known.rule <> ALL (%(elsewhere)s)
AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = known.sourced_id)
"""

# All roles that the roster gave, whichever category did: whether an account is somebody's depends on them as well.
_USERS: LiteralString = """
INSERT INTO {stage} (sourced_id, modified, state, {columns}, roles, school_ids, begin_dates, end_dates)
SELECT person.sourced_id, {old}, CASE WHEN held.roles IS NULL THEN 'left out' ELSE 'wanted' END, {values},
       held.roles, held.school_ids, held.begin_dates, held.end_dates
FROM (
    SELECT user_id,
           array_agg(role) FILTER (WHERE lasts) AS roles,
           array_agg(school_id) FILTER (WHERE lasts) AS school_ids,
           array_agg(begin_date) FILTER (WHERE lasts) AS begin_dates,
           array_agg(end_date) FILTER (WHERE lasts) AS end_dates
    FROM (
        SELECT *, coalesce(end_date > %(today)s, true) AS lasts
        FROM roster.user_roles
        WHERE district_id = %(district)s AND ended_at IS NULL AND NOT by_hand
        AND (school_id IS NULL OR school_id IN (SELECT school_id FROM linked))
    ) AS own
    GROUP BY user_id
) AS held
JOIN roster.users AS person ON person.district_id = %(district)s AND person.id = held.user_id
WHERE person.sourced_id IS NOT NULL
AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = person.sourced_id)
"""

# What only another category claims may be gone long since, as far as this one has seen.
_CLAIMED: LiteralString = """
INSERT INTO {stage} (sourced_id, modified, state, {columns})
SELECT known.sourced_id, {old}, 'wanted', {values}
FROM {roster} AS known
WHERE known.district_id = %(district)s AND known.sourced_id IS NOT NULL
AND %(category)s = ANY (known.claimed_by) AND {at_linked_school}
AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = known.sourced_id)
"""

_ENROLLMENTS: LiteralString = """
INSERT INTO {stage} (
    sourced_id, modified, state, role, user_sourced_id, class_sourced_id, is_primary, begin_date, end_date
)
SELECT known.sourced_id, {old}, CASE WHEN known.end_date <= %(today)s THEN 'left out' ELSE 'wanted' END,
       known.role, person.sourced_id, class.sourced_id, known.is_primary, known.begin_date, known.end_date
FROM roster.enrollments AS known
JOIN roster.users AS person ON person.district_id = %(district)s AND person.id = known.user_id
JOIN roster.classes AS class ON class.district_id = %(district)s AND class.id = known.class_id
WHERE known.district_id = %(district)s AND known.category = %(category)s AND known.ended_at IS NULL
AND known.school_id IN (SELECT school_id FROM linked)
AND known.sourced_id IS NOT NULL AND person.sourced_id IS NOT NULL AND class.sourced_id IS NOT NULL
AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = known.sourced_id)
"""


async def fill(connection: Connection, owner: Owner, collections: Iterable[Collection], today: dt.date) -> None:
    """Stage what the category has of the collections besides what changed, in place of what another had staged.

    Roles and enrollments that have ended by their date since are staged as left out.
    """
    for collection in collections:
        names = owner.names | {"collection": collection.value, "today": today, "elsewhere": list(MENDS_ELSEWHERE)}
        for statement in (_TAKE_BACK, _UNUSABLE, _held(collection)):
            await connection.execute(_of(collection, statement), names)
        await connection.execute(sql.SQL("ANALYZE {}").format(stage.table(collection)))


def _held(collection: Collection) -> LiteralString:
    if collection is Collection.USERS:
        return _USERS
    return _ENROLLMENTS if collection is Collection.ENROLLMENTS else _CLAIMED


def _of(collection: Collection, statement: LiteralString) -> sql.Composed:
    kind = KINDS[collection]
    columns = FILLED.get(kind, ())
    table = "person" if kind is Kind.USERS else "known"
    return sql.SQL(statement).format(
        stage=stage.table(collection),
        roster=sql.Identifier("roster", kind.value),
        old=sql.SQL(FROM_PLATFORM),
        columns=named(columns),
        values=listed(columns, table),
        at_linked_school=sql.SQL(
            "known.school_id IN (SELECT school_id FROM linked)" if kind is Kind.CLASSES else "true"
        ),
    )
