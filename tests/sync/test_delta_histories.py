"""The same days of a district, for a platform that always asks for all of it and for one that does once a week."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from oneroster_operator.api.report import Outcome, Pull
from oneroster_operator.oneroster import Endpoint, OAuth2
from oneroster_operator.platform.directory import PlatformSchool
from oneroster_operator.sync.mounted import Access
from tests.district.district import District
from tests.district.expected import active_schools
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.running import RunningDistrict, listening
from tests.district.settings import Settings
from tests.platform.databases import Database, add_district, add_schools, fresh_database
from tests.platform.postgres import Server
from tests.sync.decisions import Days
from tests.sync.happenings import (
    Drop,
    Edit,
    Join,
    Leave,
    Mend,
    MoveClass,
    OtherRole,
    Period,
    Reenroll,
    Return,
    Roles,
    Spoil,
)
from tests.sync.histories import Step
from tests.sync.holding import Holding, current, holding
from tests.sync.model import Platform
from tests.sync.setting import LOOPBACK, LOOSE, Setting, plan_of
from tests.sync.world import FIRST_DAY, FIRST_EVENING, World

pytestmark = pytest.mark.database

EXAMPLES = int(os.environ.get("DELTA_HISTORIES", "15"))
PEOPLE = ("users", "user_roles", "enrollments")
_number = count(1)

_numbers = st.integers(0, 40)
_how = st.sampled_from(["absent", "tobedeleted"])
_offsets = st.none() | st.integers(-1, 3)
_names = st.sampled_from(["student", "teacher", "principal", "districtAdministrator", "aide"])
_role = st.tuples(_names, st.integers(0, 5), _offsets, _offsets)
_rosters = ["classes", "courses", "academic_sessions"]
_changes: st.SearchStrategy[Step] = st.one_of(
    st.builds(Leave, _numbers, _how),
    st.builds(Return, _numbers),
    st.builds(Join),
    st.builds(Edit, _numbers, st.sampled_from(["01", "12"]), st.booleans()),
    st.builds(Roles, _numbers, st.lists(_role, min_size=1, max_size=3).map(tuple)),
    st.builds(Period, _numbers, _offsets, _offsets),
    st.builds(Reenroll, _numbers, _numbers, _numbers),
    st.builds(OtherRole, _numbers),
    st.builds(MoveClass, _numbers, st.integers(0, 3)),
    st.builds(Drop, st.sampled_from(_rosters), _numbers, _how),
    st.builds(Spoil, st.sampled_from(["users", "enrollments", *_rosters]), _numbers),
    st.builds(Mend),
)
_days = st.lists(st.lists(_changes, max_size=3).map(tuple), min_size=4, max_size=10)


@pytest.fixture(scope="module")
def platform(postgres: Server) -> Iterator[Database]:
    with fresh_database(postgres) as database:
        yield database


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(version=st.sampled_from(["1.1", "1.2"]), days=_days)
def test_once_a_week_both_hold_the_same(
    platform: Database, version: Version, days: list[tuple[Step, ...]]
) -> None:
    asyncio.run(_live(platform, version, days))


async def _live(platform: Database, version: Version, days: list[tuple[Step, ...]]) -> None:
    population = Population.generate(3, today=FIRST_DAY, schools=3, students_per_school=5)
    district = District(population, Settings(version=version), clock=lambda: world.now)
    world = World(district, Platform(), FIRST_EVENING, {}, [])
    names = "localhost", "127.0.0.1"
    # A port for each: a client asks none more than so often in a minute.
    async with (
        listening(district, "127.0.0.1", 0, names) as one,
        listening(district, "127.0.0.1", 0, names) as two,
    ):
        daily, weekly = _setting(platform, one, world, "Always"), _setting(platform, two, world, "Weekly")
        for changes in [(), *days, (Days(7),)]:
            for change in changes:
                # In 1.1 whoever gets a second role is listed under other ids, in enrollments that did not change.
                if version == "1.2" or not isinstance(change, Roles):
                    change.apply(world)
            assert [record.outcome for record in await daily.sync()] == [Outcome.SUCCEEDED] * 5
            before = _held(weekly)
            records = await weekly.sync()
            assert [record.outcome for record in records] == [Outcome.SUCCEEDED] * 5, records
            pulls = {record.pull for record in records}
            event(f"pulls: {sorted(str(pull) for pull in pulls)}")
            if pulls == {Pull.FULL}:
                assert _held(weekly) == _held(daily)
            elif pulls == {Pull.DELTA}:
                _assert_nothing_is_missing(population, before, _held(weekly), _held(daily))
            Days(1).apply(world)
            world.now = world.now.replace(hour=FIRST_EVENING.hour, minute=0, second=0)


def _assert_nothing_is_missing(population: Population, before: Holding, after: Holding, daily: Holding) -> None:
    """What goes is listed and says so itself, and whatever is held by who sees all of it is held here too."""
    listed = {*population.users, *population.enrollments}
    for table in PEOPLE:
        gone = {row[0] for row in before[table]} - {row[0] for row in after[table]}
        assert gone <= listed
        assert daily[table] <= after[table]


def _setting(platform: Database, running: RunningDistrict, world: World, full: str) -> Setting:
    """A platform's district that is told of this one's schools, all of which it has."""
    name = f"{full}-{next(_number)}"
    links = {school: f"{name}/{school}" for school in active_schools(running.population)}
    add_district(platform.admin_url, name)
    add_schools(platform.admin_url, name, [PlatformSchool(school, school, None) for school in links.values()])
    assert running.token_url is not None
    plan = plan_of(running, connection=f"districts/{name}", district_id=name, links=links, limits=LOOSE, full=full)
    version = running.district.settings.version
    access = Access(
        Endpoint(running.base_url, version, running.ca_pem),
        OAuth2(running.client_id, running.client_secret, running.token_url),
        platform.sync_url,
        LOOPBACK,
    )
    return Setting(running, platform, plan, access, version, clock=lambda: world.now)


def _held(of: Setting) -> Holding:
    """What holds today, schools by the district's name for them."""
    name = f"{of.plan.district_id}/"
    return {
        table: frozenset(
            tuple(value.removeprefix(name) if isinstance(value, str) else value for value in row)
            for row in current(rows)
        )
        for table, rows in holding(of.database.admin_url, of.plan.district_id).items()
    }
