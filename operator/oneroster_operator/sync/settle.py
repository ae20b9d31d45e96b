"""What becomes of holds when a run has judged: found, found again, applied, discarded, cleared.

A hold is stored with its rows, by ids alone. Its fingerprint is that of its rows: the same rows have the same one
from run to run, until they were decided on; found again after that they are another hold.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg.types.json import Jsonb

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.holds import Hold
from oneroster_operator.sync.tally import Tallies, Tally
from oneroster_operator.sync.wanted import Owner


@dataclass(frozen=True, slots=True)
class Decisions:
    """What persons said of stored holds, by fingerprint."""

    approvals: Sequence[str]
    discards: Sequence[str]


_DIGEST = """
SELECT encode(sha256(convert_to(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), 'UTF8')), 'hex')
FROM (
    SELECT (
        jsonb_build_array(%(district)s::text, %(category)s::text, kind, action, sourced_id, school_id)
        || CASE WHEN trait = 'former' THEN '["former"]'::jsonb ELSE '[]' END
    )::text
    FROM aside WHERE why = 'held'
) AS row (line)
"""

# Twelve digits: five of them, with commas, are an annotation's token of 64 characters.
_FINGERPRINT = """
SELECT left(encode(sha256(convert_to(%(digest)s || ' ' || count(*), 'UTF8')), 'hex'), 12)
FROM roster.holds
WHERE district_id = %(district)s AND rows_digest = %(digest)s AND decided_at IS NOT NULL AND state <> 'discarded'
"""

_STORE = """
INSERT INTO roster.holds AS known (
    district_id, fingerprint, rows_digest, category, parts, reason, message, counts, found_at, seen_at, state
)
VALUES (
    %(district)s, %(fingerprint)s, %(digest)s, %(category)s, %(parts)s, %(reason)s, %(message)s, %(counts)s,
    %(now)s, %(now)s, 'open'
)
ON CONFLICT (district_id, fingerprint) DO UPDATE
SET parts = excluded.parts, reason = excluded.reason, message = excluded.message, seen_at = excluded.seen_at,
    found_at = CASE WHEN known.state = 'open' THEN known.found_at ELSE excluded.found_at END, state = 'open'
"""

_STORE_ROWS = """
INSERT INTO roster.hold_rows (district_id, fingerprint, kind, action, sourced_id, school_id, former)
SELECT %(district)s, %(fingerprint)s, kind, action, sourced_id, school_id, trait IS NOT DISTINCT FROM 'former'
FROM aside WHERE why = 'held'
ON CONFLICT DO NOTHING
"""

# One of whose rows nothing is aside any more has not occurred again.
_OCCURS = """
EXISTS (
    SELECT FROM roster.hold_rows AS row JOIN aside USING (kind, action, sourced_id)
    WHERE row.district_id = hold.district_id AND row.fingerprint = hold.fingerprint AND aside.why = %(why)s
    AND row.school_id IS NOT DISTINCT FROM aside.school_id
    AND row.former = (aside.trait IS NOT DISTINCT FROM 'former')
)
"""

_DECIDE = f"""
UPDATE roster.holds AS hold SET state = %(state)s, decided_at = %(now)s, seen_at = %(now)s
WHERE hold.district_id = %(district)s AND hold.category = %(category)s
AND hold.fingerprint = ANY (%(fingerprints)s) AND hold.state = ANY (%(before)s) AND {_OCCURS}
"""  # noqa: S608 - made of constants

_CLEAR = f"""
WITH cleared AS (
    UPDATE roster.holds AS hold SET state = 'cleared'
    WHERE hold.district_id = %(district)s AND hold.category = %(category)s
    AND (hold.state = 'open' AND hold.fingerprint <> %(fingerprint)s OR hold.state = 'discarded' AND NOT {_OCCURS})
    RETURNING fingerprint
)
DELETE FROM roster.hold_rows
WHERE district_id = %(district)s AND fingerprint IN (SELECT fingerprint FROM cleared)
"""  # noqa: S608 - made of constants


async def settle(
    connection: Connection,
    owner: Owner,
    holds: Sequence[Hold],
    held: Tallies,
    decisions: Decisions,
    now: dt.datetime,
) -> str:
    """Store what is aside as held, and note what became of earlier holds, in the caller's transaction.

    Call it before approved rows are put back. Returns the fingerprint of what is held, empty where nothing is.
    """
    names: dict[str, object] = {**owner.names, "now": now}
    decided = {"state": "applied", "why": "approved", "fingerprints": list(decisions.approvals)}
    await connection.execute(_DECIDE, {**names, **decided, "before": ["open", "discarded"]})
    decided = {"state": "discarded", "why": "discarded", "fingerprints": list(decisions.discards)}
    await connection.execute(_DECIDE, {**names, **decided, "before": ["open"]})
    fingerprint = await _store(connection, names, holds, held) if held else ""
    await connection.execute(_CLEAR, {**names, "why": "discarded", "fingerprint": fingerprint})
    return fingerprint


async def _store(connection: Connection, names: dict[str, object], holds: Sequence[Hold], held: Tallies) -> str:
    names = {**names, "digest": await _value(connection, _DIGEST, names)}
    names["fingerprint"] = await _value(connection, _FINGERPRINT, names)
    names |= {
        "parts": sorted({part.value for hold in holds for part in hold.parts}),
        "reason": holds[0].reason,
        "message": " ".join(hold.message for hold in holds),
        "counts": Jsonb({kind.value: _counts(sum(schools.values(), Tally())) for kind, schools in held.items()}),
    }
    await connection.execute(_STORE, names)
    await connection.execute(_STORE_ROWS, names)
    return str(names["fingerprint"])


def _counts(tally: Tally) -> dict[str, int]:
    counts = {"create": tally.created, "change": tally.changed, "end": tally.removed}
    return {action: count for action, count in counts.items() if count}


async def _value(connection: Connection, statement: LiteralString, names: dict[str, object]) -> str:
    row = await (await connection.execute(statement, names)).fetchone()
    return str(row[0]) if row else ""
