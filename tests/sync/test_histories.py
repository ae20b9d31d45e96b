"""Histories of a district through the real engine: after each run the platform holds what the model says."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings

from oneroster_operator.oneroster import Endpoint as ClientEndpoint
from oneroster_operator.oneroster import OAuth2
from oneroster_operator.platform.directory import PlatformSchool
from oneroster_operator.sync.mounted import Access
from oneroster_operator.sync.reconnect import Reconnecting
from tests.district.expected import active_schools
from tests.district.population import Population
from tests.district.running import RunningDistrict, district_on_thread
from tests.platform.databases import Database, add_district, add_schools, fresh_database
from tests.platform.postgres import Server
from tests.sync.histories import HISTORIES, History
from tests.sync.known_histories import KNOWN
from tests.sync.model import Platform
from tests.sync.setting import LOOPBACK, LOOSE, Setting, plan_of
from tests.sync.telling import Teller
from tests.sync.world import FIRST_DAY, FIRST_EVENING, SPARE, World

pytestmark = pytest.mark.database

EXAMPLES = int(os.environ.get("HISTORIES", "250"))
"""How many histories a session tries."""
_number = count(1)


@pytest.fixture(scope="module")
def platform(postgres: Server) -> Iterator[Database]:
    with fresh_database(postgres) as database:
        yield database


def small() -> Population:
    return Population.generate(3, today=FIRST_DAY, schools=3, students_per_school=5)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=HISTORIES)
def test_tables_equal_the_model_after_each_run(platform: Database, history: History) -> None:
    tell(platform, history)


@pytest.mark.parametrize("name", KNOWN)
def test_histories_that_each_tell_of_one_thing(platform: Database, name: str) -> None:
    tell(platform, KNOWN[name])


def tell(platform: Database, history: History) -> None:
    # A service of its own for each: a client asks none more than so often in a minute.
    with district_on_thread(small(), version=history.version) as district:
        asyncio.run(Teller(*begin(platform, district)).tell(history))


def begin(platform: Database, running: RunningDistrict) -> tuple[Setting, World]:
    """The district as it was on the first day, and a district of the platform that has nothing of it."""
    name, population = f"district-{next(_number)}", running.population
    links = {school: f"{name}/{school}" for school in active_schools(population)}
    schools = [*links.values(), *(f"{name}/{spare}" for spare in SPARE)]
    add_district(platform.admin_url, name)
    add_schools(platform.admin_url, name, [PlatformSchool(school, school, None) for school in schools])
    assert running.token_url is not None
    plan = plan_of(running, connection=f"districts/{name}", district_id=name, links=links, limits=LOOSE)
    version = running.district.settings.version
    access = Access(
        ClientEndpoint(running.base_url, version, running.ca_pem),
        OAuth2(running.client_id, running.client_secret, running.token_url),
        platform.sync_url,
        LOOPBACK,
    )
    world = World(running.district, Platform(), FIRST_EVENING, dict(links), schools)
    s = Setting(running, platform, plan, access, version)
    s.clock = lambda: world.now
    s.reconnecting = Reconnecting(first_delay=0)
    return s, world
