"""From what a server sent to the model, where the page could not be decoded straight into it.

Each function raises `RuleBroken` where a record cannot be used. For one that could have been decoded straight,
it gives what that would have given.
"""

from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from oneroster_operator.oneroster.records import (
    AcademicSession,
    Class,
    Course,
    Enrollment,
    Org,
    Ref,
    Role,
    Rule,
    Status,
    User,
)
from oneroster_operator.oneroster.wire import (
    Flag,
    Reference,
    References,
    SentAcademicSession,
    SentClass,
    SentCourse,
    SentEnrollment,
    SentOrg,
    SentPerson,
    SentRecord,
    SentRef,
    SentRole,
    SentUserV1P1,
    SentUserV1P2,
    Text,
    Texts,
)

_T = TypeVar("_T")


class RuleBroken(Exception):
    """A record that cannot be used; holds the rule and nothing of the record."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self.rule = rule


def org(sent: SentOrg) -> Org:
    """Org of either version."""
    return Org(
        **_common(sent),
        name=text(sent.name) or "",
        type=text(sent.type) or "",
        identifier=text(sent.identifier),
        parent=_reference(sent.parent),
    )


def academic_session(sent: SentAcademicSession) -> AcademicSession:
    """AcademicSession of either version."""
    return AcademicSession(
        **_common(sent),
        title=text(sent.title) or "",
        type=text(sent.type) or "",
        start_date=_date(sent.start_date),
        end_date=_date(sent.end_date),
        school_year=text(sent.school_year) or "",
        parent=_reference(sent.parent),
    )


def course(sent: SentCourse) -> Course:
    """Course of either version."""
    orgs = _references(sent.org) or _references(sent.orgs)
    return Course(
        **_common(sent),
        title=text(sent.title) or "",
        course_code=text(sent.course_code) or "",
        org=orgs[0] if orgs else None,
        school_year=_reference(sent.school_year),
        grades=_texts(sent.grades),
        subjects=_texts(sent.subjects),
    )


def class_(sent: SentClass) -> Class:
    """Class of either version."""
    return Class(
        **_common(sent),
        title=text(sent.title) or "",
        class_code=text(sent.class_code),
        class_type=text(sent.class_type),
        location=text(sent.location),
        course=_reference(sent.course),
        school=_required(_reference(sent.school), "MissingSchool"),
        terms=_references(sent.terms),
        grades=_texts(sent.grades),
        subjects=_texts(sent.subjects),
        periods=_texts(sent.periods),
    )


def user_v1p1(sent: SentUserV1P1) -> User:
    """User of 1.1. One without role or org is not one who lost them: 1.1 requires both."""
    role = _required(text(sent.role), "MissingRole")
    orgs = _required(_references(sent.orgs), "MissingOrg")
    return _user(sent, tuple(Role(role=role, org=org) for org in orgs))


def user_v1p2(sent: SentUserV1P2) -> User:
    """User of 1.2. One without roles is not one who lost them: 1.2 requires at least one."""
    roles = sent.roles if isinstance(sent.roles, list) else [sent.roles]
    return _user(sent, _required(tuple(_role(role) for role in roles if role is not None), "MissingRole"))


def _role(sent: SentRole) -> Role:
    return Role(
        role=_required(text(sent.role), "MissingRole"),
        org=_required(_reference(sent.org), "MissingOrg"),
        role_type=text(sent.role_type),
        begin_date=_date(sent.begin_date),
        end_date=_date(sent.end_date),
    )


def _user(sent: SentPerson, roles: tuple[Role, ...]) -> User:
    return User(
        **_common(sent),
        enabled=_flag(sent.enabled_user, default=True),
        username=text(sent.username),
        given_name=text(sent.given_name) or "",
        middle_name=text(sent.middle_name),
        family_name=text(sent.family_name) or "",
        preferred_first_name=text(sent.preferred_first_name),
        preferred_middle_name=text(sent.preferred_middle_name),
        preferred_last_name=text(sent.preferred_last_name),
        email=text(sent.email),
        identifier=text(sent.identifier),
        user_master_identifier=text(sent.user_master_identifier),
        grades=_texts(sent.grades),
        roles=roles,
    )


def enrollment(sent: SentEnrollment) -> Enrollment:
    """Enrollment of either version."""
    return Enrollment(
        **_common(sent),
        user=_required(_reference(sent.user), "MissingUser"),
        class_=_required(_reference(sent.class_), "MissingClass"),
        school=_reference(sent.school),
        role=_required(text(sent.role), "MissingRole"),
        primary=_flag(sent.primary, default=False),
        begin_date=_date(sent.begin_date),
        end_date=_date(sent.end_date),
    )


def text(sent: Text) -> str | None:
    """Text as it was sent, numbers written out; None where there is none."""
    return None if sent is None else str(sent) or None


def _common(sent: SentRecord) -> dict[str, Any]:
    return {
        "sourced_id": _required(text(sent.sourced_id), "MissingSourcedId"),
        "status": _status(sent.status),
        "date_last_modified": _moment(sent.date_last_modified),
    }


def _required(value: _T | None, rule: Rule) -> _T:
    if not value:
        raise RuleBroken(rule)
    return value


_STATUSES: Final[dict[str, Status]] = {
    "": "active",
    "active": "active",
    "tobedeleted": "tobedeleted",
    "inactive": "tobedeleted",  # 1.0's word, which 1.2 says to read so
}


def _status(sent: Text) -> Status:
    """In any spelling: `toBeDeleted`, `To be deleted`."""
    letters = "" if sent is None else "".join(c for c in str(sent).lower() if c.isalnum())
    return _required(_STATUSES.get(letters), "UnknownStatus")


_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def _flag(sent: Flag, *, default: bool) -> bool:
    if sent is None or sent == "":
        return default
    flag = _FLAGS.get(str(sent).strip().lower())
    if flag is None:
        raise RuleBroken("InvalidBoolean")
    return flag


def _texts(sent: Texts) -> tuple[str, ...]:
    return tuple(filter(None, map(text, sent if isinstance(sent, list) else [sent])))


def _reference(sent: Reference) -> Ref | None:
    sourced_id = text(sent.sourced_id) if isinstance(sent, SentRef) else _unless_null(sent)
    return None if sourced_id is None else Ref(sourced_id)


def _references(sent: References) -> tuple[Ref, ...]:
    return tuple(filter(None, map(_reference, sent if isinstance(sent, list) else [sent])))


def _unless_null(sent: Text) -> str | None:
    """Some servers write null as text where an object or a date is due."""
    return None if sent is None or str(sent).lower() in {"", "null"} else str(sent)


def _moment(sent: Text) -> datetime | None:
    """UTC where no offset is given, as specified; None where it cannot be read, for it decides nothing alone."""
    try:
        moment = datetime.fromisoformat(str(sent))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _date(sent: Text) -> date | None:
    """A day, also where a time follows it. An end that cannot be read must not become "no end"."""
    given = _unless_null(sent)
    if given is None:
        return None
    try:
        return date.fromisoformat(given[:10])
    except ValueError:
        raise RuleBroken("InvalidDate") from None
