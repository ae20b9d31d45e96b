"""What a district's student information system holds, before any version of OneRoster shapes it.

Names follow OneRoster 1.2, the richer of the two versions; ``payloads_v1p1`` folds roles into 1.1's accounts.
All dates are local dates of the district; an ``end`` is exclusive, as OneRoster 1.2 has it.
"""

import dataclasses
from datetime import date, datetime
from typing import Literal

Status = Literal["active", "tobedeleted"]
Level = Literal["elementary", "middle", "high", "k8", "virtual"]
OrgType = Literal["district", "school"]
SessionType = Literal["schoolYear", "semester", "term", "gradingPeriod"]
ClassType = Literal["homeroom", "scheduled"]
EnrollmentRole = Literal["student", "teacher"]
RoleName = Literal[
    "aide",
    "counselor",
    "districtAdministrator",
    "guardian",
    "principal",
    "siteAdministrator",
    "student",
    "systemAdministrator",
    "teacher",
]

CANARY = "CANARY"
"""Every value that a consumer may not keep starts with this word, so that a leak can be searched for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every OneRoster object has. ``modified`` is in UTC."""

    sourced_id: str
    modified: datetime
    status: Status = "active"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Org(Record):
    """A district or a school. ``identifier`` is like an NCES id (7 or 12 digits) and may be missing."""

    name: str
    type: OrgType
    identifier: str | None
    parent: str | None = None
    level: Level | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AcademicSession(Record):
    title: str
    type: SessionType
    begin: date
    end: date
    school_year: int
    """The calendar year in which the school year ends."""
    parent: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Course(Record):
    title: str
    code: str
    org: str
    school_year: str
    """sourcedId of the school year's academic session."""
    grades: tuple[str, ...]
    subject: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Class(Record):
    title: str
    code: str
    type: ClassType
    location: str | None
    grades: tuple[str, ...]
    subject: str
    course: str
    school: str
    terms: tuple[str, ...]
    periods: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """One role of a person at one org, open at either end where a date is missing."""

    name: RoleName
    org: str
    primary: bool = True
    begin: date | None = None
    end: date | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class User(Record):
    """One person with all roles. ``private``: the payload carries a password, phone numbers and the like."""

    username: str
    given_name: str
    family_name: str
    roles: tuple[Role, ...]
    identifier: str | None = None
    master_identifier: str | None = None
    middle_name: str | None = None
    preferred_given_name: str | None = None
    email: str | None = None
    enabled: bool = True
    grades: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    private: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment(Record):
    """``primary`` is None for students."""

    user: str
    class_: str
    school: str
    role: EnrollmentRole
    primary: bool | None = None
    begin: date | None = None
    end: date | None = None


AnyRecord = Org | AcademicSession | Course | Class | User | Enrollment


def in_force(begin: date | None, end: date | None, today: date) -> bool:
    """Whether ``today`` lies in [begin, end)."""
    return (begin is None or begin <= today) and (end is None or today < end)
