"""The counts that written runs of the last days ended with: what removals are judged against."""

import datetime as dt
from collections import defaultdict

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.holds import PEAK_DAYS, RATED
from oneroster_operator.sync.tally import Kind, Peaks
from oneroster_operator.sync.wanted import Owner

# A school's earlier counts are none of it where it was linked anew since. '' is what has no school. Of runs before
# the last one that was let past the limits nothing counts.
_PEAKS = """
WITH linked_since AS (
    SELECT link.school_id, max(link.linked_at) AS linked_at
    FROM roster.school_links AS link JOIN linked USING (school_id)
    WHERE link.district_id = %(district)s
    GROUP BY link.school_id
), run AS MATERIALIZED (
    SELECT id, written_at, counts
    FROM roster.sync_runs
    WHERE district_id = %(district)s AND category = %(category)s AND counts <> '{}' AND finished_at > %(since)s
    AND id >= coalesce((
        SELECT max(id) FROM roster.sync_runs
        WHERE district_id = %(district)s AND category = %(category)s AND rebased
    ), 0)
), cell AS (
    SELECT run.id, kind.key AS kind, nullif(school.key, '') AS school_id, school.value::integer AS count
    FROM run
    CROSS JOIN jsonb_each(run.counts) AS kind
    CROSS JOIN jsonb_each_text(kind.value) AS school
    LEFT JOIN linked_since ON linked_since.school_id = school.key
    WHERE school.key = '' OR linked_since.linked_at <= run.written_at
)
SELECT kind, false, school_id, max(count) FROM cell GROUP BY kind, school_id
UNION ALL
SELECT kind, true, NULL, max(count)
FROM (SELECT kind, sum(count) AS count FROM cell GROUP BY id, kind) AS total
GROUP BY kind
"""


async def peaks(connection: Connection, owner: Owner, now: dt.datetime) -> Peaks:
    """The highest counts of the category, and of each school, in the days before `now`."""
    since = now - dt.timedelta(days=PEAK_DAYS)
    cursor = await connection.execute(_PEAKS, {**owner.names, "since": since})
    in_all: dict[Kind, int] = {}
    schools: dict[Kind, dict[str | None, int]] = defaultdict(dict)
    for kind, over_all, school_id, count in await cursor.fetchall():
        if over_all:
            in_all[Kind(kind)] = count
        else:
            schools[Kind(kind)][school_id] = count
    return Peaks(in_all, schools)


def counts(held: dict[Kind, dict[str | None, int]]) -> dict[str, dict[str, int]]:
    """What a run ended with, as `sync_runs` keeps it for later runs."""
    return {kind.value: {school or "": n for school, n in held[kind].items()} for kind in RATED if held.get(kind)}
