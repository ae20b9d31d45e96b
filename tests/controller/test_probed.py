"""What the client's test of a real server found, as it stands in status."""

from typing import Any

import pytest

from oneroster_operator.api.status import Credentials
from oneroster_operator.controller import verdict
from tests.controller.build import NOW
from tests.district.profiles import INFINITE_CAMPUS
from tests.district.settings import Settings, scope
from tests.oneroster.probed import POPULATION, probed


async def in_status(settings: Settings, **trouble: Any) -> dict[str, Any]:
    known = verdict.after_test(None, verdict.tested("inputs", await probed(settings, **trouble)), NOW)
    written = known.model_dump(mode="json", by_alias=True)
    Credentials.model_validate(written)
    return written


async def test_what_was_granted_and_what_the_service_can_do() -> None:
    found = await in_status(Settings())
    assert (found["outcome"], found["stage"], found["authentication"]) == ("Accepted", "done", "OAuth2 (Basic)")
    assert found["grantedScopes"] == [scope("1.2", name) for name in ("roster-core.readonly", "roster.readonly")]
    assert "It has totals, keyset paging, date filter, role filter; no links." in found["detail"]
    assert len(found["evidence"]) == 6


async def test_oauth_1_grants_no_scopes() -> None:
    found = await in_status(Settings(version="1.1", auth="oauth1"))
    assert (found["authentication"], found["grantedScopes"]) == ("OAuth1 (HMAC-SHA256)", [])


async def test_where_a_refusal_came_from_and_what_to_do() -> None:
    found = await in_status(INFINITE_CAMPUS, path="/campus/api/ims/oneroster")
    assert (found["outcome"], found["reason"], found["stage"]) == ("Refused", "NotFound", "call")
    assert "/campus/api/ims/oneroster/rostering/v1p2 as endpoint URL" in found["detail"]
    assert found["evidence"][0].endswith("/campus/api/ims/oneroster/orgs: 404, text")
    assert found["evidence"][-1].endswith(f"/rostering/v1p2/users: 200, 1 row of {len(POPULATION.users)}")


@pytest.mark.parametrize("length", [10, 300])
async def test_long_addresses_stay_within_their_bounds(length: int) -> None:
    found = await in_status(Settings(base_path="/" + "a" * length))
    assert max(len(fact) for fact in found["evidence"]) <= 256
    assert found["evidence"][0].endswith(f": 200, 1 row of {len(POPULATION.orgs)}")
