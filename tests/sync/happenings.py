"""What may happen between two runs, as steps that hypothesis strings together and that print small.

A number names whom or what a step is about, modulo how many there are. A step for which nobody is left is idle.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.district import changes
from tests.district.changes import Leaving
from tests.district.records import AnyRecord, Enrollment, Role, RoleName
from tests.sync.world import UNREADABLE, World

T = TypeVar("T")


def chosen(among: Sequence[T], number: int) -> T | None:
    return among[number % len(among)] if among else None


def day(today: dt.date, offset: int | None) -> dt.date | None:
    return None if offset is None else today + dt.timedelta(days=offset)


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
    """A school closes, be it the last."""

    school: int
    how: Leaving

    def apply(self, world: World) -> None:
        school = chosen(world.population.schools, self.school)
        if school is not None:
            changes.close_school(world.population, world.tick(), school=school.sourced_id, leaving=self.how)


@dataclass(frozen=True)
class Rename:
    """Every so many'th person of all has another name from now on."""

    every: int
    name: str

    def apply(self, world: World) -> None:
        for user in list(world.population.users.values())[:: self.every]:
            world.put(replace(user, family_name=self.name))


@dataclass(frozen=True)
class Promote:
    """Every so many'th teacher becomes head of the school besides."""

    every: int

    def apply(self, world: World) -> None:
        teachers = [u for u in world.population.users.values() if u.roles[0].name == "teacher"]
        for user in teachers[:: self.every]:
            world.put(replace(user, roles=(*user.roles, Role("principal", user.roles[0].org))))


@dataclass(frozen=True)
class Renumber:
    """Everybody, every class and every enrollment has another sourcedId from now on."""

    def apply(self, world: World) -> None:
        population, now = world.population, world.tick()
        old: list[AnyRecord] = [*population.users.values(), *population.classes.values()]
        old += population.enrollments.values()
        for record in old:
            population.remove(record)
        for record in old:
            new: AnyRecord = replace(record, sourced_id=renumbered(record.sourced_id), modified=now)
            if isinstance(new, Enrollment):
                new = replace(new, user=renumbered(new.user), class_=renumbered(new.class_))
            population.put(new)


def renumbered(sourced_id: str) -> str:
    return sourced_id.removesuffix("-n") if sourced_id.endswith("-n") else f"{sourced_id}-n"


@dataclass(frozen=True)
class Lack:
    """Every so many'th record of a kind is not listed until the district mends it, every one where it is 1."""

    kind: str
    every: int

    def apply(self, world: World) -> None:
        for record in list(getattr(world.population, self.kind).values())[:: self.every]:
            world.lacking.append(record)
            world.population.remove(record)


@dataclass(frozen=True)
class Spoil:
    """A record of a kind cannot be read until the district mends it."""

    kind: str
    record: int

    def apply(self, world: World) -> None:
        record = chosen(list(getattr(world.population, self.kind).values()), self.record)
        if record is not None:
            world.put(replace(record, status=UNREADABLE))


@dataclass(frozen=True)
class Mend:
    """The district lists what was lacking, and what could not be read can be."""

    def apply(self, world: World) -> None:
        for record in world.lacking:
            if record.sourced_id not in world.table_of(record):
                world.put(record)
        world.lacking.clear()
        for record in list(world.population.records()):
            if record.status == UNREADABLE:
                world.put(replace(record, status="active"))
