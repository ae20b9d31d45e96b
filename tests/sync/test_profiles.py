"""Each product's profile, synced whole into PostgreSQL: what the platform holds is what the product lists."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import Endpoint, OAuth1, OAuth2
from tests.district.expected import expected
from tests.district.population import Population
from tests.district.profiles import PROFILES
from tests.district.running import running_district
from tests.platform.databases import Database
from tests.sync.setting import TODAY, Setting, held, setting

pytestmark = pytest.mark.database

POPULATION = Population.generate(7, today=TODAY, schools=4, students_per_school=60)


@asynccontextmanager
async def product(database: Database, profile: str) -> AsyncIterator[Setting]:
    """A platform whose schools are linked to those that this product lists, and the way to its server."""
    settings = PROFILES[profile]
    async with (
        running_district(POPULATION, settings=settings) as district,
        setting(database, settings.version, population=district.shown) as platform,
    ):
        credentials: OAuth1 | OAuth2 = OAuth1(district.client_id, district.client_secret)
        if district.token_url is not None:
            credentials = OAuth2(district.client_id, district.client_secret, district.token_url)
        endpoint = Endpoint(district.base_url, settings.version, district.ca_pem)
        platform.access = replace(platform.access, endpoint=endpoint, credentials=credentials)
        platform.district = district
        yield platform


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_platform_holds_what_the_product_lists_and_a_second_run_changes_nothing(
    database: Database, profile: str
) -> None:
    async with product(database, profile) as s:
        records = await s.sync()
        assert [(r.outcome, r.waiting, r.withheld, r.quarantined) for r in records] == [
            (Outcome.SUCCEEDED, 0, 0, 0)
        ] * 5
        assert held(s) == expected(s.district.shown, list(s.plan.links), s.version)
        assert s.district.district.counts["enrollments"] > 0
        assert [(r.created, r.changed, r.removed) for r in await s.sync()] == [(0, 0, 0)] * 5
