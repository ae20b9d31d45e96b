"""The commands of `oneroster-platform`: each takes the administrator's URL and options, gives an exit code."""

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oneroster_operator.platform import ageing, grants, owners, reactivation, removal
from oneroster_operator.platform import migrate as migration
from oneroster_operator.platform.connection import Connection, PlatformError, PlatformReason, connect
from oneroster_operator.platform.directory import schools
from oneroster_operator.platform.pooling import check_session
from oneroster_operator.platform.schema import applied_migrations, check_schema, packaged_migrations

_APPLICATION = "oneroster-platform"
_PENDING, _IN_USE = 5, 3


@asynccontextmanager
async def _database(url: str, options: Namespace) -> AsyncIterator[Connection]:
    """The database, its schema this version's, and the district in it where the command is about one."""
    async with await connect(url, application=_APPLICATION, statement_timeout=None) as connection:
        await check_session(connection, url)
        await check_schema(connection)
        if "district" in options:
            await schools(connection, options.district)
        yield connection


async def migrate(url: str, _: Namespace) -> int:
    """Bring the schema to this version."""
    migrations = packaged_migrations()
    async with await connect(url, application=_APPLICATION, statement_timeout=None) as connection:
        await check_session(connection, url)
        count = await migration.migrate(connection, migrations, _say)
    _say(f"{'Done' if count else 'Nothing to do'}: the schema is version {migrations[-1].version}.")
    return 0


async def status(url: str, _: Namespace) -> int:
    """Show the schema's version and what is pending."""
    async with await connect(url, application=_APPLICATION) as connection:
        applied = await applied_migrations(connection)
        _say(f"Schema version {applied[-1].version if applied else 0}.")
        pending = await migration.pending_migrations(connection, packaged_migrations())
    for one in pending:
        _say(f"Pending: {one.name}")
    if pending:
        return _PENDING
    _say("Nothing is pending.")
    return 0


async def grant(url: str, options: Namespace) -> int:
    """Let roles read and write a district's rows."""
    async with _database(url, options) as connection:
        await grants.grant(connection, options.district, options.to)
        await _say_granted(connection, options.district)
    return 0


async def revoke(url: str, options: Namespace) -> int:
    """Take that back."""
    async with _database(url, options) as connection:
        await grants.revoke(connection, options.district, options.roles)
        await _say_granted(connection, options.district)
    return 0


async def _say_granted(connection: Connection, district_id: str) -> None:
    roles = await grants.granted_roles(connection, district_id)
    _say(f"{district_id} is granted to {', '.join(roles) or 'no role'}.")


async def transfer(url: str, options: Namespace) -> int:
    """Hand a district over to another connection."""
    async with _database(url, options) as connection:
        before = await owners.transfer(connection, options.district, options.to)
    _say(f"{options.district} belongs to {options.to}, before to {before or 'no connection'}.")
    return 0


async def runs(url: str, options: Namespace) -> int:
    """List a district's latest runs, the latest last."""
    async with _database(url, options) as connection:
        latest = await reactivation.latest_runs(connection, options.district)
    _say(
        f"{'RUN':>8}  {'FINISHED':20}  {'CATEGORY':18}  {'OUTCOME':14}  "
        f"{'CREATED':>8} {'CHANGED':>8} {'REMOVED':>8}"
    )
    for run in reversed(latest):
        outcome = f"{run.outcome}{' (dry)' if run.dry_run else ''}"
        _say(
            f"{run.id:>8}  {run.finished_at:%Y-%m-%dT%H:%M:%SZ}  {run.category:18}  {outcome:14}  "
            f"{run.created:>8} {run.changed:>8} {run.removed:>8}"
        )
    return 0


async def reactivate(url: str, options: Namespace) -> int:
    """Bring back what a run removed."""
    async with _database(url, options) as connection:
        run, counts = await reactivation.reactivate(connection, options.id, dry_run=options.dry_run)
    _say_counts(counts, "would be active again" if options.dry_run else "active again")
    _say(
        f"The next run of {run.category} ends them again where {run.district_id} still does not list them: "
        "set spec.paused of its connection until it does."
    )
    return 0


async def release(url: str, options: Namespace) -> int:
    """End what a category left that is not selected any more."""
    async with _database(url, options) as connection:
        counts = await removal.release(connection, options.district, options.category, dry_run=options.dry_run)
    _say_counts(counts, "would be ended or given up" if options.dry_run else "ended or given up")
    return 0


async def purge(url: str, options: Namespace) -> int:
    """Delete all rows of a district."""
    async with _database(url, options) as connection:
        counts = await removal.purge(connection, options.district, dry_run=options.dry_run, say=_say)
    _say_counts(counts, "would be deleted" if options.dry_run else "deleted")
    return 0


async def retention(url: str, options: Namespace) -> int:
    """Delete people who have had no role for a time, and accounts of runs that are old.

    Of a district that is being synced the people are left out.
    """
    total: removal.Counts = {}
    left_out = False
    async with _database(url, options) as connection:
        districts = await removal.districts_with_gone(connection, options.days)
        aged = await ageing.forget_runs(
            connection, options.runs_days, people_days=options.days, dry_run=options.dry_run
        )
        aged |= await ageing.forget_holds(connection, options.runs_days, dry_run=options.dry_run)
    for district_id in districts:
        try:
            async with _database(url, options) as connection:
                counts = await removal.erase(connection, district_id, options.days, dry_run=options.dry_run)
        except PlatformError as error:
            if error.reason is not PlatformReason.UNREACHABLE:
                raise
            left_out = True
            _say(error.message)
            continue
        total = _sum(total, counts)
    _say_counts(_sum(total, aged), "would be deleted" if options.dry_run else "deleted")
    return _IN_USE if left_out else 0


def _sum(one: removal.Counts, other: removal.Counts) -> removal.Counts:
    return one | {table: one.get(table, 0) + count for table, count in other.items()}


def _say_counts(counts: removal.Counts, what: str) -> None:
    for table, count in counts.items():
        if count:
            _say(f"{table}: {count} rows {what}")
    if not any(counts.values()):
        _say("Nothing to do.")


def _say(line: str) -> None:
    print(line, flush=True)
