"""The least that could bring a district into the platform's tables, to measure the sync by.

GET by http.client, decode by msgspec into the sync's own records, COPY into temporary tables, upsert, delete what
is absent: one thing after the other, in one transaction. It proves, judges, limits and accounts for nothing,
retries nothing, and lets the tables' owner write, whom row-level security does not concern.
"""

import argparse
import json
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPSConnection
from typing import Any, Final, LiteralString, NamedTuple
from urllib.parse import urlsplit

import msgspec
import psycopg
from psycopg import sql

from oneroster_operator.oneroster import AcademicSession, Class, Course, Enrollment, User
from oneroster_operator.sync.columns import FILLED
from oneroster_operator.sync.tally import Kind
from tests.bench.spent import told

PAGE: Final = 5_000
ROLES: Final = {"principal": "schoolAdmin", "districtAdministrator": "districtAdmin"}
"""The platform's names where they are not OneRoster's."""
Row = tuple[Any, ...]


class Service:
    """The pages of the district's collections."""

    def __init__(self, base_url: str, token_url: str, ca_file: str) -> None:
        base = urlsplit(base_url)
        self._path = base.path
        self._connection = HTTPSConnection(base.netloc, context=ssl.create_default_context(cafile=ca_file))
        self._connection.request("POST", urlsplit(token_url).path, "grant_type=client_credentials")
        self._headers = {"Authorization": f"Bearer {json.load(self._connection.getresponse())['access_token']}"}

    def pages(self, collection: str, record: type) -> Iterator[list[Any]]:
        array: Any = ("records", list[record], msgspec.field(name=collection))  # type: ignore[valid-type]
        decoder: Any = msgspec.json.Decoder(msgspec.defstruct("Page", [array]), strict=False)
        offset = 0
        while True:
            query = f"limit={PAGE}&offset={offset}&sort=sourcedId&orderBy=asc"
            self._connection.request("GET", f"{self._path}/{collection}?{query}", headers=self._headers)
            records = decoder.decode(self._connection.getresponse().read()).records
            if not records:
                return
            yield records
            offset += len(records)


class Table(NamedTuple):
    """One of the roster's tables. `select` is from the temporary table that the pages come into."""

    name: str
    new: LiteralString
    row: Callable[[Any, dict[str, str]], Row]
    columns: tuple[str, ...]
    select: LiteralString


USER_COLUMNS: Final = ("sourced_id", *FILLED[Kind.USERS])


def user_row(user: User, links: dict[str, str]) -> Row:
    role = user.roles[0]
    return (
        *(getattr(user, column) for column in USER_COLUMNS[:-2]),
        list(user.grades),
        user.enabled,
        ROLES.get(role.role, role.role),
        links.get(role.org_sourced_id),
    )


def session_row(session: AcademicSession, _: dict[str, str]) -> Row:
    return (
        session.sourced_id,
        session.title,
        session.type,
        session.start_date,
        session.end_date,
        session.school_year,
        session.parent_sourced_id,
    )


def course_row(course: Course, _: dict[str, str]) -> Row:
    return course.sourced_id, course.title, course.course_code, list(course.grades), list(course.subjects)


def class_row(class_: Class, links: dict[str, str]) -> Row:
    return (
        class_.sourced_id,
        links[class_.school_sourced_id],
        class_.course_sourced_id,
        class_.title,
        class_.class_code,
        class_.class_type,
        class_.location,
        list(class_.grades),
        list(class_.subjects),
        list(class_.periods),
        list(class_.term_sourced_ids),
    )


def enrollment_row(enrollment: Enrollment, links: dict[str, str]) -> Row:
    return (
        enrollment.sourced_id,
        enrollment.role,
        enrollment.user_sourced_id,
        enrollment.class_sourced_id,
        links[enrollment.school_sourced_id or ""],
        enrollment.primary,
        enrollment.begin_date,
        enrollment.end_date,
    )


