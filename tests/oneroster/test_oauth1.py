"""OAuth 1.0a signatures: known vectors, and a server that checks them."""

from datetime import date
from urllib.parse import unquote

import pytest

from oneroster_operator.oneroster import Collection, Endpoint, OAuth1, OneRosterClient, Refused
from oneroster_operator.oneroster.oauth1 import OAuth1Signer, authorization
from tests.district.population import Population
from tests.district.running import running_district

TODAY = date(2026, 11, 24)


def parameter(header: str, name: str) -> str:
    return header.partition(f'{name}="')[2].partition('"')[0]


def signature(header: str) -> str:
    return unquote(parameter(header, "oauth_signature"))


def test_the_signature_is_the_published_vector_of_hmac_sha256() -> None:
    """Known from a public consumer's test, and computed independently."""
    header = authorization(
        OAuth1("client-id", "client-secret"),
        "https://test.com/ims/oneroster/v1p1/orgs?limit=100&offset=1515&filter=role%3D%27administrator%27"
        "%20OR%20role%3D%27student%27%20OR%20role%3D%27teacher%27",
        nonce="fake-nonce",
        timestamp=10000000,
    )
    assert signature(header) == "03DqhuWFnTlc3WxDYEOVKYxM5xQyRGfJ4x6zqQjYQnM="
    assert header.startswith("OAuth ")
    assert 'oauth_signature_method="HMAC-SHA256"' in header
    assert "client-secret" not in header


async def test_each_try_has_a_nonce_and_a_time_of_its_own() -> None:
    now = iter([100.0, 161.0])
    signer = OAuth1Signer(OAuth1("id", "secret"), clock=lambda: next(now))
    first, second = [await signer.authorization("https://sis.example/orgs?limit=1") for _ in range(2)]
    assert parameter(first, "oauth_nonce") != parameter(second, "oauth_nonce")
    assert [parameter(header, "oauth_timestamp") for header in (first, second)] == ["100", "161"]


async def test_nothing_is_signed_for_plain_http_beyond_loopback() -> None:
    signer = OAuth1Signer(OAuth1("id", "secret"), clock=lambda: 0.0)
    with pytest.raises(Refused) as refused:
        await signer.authorization("http://sis.example/orgs")
    assert refused.value.reason == "InvalidEndpoint"


@pytest.mark.parametrize("expression", ["role='teacher'", "email~'+' OR familyName='O''Neil & Søn/%'"])
async def test_what_is_signed_is_what_is_sent(expression: str) -> None:
    population = Population.generate(3, today=TODAY, schools=1, students_per_school=5)
    async with running_district(population, version="1.1", auth="oauth1") as district:
        endpoint = Endpoint(district.base_url, "1.1", district.ca_pem)
        async with OneRosterClient(endpoint, OAuth1(district.client_id, district.client_secret)) as client:
            walk = client.walk(Collection.USERS, filter=expression)
            async for _ in walk:
                pass
        assert walk.outcome.complete
        assert district.district.requests[-1].query["filter"] == expression
        assert {request.status for request in district.district.requests} == {200}
