"""The roster's columns that a district's record fills, by table, as both the diff and the merge use them."""

from psycopg import sql

from oneroster_operator.sync.tally import Kind

FILLED: dict[Kind, tuple[str, ...]] = {
    Kind.USERS: (
        "user_master_identifier",
        "identifier",
        "username",
        "given_name",
        "middle_name",
        "family_name",
        "preferred_first_name",
        "preferred_middle_name",
        "preferred_last_name",
        "email",
        "grades",
        "enabled",
    ),
    Kind.SESSIONS: ("title", "type", "start_date", "end_date", "school_year", "parent_sourced_id"),
    Kind.COURSES: ("title", "course_code", "grades", "subjects"),
    Kind.CLASSES: (
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
    ),
}
"""Staging and roster tables call them alike."""

IDENTITY = ("user_master_identifier", "identifier", "username", "given_name", "middle_name", "family_name")
"""Columns of users that say who it is: grades and addresses change by the hundred every summer."""

CLAIMED = (Kind.SESSIONS, Kind.COURSES, Kind.CLASSES)
"""Tables whose rows live as long as a category claims them, parents first."""


def listed(columns: tuple[str, ...], table: str) -> sql.Composed:
    """`table.column, table.column, ...`"""
    return sql.SQL(", ").join(sql.Identifier(table, column) for column in columns)


def named(columns: tuple[str, ...]) -> sql.Composed:
    """`column, column, ...`"""
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def assigned(columns: tuple[str, ...], table: str) -> sql.Composed:
    """`column = table.column, ...`"""
    return sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Identifier(table, column)) for column in columns
    )
