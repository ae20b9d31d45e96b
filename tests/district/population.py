"""A whole district's records: generated from a seed, then changed record by record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from random import Random
from typing import Any, Self

from tests.district.cases import Cases, add_special_cases
from tests.district.people import ascii_letters, invent
from tests.district.records import (
    AcademicSession,
    AnyRecord,
    Class,
    Course,
    Enrollment,
    Level,
    Org,
    Role,
    RoleName,
    User,
)
from tests.district.school_life import SchoolBuilder
from tests.district.schools import DISTRICT_ID, district_and_schools
from tests.district.sessions import Calendar, calendar_around

_SIZE_BY_LEVEL: dict[Level, float] = {"elementary": 0.8, "middle": 1.1, "high": 1.5, "k8": 1.0, "virtual": 0.6}
_DISTRICT_STAFF: tuple[RoleName, ...] = (
    "districtAdministrator",
    "districtAdministrator",
    "systemAdministrator",
    "systemAdministrator",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a population was generated from, and what a school added later is generated from."""

    seed: int
    students_per_school: int
    calendar: Calendar
    stamps: tuple[datetime, ...]
    domain: str


class Population:
    """The records by sourcedId, in a stable order. ``revision`` goes up with every change."""

    def __init__(self, origin: Origin, today: date) -> None:
        self.origin = origin
        self.today = today
        self.revision = 0
        self.cases = Cases()
        self.orgs: dict[str, Org] = {}
        self.academic_sessions: dict[str, AcademicSession] = {}
        self.courses: dict[str, Course] = {}
        self.classes: dict[str, Class] = {}
        self.users: dict[str, User] = {}
        self.enrollments: dict[str, Enrollment] = {}
        self._tables: dict[type[AnyRecord], dict[str, Any]] = {
            Org: self.orgs,
            AcademicSession: self.academic_sessions,
            Course: self.courses,
            Class: self.classes,
            User: self.users,
            Enrollment: self.enrollments,
        }

    @classmethod
    def generate(cls, seed: int, *, today: date, schools: int = 12, students_per_school: int = 60) -> Self:
        """The same arguments give the same records in every process.

        ``students_per_school`` is an average: high schools are larger, virtual ones smaller.
        """
        orgs = district_and_schools(seed, schools, today)
        origin = Origin(
            seed,
            students_per_school,
            calendar_around(today),
            _stamps(today),
            f"{ascii_letters(orgs[0].name.removesuffix(' Unified School District'))}.example",
        )
        population = cls(origin, today)
        for session in origin.calendar.sessions:
            population.put(session)
        for org in orgs:
            population.put(org)
        for school in orgs[1:]:
            population.populate(school)
        population._employ_district_staff()
        population.cases = add_special_cases(population)
        population.revision = 0
        return population

    @property
    def district(self) -> Org:
        return next(org for org in self.orgs.values() if org.type == "district")

    @property
    def schools(self) -> list[Org]:
        """All orgs of type school, also closed ones."""
        return [org for org in self.orgs.values() if org.type == "school"]

    def records(self) -> Iterator[AnyRecord]:
        """All of them, kind by kind."""
        return chain.from_iterable(table.values() for table in self._tables.values())

    def put(self, record: AnyRecord) -> None:
        """Adds a record, or replaces the one of its kind with the same sourcedId."""
        self._tables[type(record)][record.sourced_id] = record
        self.revision += 1

    def remove(self, record: AnyRecord) -> None:
        """Takes a record away without a trace, as most providers do. Raises KeyError where there is none."""
        del self._tables[type(record)][record.sourced_id]
        self.revision += 1

    def populate(self, school: Org, *, stamps: tuple[datetime, ...] | None = None) -> None:
        """Gives a school its courses, classes, people and enrollments, last modified at one of ``stamps``."""
        origin = self.origin
        spread = Random(f"{origin.seed}/{school.sourced_id}/size").uniform(0.9, 1.1)
        students = round(origin.students_per_school * spread * _SIZE_BY_LEVEL[school.level or "elementary"])
        builder = SchoolBuilder(origin.seed, school, origin.calendar, stamps or origin.stamps, origin.domain)
        life = builder.build(students)
        new_courses = [course for course in life.courses if course.sourced_id not in self.courses]
        for record in chain[AnyRecord](new_courses, life.classes, life.users, life.enrollments):
            self.put(record)

    def counts(self) -> dict[str, int]:
        """Records per core collection, whatever their status."""
        return {
            "orgs": len(self.orgs),
            "academicSessions": len(self.academic_sessions),
            "courses": len(self.courses),
            "classes": len(self.classes),
            "users": len(self.users),
            "enrollments": len(self.enrollments),
        }

    def _employ_district_staff(self) -> None:
        rng = Random(f"{self.origin.seed}/district")
        for number, role in enumerate(_DISTRICT_STAFF, start=1):
            self.put(
                invent(
                    rng,
                    f"D{number:04d}",
                    (Role(role, DISTRICT_ID),),
                    self.origin.stamps[number],
                    self.origin.domain,
                    identifier=f"90{number:04d}",
                )
            )


def _stamps(today: date) -> tuple[datetime, ...]:
    """Times of last change that records share: mornings of the 90 days before ``today``, oldest first."""
    midnight = datetime.combine(today, time(0), UTC)
    return tuple(midnight - timedelta(days=days, minutes=-7 * days) for days in range(90, 0, -1))
