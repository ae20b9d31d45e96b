"""What a district's record of a person grants on the platform. Pure.

Roles never elevate: where a record can be read in two ways the lower privilege is taken, and what is not in
the vocabulary of the endpoint's version of OneRoster grants nothing.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from oneroster_operator.api.category import Category
from oneroster_operator.oneroster import Role, User

STUDENT = "student"
TEACHER = "teacher"
SCHOOL_ADMIN = "schoolAdmin"
DISTRICT_ADMIN = "districtAdmin"

GRANTED_BY = {category: category.role for category in Category if category.role is not None}
"""`roster.user_roles.role` that a category grants and ends; ClassRosters has none."""

_COMMON = {"aide", "guardian", "parent", "proctor", "relative", STUDENT, TEACHER}
_VOCABULARY = {
    "1.1": frozenset(_COMMON | {"administrator"}),
    "1.2": frozenset(
        _COMMON | {"counselor", "districtAdministrator", "principal", "siteAdministrator", "systemAdministrator"}
    ),
}
_SCHOOL_ADMIN_ROLES = frozenset({"principal", "siteAdministrator"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What the roles of one district are judged by."""

    version: str
    """"1.1" or "1.2"."""
    links: Mapping[str, str]
    """The platform's school id by the district's sourcedId."""
    district_org: str | None
    today: dt.date
    """In the district's time zone."""


class Grant(NamedTuple):
    """A role at one of the platform's schools; `school_id` is None for a district admin alone."""

    role: str
    school_id: str | None
    begin_date: dt.date | None
    end_date: dt.date | None


def grants(user: User, scope: Scope) -> list[Grant]:
    """What the record grants today, at most once per role and school; nothing for a deleted record."""
    if user.status != "active":
        return []
    current = [role for role in user.roles if in_force(role.begin_date, role.end_date, scope.today)]
    found = _v1p1(current, scope) if scope.version == "1.1" else _v1p2(current, scope)
    return _once(found)


def in_force(begin: dt.date | None, end: dt.date | None, today: dt.date) -> bool:
    """Whether `today` is in [begin, end): the end date is exclusive (OneRoster 1.2)."""
    return (begin is None or begin <= today) and (end is None or today < end)


def is_unknown(user: User, version: str) -> bool:
    """Whether none of the person's roles is of the version's vocabulary or an extension (`ext:`) of it."""
    vocabulary = _VOCABULARY[version]
    return not any(role.role in vocabulary or role.role.startswith("ext:") for role in user.roles)


def _v1p1(roles: list[Role], scope: Scope) -> Iterable[Grant]:
    """1.1 has one word for administrators of every rank: only the type of their org tells them apart.

    With a school among the orgs it is a school admin; a district admin has no org but the district.
    """
    offices = {role.org_sourced_id for role in roles if role.role == "administrator"}
    if scope.district_org is not None and offices == {scope.district_org}:
        yield Grant(DISTRICT_ADMIN, None, None, None)
    for role in roles:
        school_id = scope.links.get(role.org_sourced_id)
        if school_id is None:
            continue
        if role.role in {STUDENT, TEACHER}:
            yield Grant(role.role, school_id, role.begin_date, role.end_date)
        elif role.role == "administrator":
            yield Grant(SCHOOL_ADMIN, school_id, role.begin_date, role.end_date)


def _v1p2(roles: list[Role], scope: Scope) -> Iterable[Grant]:
    """1.2 names each rank; one that is claimed for an org of another kind grants nothing there."""
    for role in roles:
        if role.role == "districtAdministrator":
            if scope.district_org is not None and role.org_sourced_id == scope.district_org:
                yield Grant(DISTRICT_ADMIN, None, role.begin_date, role.end_date)
            continue
        school_id = scope.links.get(role.org_sourced_id)
        if school_id is None:
            continue
        if role.role in {STUDENT, TEACHER}:
            yield Grant(role.role, school_id, role.begin_date, role.end_date)
        elif role.role in _SCHOOL_ADMIN_ROLES:
            yield Grant(SCHOOL_ADMIN, school_id, role.begin_date, role.end_date)


def _once(found: Iterable[Grant]) -> list[Grant]:
    """Several roles of one kind at one school are one that lasts as long as any of them."""
    merged: dict[tuple[str, str | None], Grant] = {}
    for grant in found:
        key = grant.role, grant.school_id
        earlier = merged.get(key)
        merged[key] = grant if earlier is None else _joined(earlier, grant)
    return list(merged.values())


def _joined(one: Grant, other: Grant) -> Grant:
    begins, ends = (one.begin_date, other.begin_date), (one.end_date, other.end_date)
    return one._replace(
        begin_date=None if None in begins else min(date for date in begins if date),
        end_date=None if None in ends else max(date for date in ends if date),
    )
