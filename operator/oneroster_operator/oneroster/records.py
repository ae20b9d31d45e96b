"""The records of OneRoster as the rest of the program sees them: one model for 1.1 and 1.2.

It has 1.2's own shape, so that a page that keeps to the specification is decoded straight into it. What a page may
stray by, and 1.1's users, are brought to it in `normalise`.
Text that the specification requires is `str`, empty where the district sent none; optional text is `str | None`
and never empty. Text is as sent, untrimmed, ids above all; vocabulary is kept as the district wrote it. What is
not a field here (passwords, phone numbers, agents, metadata, demographics, user profiles) is skipped where the
JSON is parsed.
Source: OneRoster 1.1 and 1.2, information models of the rostering service.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

LONGEST_ID: Final = 255
"""Characters of a sourcedId. The specification sets no bound; this one is common, and an index needs one."""
LONGEST_TEXT: Final = 1000
"""Characters of any other text. What is longer is no name, title or code of anything."""
MOST_ENTRIES: Final = 1000
"""Of a list of one record: more than anyone has schools, or a class has terms."""

Status = Literal["active", "tobedeleted"]
SourcedId = Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Filled = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Texts = Annotated[tuple[Filled, ...], Meta(max_length=MOST_ENTRIES)]
Moment = Annotated[datetime, Meta(tz=True)]


class Collection(StrEnum):
    """The core collections, by the last part of their path; together they hold all that a sync needs."""

    ORGS = "orgs"
    ACADEMIC_SESSIONS = "academicSessions"
    COURSES = "courses"
    CLASSES = "classes"
    USERS = "users"
    ENROLLMENTS = "enrollments"


class Ref(Struct, rename="camel", frozen=True, gc=False):
    """A reference; its `href` and `type` are wrong too often to be worth reading."""

    sourced_id: SourcedId


class Record(Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """What every record has. `tobedeleted` is a tombstone; 1.0's `inactive` is read as one."""

    sourced_id: SourcedId
    status: Status = "active"
    date_last_modified: Moment | None = None


class Org(Record, rename="camel", frozen=True, kw_only=True, gc=False):
    """A school, a district, or what lies between and above. `identifier` may be an NCES or state id."""

    name: Text = ""
    type: Text = ""
    identifier: Filled | None = None
    parent: Ref | None = None

    @property
    def parent_sourced_id(self) -> str | None:
        """The org that this one is part of."""
        return _id(self.parent)


class AcademicSession(Record, rename="camel", frozen=True, kw_only=True, gc=False):
    """A term, semester, grading period or school year. `end_date` is the first day after it (1.2)."""

    title: Text = ""
    type: Text = ""
    start_date: date | None = None
    end_date: date | None = None
    school_year: Text = ""
    parent: Ref | None = None

    @property
    def parent_sourced_id(self) -> str | None:
        """The session that this one is part of."""
        return _id(self.parent)


class Course(Record, rename="camel", frozen=True, kw_only=True, gc=False):
    """What classes are classes of."""

    title: Text = ""
    course_code: Text = ""
    org: Ref | None = None
    school_year: Ref | None = None
    grades: Texts = ()
    subjects: Texts = ()

    @property
    def org_sourced_id(self) -> str | None:
        """The org that offers it."""
        return _id(self.org)

    @property
    def school_year_sourced_id(self) -> str | None:
        """The academic session that is its school year."""
        return _id(self.school_year)


class Class(Record, rename="camel", frozen=True, kw_only=True, gc=False):
    """A section that people are enrolled in."""

    title: Text = ""
    class_code: Filled | None = None
    class_type: Filled | None = None
    location: Filled | None = None
    course: Ref | None = None
    school: Ref
    terms: Annotated[tuple[Ref, ...], Meta(max_length=MOST_ENTRIES)] = ()
    grades: Texts = ()
    subjects: Texts = ()
    periods: Texts = ()

    @property
    def course_sourced_id(self) -> str | None:
        """The course that it is a class of."""
        return _id(self.course)

    @property
    def school_sourced_id(self) -> str:
        """The school that holds it."""
        return self.school.sourced_id

    @property
    def term_sourced_ids(self) -> tuple[str, ...]:
        """The academic sessions in which it meets."""
        return tuple(term.sourced_id for term in self.terms)


