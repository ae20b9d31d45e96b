"""Enrollments refer to users, classes and schools that are there, without a foreign key for each row."""

from collections.abc import Iterator

import psycopg
import pytest

from oneroster_operator.platform.directory import PlatformSchool
from tests.platform.databases import Database, add_district, add_schools

pytestmark = pytest.mark.database

DISTRICT, OTHER = "springfield-usd", "shelbyville-usd"
SCHOOL = {DISTRICT: "sch_springfield", OTHER: "sch_shelbyville"}
ENROL = """
INSERT INTO roster.enrollments (district_id, sourced_id, category, role, user_id, class_id, school_id)
VALUES (%s, %s, 'ClassRosters', 'student', %s, %s, %s)
"""


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    for district, school in SCHOOL.items():
        add_district(database.admin_url, district)
        add_schools(database.admin_url, district, [PlatformSchool(school, "Lincoln", None)])
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        yield connection


def person(admin: psycopg.Connection, district: str) -> int:
    return inserted(
        admin,
        "INSERT INTO roster.users (district_id, sourced_id, given_name, family_name, enabled, active)"
        " VALUES (%s, 'ada', 'A', 'B', true, true) RETURNING id",
        district,
    )


def class_(admin: psycopg.Connection, district: str) -> int:
    return inserted(
        admin,
        "INSERT INTO roster.classes (district_id, sourced_id, school_id, title, claimed_by)"
        " VALUES (%s, 'algebra', %s, 'Algebra', ARRAY['ClassRosters']) RETURNING id",
        district,
        SCHOOL[district],
    )


def inserted(admin: psycopg.Connection, statement: str, *values: str) -> int:
    row = admin.execute(statement.encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def test_an_enrollment_of_what_is_there_is_written(admin: psycopg.Connection) -> None:
    admin.execute(ENROL, [DISTRICT, "1", person(admin, DISTRICT), class_(admin, DISTRICT), SCHOOL[DISTRICT]])
    assert admin.execute("SELECT count(*) FROM roster.enrollments").fetchone() == (1,)


@pytest.mark.parametrize("missing", ["user", "class", "school"])
def test_one_of_what_is_not_there_is_refused(admin: psycopg.Connection, missing: str) -> None:
    row = [DISTRICT, "1", person(admin, DISTRICT), class_(admin, DISTRICT), SCHOOL[DISTRICT]]
    row[{"user": 2, "class": 3, "school": 4}[missing]] = "no" if missing == "school" else 99_999
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="does not have"):
        admin.execute(ENROL, row)
    assert admin.execute("SELECT count(*) FROM roster.enrollments").fetchone() == (0,)


@pytest.mark.parametrize("foreign", ["user", "class"])
def test_one_of_another_districts_is_refused(admin: psycopg.Connection, foreign: str) -> None:
    user_of, class_of = (OTHER if foreign == "user" else DISTRICT), (OTHER if foreign == "class" else DISTRICT)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        admin.execute(ENROL, [DISTRICT, "1", person(admin, user_of), class_(admin, class_of), SCHOOL[DISTRICT]])


def test_one_bad_row_of_many_undoes_the_statement(admin: psycopg.Connection) -> None:
    user, its_class = person(admin, DISTRICT), class_(admin, DISTRICT)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        admin.execute(
            "INSERT INTO roster.enrollments"
            " (district_id, sourced_id, category, role, user_id, class_id, school_id)"
            " SELECT %s, n::text, 'ClassRosters', 'student', CASE n WHEN 700 THEN -1 ELSE %s END, %s, %s"
            " FROM generate_series(1, 1000) AS n",
            [DISTRICT, user, its_class, SCHOOL[DISTRICT]],
        )
    assert admin.execute("SELECT count(*) FROM roster.enrollments").fetchone() == (0,)


@pytest.mark.parametrize("column", ["user_id", "class_id"])
def test_an_enrollment_cannot_be_turned_to_what_is_not_there(admin: psycopg.Connection, column: str) -> None:
    admin.execute(ENROL, [DISTRICT, "1", person(admin, DISTRICT), class_(admin, DISTRICT), SCHOOL[DISTRICT]])
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        admin.execute(f"UPDATE roster.enrollments SET {column} = -1".encode())


@pytest.mark.parametrize("table", ["users", "classes"])
def test_who_or_what_has_enrollments_is_not_deleted(admin: psycopg.Connection, table: str) -> None:
    admin.execute(ENROL, [DISTRICT, "1", person(admin, DISTRICT), class_(admin, DISTRICT), SCHOOL[DISTRICT]])
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=f"roster.{table} have enrollments"):
        admin.execute(f"DELETE FROM roster.{table}".encode())
    admin.execute("DELETE FROM roster.enrollments")
    admin.execute(f"DELETE FROM roster.{table}".encode())
