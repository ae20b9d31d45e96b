"""OAuth 1.0a signatures: known vectors, and servers that check them."""

import base64
import email.utils
import hmac
import time
from datetime import date
from urllib.parse import quote, unquote

import pytest
from aiohttp import web

from oneroster_operator.oneroster import (
    Collection,
    Endpoint,
    OAuth1,
    OneRosterClient,
    Patience,
    Refused,
    Unreachable,
)
from oneroster_operator.oneroster.oauth1 import OAuth1Signer, SignatureMethod, authorization
from tests.district.population import Population
from tests.district.running import running_district
from tests.oneroster.odd_servers import LOOPBACK, orgs, patient, service_of

TODAY = date(2026, 11, 24)
URL_OF_THE_VECTOR = (
    "https://test.com/ims/oneroster/v1p1/orgs?limit=100&offset=1515&filter=role%3D%27administrator%27"
    "%20OR%20role%3D%27student%27%20OR%20role%3D%27teacher%27"
)
CREDENTIALS = OAuth1("key+/%", "secret&ü %")


def parameter(header: str, name: str) -> str:
    return unquote(header.partition(f'{name}="')[2].partition('"')[0])


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("HMAC-SHA256", "03DqhuWFnTlc3WxDYEOVKYxM5xQyRGfJ4x6zqQjYQnM="),
        ("HMAC-SHA1", "V0ClBHct0aHfqXgSNUBXs2ZTd9s="),
    ],
)
def test_the_signature_is_that_of_the_known_vectors(method: SignatureMethod, signature: str) -> None:
    """SHA256 is known from a public consumer's test; both were computed independently."""
    credentials = OAuth1("client-id", "client-secret")
    header = authorization(credentials, URL_OF_THE_VECTOR, nonce="fake-nonce", timestamp=10000000, method=method)
    assert parameter(header, "oauth_signature") == signature
    assert parameter(header, "oauth_signature_method") == method
    assert header.startswith("OAuth ")
    assert "client-secret" not in header


def recomputed(request: web.Request, secret: str) -> str:
    """The signature that a server expects: RFC 5849 section 3.4 over what came in, by other means than ours."""
    header = request.headers["Authorization"]
    given = [one.strip().partition("=") for one in header.removeprefix("OAuth ").split(",")]
    pairs = [(name, value.strip('"')) for name, _, value in given if name not in {"realm", "oauth_signature"}]
    query = request.raw_path.partition("?")[2]
    # By hand, since form decoding would take + for a space, which an OAuth server must not.
    pairs += [
        (strict(unquote(name)), strict(unquote(value)))
        for name, _, value in (one.partition("=") for one in query.split("&"))
    ]
    address = f"{request.scheme}://{request.headers['Host']}{request.raw_path.partition('?')[0]}"
    digest = "sha1" if parameter(header, "oauth_signature_method") == "HMAC-SHA1" else "sha256"
    return computed(address, pairs, f"{strict(secret)}&", digest)


def computed(address: str, encoded: list[tuple[str, str]], key: str, digest: str) -> str:
    parameters = "&".join("=".join(pair) for pair in sorted(encoded))
    base = "&".join(("GET", strict(address), strict(parameters)))
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), digest)).decode()


def strict(text: str) -> str:
    return quote(text, safe="~")


