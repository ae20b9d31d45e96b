"""What of a pull a category could not use, by rule, and what is thereby written to `roster.quarantine`.

Rules are the parser's (`oneroster.records.Rule`) and those here. What they are broken by is worked out in the
temporary table `unusable`, for a dry run as well; only the merge's transaction writes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from psycopg import sql

from oneroster_operator.oneroster import Collection
from oneroster_operator.oneroster.records import LONGEST_ID
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import stage
from oneroster_operator.sync.extract import Pulled
from oneroster_operator.sync.roles import GRANTED_BY
from oneroster_operator.sync.wanted import ENROLLED_BY, Owner

Rule = Literal["UnknownRole", "DanglingClass", "DanglingUser", "RoleChanged", "AccountAmbiguous", "UsernameTaken"]
"""Why a record that can be read cannot be used.

- `UnknownRole`: none of a user's roles, or not an enrollment's, is of the version's vocabulary or an extension.
- `DanglingClass`: an enrollment in a class that the district does not list, or that is itself unusable.
- `DanglingUser`: an enrollment of a user whom the district does not list, or who does not hold its role.
- `RoleChanged`: an enrollment that the platform has in its former role, until that one's category ends it.
- `AccountAmbiguous`: a person who may be an account that was made by hand, but not clearly (`sync.accounts`).
- `UsernameTaken`: a new person whose username another account has, in capitals or not.
"""

MENDS_ELSEWHERE: Final = ("DanglingClass", "DanglingUser", "RoleChanged", "AccountAmbiguous", "UsernameTaken")
"""Rules whose records may come good without a change of their own."""

WAIT: Final = dt.timedelta(days=14)
"""How long an enrollment may precede what it refers to before it counts as unusable."""

_CREATE = """
CREATE TEMP TABLE unusable (collection text, sourced_id text, rule text, waits boolean)
"""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Records that a category could not use."""

    by_rule: dict[str, int]
    waiting: int
    """Enrollments whose user or class may yet come."""

    @property
    def quarantined(self) -> int:
        """How many there are without those that wait."""
        return sum(self.by_rule.values())


async def create(connection: Connection) -> None:
    """Make the temporary table."""
    await connection.execute(_CREATE)


async def find(
    connection: Connection, owner: Owner, pulled: Mapping[Collection, Pulled], now: dt.datetime
) -> Unusable:
    """Fill `unusable` from the staged records and the tables that `wanted` filled, and count."""
    await connection.execute("TRUNCATE unusable")
    for collection in pulled:
        await connection.execute(
            sql.SQL(
                "INSERT INTO unusable SELECT {}, sourced_id, rule, false FROM {} WHERE rule IS NOT NULL"
            ).format(collection.value, stage.table(collection))
        )
    if owner.category in GRANTED_BY:
        await connection.execute(_REFUSED)
    if owner.category in ENROLLED_BY:
        await connection.execute(
            _DANGLING,
            owner.names
            | {
                "no_class_waits": not _lists_all(pulled.get(Collection.CLASSES)),
                "no_user_waits": not _lists_all(pulled.get(Collection.USERS)),
            },
        )
    for collection, one in pulled.items():
        if one.since is not None:
            still = sql.SQL(_STILL).format(stage=stage.table(collection))
            await connection.execute(still, owner.names | {"collection": collection.value})
    await connection.execute("ANALYZE unusable")
    counts, waiting = Counter[str](), 0
    cursor = await connection.execute(_COUNT, owner.names | {"wait": WAIT, "now": now})
    for rule, waits, count in await cursor.fetchall():
        if waits:
            waiting += count
        else:
            counts[rule] += count
    for one in pulled.values():
        counts.update(one.nameless)
    return Unusable(dict(counts), waiting)


def _lists_all(pulled: Pulled | None) -> bool:
    """Whether what the collection does not list is not there at all."""
    return pulled is not None and pulled.proves_absence and not pulled.narrowed


# Of what did not change the platform has no more than the rule.
_STILL = """
INSERT INTO unusable
SELECT known.collection, known.sourced_id, known.rule, known.waits_until IS NOT NULL
FROM roster.quarantine AS known
WHERE known.district_id = %(district)s AND known.category = %(category)s AND known.collection = %(collection)s
AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = known.sourced_id)
"""

_REFUSED = "INSERT INTO unusable SELECT 'users', sourced_id, rule, false FROM refused"

