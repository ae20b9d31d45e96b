"""Bringing back what one run removed.

All that a run ends bears the time of its transaction, and so does its row of `roster.sync_runs` (`written_at`):
under the district's lock no other transaction of the district has the same.
"""

import datetime as dt

import msgspec
from psycopg import sql

from oneroster_operator.api.category import Category
from oneroster_operator.platform.connection import Connection, platform_errors
from oneroster_operator.platform.district_lock import lock_district


class NotReactivated(Exception):
    """The run removed nothing that could come back; the message says why."""


class RunSummary(msgspec.Struct, frozen=True):
    """A row of `roster.sync_runs`, in short."""

    id: int
    district_id: str
    category: Category
    dry_run: bool
    finished_at: dt.datetime
    outcome: str
    created: int
    changed: int
    removed: int
    written_at: dt.datetime | None


_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, RunSummary.__struct_fields__))


async def latest_runs(connection: Connection, district_id: str, limit: int = 30) -> list[RunSummary]:
    """The district's runs, the latest first. Raises `PlatformError`."""
    query = sql.SQL("SELECT {} FROM roster.sync_runs WHERE district_id = %s ORDER BY id DESC LIMIT %s").format(
        _COLUMNS
    )
    with platform_errors(connection):
        rows = await (await connection.execute(query, [district_id, limit])).fetchall()
    return [_summary(row) for row in rows]


async def reactivate(connection: Connection, run_id: int, *, dry_run: bool) -> tuple[RunSummary, dict[str, int]]:
    """Undo the removals of a run that nothing has undone since; the run, and rows by table.

    One transaction under the district's lock. What another category claims as well lives anyway, and is claimed
    again by the next run. Raises `NotReactivated`, `PlatformError`.
    """
    run = await _run(connection, run_id)
    await lock_district(connection, run.district_id)
    names = {"district": run.district_id, "time": run.written_at, "category": run.category}
    with platform_errors(connection):
        async with connection.transaction(force_rollback=dry_run):
            return run, {
                table: (await connection.execute(statement, names)).rowcount
                for table, statement in _STATEMENTS.items()
            }


async def _run(connection: Connection, run_id: int) -> RunSummary:
    query = sql.SQL("SELECT {} FROM roster.sync_runs WHERE id = %s").format(_COLUMNS)
    with platform_errors(connection):
        row = await (await connection.execute(query, [run_id])).fetchone()
    if row is None:
        raise NotReactivated(
            f"There is no run {run_id}: oneroster-platform runs --district ID lists a district's."
        )
    run = _summary(row)
    if run.dry_run or not run.removed:
        raise NotReactivated(f"Run {run_id} removed nothing.")
    if run.written_at is None:
        raise NotReactivated(f"Run {run_id} is older than the record of what a run removes.")
    return run


def _summary(row: tuple[object, ...]) -> RunSummary:
    return msgspec.convert(dict(zip(RunSummary.__struct_fields__, row, strict=True)), RunSummary)


_ENDED_THEN = sql.SQL("district_id = %(district)s AND ended_at = %(time)s")
_CLAIMED_AGAIN = sql.SQL("UPDATE {} SET ended_at = NULL, claimed_by = ARRAY[%(category)s::text] WHERE {}")
_STATEMENTS: dict[str, sql.Composed] = {
    "user_roles": sql.SQL("UPDATE roster.user_roles SET ended_at = NULL WHERE {}").format(_ENDED_THEN),
    "users": sql.SQL("UPDATE roster.users SET active = true, changed_at = now() WHERE {}").format(
        sql.SQL("district_id = %(district)s AND NOT active AND changed_at = %(time)s")
    ),
    **{
        table: _CLAIMED_AGAIN.format(sql.Identifier("roster", table), _ENDED_THEN)
        for table in ("academic_sessions", "courses", "classes")
    },
    "enrollments": sql.SQL("UPDATE roster.enrollments SET ended_at = NULL WHERE {}").format(_ENDED_THEN),
}
