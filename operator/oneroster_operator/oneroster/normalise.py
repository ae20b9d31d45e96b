"""From a record that a server sent to the model, where its page could not be decoded straight into it.

Each function raises `RuleBroken` where the record cannot be used. For one that could have been decoded straight,
it gives what that would have given.
"""

import msgspec

from oneroster_operator.oneroster.records import (
    AcademicSession,
    Class,
    Course,
    Enrollment,
    Org,
    Role,
    User,
)
from oneroster_operator.oneroster.values import (
    date,
    flag,
    listed,
    moment,
    name,
    optional_text,
    own_id,
    reference,
    reference_elsewhere,
    references,
    references_elsewhere,
    required,
    status,
    text,
    texts,
)
from oneroster_operator.oneroster.wire import (
    SentAcademicSession,
    SentClass,
    SentCourse,
    SentEnrollment,
    SentOrg,
    SentPerson,
    SentRole,
    SentUserV1P1,
    SentUserV1P2,
    UserV1P1,
)


def org(sent: SentOrg) -> Org:
    """Org of either version."""
    return Org(
        sourced_id=own_id(sent),
        status=status(sent.status),
        date_last_modified=moment(sent.date_last_modified),
        name=name(sent.name),
        type=text(sent.type) or "",
        identifier=optional_text(sent.identifier),
        parent=reference(sent.parent) or reference_elsewhere(sent.parent_sourced_id),
    )


def academic_session(sent: SentAcademicSession) -> AcademicSession:
    """AcademicSession of either version."""
    return AcademicSession(
        sourced_id=own_id(sent),
        status=status(sent.status),
        date_last_modified=moment(sent.date_last_modified),
        title=name(sent.title),
        type=text(sent.type) or "",
        start_date=date(sent.start_date),
        end_date=date(sent.end_date),
        school_year=text(sent.school_year) or "",
        parent=reference(sent.parent) or reference_elsewhere(sent.parent_sourced_id),
    )


def course(sent: SentCourse) -> Course:
    """Course of either version. It has one org: of several the first."""
    orgs = references(sent.org) or references_elsewhere(sent.orgs) or references_elsewhere(sent.org_sourced_id)
    return Course(
        sourced_id=own_id(sent),
        status=status(sent.status),
        date_last_modified=moment(sent.date_last_modified),
        title=name(sent.title),
        course_code=text(sent.course_code) or "",
        org=orgs[0] if orgs else None,
        school_year=reference(sent.school_year) or reference_elsewhere(sent.school_year_sourced_id),
        grades=texts(sent.grades),
        subjects=texts(sent.subjects),
    )


def class_(sent: SentClass) -> Class:
    """Class of either version."""
    return Class(
        sourced_id=own_id(sent),
        status=status(sent.status),
        date_last_modified=moment(sent.date_last_modified),
        title=name(sent.title),
        class_code=optional_text(sent.class_code),
        class_type=optional_text(sent.class_type),
        location=optional_text(sent.location),
        course=reference(sent.course) or reference_elsewhere(sent.course_sourced_id),
        school=required(reference(sent.school) or reference_elsewhere(sent.school_sourced_id), "MissingSchool"),
        terms=references(sent.terms) or references_elsewhere(sent.term_sourced_ids),
        grades=texts(sent.grades),
        subjects=texts(sent.subjects),
        periods=texts(sent.periods),
    )


def users_v1p1(page: list[UserV1P1]) -> list[User]:
    """A page of users exactly as 1.1 specifies them."""
    return msgspec.convert(page, list[User], from_attributes=True)


def user_v1p1(sent: SentUserV1P1) -> User:
    """User of 1.1. One without role or org is not one who lost them: 1.1 requires both."""
    role = required(text(sent.role), "MissingRole")
    orgs = references(sent.orgs) or references_elsewhere(sent.org_sourced_ids)
    return _user(sent, required(tuple([Role(role=role, org=org) for org in orgs]) or None, "MissingOrg"))


def user_v1p2(sent: SentUserV1P2) -> User:
    """User of 1.2. One without roles is not one who lost them: 1.2 requires at least one."""
    roles = [_role(role) for role in listed(sent.roles) if role is not None]
    return _user(sent, required(tuple(roles) or None, "MissingRole"))


def _user(sent: SentPerson, roles: tuple[Role, ...]) -> User:
    return User(
        sourced_id=own_id(sent),
        status=status(sent.status),
        date_last_modified=moment(sent.date_last_modified),
        enabled=flag(sent.enabled_user, default=True),
        username=optional_text(sent.username),
        given_name=name(sent.given_name),
        middle_name=optional_text(sent.middle_name),
        family_name=name(sent.family_name),
        preferred_first_name=optional_text(sent.preferred_first_name),
        preferred_middle_name=optional_text(sent.preferred_middle_name),
        preferred_last_name=optional_text(sent.preferred_last_name),
        email=optional_text(sent.email),
        identifier=optional_text(sent.identifier),
        user_master_identifier=optional_text(sent.user_master_identifier),
        grades=texts(sent.grades),
        roles=roles,
    )


def _role(sent: SentRole) -> Role:
    return Role(
        role=required(text(sent.role), "MissingRole"),
        org=required(reference(sent.org) or reference_elsewhere(sent.org_sourced_id), "MissingOrg"),
        role_type=optional_text(sent.role_type),
        begin_date=date(sent.begin_date),
        end_date=date(sent.end_date),
    )


def enrollment(sent: SentEnrollment) -> Enrollment:
    """Enrollment of either version."""
    return Enrollment(
        sourced_id=own_id(sent),
        status=status(sent.status),
        date_last_modified=moment(sent.date_last_modified),
        user=required(reference(sent.user) or reference_elsewhere(sent.user_sourced_id), "MissingUser"),
        class_=required(reference(sent.class_) or reference_elsewhere(sent.class_sourced_id), "MissingClass"),
        school=reference(sent.school) or reference_elsewhere(sent.school_sourced_id),
        role=required(text(sent.role), "MissingRole"),
        primary=flag(sent.primary, default=False),
        begin_date=date(sent.begin_date),
        end_date=date(sent.end_date),
    )
