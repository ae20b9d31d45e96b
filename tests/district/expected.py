"""The district's own account of what a platform should hold, straight from the records, without any payload.

Active means: status ``active`` and begin <= today < end. ``enabledUser`` does not matter here: a disabled account
still has its memberships. The rules of the five categories:

- a student or teacher counts at each linked school where the role is held;
- teacher and student enrollments count at the class's school;
- rosters are the linked schools' classes, those classes' courses, the sessions they name and the parents of these;
- 1.2: principals and site administrators at a linked school; district administrators at the district;
- 1.1 knows administrators only, and the org's type ranks them: someone who is one at a school is a school
  administrator (the lower rank) even if also one at the district.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from tests.district.accounts_v1p1 import accounts
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.records import Enrollment, EnrollmentRole, Role, RoleName, User, in_force

_SCHOOL_ADMINS: dict[Version, frozenset[RoleName]] = {
    "1.1": frozenset({"principal", "siteAdministrator", "districtAdministrator", "systemAdministrator"}),
    "1.2": frozenset({"principal", "siteAdministrator"}),
}
_DISTRICT_ADMINS: dict[Version, frozenset[RoleName]] = {
    "1.1": _SCHOOL_ADMINS["1.1"],
    "1.2": frozenset({"districtAdministrator"}),
}

PerSchool = dict[str, int]
"""By sourcedId of the linked school, also where the number is 0."""


@dataclass(frozen=True, slots=True)
class Expected:
    students: PerSchool
    teachers: PerSchool
    teacher_enrollments: PerSchool
    classes: PerSchool
    student_enrollments: PerSchool
    courses: int
    academic_sessions: int
    school_admins: PerSchool
    district_admins: int

    def by_category(self) -> dict[str, dict[str, PerSchool | int]]:
        """As JSON, by the platform's names of the categories."""
        return {
            "Students": {"memberships": self.students},
            "TeacherAssignments": {"memberships": self.teachers, "enrollments": self.teacher_enrollments},
            "ClassRosters": {
                "classes": self.classes,
                "enrollments": self.student_enrollments,
                "courses": self.courses,
                "academicSessions": self.academic_sessions,
            },
            "SchoolAdmins": {"memberships": self.school_admins},
            "DistrictAdmins": {"memberships": self.district_admins},
        }


def expected(population: Population, linked: Collection[str], version: Version) -> Expected:
    """What ``population`` gives a platform on its day ``today`` whose ``linked`` schools are these."""
    classes = [c for c in population.classes.values() if c.status == "active" and c.school in linked]
    return Expected(
        students=_per_school(linked, (org for _, org in _memberships(population, {"student"}))),
        teachers=_per_school(linked, (org for _, org in _memberships(population, {"teacher"}))),
        teacher_enrollments=_per_school(linked, (e.school for e in _enrollments(population, "teacher"))),
        classes=_per_school(linked, (class_.school for class_ in classes)),
        student_enrollments=_per_school(linked, (e.school for e in _enrollments(population, "student"))),
        courses=len({class_.course for class_ in classes}),
        academic_sessions=len(_with_parents(population, (term for class_ in classes for term in class_.terms))),
        school_admins=_per_school(linked, (org for _, org in _memberships(population, _SCHOOL_ADMINS[version]))),
        district_admins=_district_admins(population, version),
    )


def listed_ids(population: Population, version: Version) -> dict[str, Iterable[str]]:
    """Every sourcedId that a core collection has, by the collection's name; in 1.1 users are accounts."""
    people: Iterable[str] = population.users
    if version == "1.1":
        people = [a.sourced_id for user in population.users.values() for a in accounts(user, population.today)]
    return {
        "orgs": population.orgs,
        "academicSessions": population.academic_sessions,
        "courses": population.courses,
        "classes": population.classes,
        "users": people,
        "enrollments": population.enrollments,
    }


def active_schools(population: Population) -> list[str]:
    return [school.sourced_id for school in population.schools if school.status == "active"]


def _active_roles(population: Population, user: User) -> Iterator[Role]:
    if user.status == "active":
        yield from (role for role in user.roles if in_force(role.begin, role.end, population.today))


def _memberships(population: Population, roles: Collection[RoleName]) -> set[tuple[str, str]]:
    """Who has one of the roles where, once each."""
    return {
        (user.sourced_id, role.org)
        for user in population.users.values()
        for role in _active_roles(population, user)
        if role.name in roles
    }


def _enrollments(population: Population, role: EnrollmentRole) -> Iterator[Enrollment]:
    for enrollment in population.enrollments.values():
        if (
            enrollment.role == role
            and enrollment.status == "active"
            and in_force(enrollment.begin, enrollment.end, population.today)
        ):
            yield enrollment


def _per_school(linked: Collection[str], orgs: Iterable[str]) -> PerSchool:
    counts = Counter(orgs)
    return {school: counts[school] for school in linked}


def _with_parents(population: Population, sessions: Iterable[str]) -> set[str]:
    found = set(sessions)
    for sourced_id in list(found):
        parent = population.academic_sessions[sourced_id].parent
        while parent is not None:
            found.add(parent)
            parent = population.academic_sessions[parent].parent
    return found


def _district_admins(population: Population, version: Version) -> int:
    district = population.district.sourced_id
    held = _memberships(population, _DISTRICT_ADMINS[version])
    at_district = {person for person, org in held if org == district}
    if version == "1.1":
        at_district -= {person for person, org in held if org != district}
    return len(at_district)
