"""Rows of the platform as the model has them, and changes of rows."""

from dataclasses import dataclass
from typing import Any, Final

from oneroster_operator.api.category import Category
from tests.district.records import Class, Course, Enrollment, User
from tests.sync.model.listing import Period

ROLE_OF: Final = {
    Category.STUDENTS: "student",
    Category.TEACHER_ASSIGNMENTS: "teacher",
    Category.SCHOOL_ADMINS: "schoolAdmin",
    Category.DISTRICT_ADMINS: "districtAdmin",
}
ENROLLED_BY: Final = {Category.TEACHER_ASSIGNMENTS: "teacher", Category.CLASS_ROSTERS: "student"}
ADMINS: Final = frozenset({Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS})
ROSTERS: Final = ("academic_sessions", "courses", "classes")

Place = tuple[str, str, str | None]
"""Whose role, which, and at which of the platform's schools."""
RowId = tuple[str, str, str, str | None]
"""Kind, action, sourcedId and the platform's school of a change, by which a hold knows it."""
HeldRows = frozenset[RowId]


@dataclass(frozen=True)
class HeldRole:
    period: Period
    held: bool = True


@dataclass(frozen=True)
class Claimed:
    """An academic session, course or class: its record as last written, and whose it is."""

    record: Any
    school_id: str | None
    claims: frozenset[str]


@dataclass(frozen=True)
class Enrolled:
    record: Enrollment
    school_id: str
    category: str
    held: bool = True


@dataclass(frozen=True)
class Change:
    """A row to be created, revived, changed or ended.

    `moved`: who or where it is differs. `explicit`: the district's record is there and no longer grants it.
    `disables`: of a person whom the district enables no longer.
    """

    kind: str
    action: str
    key: str
    school_id: str | None = None
    moved: bool = False
    explicit: bool = False
    disables: bool = False

    @property
    def row(self) -> RowId:
        return self.kind, self.action, self.key, self.school_id

    @property
    def is_new(self) -> bool:
        return self.action in {"create", "revive"}


def user_row(key: str, user: User) -> tuple[Any, ...]:
    """As the table has it, without whether the person is active."""
    return (
        key,
        user.master_identifier,
        user.identifier,
        user.username or None,
        user.given_name,
        user.middle_name,
        user.family_name,
        user.preferred_given_name,
        None,
        None,
        user.email,
        user.grades,
        user.enabled,
    )


def identity(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What says who it is."""
    return row[1:7]


def session_row(key: str, session: Any) -> tuple[Any, ...]:
    return (
        key,
        session.title,
        session.type,
        session.begin,
        session.end,
        str(session.school_year),
        session.parent,
    )


def course_row(key: str, course: Course) -> tuple[Any, ...]:
    return (key, course.title, course.code, course.grades, (course.subject,))


def class_row(key: str, class_: Class, school_id: str | None) -> tuple[Any, ...]:
    return (
        key,
        school_id,
        class_.course,
        class_.title,
        class_.code,
        class_.type,
        class_.location,
        class_.grades,
        (class_.subject,),
        class_.periods,
        class_.terms,
    )


def claimed_row(kind: str, key: str, record: Any, school_id: str | None) -> tuple[Any, ...]:
    if kind == "classes":
        return class_row(key, record, school_id)
    return course_row(key, record) if kind == "courses" else session_row(key, record)


def enrollment_row(e: Enrollment) -> tuple[Any, ...]:
    """What of an enrollment may change, without where it is."""
    return (e.primary if e.role == "teacher" else None, e.begin, e.end)
