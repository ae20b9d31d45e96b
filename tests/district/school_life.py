"""One school's courses, classes, people and enrollments."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import cycle
from random import Random

from tests.district.curriculum import GRADES, Subject, subjects
from tests.district.people import invent
from tests.district.records import Class, Course, Enrollment, Org, Role, RoleName, User
from tests.district.schools import DISTRICT_ID
from tests.district.sessions import Calendar

_CLASS_SIZE = 25
_CLASSES_PER_TEACHER = 5
_STUDENTS_PER_GUARDIAN = 15
_STUDENTS_PER_ASSISTANT_PRINCIPAL = 300
_STUDENTS_PER_AIDE = 150
_CO_TAUGHT = 0.15
_STAFF_NUMBERS = {"T": 1, "P": 2, "A": 3, "X": 4, "K": 5, "G": 6}


@dataclass(slots=True)
class SchoolLife:
    """``courses`` may repeat another school's: most belong to the district's catalogue."""

    courses: list[Course] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Term:
    """The sessions that a class names, and the dates that its enrollments carry."""

    sessions: tuple[str, ...]
    begin: date | None
    end: date | None


class SchoolBuilder:
    """Fills one school. What is random comes from the seed and the school's id: no school depends on another."""

    def __init__(self, seed: int, org: Org, calendar: Calendar, stamps: tuple[datetime, ...], domain: str) -> None:
        self._rng = Random(f"{seed}/{org.sourced_id}")
        self._org = org
        self._calendar = calendar
        self._stamps = stamps
        self._domain = domain
        self._life = SchoolLife()
        self._roles: dict[RoleName, tuple[Role, ...]] = {}
        self._teachers = 0
        self._teachers_by_subject: dict[str, tuple[str, int]] = {}

    def build(self, students: int) -> SchoolLife:
        """``students`` spread evenly over the level's grades, and the classes and staff that they need."""
        if self._org.level is None:
            msg = f"org {self._org.sourced_id} has no level"
            raise ValueError(msg)
        grades = GRADES[self._org.level]
        pupils: dict[str, list[str]] = {grade: [] for grade in grades}
        guardian: tuple[str, ...] = ()
        for number, grade in zip(range(students), cycle(grades), strict=False):
            if number % _STUDENTS_PER_GUARDIAN == 0:
                guardian = (self._member("G", number, "guardian").sourced_id,)
            pupils[grade].append(self._student(number, grade, guardian))
            guardian = ()
        for grade in grades:
            for subject in subjects(grade):
                self._classes(subject, grade, pupils[grade])
        self._staff(students)
        return self._life

    def _stamp(self) -> datetime:
        return self._stamps[int(self._rng.random() * len(self._stamps))]

    def _id(self, letter: str, number: int) -> str:
        return f"{letter}{self._org.sourced_id}-{number + 1:04d}"

    def _role(self, name: RoleName) -> tuple[Role, ...]:
        return self._roles.setdefault(name, (Role(name, self._org.sourced_id),))

    def _member(self, letter: str, number: int, role: RoleName) -> User:
        sourced_id = self._id(letter, number)
        person = invent(
            self._rng,
            sourced_id,
            self._role(role),
            self._stamp(),
            self._domain,
            identifier=f"{_STAFF_NUMBERS[letter]}{self._org.sourced_id}{number + 1:05d}",
        )
        self._life.users.append(person)
        return person

    def _student(self, number: int, grade: str, agents: tuple[str, ...]) -> str:
        sourced_id = self._id("S", number)
        local_number = f"{self._org.sourced_id}{number + 1:05d}"
        self._life.users.append(
            invent(
                self._rng,
                sourced_id,
                self._role("student"),
                self._stamp(),
                f"students.{self._domain}",
                identifier=local_number,
                master_identifier=f"99{local_number}",
                grades=(grade,),
                agents=agents,
            )
        )
        return sourced_id

    def _teacher(self) -> str:
        self._teachers += 1
        return self._member("T", self._teachers - 1, "teacher").sourced_id

    def _teacher_of(self, subject: Subject) -> str:
        """A homeroom has its own teacher; others share one per subject, up to a full day's classes."""
        if subject.pattern == "homeroom":
            return self._teacher()
        teacher, taught = self._teachers_by_subject.get(subject.subject, ("", _CLASSES_PER_TEACHER))
        if taught >= _CLASSES_PER_TEACHER:
            teacher, taught = self._teacher(), 0
        self._teachers_by_subject[subject.subject] = (teacher, taught + 1)
        return teacher

    def _course(self, subject: Subject, grade: str) -> Course:
        """The virtual school's and the art courses are the school's own, all others the district's."""
        own = self._org.level == "virtual" or subject.pattern == "semester"
        org = self._org.sourced_id if own else DISTRICT_ID
        course = Course(
            sourced_id=f"C{org}-{subject.code}" if own else f"C-{subject.code}",
            modified=self._stamps[0],
            title=subject.title,
            code=subject.code,
            org=org,
            school_year=self._calendar.year.sourced_id,
            grades=(grade,),
            subject=subject.subject,
        )
        self._life.courses.append(course)
        return course

    def _terms(self, subject: Subject) -> list[_Term]:
        calendar = self._calendar
        if subject.pattern == "semester":
            return [_Term((half.sourced_id,), half.begin, half.end) for half in calendar.semesters]
        if self._org.level == "elementary" or subject.pattern == "homeroom":
            return [_Term(tuple(term.sourced_id for term in calendar.trimesters), None, None)]
        halves = tuple(half.sourced_id for half in calendar.semesters)
        return [_Term(halves, calendar.year.begin, calendar.year.end)]

    def _classes(self, subject: Subject, grade: str, pupils: list[str]) -> None:
        course = self._course(subject, grade)
        sections = max(1, -(-len(pupils) // _CLASS_SIZE))
        number = 0
        for term in self._terms(subject):
            for section in range(sections):
                number += 1
                class_ = self._class(subject, grade, course, term, number)
                self._teach(class_, subject)
                for pupil in pupils[section::sections]:
                    self._enroll(class_, pupil, term)

    def _class(self, subject: Subject, grade: str, course: Course, term: _Term, number: int) -> Class:
        class_ = Class(
            sourced_id=f"{self._org.sourced_id}-{subject.code}-{number}",
            modified=self._stamp(),
            title=f"{subject.title} ({number})",
            code=f"{subject.code}-{number}",
            type="homeroom" if subject.pattern == "homeroom" else "scheduled",
            location=f"Room {100 + self._rng.randrange(80)}" if self._rng.random() < 0.9 else None,
            grades=(grade,),
            subject=subject.subject,
            course=course.sourced_id,
            school=self._org.sourced_id,
            terms=term.sessions,
            periods=() if subject.pattern == "homeroom" else (str(1 + len(self._life.classes) % 7),),
        )
        self._life.classes.append(class_)
        return class_

    def _teach(self, class_: Class, subject: Subject) -> None:
        teachers = [self._teacher_of(subject)]
        if subject.pattern == "homeroom" and self._rng.random() < _CO_TAUGHT:
            teachers.append(self._teacher())
        for teacher in teachers:
            self._life.enrollments.append(
                Enrollment(
                    sourced_id=self._id("E", len(self._life.enrollments)),
                    modified=self._stamp(),
                    user=teacher,
                    class_=class_.sourced_id,
                    school=class_.school,
                    role="teacher",
                    primary=teacher == teachers[0],
                )
            )

    def _enroll(self, class_: Class, pupil: str, term: _Term) -> None:
        self._life.enrollments.append(
            Enrollment(
                sourced_id=self._id("E", len(self._life.enrollments)),
                modified=self._stamp(),
                user=pupil,
                class_=class_.sourced_id,
                school=class_.school,
                role="student",
                begin=term.begin,
                end=term.end,
            )
        )

    def _staff(self, students: int) -> None:
        self._member("P", 0, "principal")
        for number in range(students // _STUDENTS_PER_ASSISTANT_PRINCIPAL):
            self._member("A", number, "siteAdministrator")
        for number in range(1 + students // _STUDENTS_PER_AIDE):
            self._member("X", number, "aide")
        if self._org.level in ("middle", "high"):
            self._member("K", 0, "counselor")
