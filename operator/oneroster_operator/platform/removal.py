"""What the administrator ends, removes or erases: a category's rows, a district's, those of people long gone."""

import datetime as dt
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import LiteralString

from psycopg import sql

from oneroster_operator.api.category import Category
from oneroster_operator.platform.connection import Connection, platform_errors
from oneroster_operator.platform.district_lock import lock_district

BATCH = 10_000
"""Most rows deleted in one transaction, so that nobody waits long for a lock and no standby falls behind."""

STILL_RUNNING = dt.timedelta(days=2)
"""A category that ran so recently counts as selected; two daily runs are never so far apart."""

Counts = dict[str, int]
"""Rows by table."""


class CategoryRunning(Exception):
    """The category ran not long ago, so it seems to be still selected."""

    def __init__(self, category: Category, last: dt.datetime) -> None:
        days = STILL_RUNNING.days
        super().__init__(
            f"{category} ran at {last.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC: take it out of spec.categories, and "
            f"release it {days} days after its last run; what was released of a selected category would come back."
        )


_CLAIMED = ("academic_sessions", "courses", "classes")

_END_ROLES = (
    "UPDATE roster.user_roles SET ended_at = now() WHERE district_id = %(district)s AND role = %(role)s"
    " AND ended_at IS NULL AND NOT by_hand"
)
_DEACTIVATE = """
UPDATE roster.users AS person SET active = false, changed_at = now()
WHERE person.district_id = %(district)s AND person.active
AND (person.sourced_id IS NOT NULL OR person.former_sourced_id IS NOT NULL)
AND NOT EXISTS (SELECT FROM roster.user_roles AS held WHERE held.user_id = person.id AND held.ended_at IS NULL)
"""
_END_ENROLLMENTS = (
    "UPDATE roster.enrollments SET ended_at = now() WHERE district_id = %(district)s"
    " AND category = %(category)s AND ended_at IS NULL"
)
_END_CLAIMS = """
UPDATE {table} SET claimed_by = array_remove(claimed_by, %(category)s::text),
    ended_at = CASE WHEN claimed_by = ARRAY[%(category)s::text] THEN now() ELSE ended_at END
WHERE district_id = %(district)s AND %(category)s::text = ANY (claimed_by)
"""

_FORGET_QUARANTINE = "DELETE FROM roster.quarantine WHERE district_id = %(district)s AND category = %(category)s"
# Were it selected again, asking for changes alone would bring back nothing of what is ended here.
_FORGET_WATERMARKS = "DELETE FROM roster.watermarks WHERE district_id = %(district)s AND category = %(category)s"
_CLEAR_HOLDS = """
WITH cleared AS (
    UPDATE roster.holds SET state = 'cleared'
    WHERE district_id = %(district)s AND category = %(category)s AND state = 'open'
    RETURNING fingerprint
), forgotten AS (
    DELETE FROM roster.hold_rows AS held USING cleared
    WHERE held.district_id = %(district)s AND held.fingerprint = cleared.fingerprint
)
SELECT FROM cleared
"""


async def release(connection: Connection, district_id: str, category: Category, *, dry_run: bool) -> Counts:
    """End what a deselected category left: its roles, enrollments and claims; with them who has no role any more.

    Its holds and its quarantine go as well.

    One transaction under the district's lock. Raises `CategoryRunning`, `PlatformError`.
    """
    await lock_district(connection, district_id)
    names = {"district": district_id, "category": category, "role": category.role}
    with platform_errors(connection):
        await _check_released(connection, district_id, category)
        statements: dict[str, sql.SQL | sql.Composed] = {
            "user_roles": sql.SQL(_END_ROLES),
            "users": sql.SQL(_DEACTIVATE),
            "enrollments": sql.SQL(_END_ENROLLMENTS),
            **{name: sql.SQL(_END_CLAIMS).format(table=sql.Identifier("roster", name)) for name in _CLAIMED},
            "quarantine": sql.SQL(_FORGET_QUARANTINE),
            "watermarks": sql.SQL(_FORGET_WATERMARKS),
            "holds": sql.SQL(_CLEAR_HOLDS),
        }
        async with connection.transaction(force_rollback=dry_run):
            return {table: (await connection.execute(s, names)).rowcount for table, s in statements.items()}


async def _check_released(connection: Connection, district_id: str, category: Category) -> None:
    cursor = await connection.execute(
        "SELECT max(finished_at) FROM roster.sync_runs WHERE district_id = %s AND category = %s AND NOT dry_run"
        " AND outcome NOT IN ('Skipped')",
        [district_id, category],
    )
    row = await cursor.fetchone()
    last = row[0] if row else None
    if last is not None and dt.datetime.now(dt.UTC) - last < STILL_RUNNING:
        raise CategoryRunning(category, last)


async def purge(connection: Connection, district_id: str, *, dry_run: bool, say: Callable[[str], None]) -> Counts:
    """Delete what the roster brought of the district from all roster tables, in batches, under its lock.

    Its grants and its owner stay, and what was made by hand: accounts, roles, and accounts that the roster took
    over, which lose their source. Interrupted, it goes on where it was when called again. Raises `PlatformError`.
    """
    await lock_district(connection, district_id)
    counts = {}
    with platform_errors(connection):
        for table in await _tables_of_districts(connection):
            name, which = sql.Identifier("roster", table), sql.SQL(_BROUGHT.get(table, ""))
            if dry_run:
                count = sql.SQL("SELECT count(*) FROM {} AS row WHERE district_id = %s {}").format(name, which)
                row = await (await connection.execute(count, [district_id])).fetchone()
                counts[table] = row[0] if row else 0
                continue
            counts[table] = 0
            batch = sql.SQL(
                "DELETE FROM {name} WHERE ctid = ANY (ARRAY("
                "SELECT ctid FROM {name} AS row WHERE district_id = %s {which} LIMIT {batch}))"
            ).format(name=name, which=which, batch=sql.Literal(BATCH))
            while deleted := (await connection.execute(batch, [district_id])).rowcount:
                counts[table] += deleted
                say(f"{table}: {counts[table]} rows deleted")
        if not dry_run:
            await connection.execute(_CUT_OFF, [district_id])
    return counts


