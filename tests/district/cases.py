"""The people and records that do not fit the pattern, each of which a consumer must treat rightly."""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.district.people import invent
from tests.district.records import Class, Enrollment, EnrollmentRole, Org, Role, User

if TYPE_CHECKING:
    from tests.district.population import Population


@dataclass(frozen=True, slots=True)
class Cases:
    """sourcedIds of the special records; None where the population is too small to have the case."""

    ended_enrollment: str | None = None
    future_enrollment: str | None = None
    disabled_student: str | None = None
    withdrawn_student: str | None = None
    """tobedeleted, and all enrollments with it."""
    departed_teacher: str | None = None
    """tobedeleted; had no class."""
    teacher_who_starts_soon: str | None = None
    cancelled_class: str | None = None
    """tobedeleted, and all enrollments with it."""
    teaching_principal: str | None = None
    principal_and_district_administrator: str | None = None
    student_at_two_schools: str | None = None
    transferred_student: str | None = None
    """Left one school three weeks ago for another: the old role and enrollments have ended."""


def add_special_cases(population: "Population") -> Cases:
    """Bends some of a freshly generated population's records. Needs 5 students per school for all cases."""
    schools = population.schools
    if not schools or population.origin.students_per_school < 5:
        return Cases()
    first, last = schools[0], schools[-1]
    editor = _Editor(population)
    cases = Cases(
        ended_enrollment=editor.date_an_enrollment(first, begin=-60, end=-10),
        future_enrollment=editor.date_an_enrollment(first, begin=14, end=120),
        disabled_student=editor.disable(editor.pick(first)),
        withdrawn_student=editor.withdraw(editor.pick(first)),
        departed_teacher=editor.employ(first, "T{}-9001", departed=True),
        teacher_who_starts_soon=editor.employ(first, "T{}-9002", departed=False),
        cancelled_class=editor.cancel_a_class(last),
        teaching_principal=editor.let_principal_teach(last),
    )
    if len(schools) == 1:
        return cases
    other = next((school for school in schools[1:] if school.level == first.level), schools[1])
    return replace(
        cases,
        principal_and_district_administrator=editor.promote_principal(first),
        student_at_two_schools=editor.attend_also(editor.pick(first), other),
        transferred_student=editor.transfer(editor.pick(first), other),
    )


class _Editor:
    def __init__(self, population: "Population") -> None:
        self._population = population
        self._today = population.today
        self._picked: set[str] = set()

    def pick(self, school: Org) -> User:
        """A student of the school that no other case has taken."""
        for user in self._population.users.values():
            if user.roles[0] == Role("student", school.sourced_id) and user.sourced_id not in self._picked:
                self._picked.add(user.sourced_id)
                return user
        msg = f"school {school.sourced_id} has no student left for a special case"
        raise LookupError(msg)

    def _enrollments_of(self, user: User) -> list[Enrollment]:
        return [e for e in self._population.enrollments.values() if e.user == user.sourced_id]

    def _class_at(self, school: Org) -> Class:
        return next(c for c in self._population.classes.values() if c.school == school.sourced_id)

    def _join(self, user: User, class_: Class, role: EnrollmentRole) -> None:
        self._population.put(
            Enrollment(
                sourced_id=f"E{user.sourced_id}-{class_.sourced_id}",
                modified=user.modified,
                user=user.sourced_id,
                class_=class_.sourced_id,
                school=class_.school,
                role=role,
                primary=False if role == "teacher" else None,
                begin=self._today - timedelta(days=20),
            )
        )

    def date_an_enrollment(self, school: Org, *, begin: int, end: int) -> str:
        enrollment = self._enrollments_of(self.pick(school))[0]
        days = self._today + timedelta(days=begin), self._today + timedelta(days=end)
        self._population.put(replace(enrollment, begin=days[0], end=days[1]))
        return enrollment.sourced_id

    def disable(self, student: User) -> str:
        self._population.put(replace(student, enabled=False))
        return student.sourced_id

    def withdraw(self, student: User) -> str:
        self._population.put(replace(student, status="tobedeleted"))
        for enrollment in self._enrollments_of(student):
            self._population.put(replace(enrollment, status="tobedeleted"))
        return student.sourced_id

    def employ(self, school: Org, pattern: str, *, departed: bool) -> str:
        """A teacher without a class, who has departed, or who starts in two weeks."""
        origin = self._population.origin
        begin = None if departed else self._today + timedelta(days=14)
        teacher = invent(
            Random(f"{origin.seed}/{pattern}"),
            pattern.format(school.sourced_id),
            (Role("teacher", school.sourced_id, begin=begin),),
            origin.stamps[-1],
            origin.domain,
        )
        self._population.put(replace(teacher, status="tobedeleted" if departed else "active"))
        return teacher.sourced_id

    def cancel_a_class(self, school: Org) -> str:
        class_ = [c for c in self._population.classes.values() if c.school == school.sourced_id][1]
        self._population.put(replace(class_, status="tobedeleted"))
        for enrollment in list(self._population.enrollments.values()):
            if enrollment.class_ == class_.sourced_id:
                self._population.put(replace(enrollment, status="tobedeleted"))
        return class_.sourced_id

    def _principal(self, school: Org) -> User:
        return self._population.users[f"P{school.sourced_id}-0001"]

    def let_principal_teach(self, school: Org) -> str:
        principal = self._principal(school)
        teaching = Role("teacher", school.sourced_id, primary=False)
        self._population.put(replace(principal, roles=(*principal.roles, teaching)))
        self._join(principal, self._class_at(school), "teacher")
        return principal.sourced_id

    def promote_principal(self, school: Org) -> str:
        principal = self._principal(school)
        role = Role("districtAdministrator", self._population.district.sourced_id)
        self._population.put(replace(principal, roles=(*principal.roles, role)))
        return principal.sourced_id

    def attend_also(self, student: User, school: Org) -> str:
        self._population.put(replace(student, roles=(*student.roles, Role("student", school.sourced_id))))
        self._join(student, self._class_at(school), "student")
        return student.sourced_id

    def transfer(self, student: User, school: Org) -> str:
        moved = self._today - timedelta(days=20)
        class_ = self._class_at(school)
        for enrollment in self._enrollments_of(student):
            begun = enrollment.begin is None or enrollment.begin < moved
            changed = replace(enrollment, end=moved) if begun else replace(enrollment, status="tobedeleted")
            self._population.put(changed)
        roles = (replace(student.roles[0], end=moved), Role("student", school.sourced_id, begin=moved))
        self._population.put(replace(student, roles=roles, grades=class_.grades))
        self._join(student, class_, "student")
        return student.sourced_id
