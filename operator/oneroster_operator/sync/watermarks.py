"""`roster.watermarks` and what else the platform remembers of a category's runs."""

import datetime as dt
from collections.abc import Mapping

from oneroster_operator.oneroster import Collection
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.extract import Pulled
from oneroster_operator.sync.full_or_delta import Memory, Watermark
from oneroster_operator.sync.quarantine import MENDS_ELSEWHERE, WAIT
from oneroster_operator.sync.wanted import Owner

_READ = """
SELECT collection, changed_since, pulled_at, full_at, inputs, next_begin, unfit
FROM roster.watermarks WHERE district_id = %(district)s AND category = %(category)s
"""
_UNSETTLED = """
SELECT EXISTS (
    SELECT FROM roster.holds
    WHERE district_id = %(district)s AND category = %(category)s AND state IN ('open', 'discarded')
), EXISTS (
    SELECT FROM roster.quarantine
    WHERE district_id = %(district)s AND category = %(category)s AND rule = ANY (%(elsewhere)s)
    AND first_seen_at + %(wait)s > %(now)s
)
"""


async def read(connection: Connection, owner: Owner, now: dt.datetime) -> Memory:
    """What is remembered of the category."""
    cursor = await connection.execute(_READ, owner.names)
    marks = {Collection(name): Watermark(*values) for name, *values in await cursor.fetchall()}
    names = owner.names | {"elsewhere": list(MENDS_ELSEWHERE), "wait": WAIT, "now": now}
    row = await (await connection.execute(_UNSETTLED, names)).fetchone()
    held, lacking = row or (False, False)
    return Memory(marks, held, lacking)


_WRITE = """
INSERT INTO roster.watermarks AS known (
    district_id, category, collection, changed_since, pulled_at, full_at, inputs, next_begin, unfit
)
VALUES (
    %(district)s, %(category)s, %(collection)s, %(changed_since)s, %(pulled_at)s, %(pulled_at)s, %(inputs)s,
    %(next_begin)s, %(unfit)s
)
ON CONFLICT (district_id, category, collection) DO UPDATE
SET changed_since = excluded.changed_since, pulled_at = excluded.pulled_at, full_at = excluded.full_at,
    inputs = excluded.inputs, next_begin = excluded.next_begin, unfit = excluded.unfit
"""
_MOVE = """
UPDATE roster.watermarks
SET changed_since = %(changed_since)s, pulled_at = %(pulled_at)s, next_begin = least(next_begin, %(next_begin)s)
WHERE district_id = %(district)s AND category = %(category)s AND collection = %(collection)s
"""


async def write(connection: Connection, owner: Owner, pulled: Mapping[Collection, Pulled], inputs: str) -> None:
    """Note what the category was given, in the transaction that writes it. A pull that proves nothing is not."""
    is_delta = any(one.since is not None for one in pulled.values())
    if not is_delta and not all(one.proves_absence for one in pulled.values()):
        return
    for collection, one in pulled.items():
        names = owner.names | {
            "collection": collection.value,
            "changed_since": one.outcome.next_since,
            "pulled_at": one.at,
            "inputs": inputs,
            "next_begin": one.next_begin,
            "unfit": one.unfit,
        }
        await connection.execute(_MOVE if is_delta else _WRITE, names)
