"""A district, its server, and what the platform's people have set: what the steps of a history change."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from tests.district.district import District
from tests.district.population import Population
from tests.district.records import AcademicSession, AnyRecord, Class, Course, Enrollment, Org, User
from tests.sync.model import Order, Platform
from tests.sync.setting import LOOSE

FIRST_DAY: Final = dt.date(2024, 9, 3)
"""Long ago: what a person at the platform may do only days after a run is not to wait for it."""
FIRST_EVENING: Final = dt.datetime(2024, 9, 4, 3, tzinfo=dt.UTC)
"""Of that day in Chicago, when it is the next one elsewhere."""
SPARE: Final = ("spare-1", "spare-2")
"""The platform's schools that are none of the district's at first."""
UNREADABLE: Final[Any] = "mislaid"
"""A status that is none of OneRoster's."""


@dataclass
class World:
    """`platform` is what it should hold by now."""

    district: District
    platform: Platform
    now: dt.datetime
    links: dict[str, str]
    schools: list[str]
    """The platform's."""
    limits: Limits = LOOSE
    accepted_admins: Mapping[Category, int] = field(default_factory=dict)
    approvals: set[int] = field(default_factory=set)
    """Numbers of holds; the plan goes on naming them when they were applied."""
    discards: set[int] = field(default_factory=set)
    gone: list[AnyRecord] = field(default_factory=list)
    lacking: list[AnyRecord] = field(default_factory=list)

    @property
    def population(self) -> Population:
        return self.district.population

    @property
    def honest_totals(self) -> bool:
        return not self.district.settings.paging.total_error

    @property
    def refused(self) -> set[str]:
        return self.district.behaviour.refused

    @property
    def order(self) -> Order:
        return Order(self.limits, self.accepted_admins, frozenset(self.approvals), frozenset(self.discards))

    def tick(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now

    def put(self, record: AnyRecord) -> None:
        self.population.put(replace(record, modified=self.tick()))

    def remove(self, record: AnyRecord) -> None:
        self.gone.append(record)
        self.population.remove(record)

    def table_of(self, record: AnyRecord) -> Mapping[str, AnyRecord]:
        match record:
            case AcademicSession():
                return self.population.academic_sessions
            case Course():
                return self.population.courses
            case Class():
                return self.population.classes
            case User():
                return self.population.users
            case Enrollment():
                return self.population.enrollments
            case Org():
                return self.population.orgs
