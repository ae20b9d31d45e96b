"""The same district at another address, perhaps in another version of OneRoster."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec

from oneroster_operator.api.plan import Endpoint, identity_fingerprint
from oneroster_operator.oneroster import Endpoint as ClientEndpoint
from oneroster_operator.oneroster import OAuth2
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Settings
from tests.sync.setting import Setting


@asynccontextmanager
async def moved(s: Setting, *quirks: str, approved: bool = True) -> AsyncIterator[RunningDistrict]:
    """Plans are for another service of the district until the block ends, in 1.2, with or without the approval.

    Schools are linked as before, by the ids that they have there.
    """
    settings = Settings(version="1.2", auth="oauth2", quirks=quirks)
    async with running_district(s.district.population, settings=settings) as other:
        before = s.plan, s.access
        assert other.token_url is not None
        endpoint = msgspec.structs.replace(
            s.plan.endpoint,
            url=other.base_url,
            version="1.2",
            auth_type="OAuth2",
            token_url=other.token_url,
            ca_bundle=other.ca_pem,
        )
        ids = dict(zip(s.district.population.orgs, other.shown.orgs, strict=True))
        s.change(
            endpoint=endpoint,
            approved_identity=fingerprint(endpoint) if approved else "",
            links={ids[sourced_id]: school_id for sourced_id, school_id in s.plan.links.items()},
            district_org=ids[str(s.plan.district_org)],
        )
        s.access = replace(
            s.access,
            endpoint=ClientEndpoint(other.base_url, "1.2", other.ca_pem),
            credentials=OAuth2(other.client_id, other.client_secret, other.token_url),
        )
        try:
            yield other
        finally:
            s.plan, s.access = before


def fingerprint(endpoint: Endpoint) -> str:
    """By which it is approved."""
    return identity_fingerprint(endpoint.url, endpoint.version)