_BROUGHT: dict[str, LiteralString] = {
    "user_roles": "AND NOT by_hand",
    "users": "AND (sourced_id IS NOT NULL OR former_sourced_id IS NOT NULL) AND NOT EXISTS ("
    "SELECT FROM roster.user_roles AS held WHERE held.user_id = row.id AND held.by_hand)",
}
"""Of the tables in which there are rows made by hand, those that the roster brought."""

_CUT_OFF = """
UPDATE roster.users AS account
SET sourced_id = NULL, former_sourced_id = NULL, former_epoch = NULL, changed_at = now(), active = EXISTS (
    SELECT FROM roster.user_roles AS held WHERE held.user_id = account.id AND held.ended_at IS NULL
)
WHERE district_id = %s AND (sourced_id IS NOT NULL OR former_sourced_id IS NOT NULL)
"""


async def _tables_of_districts(connection: Connection) -> list[str]:
    """Roster tables with rows of districts, those that refer to others first."""
    cursor = await connection.execute(
        """
        SELECT class.relname, array_remove(array_agg(DISTINCT key.conrelid::regclass::oid), NULL), class.oid
        FROM pg_catalog.pg_class AS class
        JOIN pg_catalog.pg_attribute AS attribute
            ON attribute.attrelid = class.oid AND attribute.attname = 'district_id'
        LEFT JOIN pg_catalog.pg_constraint AS key
            ON key.confrelid = class.oid AND key.contype = 'f' AND key.conrelid <> class.oid
        WHERE class.relnamespace = 'roster'::regnamespace AND class.relkind IN ('r', 'p')
        AND class.relname NOT IN ('district_grants', 'district_owners')
        GROUP BY class.oid
        """
    )
    rows = await cursor.fetchall()
    names = {oid: name for name, _, oid in rows}
    order = TopologicalSorter(
        {name: {names[oid] for oid in referring if oid in names} for name, referring, _ in rows}
    )
    for name in _REFERRED_TO_BY_ENROLLMENTS:
        order.add(name, "enrollments")
    return list(order.static_order())


_REFERRED_TO_BY_ENROLLMENTS = ("users", "classes")
"""By triggers instead of foreign keys, of which the catalog would tell (migration references)."""


_GONE = """
SELECT id FROM roster.users AS person
WHERE person.district_id = %(district)s AND NOT person.active
AND person.changed_at < now() - make_interval(days => %(days)s)
AND (person.sourced_id IS NOT NULL OR person.former_sourced_id IS NOT NULL)
AND NOT EXISTS (
    SELECT FROM roster.user_roles AS held
    WHERE held.user_id = person.id AND (held.ended_at IS NULL OR held.by_hand)
)
"""


_NAMED = """
DELETE FROM {} WHERE district_id = %(district)s AND {} IN ('users', 'user_roles')
AND sourced_id IN (SELECT coalesce(sourced_id, former_sourced_id) FROM roster.users WHERE id = ANY (%(ids)s))
"""
_BY_SOURCED_ID = {
    "quarantine": sql.SQL(_NAMED).format(sql.Identifier("roster", "quarantine"), sql.Identifier("collection")),
    "hold_rows": sql.SQL(_NAMED).format(sql.Identifier("roster", "hold_rows"), sql.Identifier("kind")),
}
_BY_USER = {
    "enrollments": sql.SQL("DELETE FROM roster.enrollments WHERE user_id = ANY (%(ids)s)"),
    "user_roles": sql.SQL("DELETE FROM roster.user_roles WHERE user_id = ANY (%(ids)s)"),
    "users": sql.SQL("DELETE FROM roster.users WHERE id = ANY (%(ids)s)"),
}


async def districts_with_gone(connection: Connection, days: int) -> list[str]:
    """Districts with people who have had no role for so many days. Raises `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            "SELECT DISTINCT district_id FROM roster.users"
            " WHERE NOT active AND changed_at < now() - make_interval(days => %s) ORDER BY district_id",
            [days],
        )
        return [district_id async for (district_id,) in cursor]


async def erase(connection: Connection, district_id: str, days: int, *, dry_run: bool) -> Counts:
    """Delete the people of the district who have had no role for so many days, with all that refers to them.

    Not who has, or had, a role that was made by hand.

    In batches, under the district's lock. Raises `PlatformError`.
    """
    await lock_district(connection, district_id)
    names = {"district": district_id, "days": days}
    counts = dict.fromkeys((*_BY_SOURCED_ID, *_BY_USER), 0)
    with platform_errors(connection):
        while True:
            async with connection.transaction(force_rollback=dry_run):
                limit = sql.SQL("") if dry_run else sql.SQL("LIMIT {}").format(sql.Literal(BATCH))
                ids = [row[0] async for row in await connection.execute(sql.SQL(_GONE) + limit, names)]
                for table, statement in (_BY_SOURCED_ID | _BY_USER).items():
                    cursor = await connection.execute(statement, names | {"ids": ids})
                    counts[table] += cursor.rowcount
            if dry_run or len(ids) < BATCH:
                return counts
