"""From records to rows of the staging tables: what is of use to whom is decided here. Pure.

Of a record that is not wanted the id alone goes on, so that it can be told from one that is absent; of people
who are out of scope also the two identifiers, for as long as the run's temporary tables live: an account that
might be theirs is nobody else's.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from oneroster_operator.oneroster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Page,
    Record,
    User,
)
from oneroster_operator.sync.grades import normalised
from oneroster_operator.sync.roles import STUDENT, TEACHER, Scope, grants, in_force, is_unknown
from oneroster_operator.sync.stage import Row, State

_USER, _SESSION, _COURSE, _CLASS, _ENROLLMENT = 16, 6, 4, 10, 6
"""Columns of each staging table behind the four that all have."""

UNKNOWN_ROLE = "UnknownRole"
"""The rule by which a record is left out all of whose roles are outside of the version's vocabulary."""

_text = lru_cache(maxsize=4096)(str)

_ENROLLMENT_ROLES = frozenset({STUDENT, TEACHER})
_OTHER_ENROLLMENT_ROLES = frozenset({"administrator", "aide", "guardian", "parent", "proctor", "relative"})


def rows(collection: Collection, page: Page, scope: Scope) -> Iterator[Row]:
    """A page as rows, the rejected records among them; a rejected one without an id leaves no row."""
    width, row = _ROWS[collection]
    for record in page.records:
        yield row(record, scope)
    for rejected in page.rejected:
        if rejected.sourced_id is not None:
            yield (rejected.sourced_id, None, State.REJECTED, rejected.rule, *(None,) * width)


def array(values: Iterable[object | None]) -> str:
    """The values as PostgreSQL reads an array from text
    (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO)."""
    return "{" + ",".join("NULL" if value is None else _quoted(str(value)) for value in values) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(value: dt.date | None) -> str | None:
    """As text, which COPY takes in a quarter of the time that a date costs; many records have the same."""
    return None if value is None else _text(value)


def _left_out(record: Record, width: int) -> Row:
    return (record.sourced_id, _moment(record.date_last_modified), State.LEFT_OUT, None, *(None,) * width)


def _of_unknown_role(record: Record, width: int) -> Row:
    return (record.sourced_id, _moment(record.date_last_modified), State.UNKNOWN, UNKNOWN_ROLE, *(None,) * width)


def _user(user: User, scope: Scope) -> Row:
    granted = grants(user, scope)
    if not granted:
        unknown = user.status == "active" and is_unknown(user, scope.version)
        row = _of_unknown_role(user, _USER) if unknown else _left_out(user, _USER)
        # Whether an account is somebody else's is told by these as well (`sync.accounts`).
        return (*row[:4], user.user_master_identifier, user.identifier, *row[6:])
    return (
        user.sourced_id,
        _moment(user.date_last_modified),
        State.WANTED,
        None,
        user.user_master_identifier,
        user.identifier,
        user.username,
        user.given_name,
        user.middle_name,
        user.family_name,
        user.preferred_first_name,
        user.preferred_middle_name,
        user.preferred_last_name,
        user.email,
        array(normalised(user.grades)),
        user.enabled,
        array(grant.role for grant in granted),
        array(grant.school_id for grant in granted),
        array(grant.begin_date for grant in granted),
        array(grant.end_date for grant in granted),
    )


def _session(session: AcademicSession, _: Scope) -> Row:
    if session.status != "active":
        return _left_out(session, _SESSION)
    return (
        session.sourced_id,
        _moment(session.date_last_modified),
        State.WANTED,
        None,
        session.title,
        session.type,
        _moment(session.start_date),
        _moment(session.end_date),
        session.school_year or None,
        session.parent_sourced_id,
    )


def _course(course: Course, _: Scope) -> Row:
    if course.status != "active":
        return _left_out(course, _COURSE)
    return (
        course.sourced_id,
        _moment(course.date_last_modified),
        State.WANTED,
        None,
        course.title,
        course.course_code or None,
        array(normalised(course.grades)),
        array(course.subjects),
    )


def _class(class_: Class, scope: Scope) -> Row:
    school_id = scope.links.get(class_.school_sourced_id)
    if class_.status != "active" or school_id is None:
        return _left_out(class_, _CLASS)
    return (
        class_.sourced_id,
        _moment(class_.date_last_modified),
        State.WANTED,
        None,
        school_id,
        class_.course_sourced_id,
        class_.title,
        class_.class_code,
        class_.class_type,
        class_.location,
        array(normalised(class_.grades)),
        array(class_.subjects),
        array(class_.periods),
        array(class_.term_sourced_ids),
    )


def _enrollment(enrollment: Enrollment, scope: Scope) -> Row:
    """Whether its class is at a linked school is for the class to say; a stated school only saves the look."""
    school = enrollment.school_sourced_id
    if (
        enrollment.status != "active"
        or (school is not None and school not in scope.links)
        or not in_force(enrollment.begin_date, enrollment.end_date, scope.today)
    ):
        return _left_out(enrollment, _ENROLLMENT)
    if enrollment.role not in _ENROLLMENT_ROLES:
        known = enrollment.role in _OTHER_ENROLLMENT_ROLES or enrollment.role.startswith("ext:")
        return _left_out(enrollment, _ENROLLMENT) if known else _of_unknown_role(enrollment, _ENROLLMENT)
    return (
        enrollment.sourced_id,
        _moment(enrollment.date_last_modified),
        State.WANTED,
        None,
        enrollment.role,
        enrollment.user_sourced_id,
        enrollment.class_sourced_id,
        enrollment.primary if enrollment.role == TEACHER else None,
        _moment(enrollment.begin_date),
        _moment(enrollment.end_date),
    )


_ROWS: dict[Collection, tuple[int, Callable[[Any, Scope], Row]]] = {
    Collection.USERS: (_USER, _user),
    Collection.ACADEMIC_SESSIONS: (_SESSION, _session),
    Collection.COURSES: (_COURSE, _course),
    Collection.CLASSES: (_CLASS, _class),
    Collection.ENROLLMENTS: (_ENROLLMENT, _enrollment),
}
