"""Simulated districts, put to the test."""

from collections.abc import Callable
from datetime import date
from typing import Final

from oneroster_operator.oneroster import Endpoint, OAuth1, OAuth2, OneRosterClient, Verdict, Version
from oneroster_operator.oneroster.addresses import Networks
from tests.district.population import Population
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Settings
from tests.oneroster.odd_servers import LOOPBACK, Pauses

POPULATION: Final = Population.generate(7, today=date(2026, 11, 24), schools=2, students_per_school=12)


def as_it_is(_: RunningDistrict) -> None:
    """Leave a district as its settings have it."""


async def probed(
    settings: Settings,
    *,
    before: Callable[[RunningDistrict], object] = as_it_is,
    path: str | None = None,
    token_path: str | None = None,
    version: Version | None = None,
    secret: str | None = None,
    scopes: tuple[str, ...] = (),
    allowed_networks: Networks = LOOPBACK,
    trusted: bool = True,
    population: Population = POPULATION,
) -> Verdict:
    """The verdict on a district with these settings, `before` having been done to it.

    What its people were told is right, unless `path` (of the endpoint URL), `token_path` and so on say so.
    """
    async with running_district(population, settings=settings) as district:
        before(district)
        right = OAuth1(district.client_id, secret or district.client_secret)
        shown: OAuth1 | OAuth2 = right
        if district.token_url is not None:
            token_url = district.token_url if token_path is None else origin(district) + token_path
            shown = OAuth2(right.client_id, right.client_secret, token_url, scopes)
        url = district.base_url if path is None else origin(district) + path
        endpoint = Endpoint(url, version or settings.version, district.ca_pem if trusted else None)
        pauses = Pauses()
        async with OneRosterClient(
            endpoint, shown, allowed_networks=allowed_networks, hosts=pauses.hosts(), sleep=pauses
        ) as client:
            return await client.probe()


def origin(district: RunningDistrict) -> str:
    """Scheme, host and port."""
    return district.base_url.removesuffix(district.district.base_path)
