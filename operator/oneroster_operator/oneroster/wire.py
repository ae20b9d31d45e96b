"""The records as servers send them where they stray from the specification: typed as wide as the observations go.

Only what is named here is parsed at all. Unknown fields are skipped without being built.
"""

from msgspec import Struct, field

Text = str | int | None
"""Numbers where text is due are common among ids and grades."""
Flag = bool | str | int | None
"""1.1 has booleans, 1.2 has "true" and "false", servers have "TRUE", "1" and 1 besides."""


class SentRef(Struct, rename="camel", gc=False):
    """A reference."""

    sourced_id: Text = None


Reference = SentRef | str | None
References = list[SentRef | str | None] | SentRef | str | None
Texts = list[Text] | str | int | None


class SentRecord(Struct, rename="camel", gc=False):
    """What every record has."""

    sourced_id: Text = None
    status: Text = None
    date_last_modified: Text = None


class SentOrg(SentRecord, rename="camel", gc=False):
    """Org, both versions."""

    name: Text = None
    type: Text = None
    identifier: Text = None
    parent: Reference = None


class SentAcademicSession(SentRecord, rename="camel", gc=False):
    """AcademicSession, both versions."""

    title: Text = None
    type: Text = None
    start_date: Text = None
    end_date: Text = None
    school_year: Text = None
    parent: Reference = None


class SentCourse(SentRecord, rename="camel", gc=False):
    """Course, both versions; some servers send its org as `orgs`."""

    title: Text = None
    course_code: Text = None
    school_year: Reference = None
    org: References = None
    orgs: References = None
    grades: Texts = None
    subjects: Texts = None


class SentClass(SentRecord, rename="camel", gc=False):
    """Class; `periods` is text in 1.1's OpenAPI file and an array in 1.2's."""

    title: Text = None
    class_code: Text = None
    class_type: Text = None
    location: Text = None
    course: Reference = None
    school: Reference = None
    terms: References = None
    grades: Texts = None
    subjects: Texts = None
    periods: Texts = None


class SentPerson(SentRecord, rename="camel", gc=False):
    """What a user has in both versions."""

    enabled_user: Flag = None
    username: Text = None
    given_name: Text = None
    middle_name: Text = None
    family_name: Text = None
    preferred_first_name: Text = None
    preferred_middle_name: Text = None
    preferred_last_name: Text = None
    email: Text = None
    identifier: Text = None
    user_master_identifier: Text = None
    grades: Texts = None


class SentUserV1P1(SentPerson, rename="camel", gc=False):
    """User of 1.1: one role, held in each of the orgs."""

    role: Text = None
    orgs: References = None


class SentRole(Struct, rename="camel", gc=False):
    """An entry of a 1.2 user's `roles`."""

    role: Text = None
    role_type: Text = None
    org: Reference = None
    begin_date: Text = None
    end_date: Text = None


class SentUserV1P2(SentPerson, rename="camel", gc=False):
    """User of 1.2."""

    roles: list[SentRole] | SentRole | None = None


class SentEnrollment(SentRecord, rename="camel", gc=False):
    """Enrollment, both versions."""

    user: Reference = None
    class_: Reference = field(default=None, name="class")
    school: Reference = None
    role: Text = None
    primary: Flag = None
    begin_date: Text = None
    end_date: Text = None
