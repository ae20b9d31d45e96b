"""Accounts of runs and of what they withheld are kept for a time; longer where something still depends on them."""

from psycopg import sql

from oneroster_operator.api.report import Outcome
from oneroster_operator.platform import removal
from oneroster_operator.platform.connection import Connection, platform_errors

KEEP_DAYS = 400
"""A school year, and what the same weeks of the last one looked like."""

LEAST_DAYS = 30
"""Removals are judged by the counts of a week's runs, and requests are answered from the accounts of theirs."""

# Of each category the last run that wrote is kept. One that removed something can be undone for as long as those
# whom it removed are kept themselves.
_AGED_RUNS = """
SELECT id FROM roster.sync_runs AS run
WHERE id > %(after)s AND finished_at < now() - make_interval(days => %(days)s)
AND (dry_run OR removed = 0 OR finished_at < now() - make_interval(days => %(people_days)s))
AND (dry_run OR outcome <> ALL (%(wrote)s) OR EXISTS (
    SELECT FROM roster.sync_runs AS later
    WHERE later.district_id = run.district_id AND later.category = run.category AND later.id > run.id
    AND NOT later.dry_run AND later.outcome = ANY (%(wrote)s)
))
ORDER BY id LIMIT %(batch)s
"""
_DELETE_RUNS = "DELETE FROM roster.sync_runs WHERE id = ANY (%(ids)s)"

# How often rows were decided on is a part of the fingerprint that they get when they are withheld again: were a
# decided hold forgotten, an old approval would let them through. So of these the rows go, the hold itself stays.
_HOLDS: dict[str, sql.SQL] = {
    "hold_rows": sql.SQL(
        """
        DELETE FROM roster.hold_rows WHERE ctid = ANY (ARRAY(
            SELECT row.ctid FROM roster.hold_rows AS row JOIN roster.holds AS hold USING (district_id, fingerprint)
            WHERE hold.state = 'applied' AND hold.decided_at < now() - make_interval(days => %(days)s)
            LIMIT %(batch)s
        ))
        """
    ),
    "holds": sql.SQL(
        """
        DELETE FROM roster.holds WHERE state = 'cleared' AND ctid = ANY (ARRAY(
            SELECT ctid FROM roster.holds
            WHERE state = 'cleared' AND decided_at IS NULL AND seen_at < now() - make_interval(days => %(days)s)
            LIMIT %(batch)s
        ))
        """
    ),
}


async def forget_runs(connection: Connection, days: int, *, people_days: int, dry_run: bool) -> removal.Counts:
    """Delete accounts of runs that ended so many days ago, of all districts, in batches.

    `people_days` is how long those who were removed are kept. Raises `PlatformError`.
    """
    names = {
        "days": days,
        "people_days": people_days,
        "wrote": [Outcome.SUCCEEDED, Outcome.HELD],
        "batch": removal.BATCH,
        "after": 0,
    }
    count = 0
    with platform_errors(connection):
        while True:
            ids = [row[0] async for row in await connection.execute(_AGED_RUNS, names)]
            if ids and not dry_run:
                await connection.execute(_DELETE_RUNS, {"ids": ids})
            count += len(ids)
            if len(ids) < removal.BATCH:
                return {"sync_runs": count}
            names["after"] = ids[-1]


async def forget_holds(connection: Connection, days: int, *, dry_run: bool) -> removal.Counts:
    """Delete holds that cleared themselves so many days ago, and the rows of those that were applied then.

    Of all districts, in batches. Raises `PlatformError`.
    """
    names = {"days": days, "batch": None if dry_run else removal.BATCH}
    counts = dict.fromkeys(_HOLDS, 0)
    with platform_errors(connection):
        for table, statement in _HOLDS.items():
            while True:
                async with connection.transaction(force_rollback=dry_run):
                    deleted = (await connection.execute(statement, names)).rowcount
                counts[table] += deleted
                if dry_run or deleted < removal.BATCH:
                    break
    return counts
