"""`roster.sync_runs`: the full account of every run, written by the sync, read by the operator."""

import datetime as dt

import msgspec
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import CategoryReport, Outcome, Pull, most_frequent
from oneroster_operator.platform.connection import Connection, platform_errors


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One category of one run: a row of `roster.sync_runs`, field by column. Counts are rows of the roster."""

    district_id: str
    connection: str
    """Namespace and name of the connection."""
    job: str
    category: Category
    dry_run: bool
    started_at: dt.datetime
    finished_at: dt.datetime
    outcome: Outcome
    reason: str = ""
    message: str = ""
    created: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    withheld: int = 0
    waiting: int = 0
    quarantined: int = 0
    new_admins: int = 0
    """Administrators that the run would add."""
    total: int = 0
    """What the category holds after the run, or would hold after a dry one."""
    schools: dict[str, int] = {}
    """The same by the district's sourcedId of the school."""
    records: int = 0
    """Received from the district."""
    pages: int = 0
    retries: int = 0
    proof: str = ""
    """Why the pull counts as complete, or why it does not."""
    quarantined_by_rule: dict[str, int] = {}
    """What `quarantined` is made of."""
    hold: str = ""
    """Fingerprint of what was withheld, where it is stored."""
    counts: dict[str, dict[str, int]] = {}
    """Rows that the category held at the end, by kind and platform school id: later removals are judged by it."""
    rebased: bool = False
    """Removals were let past the limits, so that counts of earlier runs are not what later ones are judged by."""
    pull: Pull | None = None
    """How much of the category was asked for; None where the run did not get so far."""
    pull_reason: str = ""
    """Why all of it was, though the plan wants that once a week."""


_COLUMNS = RunRecord.__struct_fields__
_INSERT = sql.SQL("INSERT INTO roster.sync_runs ({columns}) VALUES ({values})").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
    values=sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS)),
)
_SELECT = sql.SQL("SELECT {columns} FROM roster.sync_runs WHERE district_id = %s AND job = %s ORDER BY id").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
)


async def record_run(connection: Connection, run: RunRecord) -> None:
    """Add the row of one category's run. Raises `PlatformError`."""
    with platform_errors(connection):
        await connection.execute(_INSERT, _values(run))


def _values(run: RunRecord) -> dict[str, object]:
    values = msgspec.structs.asdict(run)
    return {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}


async def runs_of_job(connection: Connection, district_id: str, job: str) -> list[RunRecord]:
    """What the pods of a Job recorded for the district, in the order written; empty where they came to nothing.

    Raises `PlatformError`.
    """
    with platform_errors(connection):
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_SELECT, [district_id, job])
            return msgspec.convert(await cursor.fetchall(), list[RunRecord])


def category_report(run: RunRecord) -> CategoryReport:
    """What the pod would have said of this category in its termination message."""
    return CategoryReport(
        name=run.category,
        outcome=run.outcome,
        created=run.created,
        changed=run.changed,
        removed=run.removed,
        withheld=run.withheld,
        hold=run.hold,
        waiting=run.waiting,
        quarantined=run.quarantined,
        quarantined_by_rule=most_frequent(run.quarantined_by_rule),
        pull=run.pull,
        pull_reason=run.pull_reason,
        reason=run.reason,
        message=run.message,
    )
