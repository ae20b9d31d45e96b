"""What may happen between two runs, as steps that hypothesis strings together and that print small.

A number names whom or what a step is about, modulo how many there are. A step for which nobody is left is idle.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hypothesis import strategies as st

from oneroster_operator.api.category import Category
from tests.district import changes
from tests.district.behaviour import Behaviour
from tests.district.changes import Leaving
from tests.district.population import Population
from tests.district.records import AnyRecord, Role, RoleName

T = TypeVar("T")

SPARE = ("spare-1", "spare-2")
"""The platform's schools that are none of the district's at first."""


@dataclass
class World:
    """The district, what its server refuses, and what the platform's people have set."""

    population: Population
    behaviour: Behaviour
    now: dt.datetime
    links: dict[str, str]
    schools: list[str]
    """The platform's."""
    gone: list[AnyRecord] = field(default_factory=list)

    def tick(self) -> dt.datetime:
        self.now += dt.timedelta(minutes=1)
        return self.now

    def put(self, record: AnyRecord) -> None:
        self.population.put(replace(record, modified=self.tick()))

    def remove(self, record: AnyRecord) -> None:
        self.gone.append(record)
        self.population.remove(record)


def chosen(among: Sequence[T], number: int) -> T | None:
    return among[number % len(among)] if among else None


@dataclass(frozen=True)
class Leave:
    """Somebody leaves, with all enrollments."""

    person: int
    how: Leaving

    def apply(self, world: World) -> None:
        users = list(world.population.users.values())
        user = chosen(users, self.person)
        if user is None:
            return
        records: list[AnyRecord] = [e for e in world.population.enrollments.values() if e.user == user.sourced_id]
        for record in (*records, user):
            if self.how == "absent":
                world.remove(record)
            else:
                world.put(replace(record, status="tobedeleted"))


@dataclass(frozen=True)
class Return:
    """Something that was removed is listed again as it was; its enrollments are other steps' matter."""

    record: int

    def apply(self, world: World) -> None:
        record = chosen(world.gone, self.record)
        if record is not None:
            world.gone.remove(record)
            world.put(record)


@dataclass(frozen=True)
class Join:
    """A student joins a school and takes a classmate's classes."""

    def apply(self, world: World) -> None:
        try:
            changes.add_student(world.population, world.tick())
        except LookupError:
            return


@dataclass(frozen=True)
class Edit:
    """Somebody has another grade, name and account state."""

    person: int
    grade: str
    enabled: bool

    def apply(self, world: World) -> None:
        user = chosen(list(world.population.users.values()), self.person)
        if user is not None:
            world.put(
                replace(user, grades=(self.grade,), preferred_given_name=f"P{self.grade}", enabled=self.enabled)
            )


@dataclass(frozen=True)
class Roles:
    """Somebody has these roles, each at a school (or the district), from and to days counted from now on."""

    person: int
    roles: tuple[tuple[RoleName, int, int | None, int | None], ...]

    def apply(self, world: World) -> None:
        user = chosen(list(world.population.users.values()), self.person)
        orgs = list(world.population.orgs)
        if user is None:
            return
        today = world.population.today
        roles = tuple(
            Role(name, orgs[org % len(orgs)], True, day(today, begin), day(today, end))
            for name, org, begin, end in self.roles
        )
        world.put(replace(user, roles=roles))


@dataclass(frozen=True)
class Period:
    """An enrollment is from and to days counted from now on."""

    enrollment: int
    begin: int | None
    end: int | None

    def apply(self, world: World) -> None:
        enrollment = chosen(list(world.population.enrollments.values()), self.enrollment)
        if enrollment is not None:
            today = world.population.today
            world.put(replace(enrollment, begin=day(today, self.begin), end=day(today, self.end)))


@dataclass(frozen=True)
class Reenroll:
    """An enrollment is another person's, in another class."""

    enrollment: int
    person: int
    class_: int

    def apply(self, world: World) -> None:
        enrollment = chosen(list(world.population.enrollments.values()), self.enrollment)
        user = chosen(list(world.population.users.values()), self.person)
        class_ = chosen(list(world.population.classes.values()), self.class_)
        if enrollment and user and class_:
            moved = replace(enrollment, user=user.sourced_id, class_=class_.sourced_id, school=class_.school)
            world.put(moved)


@dataclass(frozen=True)
class OtherRole:
    """A student's enrollment becomes a teacher's, or the reverse."""

    enrollment: int

    def apply(self, world: World) -> None:
        enrollment = chosen(list(world.population.enrollments.values()), self.enrollment)
        if enrollment is not None:
            if enrollment.role == "student":
                world.put(replace(enrollment, role="teacher", primary=True))
            else:
                world.put(replace(enrollment, role="student", primary=None))


@dataclass(frozen=True)
class MoveClass:
    """A class is at another school from now on, with its enrollments."""

    class_: int
    school: int

    def apply(self, world: World) -> None:
        class_ = chosen(list(world.population.classes.values()), self.class_)
        school = chosen(world.population.schools, self.school)
        if class_ is None or school is None:
            return
        world.put(replace(class_, school=school.sourced_id))
        for enrollment in list(world.population.enrollments.values()):
            if enrollment.class_ == class_.sourced_id:
                world.put(replace(enrollment, school=school.sourced_id))


