"""Histories of a district through the real engine: after each run the platform holds what the model says."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings

from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import Endpoint as ClientEndpoint
from oneroster_operator.oneroster import OAuth2
from oneroster_operator.platform.directory import PlatformSchool
from oneroster_operator.sync.mounted import Access
from tests.district.expected import active_schools
from tests.district.population import Population
from tests.district.running import RunningDistrict, district_on_thread
from tests.platform.databases import Database, add_district, add_schools, fresh_database
from tests.platform.postgres import Server
from tests.sync.histories import HISTORIES, SPARE, Chapter, World
from tests.sync.holding import Holding, holding
from tests.sync.model import Platform
from tests.sync.setting import LOOPBACK, LOOSE, TODAY, Setting, noon, plan_of

pytestmark = pytest.mark.database

EXAMPLES = int(os.environ.get("HISTORIES", "60"))
"""How many histories a session tries."""
_number = count(1)


@pytest.fixture(scope="module")
def platform(postgres: Server) -> Iterator[Database]:
    with fresh_database(postgres) as database:
        yield database


def small() -> Population:
    return Population.generate(3, today=TODAY, schools=3, students_per_school=5)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=HISTORIES)
def test_tables_equal_the_model_after_each_run(platform: Database, history: list[Chapter]) -> None:
    # A service of its own for each: a client asks none more than so often in a minute.
    with district_on_thread(small()) as district:
        follow(*begin(platform, district), history)


def follow(s: Setting, world: World, history: list[Chapter]) -> None:
    model = Platform(world.population.district.sourced_id)
    for chapter in history:
        for step in chapter.before:
            step.apply(world)
        s.change(links=dict(world.links))
        records = asyncio.run(s.sync(*chapter.run))
        came = [
            model.sync(category, world.population, world.links, world.behaviour.refused)
            for category in chapter.run
        ]
        told = [(record.outcome, record.message) for record in records]
        assert [outcome for outcome, _ in told] == [
            Outcome.SUCCEEDED if here else Outcome.REFUSED for here in came
        ], told
        assert differing(holding(s.database.admin_url, s.plan.district_id), model.holding()) == {}


def differing(held: Holding, wanted: Holding) -> dict[str, dict[str, object]]:
    """Rows that are on one side only."""
    return {
        table: {"held": sorted(map(str, held[table] - rows)), "model": sorted(map(str, rows - held[table]))}
        for table, rows in wanted.items()
        if held[table] != rows
    }


def begin(platform: Database, running: RunningDistrict) -> tuple[Setting, World]:
    """The district as it was on the first day, and a district of the platform that has nothing of it."""
    name, population = f"district-{next(_number)}", running.population
    links = {school: f"{name}/{school}" for school in active_schools(population)}
    schools = [*links.values(), *(f"{name}/{spare}" for spare in SPARE)]
    add_district(platform.admin_url, name)
    add_schools(platform.admin_url, name, [PlatformSchool(school, school, None) for school in schools])
    assert running.token_url is not None
    plan = plan_of(running, connection=f"districts/{name}", district_id=name, links=links, limits=LOOSE)
    access = Access(
        ClientEndpoint(running.base_url, "1.2", running.ca_pem),
        OAuth2(running.client_id, running.client_secret, running.token_url),
        platform.sync_url,
        LOOPBACK,
    )
    world = World(population, running.district.behaviour, noon(), dict(links), schools)
    s = Setting(running, platform, plan, access, "1.2")
    s.clock = lambda: world.now
    return s, world
