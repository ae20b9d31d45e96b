"""What happens in a district during the year. Each change bumps dateLastModified of what it touches.

``now`` is the UTC time of the change. Each function gives one line that says what it did, and raises LookupError
where there is nobody or nothing to do it to.
"""

from dataclasses import replace
from datetime import date, datetime
from itertools import count
from random import Random
from typing import Literal

from tests.district.people import invent
from tests.district.population import Population
from tests.district.records import AnyRecord, Org, Role, User, in_force
from tests.district.schools import district_and_schools, school_id

Leaving = Literal["absent", "tobedeleted"]
"""How the provider shows that something is gone: not at all any more, or as a tombstone."""


def withdraw_student(
    population: Population,
    now: datetime,
    *,
    school: str | None = None,
    student: str | None = None,
    leaving: Leaving = "absent",
) -> str:
    """The student named, or one of ``school``, leaves the district; the enrollments go too."""
    person = _student(population, school, student)
    for enrollment in [e for e in population.enrollments.values() if e.user == person.sourced_id]:
        _end(population, enrollment, now, leaving)
    _end(population, person, now, leaving)
    return f"student {person.sourced_id} left {_where(population, person)} ({leaving})"


def add_student(population: Population, now: datetime, *, school: str | None = None) -> str:
    """A new student who takes the classes of one who is there already."""
    classmate = _student(population, school, None)
    at = classmate.roles[0].org
    number = next(n for n in count(1) if f"N{at}-{n:04d}" not in population.users)
    sourced_id = f"N{at}-{number:04d}"
    origin = population.origin
    population.put(
        invent(
            Random(f"{origin.seed}/{sourced_id}"),
            sourced_id,
            (Role("student", at),),
            now,
            f"students.{origin.domain}",
            identifier=f"{at}9{number:04d}",
            grades=classmate.grades,
        )
    )
    for enrollment in [e for e in population.enrollments.values() if e.user == classmate.sourced_id]:
        joined = replace(
            enrollment, sourced_id=f"{enrollment.sourced_id}-{sourced_id}", user=sourced_id, modified=now
        )
        population.put(joined)
    return f"student {sourced_id} joined {population.orgs[at].name} ({at})"


def change_grade(population: Population, now: datetime, *, grade: str, student: str | None = None) -> str:
    person = _student(population, None, student)
    population.put(replace(person, grades=(grade,), modified=now))
    return f"student {person.sourced_id} is in grade {grade}, was in {', '.join(person.grades) or 'none'}"


def rename_school(population: Population, now: datetime, *, school: str, name: str) -> str:
    org = _school(population, school)
    population.put(replace(org, name=name, modified=now))
    return f"school {school} is called {name}, was {org.name}"


def add_school(population: Population, now: datetime, *, name: str | None = None) -> str:
    """The next school that a larger district of the same seed would have had, with people and classes."""
    index = 0
    while school_id(index) in population.orgs:
        index += 1
    school = district_and_schools(population.origin.seed, index + 1, population.today)[-1]
    school = replace(school, name=name or school.name, modified=now)
    population.put(school)
    population.populate(school, stamps=(now,))
    population.put(replace(population.district, modified=now))
    return f"school {school.sourced_id} opened: {school.name}"


def close_school(population: Population, now: datetime, *, school: str, leaving: Leaving = "absent") -> str:
    """The school goes with its classes and enrollments, and with everybody who has no role elsewhere."""
    org = _school(population, school)
    gone: list[AnyRecord] = [
        *(enrollment for enrollment in population.enrollments.values() if enrollment.school == school),
        *(class_ for class_ in population.classes.values() if class_.school == school),
        *(course for course in population.courses.values() if course.org == school),
        org,
    ]
    for user in list(population.users.values()):
        elsewhere = tuple(role for role in user.roles if role.org != school)
        if not elsewhere:
            gone.append(user)
        elif len(elsewhere) < len(user.roles):
            population.put(replace(user, roles=elsewhere, modified=now))
    for record in gone:
        _end(population, record, now, leaving)
    population.put(replace(population.district, modified=now))
    return f"school {school} closed: {org.name} ({leaving})"


def _end(population: Population, record: AnyRecord, now: datetime, leaving: Leaving) -> None:
    if leaving == "absent":
        population.remove(record)
    else:
        population.put(replace(record, status="tobedeleted", modified=now))


def _school(population: Population, school: str) -> Org:
    org = population.orgs.get(school)
    if org is None or org.type != "school":
        msg = f"no school has the sourcedId {school}"
        raise LookupError(msg)
    return org


def _student(population: Population, school: str | None, sourced_id: str | None) -> User:
    """The one asked for, or else the first ordinary one: active, enabled, at one school and nowhere else."""
    if sourced_id is not None:
        if sourced_id not in population.users:
            msg = f"nobody has the sourcedId {sourced_id}"
            raise LookupError(msg)
        return population.users[sourced_id]
    for user in population.users.values():
        if _is_ordinary_student(user, population.today) and school in (None, user.roles[0].org):
            return user
    msg = f"no ordinary student at school {school}" if school else "no ordinary student in the district"
    raise LookupError(msg)


def _is_ordinary_student(user: User, today: date) -> bool:
    if user.status != "active" or not user.enabled or len(user.roles) != 1:
        return False
    role = user.roles[0]
    return role.name == "student" and in_force(role.begin, role.end, today)


def _where(population: Population, person: User) -> str:
    org = population.orgs[person.roles[0].org]
    return f"{org.name} ({org.sourced_id})"
