"""What persons at the platform decide between two runs, what time does, and what a server's operator turns."""

import datetime as dt
from dataclasses import dataclass, replace

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from tests.sync.happenings import chosen
from tests.sync.world import World


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
class Limit:
    """`spec.safety` is edited."""

    removed_percent: int
    removed_floor: int
    changed_percent: int
    new_admins: int
    additions_only: bool

    def apply(self, world: World) -> None:
        world.limits = Limits(
            max_removed_percent=self.removed_percent,
            removed_floor=self.removed_floor,
            max_changed_percent=self.changed_percent,
            max_new_admins=self.new_admins,
            additions_only=self.additions_only,
        )


@dataclass(frozen=True)
class Accept:
    """The confirmed preview showed so many admins."""

    admins: int

    def apply(self, world: World) -> None:
        world.accepted_admins = {Category.SCHOOL_ADMINS: self.admins, Category.DISTRICT_ADMINS: self.admins}


@dataclass(frozen=True)
class Approve:
    """A person lets a hold through, or one that was discarded."""

    hold: int

    def apply(self, world: World) -> None:
        open_ones = [one.number for one in world.platform.holds.stored if one.state in {"open", "discarded"}]
        number = chosen(open_ones, self.hold)
        if number is not None:
            world.approvals.add(number)


@dataclass(frozen=True)
class Discard:
    """A person wants to hear no more of a hold."""

    hold: int

    def apply(self, world: World) -> None:
        number = chosen([one.number for one in world.platform.holds.stored if one.state == "open"], self.hold)
        if number is not None:
            world.discards.add(number)


@dataclass(frozen=True)
class Release:
    """A person ends what a category left that is not selected any more."""

    category: Category


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
        world.district.behaviour.refused = set(self.collections)


@dataclass(frozen=True)
class Clamp:
    """Pages have at most so many records."""

    rows: int | None

    def apply(self, world: World) -> None:
        world.district.behaviour.page_maximum = self.rows


@dataclass(frozen=True)
class Totals:
    """X-Total-Count is so many too many: no collection is proven whole."""

    too_many: int

    def apply(self, world: World) -> None:
        district = world.district
        with district.lock:
            paging = replace(district.settings.paging, total_error=self.too_many)
            district.settings = replace(district.settings, paging=paging)
