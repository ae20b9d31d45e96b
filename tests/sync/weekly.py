"""A district that is asked for all of it once a week, on days that pass when a test says so."""

import datetime as dt
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Any

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from oneroster_operator.api.report import Outcome, Pull
from oneroster_operator.oneroster import Endpoint, OAuth2
from oneroster_operator.platform.runs import RunRecord
from oneroster_operator.sync.mounted import Access
from tests.district.district import District
from tests.district.expected import active_schools
from tests.district.population import Population
from tests.district.records import AnyRecord, Class, Enrollment, User, in_force
from tests.district.running import RunningDistrict, listening
from tests.district.settings import Settings
from tests.platform.databases import Database
from tests.sync.bent import Bend, bent
from tests.sync.holding import Holding, holding
from tests.sync.setting import LOOPBACK, LOOSE, Setting, add_to_platform, plan_of, platform_id

FIRST = dt.datetime.now(dt.UTC).replace(hour=9, minute=0, second=0, microsecond=0) - dt.timedelta(days=60)
"""The first morning. No server's clock may be ahead of the client's, so all days of a test are past ones."""


DAY = dt.timedelta(days=1)


@dataclass
class Calendar:
    """What the district's server and the sync take for the time, the former but for what its clock is off."""

    now: dt.datetime = FIRST


@dataclass
class Weekly:
    s: Setting
    calendar: Calendar

    @property
    def population(self) -> Population:
        return self.s.district.population

    @property
    def district(self) -> District:
        return self.s.district.district

    def wait(self, **time: float) -> None:
        self.calendar.now += dt.timedelta(**time)
        self.population.today = self.calendar.now.date()

    def put(self, record: AnyRecord, **fields: Any) -> None:
        """A record as it is from now on, with the time of the change as the server's clock has it."""
        with self.district.lock:
            self.population.put(replace(record, **{"modified": self.district.clock(), **fields}))

    def remove(self, *records: AnyRecord) -> None:
        with self.district.lock:
            for record in records:
                self.population.remove(record)

    def behave(self, **settings: Any) -> None:
        """The server is another one from now on, as after an update of its software."""
        self.district.settings = replace(self.district.settings, **settings)

    async def next_day(self, *categories: Category) -> list[RunRecord]:
        self.wait(days=1)
        return await self.s.sync(*categories)

    async def one(self, category: Category) -> RunRecord:
        (record,) = await self.s.sync(category)
        return record

    def holding(self) -> Holding:
        return holding(self.s.database.admin_url, self.s.plan.district_id)

    def asked(self) -> list[str]:
        """Filters of the requests since this was last asked, empty where a request had none."""
        filters = [r.query.get("filter", "") for r in self.district.requests if r.endpoint != "token"]
        self.s.district.controls.forget_requests()
        return filters

    def bent(self, bend: Bend) -> AbstractAsyncContextManager[None]:
        """Answers go through `bend`, and still tell the time of the calendar."""

        def with_date(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            headers["Date"] = format_datetime(self.district.clock(), usegmt=True)
            bend(collection, records, headers)

        return bent(self.s, with_date)

    def watermarks(self) -> list[tuple[Any, ...]]:
        return self.s.query(
            "SELECT category, collection, changed_since, pulled_at, full_at FROM roster.watermarks ORDER BY 1, 2"
        )


def pulls(records: Iterable[RunRecord]) -> list[tuple[Outcome, Pull | None, str]]:
    return [(record.outcome, record.pull, record.pull_reason) for record in records]


DELTA = (Outcome.SUCCEEDED, Pull.DELTA, "")
WEEK_AGO = "All of it was last asked for a week ago."
NOT_YET = "All of it has not been written yet."
STUDENTS, TEACHERS, ROSTERS = Category.STUDENTS, Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS


@asynccontextmanager
async def weekly(
    database: Database,
    settings: Settings | None = None,
    *,
    limits: Limits = LOOSE,
    population: Population | None = None,
    unlinked: Iterable[str] = (),
) -> AsyncIterator[Weekly]:
    """Nothing is synced yet."""
    population = population or Population.generate(7, today=FIRST.date(), schools=3, students_per_school=20)
    calendar = Calendar()
    district = District(population, settings or Settings(), clock=lambda: calendar.now)
    add_to_platform(database, population)
    async with listening(district, "127.0.0.1", 0, ("localhost", "127.0.0.1")) as running:
        yield Weekly(_setting(database, running, calendar, limits, set(unlinked)), calendar)


def _setting(
    database: Database, running: RunningDistrict, calendar: Calendar, limits: Limits, unlinked: set[str]
) -> Setting:
    assert running.token_url is not None
    version = running.district.settings.version
    links = {s: platform_id(s) for s in active_schools(running.population) if s not in unlinked}
    plan = plan_of(running, limits=limits, full="Weekly", links=links)
    access = Access(
        Endpoint(running.base_url, version, running.ca_pem),
        OAuth2(running.client_id, running.client_secret, running.token_url),
        database.sync_url,
        LOOPBACK,
    )
    return Setting(running, database, plan, access, version, clock=lambda: calendar.now)


def student(w: Weekly, number: int = 0) -> User:
    """An ordinary one, with an account and at one school."""
    there = [
        user
        for user in w.population.users.values()
        if [role.name for role in user.roles] == ["student"] and user.status == "active" and user.enabled
    ]
    return there[number]


def enrollments(w: Weekly, user: User) -> list[Enrollment]:
    """Those that are in force for the next weeks."""
    today = w.population.today
    return [
        e
        for e in w.population.enrollments.values()
        if e.user == user.sourced_id
        and e.status == "active"
        and in_force(e.begin, e.end, today)
        and in_force(e.begin, e.end, today + 30 * DAY)
    ]


def taught(w: Weekly) -> tuple[Class, Enrollment]:
    """A class, and the enrollment of its only teacher."""
    for class_ in w.population.classes.values():
        teachers = [
            e
            for e in w.population.enrollments.values()
            if e.class_ == class_.sourced_id and e.role == "teacher" and e.end is None
        ]
        if class_.status == "active" and len(teachers) == 1 and teachers[0].begin is None:
            return class_, teachers[0]
    raise LookupError


def row(w: Weekly, table: str, record: User | Class | Enrollment) -> tuple[Any, ...]:
    (found,) = [row for row in w.holding()[table] if row[0] == record.sourced_id]
    return found