class Role(Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """What a user is in one org. Of 1.1 there is one for each org of the user, all with the user's single role.

    `role_type` is `primary` or `secondary` (1.2 only); `end_date` is the first day after it.
    """

    role: Filled
    org: Ref
    role_type: Filled | None = None
    begin_date: date | None = None
    end_date: date | None = None

    @property
    def org_sourced_id(self) -> str:
        """The org that the role is held in."""
        return self.org.sourced_id


class Person(Record, rename="camel", frozen=True, kw_only=True, gc=False):
    """A person's account, without what the person is where; `enabled` is `enabledUser`, true where missing."""

    enabled: bool = field(default=True, name="enabledUser")
    username: Filled | None = None
    given_name: Text = ""
    middle_name: Filled | None = None
    family_name: Text = ""
    preferred_first_name: Filled | None = None
    preferred_middle_name: Filled | None = None
    preferred_last_name: Filled | None = None
    email: Filled | None = None
    identifier: Filled | None = None
    user_master_identifier: Filled | None = None
    grades: Texts = ()


class User(Person, rename="camel", frozen=True, kw_only=True, gc=False):
    """A person's account with at least one role."""

    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=MOST_ENTRIES)]


class Enrollment(Record, rename="camel", frozen=True, kw_only=True, gc=False):
    """A user in a class. `begin_date` is its first day, `end_date` the first after it."""

    user: Ref
    class_: Ref = field(name="class")
    school: Ref | None = None
    role: Filled
    primary: bool = False
    begin_date: date | None = None
    end_date: date | None = None

    @property
    def user_sourced_id(self) -> str:
        """Who is enrolled."""
        return self.user.sourced_id

    @property
    def class_sourced_id(self) -> str:
        """In which class."""
        return self.class_.sourced_id

    @property
    def school_sourced_id(self) -> str | None:
        """The school of the class, where the enrollment says so."""
        return _id(self.school)


def _id(reference: Ref | None) -> str | None:
    return None if reference is None else reference.sourced_id


Rule = Literal[
    "UnexpectedType",
    "MissingSourcedId",
    "SourcedIdTooLong",
    "TextTooLong",
    "ListTooLong",
    "ControlCharacter",
    "UnknownStatus",
    "InvalidBoolean",
    "InvalidDate",
    "MissingRole",
    "MissingOrg",
    "MissingUser",
    "MissingClass",
    "MissingSchool",
]
"""Why a record cannot be used. Nothing is guessed where a guess could give or take access; optional text that is
none, or too long, is left out, and names and titles that are too long are cut.

- `UnexpectedType`: a value of a kind that nothing is known to send there (an object for a name, a record that is a
  number), or bytes that are no UTF-8.
- `MissingSourcedId`: the record has no id of its own, an empty one, or one that holds half a character.
- `SourcedIdTooLong`: its id or one that it refers to is over `LONGEST_ID`. `TextTooLong`: a role, type or code is
  over `LONGEST_TEXT`. `ListTooLong`: a list is over `MOST_ENTRIES`.
- `ControlCharacter`: a text holds U+0000, which PostgreSQL cannot store.
- `UnknownStatus`: neither `active` nor `tobedeleted` nor 1.0's `inactive`, in any spelling.
- `InvalidBoolean`: neither true nor false, in any spelling.
- `InvalidDate`: no date where one is given. It must not become "no end"; only .NET's null date, the first day of
  the year 1, and MySQL's, 0000-00-00, are none.
- `MissingRole`, `MissingOrg`: a user or an entry of `roles` without role or org, an enrollment without role.
- `MissingUser`, `MissingClass`: an enrollment without one of them. `MissingSchool`: a class without a school.
"""


class Rejected(Struct, frozen=True, gc=False):
    """A record that is there and cannot be used; none of its values but its id (where it has one) is kept."""

    sourced_id: str | None
    rule: Rule
