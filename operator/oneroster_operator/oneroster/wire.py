"""The records as servers send them where they stray from the specification: typed as wide as the observations go.

Only what is named here is parsed at all. Unknown fields are skipped without being built. The names that end in
`SourcedId` and `SourcedIds` are the CSV binding's, which some servers use in JSON too.
"""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType, field

from oneroster_operator.oneroster.records import MOST_ENTRIES, Filled, Person, Ref, Role

UNDECODABLE: Final = (MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises over a body. UnicodeDecodeError holds the body, so none of them may be chained to ours."""

Body = bytes | bytearray
"""Of an answer, as it was read or as a test writes it."""
Text = str | int | None
"""Numbers where text is due are common among ids and grades."""
Flag = bool | str | int | None
"""1.1 has booleans, 1.2 has "true" and "false", servers have "TRUE", "1" and 1 besides."""
Optional = Any
"""What a record can do without: dropped where it is of a wrong kind (`false` for an email, `[1.0]` for grades)."""


class SentRef(Struct, rename="camel", gc=False):
    """A reference."""

    sourced_id: Text = None


References = list[SentRef | str | int | None] | SentRef | str | int | None
Reference = References
"""Some servers write a single reference as a list of one, and none as an empty list (PHP's empty object)."""
Elsewhere = Raw | UnsetType
"""References under a name that is not the specification's, undecoded: they are read only where there is none under
that one, so that whatever else they hold costs nothing."""


class SentRecord(Struct, rename="camel", gc=False):
    """What every record has."""

    sourced_id: Text = None
    status: Text = None
    date_last_modified: Optional = None


class SentOrg(SentRecord, rename="camel", gc=False):
    """Org, both versions."""

    name: Text = None
    type: Text = None
    identifier: Optional = None
    parent: Reference = None
    parent_sourced_id: Elsewhere = UNSET


class SentAcademicSession(SentRecord, rename="camel", gc=False):
    """AcademicSession, both versions."""

    title: Text = None
    type: Text = None
    start_date: Text = None
    end_date: Text = None
    school_year: Text = None
    parent: Reference = None
    parent_sourced_id: Elsewhere = UNSET


class SentCourse(SentRecord, rename="camel", gc=False):
    """Course, both versions; some servers send its org as `orgs`."""

    title: Text = None
    course_code: Text = None
    school_year: Reference = None
    school_year_sourced_id: Elsewhere = UNSET
    org: References = None
    orgs: Elsewhere = UNSET
    org_sourced_id: Elsewhere = UNSET
    grades: Optional = None
    subjects: Optional = None


class SentClass(SentRecord, rename="camel", gc=False):
    """Class; `periods` is text in 1.1's OpenAPI file and an array in 1.2's."""

    title: Text = None
    class_code: Optional = None
    class_type: Optional = None
    location: Optional = None
    course: Reference = None
    course_sourced_id: Elsewhere = UNSET
    school: Reference = None
    school_sourced_id: Elsewhere = UNSET
    terms: References = None
    term_sourced_ids: Elsewhere = UNSET
    grades: Optional = None
    subjects: Optional = None
    periods: Optional = None


class SentRole(Struct, rename="camel", gc=False):
    """An entry of a 1.2 user's `roles`."""

    role: Text = None
    role_type: Optional = None
    org: Reference = None
    org_sourced_id: Elsewhere = UNSET
    begin_date: Text = None
    end_date: Text = None


class SentPerson(SentRecord, rename="camel", gc=False):
    """What a user has in both versions."""

    enabled_user: Flag = None
    username: Optional = None
    given_name: Text = None
    middle_name: Optional = None
    family_name: Text = None
    preferred_first_name: Optional = None
    preferred_middle_name: Optional = None
    preferred_last_name: Optional = None
    email: Optional = None
    identifier: Optional = None
    user_master_identifier: Optional = None
    grades: Optional = None


class SentUserV1P1(SentPerson, rename="camel", gc=False):
    """User of 1.1: one role, held in each of the orgs."""

    role: Text = None
    orgs: References = None
    org_sourced_ids: Elsewhere = UNSET


class SentUserV1P2(SentPerson, rename="camel", gc=False):
    """User of 1.2."""

    roles: list[SentRole | None] | SentRole | None = None


class SentWays(Struct, rename="camel", gc=False):
    """Which version's way a user's roles are sent in; a null is sent, too."""

    role: Raw | UnsetType = UNSET
    orgs: Raw | UnsetType = UNSET
    org_sourced_ids: Raw | UnsetType = UNSET
    roles: Raw | UnsetType = UNSET


class UserV1P1(Person, rename="camel", frozen=True, kw_only=True, gc=False):
    """User exactly as 1.1 specifies it: a page of them is decoded at once."""

    role: Filled
    orgs: Annotated[tuple[Ref, ...], Meta(min_length=1, max_length=MOST_ENTRIES)]

    @property
    def roles(self) -> tuple[Role, ...]:
        """As 1.2 has them."""
        return tuple([Role(role=self.role, org=org) for org in self.orgs])


class SentEnrollment(SentRecord, rename="camel", gc=False):
    """Enrollment, both versions."""

    user: Reference = None
    user_sourced_id: Elsewhere = UNSET
    class_: Reference = field(default=None, name="class")
    class_sourced_id: Elsewhere = UNSET
    school: Reference = None
    school_sourced_id: Elsewhere = UNSET
    role: Text = None
    primary: Flag = None
    begin_date: Text = None
    end_date: Text = None
