"""Who and what a product lists of what it holds."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.district.population import Population
from tests.district.records import AcademicSession, AnyRecord, Enrollment, RoleName, User, in_force

_OFFICE: frozenset[RoleName] = frozenset({"aide", "counselor"})


def rebuilt(population: Population, records: Iterable[AnyRecord]) -> Population:
    """Another population of the same day and revision that holds these records."""
    other = Population(population.origin, population.today)
    for record in records:
        other.put(record)
    other.revision = population.revision
    return other


def one_user_per_school(population: Population) -> Population:
    """Somebody at several orgs is one user for each of them, with a sourcedId of its own (Ed-Fi)."""

    def split(record: AnyRecord) -> Iterable[AnyRecord]:
        if isinstance(record, User):
            for org in dict.fromkeys(role.org for role in record.roles):
                there = tuple(role for role in record.roles if role.org == org)
                yield replace(record, sourced_id=_at(record.sourced_id, org), roles=there, agents=())
        elif isinstance(record, Enrollment):
            yield replace(record, user=_at(record.user, record.school))
        else:
            yield record

    return rebuilt(population, (part for record in population.records() for part in split(record)))


def _at(sourced_id: str, org: str) -> str:
    return f"{sourced_id}-{org}"


def without_tombstones(population: Population) -> Population:
    """``status`` is always active: what is gone is not listed (Ed-Fi)."""
    return rebuilt(population, (record for record in population.records() if record.status == "active"))


def enrolled_students_only(population: Population) -> Population:
    """Students without an enrollment in force are not listed (Aeries)."""
    enrolled = _enrolled(population)
    return _without_users(
        population,
        (u for u in population.users.values() if u.roles[0].name == "student" and u.sourced_id not in enrolled),
    )


def enrolled_users_only(population: Population) -> Population:
    """Nobody without an enrollment in force is listed, so no administrator (ClassLink's default)."""
    enrolled = _enrolled(population)
    return _without_users(population, (u for u in population.users.values() if u.sourced_id not in enrolled))


def enabled_accounts_only(population: Population) -> Population:
    """People whose account is disabled are not listed (Infinite Campus 1.1)."""
    return _without_users(population, (user for user in population.users.values() if not user.enabled))


def staff_as_administrators(population: Population) -> Population:
    """Whoever works in an office or a library is an administrator (Infinite Campus 1.1)."""

    def promoted(user: User) -> User:
        roles = (replace(r, name="siteAdministrator") if r.name in _OFFICE else r for r in user.roles)
        return replace(user, roles=tuple(roles))

    records = population.records()
    return rebuilt(population, (promoted(record) if isinstance(record, User) else record for record in records))


def current_year_only(population: Population) -> Population:
    """Only the sessions of the year that contains today are listed (Infinite Campus)."""
    year = next(
        session.school_year
        for session in population.academic_sessions.values()
        if session.type == "schoolYear" and in_force(session.begin, session.end, population.today)
    )
    return rebuilt(
        population,
        (r for r in population.records() if not (isinstance(r, AcademicSession) and r.school_year != year)),
    )


def everyone_private(population: Population) -> Population:
    """Every user carries a password, telephone numbers and metadata (ClassLink)."""
    records: Iterable[Any] = population.records()
    return rebuilt(population, (replace(r, private=True) if isinstance(r, User) else r for r in records))


def _enrolled(population: Population) -> set[str]:
    return {
        e.user
        for e in population.enrollments.values()
        if e.status == "active" and in_force(e.begin, e.end, population.today)
    }


def _without_users(population: Population, users: Iterable[User]) -> Population:
    """Without these people, their enrollments, and what other people say of them."""
    gone = {user.sourced_id for user in users}

    def kept(record: AnyRecord) -> bool:
        if isinstance(record, Enrollment):
            return record.user not in gone
        return not isinstance(record, User) or record.sourced_id not in gone

    def alone(record: AnyRecord) -> AnyRecord:
        if not isinstance(record, User) or gone.isdisjoint(record.agents):
            return record
        return replace(record, agents=tuple(agent for agent in record.agents if agent not in gone))

    return rebuilt(population, (alone(record) for record in population.records() if kept(record)))
