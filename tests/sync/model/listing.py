"""What a run gets to see of a district: the records that its service lists, of either version of OneRoster."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from oneroster_operator.api.category import Category
from tests.district.accounts_v1p1 import account_id, accounts
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.records import AcademicSession, Class, Course, Enrollment, User, in_force

Period = tuple[dt.date | None, dt.date | None]
Grant = tuple[str, str | None]
"""A role, and at which of the platform's schools."""

SCHOOL_ROLES: Final = {
    "student": "student",
    "teacher": "teacher",
    "principal": "schoolAdmin",
    "siteAdministrator": "schoolAdmin",
    "administrator": "schoolAdmin",
}
READERS_OF_USERS: Final = frozenset(set(Category) - {Category.CLASS_ROSTERS})
READERS_OF_ENROLLMENTS: Final = frozenset({Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS})
ROLE_READ: Final = {
    Category.TEACHER_ASSIGNMENTS: "teacher",
    Category.SCHOOL_ADMINS: "administrator",
    Category.DISTRICT_ADMINS: "administrator",
}
"""What a category reads of 1.1's users, where it does not read all."""


class Office(NamedTuple):
    """A role of a person at an org, in the words of the version."""

    role: str
    org: str
    period: Period


@dataclass(frozen=True)
class Person:
    """A record of /users. `status` is active, tobedeleted, or one that nobody can read."""

    user: User
    sourced_id: str
    offices: tuple[Office, ...]

    @property
    def status(self) -> str:
        return self.user.status


@dataclass(frozen=True)
class Listing:
    """`links` are the plan's. Collections that are not `complete` prove no absence; `narrowed` ones lack records
    of other roles."""

    version: Version
    district_org: str
    today: dt.date
    links: Mapping[str, str]
    users: Mapping[str, Person]
    academic_sessions: Mapping[str, AcademicSession]
    courses: Mapping[str, Course]
    classes: Mapping[str, Class]
    enrollments: Mapping[str, Enrollment]
    complete: bool = True
    narrowed: frozenset[str] = field(default=frozenset())

    def status(self, kind: str, key: str) -> str | None:
        """Of a record; None where none is listed."""
        record = getattr(self, kind).get(key)
        return None if record is None else str(record.status)

    def unreadable(self, kind: str) -> set[str]:
        return {key for key, record in getattr(self, kind).items() if not is_readable(record)}

    def active(self, kind: str) -> dict[str, Any]:
        return {key: record for key, record in getattr(self, kind).items() if record.status == "active"}

    def granted(self, person: Person) -> dict[Grant, Period]:
        """What a record gives today, each role at a school once and for as long as any of its entries says."""
        found: dict[Grant, Period] = {}
        if person.status != "active":
            return found
        offices = [office for office in person.offices if in_force(*office.period, self.today)]
        for office in offices:
            grant = self._grant(office, offices)
            if grant is None:
                continue
            begins, ends = zip(found.get(grant, office.period), office.period, strict=True)
            found[grant] = (
                None if None in begins else min(begin for begin in begins if begin),
                None if None in ends else max(end for end in ends if end),
            )
        return found

    def _grant(self, office: Office, offices: Iterable[Office]) -> Grant | None:
        role, org = office.role, office.org
        if role == "districtAdministrator":
            return ("districtAdmin", None) if org == self.district_org else None
        if role == "administrator" and {o.org for o in offices if o.role == role} == {self.district_org}:
            return ("districtAdmin", None)
        return (SCHOOL_ROLES[role], self.links[org]) if org in self.links and role in SCHOOL_ROLES else None


def is_readable(record: Any) -> bool:
    return record.status in {"active", "tobedeleted"}


def listing(
    population: Population,
    version: Version,
    links: Mapping[str, str],
    run: Collection[Category],
    *,
    honest_totals: bool,
) -> Listing:
    """What a run of these categories sees. A server whose totals are wrong proves nothing and narrows nothing."""
    people = {person.sourced_id: person for person in _people(population, version)}
    enrollments = dict(population.enrollments)
    if version == "1.1":
        enrollments = {key: _of_account(e, population) for key, e in enrollments.items()}
    narrowed = set[str]()
    if honest_totals:
        readers = READERS_OF_USERS & set(run)
        if version == "1.1" and readers <= ROLE_READ.keys():
            roles = {ROLE_READ[category] for category in readers}
            some = {key: person for key, person in people.items() if person.offices[0].role in roles}
            if readers and len(some) < len(people):
                people, narrowed = some, narrowed | {"users"}
        if READERS_OF_ENROLLMENTS & set(run) == {Category.TEACHER_ASSIGNMENTS}:
            taught = {key: e for key, e in enrollments.items() if e.role == "teacher"}
            if len(taught) < len(enrollments):
                enrollments, narrowed = taught, narrowed | {"enrollments"}
    return Listing(
        version,
        population.district.sourced_id,
        population.today,
        dict(links),
        people,
        dict(population.academic_sessions),
        dict(population.courses),
        dict(population.classes),
        enrollments,
        honest_totals,
        frozenset(narrowed),
    )


def _people(population: Population, version: Version) -> Iterable[Person]:
    for user in population.users.values():
        if version == "1.2":
            offices = tuple(Office(role.name, role.org, (role.begin, role.end)) for role in user.roles)
            yield Person(user, user.sourced_id, offices)
            continue
        known = replace(user, master_identifier=None, preferred_given_name=None)
        for account in accounts(user, population.today):
            offices = tuple(Office(account.role, org, (None, None)) for org in account.orgs)
            yield Person(known, account.sourced_id, offices)


def _of_account(enrollment: Enrollment, population: Population) -> Enrollment:
    person = population.users.get(enrollment.user)
    user = account_id(person, enrollment.role) if person else enrollment.user
    return replace(enrollment, user=user)
