"""Staging: what the district sent, in temporary tables of the session, each record once.

Rows come in by COPY, outside of any transaction, so that a long pull holds back neither locks nor VACUUM. The
tables live as long as the connection and serve every category of an invocation.
"""

from collections.abc import Iterable
from typing import Any, Final, LiteralString

from psycopg import sql

from oneroster_operator.oneroster import Collection
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.tally import Kind


class State:
    """What a staged record is to us; all but `WANTED` are known by their id alone, people by their
    identifiers too.

    Plain strings: an enum's members cost COPY more than all the rest of a row.
    """

    WANTED: Final = "wanted"
    LEFT_OUT: Final = "left out"
    """Deleted, out of date, of a school that is not linked, or without a role that grants anything."""
    UNKNOWN: Final = "unknown"
    """Left out, and by a rule: no role of it is in the version's vocabulary."""
    REJECTED: Final = "rejected"
    """By a rule the record cannot be read, so what the platform has of it stays."""


Row = tuple[Any, ...]

_TABLES: dict[Collection, tuple[Kind, LiteralString]] = {
    Collection.USERS: (
        Kind.USERS,
        """user_master_identifier text, identifier text, username text, given_name text, middle_name text,
        family_name text, preferred_first_name text, preferred_middle_name text, preferred_last_name text,
        email text, grades text[], enabled boolean,
        roles text[], school_ids text[], begin_dates date[], end_dates date[]""",
    ),
    Collection.ACADEMIC_SESSIONS: (
        Kind.SESSIONS,
        "title text, type text, start_date date, end_date date, school_year text, parent_sourced_id text",
    ),
    Collection.COURSES: (Kind.COURSES, "title text, course_code text, grades text[], subjects text[]"),
    Collection.CLASSES: (
        Kind.CLASSES,
        """school_id text, course_sourced_id text, title text, class_code text, class_type text, location text,
        grades text[], subjects text[], periods text[], term_sourced_ids text[]""",
    ),
    Collection.ENROLLMENTS: (
        Kind.ENROLLMENTS,
        """role text, user_sourced_id text, class_sourced_id text, is_primary boolean,
        begin_date date, end_date date""",
    ),
}

KINDS = {collection: kind for collection, (kind, _) in _TABLES.items()}


def table(collection: Collection) -> sql.Identifier:
    """The collection's staging table."""
    return sql.Identifier(f"stage_{KINDS[collection]}")


async def create(connection: Connection) -> None:
    """Make the empty staging tables; columns are those of the roster besides the first four.

    `rule` says why the record cannot be used, where that is so: the parser's `Rule`, or `UnknownRole`.
    """
    for collection, (_, columns) in _TABLES.items():
        await connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE {} (sourced_id text NOT NULL, modified timestamptz, state text NOT NULL, "
                "rule text, {}) "
                "ON COMMIT PRESERVE ROWS"
            ).format(table(collection), sql.SQL(columns))
        )


async def empty(connection: Connection, collection: Collection) -> None:
    """Forget what was staged of a collection."""
    await connection.execute(sql.SQL("TRUNCATE {}").format(table(collection)))


async def copy(connection: Connection, collection: Collection, rows: Iterable[Row]) -> None:
    """Add rows, each with a value for every column of the collection's table."""
    async with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table(collection))) as into,
    ):
        for row in rows:
            await into.write_row(row)


async def settle(connection: Connection, collection: Collection) -> int:
    """Keep each record once, the last modified or else the last received; returns how many went."""
    name = table(collection)
    deleted = await connection.execute(
        sql.SQL(
            """
            DELETE FROM {table} WHERE ctid IN (
                SELECT ctid FROM (
                    SELECT ctid, row_number() OVER (
                        PARTITION BY sourced_id
                        ORDER BY state = 'rejected', modified DESC NULLS LAST, ctid DESC
                    ) AS place
                    FROM {table}
                    WHERE sourced_id IN (SELECT sourced_id FROM {table} GROUP BY sourced_id HAVING count(*) > 1)
                ) AS ranked WHERE place > 1
            )
            """
        ).format(table=name)
    )
    # Nothing analyses a temporary table by itself, and the joins to come depend on it.
    await connection.execute(sql.SQL("ANALYZE {}").format(name))
    return deleted.rowcount