def test_the_servers_computation_gives_the_example_of_rfc_5849() -> None:
    """Section 1.2's request for a photo: its token, which we never have, keeps our own signing from giving it."""
    parameters = {
        "file": "vacation.jpg",
        "size": "original",
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    key = "kd94hf93k423kf44&pfkkdhi9sl3r4s00"
    signature = computed("http://photos.example.net/photos", [*parameters.items()], key, "sha1")
    assert signature == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


class Judge:
    """Lets in what is signed by one of its methods."""

    def __init__(self, *methods: str, secret: str = CREDENTIALS.client_secret) -> None:
        self.methods = methods
        self.secret = secret
        self.seen: list[str] = []
        self.nonces: set[str] = set()
        self.date = ""

    async def __call__(self, request: web.Request) -> web.Response:
        header = request.headers["Authorization"]
        self.seen.append(parameter(header, "oauth_signature_method"))
        self.nonces.add(parameter(header, "oauth_nonce"))
        assert parameter(header, "oauth_consumer_key") == CREDENTIALS.client_id
        signed = parameter(header, "oauth_signature") == recomputed(request, self.secret)
        if signed and self.seen[-1] in self.methods:
            return orgs("a")
        return web.json_response({}, status=401, headers={"Date": self.date} if self.date else {})


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA1"])
@pytest.mark.parametrize(
    ("base", "query"),
    [
        ("/v1p1", "limit=1&offset=0"),
        ("/v1p1/%2Fapp%2B1/~x", "filter=sourcedId%3E%3D%27a%2Bb%2Fc%25%20d%7C%C3%A9%27&sort=sourcedId&limit=10"),
        ("/v1p1", "b=1&a=~&a=%7E&A=*%27()&c="),
    ],
)
async def test_what_is_signed_is_what_is_sent(base: str, query: str, method: str) -> None:
    judge = Judge(method)
    async with service_of(judge, base=base, credentials=CREDENTIALS) as service:
        await service.get("orgs", query, patient())
        assert service.authentication == f"OAuth1 ({method})"


async def test_sha1_is_fallen_back_to_once_and_remembered() -> None:
    judge = Judge("HMAC-SHA1")
    async with service_of(judge, credentials=CREDENTIALS) as service:
        for _ in range(3):
            await service.get("orgs", "limit=1", patient())
    assert judge.seen == ["HMAC-SHA256", "HMAC-SHA1", "HMAC-SHA1", "HMAC-SHA1"]
    assert len(judge.nonces) == 4


async def test_a_method_that_was_accepted_is_not_left_again() -> None:
    judge = Judge("HMAC-SHA256")
    async with service_of(judge, credentials=CREDENTIALS) as service:
        await service.get("orgs", "limit=1", patient())
        judge.secret = "rotated"
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
    assert refused.value.reason == "InvalidCredentials"
    assert judge.seen == ["HMAC-SHA256"] * 2


async def test_a_wrong_secret_is_shown_twice_and_no_more() -> None:
    judge = Judge("HMAC-SHA256", "HMAC-SHA1", secret="another")
    async with service_of(judge, credentials=CREDENTIALS) as service:
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
        assert service.authentication == ""
    assert (refused.value.reason, refused.value.stage) == ("InvalidCredentials", "call")
    assert judge.seen == ["HMAC-SHA256", "HMAC-SHA1"]


async def test_each_try_has_a_nonce_and_a_time_of_its_own() -> None:
    now = iter([100.0, 161.0])
    signer = OAuth1Signer(OAuth1("id", "secret"), clock=lambda: next(now))
    first, second = [await signer.authorization("https://sis.example/orgs?limit=1") for _ in range(2)]
    assert parameter(first, "oauth_nonce") != parameter(second, "oauth_nonce")
    assert [parameter(header, "oauth_timestamp") for header in (first, second)] == ["100", "161"]


async def test_tries_after_an_outage_are_signed_afresh() -> None:
    judge = Judge("HMAC-SHA256")

    async def roster(request: web.Request) -> web.Response:
        await judge(request)
        return web.Response(status=503)

    async with service_of(roster, credentials=CREDENTIALS) as service:
        with pytest.raises(Unreachable):
            await service.get("orgs", "limit=1", patient(patience=Patience(tries=3)))
    assert len(judge.nonces) == 3


@pytest.mark.parametrize(
    ("ahead", "words"), [(600.0, "10 minutes ahead of ours"), (-7200.0, "120 minutes behind ours")]
)
async def test_a_clock_that_is_wrong_is_named(ahead: float, words: str) -> None:
    judge = Judge()
    judge.date = email.utils.formatdate(time.time() + ahead, usegmt=True)
    async with service_of(judge, credentials=CREDENTIALS) as service:
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
    assert (refused.value.reason, refused.value.stage) == ("ClockSkew", "call")
    assert words in refused.value.message


@pytest.mark.parametrize("ahead", [240.0, -240.0, -1e9, 1e9, None])
async def test_clocks_that_are_about_right_are_not_blamed(ahead: float | None) -> None:
    judge = Judge()
    judge.date = "long ago" if ahead is None else email.utils.formatdate(time.time() + ahead, usegmt=True)
    async with service_of(judge, credentials=CREDENTIALS) as service:
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
    assert refused.value.reason == "InvalidCredentials"


async def test_nothing_is_signed_for_plain_http_beyond_loopback() -> None:
    signer = OAuth1Signer(OAuth1("id", "secret"), clock=lambda: 0.0)
    with pytest.raises(Refused) as refused:
        await signer.authorization("http://sis.example/orgs")
    assert refused.value.reason == "InvalidEndpoint"


async def test_the_simulated_district_lets_us_in() -> None:
    population = Population.generate(3, today=TODAY, schools=1, students_per_school=5)
    async with running_district(population, version="1.1", auth="oauth1") as district:
        endpoint = Endpoint(district.base_url, "1.1", district.ca_pem)
        shown = OAuth1(district.client_id, district.client_secret)
        async with OneRosterClient(endpoint, shown, allowed_networks=LOOPBACK) as client:
            walk = client.walk(Collection.USERS)
            async for _ in walk:
                pass
        assert walk.outcome.complete
        assert {request.status for request in district.district.requests} == {200}