# Those of a class that is left out (deleted, or of another school) are no more wanted than the class. What is
# listed and of no use may mend, like what has not come yet; what a complete list lacks is a mistake at once.
_DANGLING = """
INSERT INTO unusable
SELECT 'enrollments', staged.sourced_id,
       CASE WHEN known.sourced_id IS NULL THEN 'DanglingClass'
            WHEN other.id IS NOT NULL THEN 'RoleChanged'
            ELSE 'DanglingUser' END,
       CASE WHEN known.sourced_id IS NULL THEN class.sourced_id IS NOT NULL OR %(no_class_waits)s
            WHEN other.id IS NOT NULL THEN true
            ELSE person.sourced_id IS NOT NULL OR %(no_user_waits)s END
FROM stage_enrollments AS staged
LEFT JOIN stage_classes AS class ON class.sourced_id = staged.class_sourced_id
LEFT JOIN (
    SELECT sourced_id FROM stage_classes WHERE state = 'wanted'
    UNION
    SELECT sourced_id FROM roster.classes
    WHERE district_id = %(district)s AND ended_at IS NULL AND school_id IN (SELECT school_id FROM linked)
) AS known ON known.sourced_id = class.sourced_id
LEFT JOIN stage_users AS person ON person.sourced_id = staged.user_sourced_id
LEFT JOIN roster.enrollments AS other
    ON other.district_id = %(district)s AND other.sourced_id = staged.sourced_id
    AND other.category <> %(category)s AND other.ended_at IS NULL
WHERE staged.state = 'wanted' AND staged.role = %(enrolled)s
AND class.state IS DISTINCT FROM 'left out'
AND NOT EXISTS (SELECT FROM wanted_enrollments AS wanted WHERE wanted.sourced_id = staged.sourced_id)
"""

# An enrollment's time to wait begins when it is first seen to.
_COUNT = """
SELECT found.rule,
       found.waits AND coalesce(
           CASE WHEN known.rule = found.rule THEN known.first_seen_at END, %(now)s::timestamptz
       ) + %(wait)s > %(now)s,
       count(*)
FROM unusable AS found
LEFT JOIN roster.quarantine AS known
    ON known.district_id = %(district)s AND known.category = %(category)s
    AND known.collection = found.collection AND known.sourced_id = found.sourced_id
GROUP BY 1, 2
"""


async def write(
    connection: Connection, owner: Owner, pulled: Mapping[Collection, Pulled], job: str, now: dt.datetime
) -> None:
    """Make the category's rows of `roster.quarantine` those of `unusable`, in the caller's transaction.

    What stays as it was is not written. A row goes when its record has come good, or is not listed by a pull that
    proves absence; of collections that were not pulled all rows stay.
    """
    for collection, one in pulled.items():
        await connection.execute(
            sql.SQL(_CLEAR).format(stage=stage.table(collection)),
            owner.names | {"collection": collection, "complete": one.proves_absence},
        )
    names = owner.names | {"job": job, "now": now, "wait": WAIT, "longest": LONGEST_ID}
    await connection.execute(_UPDATE, names)
    await connection.execute(_INSERT, names)


_CLEAR = """
DELETE FROM roster.quarantine AS known
WHERE known.district_id = %(district)s AND known.category = %(category)s AND known.collection = %(collection)s
AND NOT EXISTS (
    SELECT FROM unusable AS found
    WHERE found.collection = known.collection AND found.sourced_id = known.sourced_id
)
AND (%(complete)s OR EXISTS (SELECT FROM {stage} AS staged WHERE staged.sourced_id = known.sourced_id))
"""

_UPDATE = """
UPDATE roster.quarantine AS known
SET rule = found.rule,
    job = CASE WHEN known.rule = found.rule THEN known.job ELSE %(job)s END,
    first_seen_at = CASE WHEN known.rule = found.rule THEN known.first_seen_at ELSE %(now)s END,
    waits_until = CASE
        WHEN found.waits THEN
            CASE WHEN known.rule = found.rule THEN known.first_seen_at ELSE %(now)s END + %(wait)s
    END
FROM unusable AS found
WHERE known.district_id = %(district)s AND known.category = %(category)s
AND known.collection = found.collection AND known.sourced_id = found.sourced_id
AND (known.rule, known.waits_until IS NOT NULL) IS DISTINCT FROM (found.rule, found.waits)
"""

# An id longer than any may be is counted and has no row: no index would take it.
_INSERT = """
INSERT INTO roster.quarantine (
    district_id, category, collection, sourced_id, rule, job, first_seen_at, waits_until
)
SELECT %(district)s, %(category)s, found.collection, found.sourced_id, found.rule, %(job)s, %(now)s,
       CASE WHEN found.waits THEN %(now)s::timestamptz + %(wait)s END
FROM unusable AS found
WHERE length(found.sourced_id) <= %(longest)s
AND NOT EXISTS (
    SELECT FROM roster.quarantine AS known
    WHERE known.district_id = %(district)s AND known.category = %(category)s
    AND known.collection = found.collection AND known.sourced_id = found.sourced_id
)
"""
