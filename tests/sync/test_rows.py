"""A page becomes rows: what is wanted, what is only known to be there, and how arrays are written."""

import datetime as dt
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneroster_operator.oneroster import (
    Class,
    Collection,
    Enrollment,
    Page,
    Record,
    Ref,
    Rejected,
    Role,
    User,
)
from oneroster_operator.sync.roles import Scope
from oneroster_operator.sync.rows import array, rows
from tests.platform.postgres import Server

TODAY = dt.date(2026, 11, 24)
SCOPE = Scope("1.2", {"s1": "sch_1"}, "d", TODAY)


def row_of(collection: Collection, record: Record) -> tuple[Any, ...]:
    (row,) = rows(collection, Page([record], [], 1), SCOPE)
    return row


def person(*roles: Role) -> User:
    return User(sourced_id="u", given_name="Ada", family_name="Lovelace", email="ada@example.org", roles=roles)


def test_a_person_out_of_scope_is_known_by_id_alone() -> None:
    row = row_of(Collection.USERS, person(Role(role="guardian", org=Ref(sourced_id="s1"))))
    assert row[:4] == ("u", None, "left out", None)
    assert set(row[4:]) == {None}


def test_a_person_whose_roles_nobody_knows_is_left_out_by_a_rule() -> None:
    row = row_of(Collection.USERS, person(Role(role="superintendent", org=Ref(sourced_id="s1"))))
    assert row[:4] == ("u", None, "unknown", "UnknownRole")
    assert set(row[4:]) == {None}


def test_all_rows_of_a_table_have_one_width() -> None:
    wanted = row_of(Collection.USERS, person(Role(role="student", org=Ref(sourced_id="s1"))))
    (rejected,) = rows(Collection.USERS, Page([], [Rejected("x", "UnknownStatus")], 1), SCOPE)
    assert len(wanted) == len(rejected)
    assert rejected[:4] == ("x", None, "rejected", "UnknownStatus")


def test_a_rejected_record_without_an_id_leaves_no_row() -> None:
    assert list(rows(Collection.USERS, Page([], [Rejected(None, "MissingSourcedId")], 1), SCOPE)) == []


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "wanted"),
        ({"school": Ref(sourced_id="s1")}, "wanted"),
        ({"school": Ref(sourced_id="elsewhere")}, "left out"),
        ({"status": "tobedeleted"}, "left out"),
        ({"begin_date": TODAY + dt.timedelta(days=1)}, "left out"),
        ({"end_date": TODAY}, "left out"),
        ({"role": "administrator"}, "left out"),
        ({"role": "ext:coach"}, "left out"),
        ({"role": "pupil"}, "unknown"),
    ],
)
def test_an_enrollment_is_wanted_today_at_a_linked_school(fields: dict[str, Any], state: str) -> None:
    standard: dict[str, Any] = {
        "sourced_id": "e",
        "user": Ref(sourced_id="u"),
        "class_": Ref(sourced_id="c"),
        "role": "student",
    }
    assert row_of(Collection.ENROLLMENTS, Enrollment(**standard | fields))[2] == state


def test_only_teachers_are_primary_or_not() -> None:
    student = Enrollment(sourced_id="e", user=Ref(sourced_id="u"), class_=Ref(sourced_id="c"), role="student")
    teacher = Enrollment(sourced_id="e", user=Ref(sourced_id="u"), class_=Ref(sourced_id="c"), role="teacher")
    assert row_of(Collection.ENROLLMENTS, student)[7] is None
    assert row_of(Collection.ENROLLMENTS, teacher)[7] is False


def test_a_class_has_the_platforms_school_and_normalised_grades() -> None:
    row = row_of(Collection.CLASSES, Class(sourced_id="c", school=Ref(sourced_id="s1"), grades=("1", "K")))
    assert row[2:5] == ("wanted", None, "sch_1")
    assert '{"01","KG"}' in row


@pytest.mark.database
def test_arrays_arrive_as_they_were_sent(postgres: Server) -> None:
    with psycopg.connect(postgres.admin_url()) as connection:

        @settings(max_examples=200)
        @given(st.lists(st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
        def holds(values: list[str | None]) -> None:
            assert connection.execute("SELECT %s::text[]", [array(values)]).fetchone() == (values,)

        holds()