@dataclass(frozen=True)
class Drop:
    """A class, course or session goes by itself; what names it stays."""

    kind: str
    record: int
    how: Leaving

    def apply(self, world: World) -> None:
        record = chosen(list(getattr(world.population, self.kind).values()), self.record)
        if record is None:
            return
        if self.how == "absent":
            world.remove(record)
        else:
            world.put(replace(record, status="tobedeleted"))


@dataclass(frozen=True)
class OpenSchool:
    """A school opens; the platform has it, and it may be linked later."""

    def apply(self, world: World) -> None:
        if len(world.population.orgs) < 6:
            changes.add_school(world.population, world.tick())


@dataclass(frozen=True)
class CloseSchool:
    """A school closes, but for the last: an answer without a single record is another test's matter."""

    school: int
    how: Leaving

    def apply(self, world: World) -> None:
        school = chosen(world.population.schools, self.school)
        if school is not None and len(world.population.schools) > 1:
            changes.close_school(world.population, world.tick(), school=school.sourced_id, leaving=self.how)


@dataclass(frozen=True)
class Link:
    """A person at the platform says which school a district's school is."""

    school: int
    platform_school: int

    def apply(self, world: World) -> None:
        school = chosen(world.population.schools, self.school)
        at = chosen(world.schools, self.platform_school)
        if school is not None and at is not None:
            world.links[school.sourced_id] = at


@dataclass(frozen=True)
class Unlink:
    school: int

    def apply(self, world: World) -> None:
        linked = chosen(sorted(world.links), self.school)
        if linked is not None and len(world.links) > 1:
            del world.links[linked]


@dataclass(frozen=True)
class Days:
    days: int

    def apply(self, world: World) -> None:
        world.now += dt.timedelta(days=self.days)
        world.population.today += dt.timedelta(days=self.days)


@dataclass(frozen=True)
class Refuse:
    """Collections that are answered with 403 from now on; none: all are answered."""

    collections: frozenset[str]

    def apply(self, world: World) -> None:
        world.behaviour.refused = set(self.collections)


@dataclass(frozen=True)
class Clamp:
    """Pages have at most so many records."""

    rows: int | None

    def apply(self, world: World) -> None:
        world.behaviour.page_maximum = self.rows


Step = (
    Leave | Return | Join | Edit | Roles | Period | Reenroll | OtherRole | MoveClass | Drop
    | OpenSchool | CloseSchool | Link | Unlink | Days | Refuse | Clamp
)  # fmt: skip


@dataclass(frozen=True)
class Chapter:
    """What happens, and then a run of these categories."""

    before: tuple[Step, ...]
    run: tuple[Category, ...]


def day(today: dt.date, offset: int | None) -> dt.date | None:
    return None if offset is None else today + dt.timedelta(days=offset)


_numbers = st.integers(0, 40)
_how = st.sampled_from(["absent", "tobedeleted"])
_offsets = st.none() | st.integers(-1, 2)
_names = st.sampled_from(
    ["student", "teacher", "principal", "siteAdministrator", "districtAdministrator", "aide", "guardian"]
)
_role = st.tuples(_names, st.integers(0, 5), _offsets, _offsets)
# What stands here twice would else seldom come to matter.
_steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Leave, _numbers, _how),
    st.builds(Return, _numbers),
    st.builds(Join),
    st.builds(Edit, _numbers, st.sampled_from(["01", "12"]), st.booleans()),
    st.builds(Roles, _numbers, st.lists(_role, min_size=1, max_size=3).map(tuple)),
    st.builds(Period, _numbers, _offsets, _offsets),
    st.builds(Period, _numbers, _offsets, _offsets),
    st.builds(Reenroll, _numbers, _numbers, _numbers),
    st.builds(OtherRole, _numbers),
    st.builds(MoveClass, _numbers, st.integers(0, 3)),
    st.builds(Drop, st.sampled_from(["classes", "courses", "academic_sessions"]), _numbers, _how),
    st.builds(OpenSchool),
    st.builds(CloseSchool, st.integers(0, 3), _how),
    st.builds(Link, st.integers(0, 3), st.integers(0, 5)),
    st.builds(Link, st.integers(0, 3), st.integers(0, 5)),
    st.builds(Unlink, st.integers(0, 3)),
    st.builds(Days, st.integers(1, 4)),
    st.builds(Refuse, st.frozensets(st.sampled_from(["users", "enrollments", "classes"]), max_size=1)),
    st.builds(Clamp, st.sampled_from([None, 7, 40])),
)
_all = tuple(Category)
_runs = st.just(_all) | st.permutations(_all).map(lambda order: tuple(order[:2]))
HISTORIES = st.lists(
    st.builds(Chapter, st.lists(_steps, min_size=1, max_size=8).map(tuple), _runs), min_size=1, max_size=5
)