USERS: Final = Table(
    "users",
    """sourced_id text, user_master_identifier text, identifier text, username text, given_name text,
    middle_name text, family_name text, preferred_first_name text, preferred_middle_name text,
    preferred_last_name text, email text, grades text[], enabled boolean, role text, school_id text""",
    user_row,
    (*USER_COLUMNS, "active"),
    """sourced_id, user_master_identifier, identifier, username, given_name, middle_name, family_name,
    preferred_first_name, preferred_middle_name, preferred_last_name, email, grades, enabled, true FROM {new}""",
)
COLLECTIONS: Final = (
    ("users", User, USERS),
    (
        "academicSessions",
        AcademicSession,
        Table(
            "academic_sessions",
            """sourced_id text, title text, type text, start_date date, end_date date, school_year text,
            parent_sourced_id text""",
            session_row,
            (
                "sourced_id",
                "title",
                "type",
                "start_date",
                "end_date",
                "school_year",
                "parent_sourced_id",
                "claimed_by",
            ),
            "new.*, '{{ClassRosters}}' FROM {new} AS new",
        ),
    ),
    (
        "courses",
        Course,
        Table(
            "courses",
            "sourced_id text, title text, course_code text, grades text[], subjects text[]",
            course_row,
            ("sourced_id", "title", "course_code", "grades", "subjects", "claimed_by"),
            "new.*, '{{ClassRosters}}' FROM {new} AS new",
        ),
    ),
    (
        "classes",
        Class,
        Table(
            "classes",
            """sourced_id text, school_id text, course_sourced_id text, title text, class_code text,
            class_type text, location text, grades text[], subjects text[], periods text[],
            term_sourced_ids text[]""",
            class_row,
            (
                "sourced_id",
                "school_id",
                "course_sourced_id",
                "title",
                "class_code",
                "class_type",
                "location",
                "grades",
                "subjects",
                "periods",
                "term_sourced_ids",
                "claimed_by",
            ),
            "new.*, '{{ClassRosters}}' FROM {new} AS new",
        ),
    ),
    (
        "enrollments",
        Enrollment,
        Table(
            "enrollments",
            """sourced_id text, role text, user_sourced_id text, class_sourced_id text, school_id text,
            is_primary boolean, begin_date date, end_date date""",
            enrollment_row,
            (
                "sourced_id",
                "category",
                "role",
                "user_id",
                "class_id",
                "school_id",
                "is_primary",
                "begin_date",
                "end_date",
            ),
            """new.sourced_id, CASE new.role WHEN 'student' THEN 'ClassRosters' ELSE 'TeacherAssignments' END,
            new.role, users.id, classes.id, new.school_id, new.is_primary, new.begin_date, new.end_date
            FROM {new} AS new
            JOIN roster.users ON users.district_id = {district} AND users.sourced_id = new.user_sourced_id
            JOIN roster.classes
                ON classes.district_id = {district} AND classes.sourced_id = new.class_sourced_id""",
        ),
    ),
)
USER_ROLES: Final[tuple[LiteralString, ...]] = (
    """
    INSERT INTO roster.user_roles (district_id, user_id, role, school_id)
    SELECT {district}, users.id, new.role, new.school_id
    FROM {new} AS new JOIN roster.users ON users.district_id = {district} AND users.sourced_id = new.sourced_id
    ON CONFLICT DO NOTHING
    """,
    """
    DELETE FROM roster.user_roles AS held USING roster.users
    WHERE held.district_id = {district} AND users.id = held.user_id
    AND NOT EXISTS (
        SELECT FROM {new} AS new
        WHERE new.sourced_id = users.sourced_id AND new.role = held.role
        AND new.school_id IS NOT DISTINCT FROM held.school_id
    )
    """,
)
UPSERT: Final = """
INSERT INTO {table} AS old (district_id, {filled}) SELECT {district}, {select}
ON CONFLICT (district_id, sourced_id) DO UPDATE SET {assignments}
WHERE ({old}) IS DISTINCT FROM ({excluded})
"""
DELETE_ABSENT: Final = """
DELETE FROM {table} AS old
WHERE district_id = {district} AND NOT EXISTS (SELECT FROM {new} AS new WHERE new.sourced_id = old.sourced_id)
"""


def bring(service: Service, connection: psycopg.Connection, district_id: str, links: dict[str, str]) -> None:
    """All collections into their tables; what is absent goes when nothing refers to it any more."""
    for collection, record, table in COLLECTIONS:
        names = named(table, district_id)
        connection.execute(
            sql.SQL("CREATE TEMP TABLE {new} ({columns})").format(**names, columns=sql.SQL(table.new))
        )
        with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {new} FROM STDIN").format(**names)) as into:
            for page in service.pages(collection, record):
                for one in page:
                    into.write_row(table.row(one, links))
        connection.execute(sql.SQL("ANALYZE {new}").format(**names))
        connection.execute(sql.SQL(UPSERT).format(**names))
        for statement in USER_ROLES if table is USERS else ():
            connection.execute(sql.SQL(statement).format(**names))
    for _, _, table in reversed(COLLECTIONS):
        connection.execute(sql.SQL(DELETE_ABSENT).format(**named(table, district_id)))


def named(table: Table, district_id: str) -> dict[str, sql.Composable]:
    """What statements call the table and its columns."""
    names: dict[str, sql.Composable] = {
        "district": sql.Literal(district_id),
        "table": sql.Identifier("roster", table.name),
        "new": sql.Identifier(f"new_{table.name}"),
    }
    return names | {
        "filled": _joined(sql.Identifier(one) for one in table.columns),
        "select": sql.SQL(table.select).format(**names),
        "assignments": _joined(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(one)) for one in table.columns),
        "old": _joined(sql.Identifier("old", one) for one in table.columns),
        "excluded": _joined(sql.Identifier("excluded", one) for one in table.columns),
    }


def _joined(parts: Iterator[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sync_floor", description=__doc__)
    for name in ("base_url", "token_url", "ca_file", "platform_url", "district_id", "links"):
        parser.add_argument(name)
    options = parser.parse_args()
    with told():
        service = Service(options.base_url, options.token_url, options.ca_file)
        with psycopg.connect(options.platform_url) as connection:
            bring(service, connection, options.district_id, json.loads(options.links))


if __name__ == "__main__":
    main()
