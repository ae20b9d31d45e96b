"""Getting tokens: from servers that want this and servers that want that."""

import asyncio
import base64
import json
from collections.abc import Callable

import httpx
import pytest
from aiohttp import web

from oneroster_operator.oneroster import Collection, Malformed, OAuth2, OneRosterClient, Refused
from oneroster_operator.oneroster.exchange import Reply
from oneroster_operator.oneroster.oauth2 import OAuth2Signer, scope_ladder
from tests.oneroster.odd_servers import any_token, client_of, orgs

CORE_AND_ROSTER, CORE, NONE = scope_ladder("1.2")
Answer = Callable[[dict[str, str], httpx.QueryParams], tuple[int, object]]


class TokenEndpoint:
    """Answers as `answer` says, by headers and form, and remembers what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str | None]] = []

    async def post(self, headers: dict[str, str], body: bytes) -> Reply:
        form = httpx.QueryParams(body.decode())
        self.asked.append(("Basic" if "Authorization" in headers else "body", form.get("scope")))
        assert form["grant_type"] == "client_credentials"
        status, reply = self.answer(headers, form)
        return Reply(status, httpx.Headers(), json.dumps(reply).encode())


def signer(
    endpoint: TokenEndpoint, scopes: tuple[str, ...] = (), clock: Callable[[], float] = lambda: 0.0
) -> OAuth2Signer:
    credentials = OAuth2("id", "secret", "https://sis.example/token", scopes)
    return OAuth2Signer(credentials, httpx.URL(credentials.token_url), "1.2", post=endpoint.post, clock=clock)


async def test_basic_with_the_roster_scopes_is_tried_first() -> None:
    def answer(headers: dict[str, str], form: httpx.QueryParams) -> tuple[int, object]:
        assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"id:secret"
        assert "client_secret" not in form
        return 200, {"access_token": "abc", "token_type": "bearer", "expires_in": 3600, "scope": CORE}

    endpoint = TokenEndpoint(answer)
    subject = signer(endpoint)
    assert subject.description == ""
    assert await subject.authorization("") == "Bearer abc"
    assert endpoint.asked == [("Basic", CORE_AND_ROSTER)]
    assert subject.description == "OAuth2 (Basic)"
    assert subject.granted_scopes == (CORE,)


async def test_demographics_are_never_asked_for() -> None:
    assert "demographics" not in "".join((*scope_ladder("1.1"), *scope_ladder("1.2")))
    assert "/v1p1/" in scope_ladder("1.1")[0]


async def test_a_server_that_wants_the_secret_in_the_body_gets_it_there() -> None:
    def answer(headers: dict[str, str], form: httpx.QueryParams) -> tuple[int, object]:
        if "Authorization" in headers:
            return 400, {"error": "invalid_request"}
        assert (form["client_id"], form["client_secret"]) == ("id", "secret")
        return 200, {"access_token": "abc"}

    subject = signer(TokenEndpoint(answer))
    await subject.authorization("")
    assert subject.description == "OAuth2 (body)"
    assert subject.granted_scopes == tuple(CORE_AND_ROSTER.split())


@pytest.mark.parametrize("accepted", [CORE, NONE])
async def test_scopes_are_given_up_one_by_one_on_invalid_scope(accepted: str) -> None:
    def answer(_: dict[str, str], form: httpx.QueryParams) -> tuple[int, object]:
        if form.get("scope", "") != accepted:
            return 400, {"error": "invalid_scope"}
        return 200, {"access_token": "abc"}

    endpoint = TokenEndpoint(answer)
    subject = signer(endpoint)
    await subject.authorization("")
    assert subject.granted_scopes == tuple(accepted.split())
    assert {method for method, _ in endpoint.asked} == {"Basic"}


async def test_given_scopes_are_asked_for_and_no_others() -> None:
    endpoint = TokenEndpoint(lambda _h, _f: (400, {"error": "invalid_scope"}))
    with pytest.raises(Refused) as refused:
        await signer(endpoint, scopes=("a", "b")).authorization("")
    assert refused.value.reason == "InsufficientScope"
    assert {scope for _, scope in endpoint.asked} == {"a b"}


async def test_what_was_accepted_is_asked_for_first_the_next_time() -> None:
    now = 0.0

    def answer(headers: dict[str, str], form: httpx.QueryParams) -> tuple[int, object]:
        if "Authorization" in headers:
            return 401, {"error": "invalid_client"}
        if form.get("scope") != CORE:
            return 400, {"error": "invalid_scope"}
        return 200, {"access_token": "abc", "expires_in": "3600"}

    endpoint = TokenEndpoint(answer)
    subject = signer(endpoint, clock=lambda: now)
    await subject.authorization("")
    endpoint.asked.clear()
    now = 3539.0
    await subject.authorization("")
    assert endpoint.asked == []
    now = 3540.0
    await subject.authorization("")
    assert endpoint.asked == [("body", CORE)]


@pytest.mark.parametrize(
    ("lifetime", "fresh_until"),
    [(60, 30.0), (None, 1e12), ("soon", 1e12), (-1, 1e12), (0, 1e12)],
)
async def test_odd_lifetimes_neither_stop_nor_flood(lifetime: object, fresh_until: float) -> None:
    now = 0.0
    endpoint = TokenEndpoint(lambda _h, _f: (200, {"access_token": "abc", "expires_in": lifetime}))
    subject = signer(endpoint, clock=lambda: now)
    await subject.authorization("")
    now = fresh_until - 1
    await subject.authorization("")
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    ("status", "reply", "reason"),
    [
        (401, {"error": "invalid_client"}, "InvalidCredentials"),
        (401, {}, "InvalidCredentials"),
        (400, {"error": "unauthorized_client"}, "InvalidCredentials"),
        (403, {"message": "address not allowed"}, "Forbidden"),
        (400, {"error": "unsupported_grant_type"}, "RequestRefused"),
        (404, {}, "NotFound"),
        (302, {}, "Redirected"),
    ],
)
async def test_refusals_say_what_to_mend(status: int, reply: object, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        await signer(TokenEndpoint(lambda _h, _f: (status, reply))).authorization("")
    assert (refused.value.reason, refused.value.stage) == (reason, "token")
    assert "sis.example/token" in refused.value.message


async def test_a_wrong_secret_is_not_blamed_on_the_second_way_of_showing_it() -> None:
    def answer(headers: dict[str, str], _: httpx.QueryParams) -> tuple[int, object]:
        basic = "Authorization" in headers
        return (401, {"error": "invalid_client"}) if basic else (400, {"error": "invalid_request"})

    with pytest.raises(Refused) as refused:
        await signer(TokenEndpoint(answer)).authorization("")
    assert refused.value.reason == "InvalidCredentials"


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "a b"},
        {"access_token": "a\nb"},
        {"access_token": "ü"},
    ],
)
async def test_a_200_without_a_usable_token_is_no_token(reply: object) -> None:
    with pytest.raises(Malformed) as malformed:
        await signer(TokenEndpoint(lambda _h, _f: (200, reply))).authorization("")
    assert malformed.value.reason == "UnexpectedShape"
    assert malformed.value.stage == "token"


async def test_a_secret_beyond_latin_1_can_be_shown() -> None:
    def answer(headers: dict[str, str], _: httpx.QueryParams) -> tuple[int, object]:
        assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == "id:šifra€"
        return 200, {"access_token": "abc"}

    credentials = OAuth2("id", "šifra€", "https://sis.example/token")
    endpoint = TokenEndpoint(answer)
    url = httpx.URL(credentials.token_url)
    await OAuth2Signer(credentials, url, "1.2", post=endpoint.post, clock=lambda: 0.0).authorization("")


async def test_scopes_that_are_none_do_not_get_into_status() -> None:
    endpoint = TokenEndpoint(lambda _h, _f: (200, {"access_token": "abc", "scope": f"good bad\x07 {'x' * 300}"}))
    subject = signer(endpoint)
    await subject.authorization("")
    assert subject.granted_scopes == ("good",)


async def read_orgs(client: OneRosterClient) -> int:
    return len((await client.organizations()).orgs)


async def test_parallel_users_share_one_token_and_one_renewal() -> None:
    issued: list[str] = []
    revoked: set[str] = set()

    async def token(_: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        issued.append(f"token-{len(issued)}")
        return web.json_response({"access_token": issued[-1], "expires_in": 3600})

    async def roster(request: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        if request.headers["Authorization"].removeprefix("Bearer ") in revoked:
            return web.json_response({}, status=401)
        return orgs("a", total=1) if request.query["offset"] == "0" else orgs(total=1)

    async with client_of(roster, token=token) as client:
        assert await asyncio.gather(*(read_orgs(client) for _ in range(8))) == [1] * 8
        assert issued == ["token-0"]
        revoked.add("token-0")
        assert await asyncio.gather(*(read_orgs(client) for _ in range(8))) == [1] * 8
        assert issued == ["token-0", "token-1"]


async def test_a_new_token_that_is_refused_too_is_not_renewed_again() -> None:
    calls = 0

    async def roster(_: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return web.json_response({}, status=401)

    async with client_of(roster) as client:
        with pytest.raises(Refused) as refused:
            await client.organizations()
    assert (refused.value.reason, calls) == ("TokenRejected", 2)


async def test_the_token_urls_own_query_and_its_cookies_are_kept() -> None:
    seen: dict[str, str] = {}

    async def token(request: web.Request) -> web.StreamResponse:
        seen["query"] = request.query_string
        response = await any_token(request)
        response.set_cookie("node", "7")
        return response

    async def roster(request: web.Request) -> web.Response:
        seen["cookie"] = request.headers.get("Cookie", "")
        return orgs("a", total=1) if request.query["offset"] == "0" else orgs(total=1)

    async with client_of(roster, token=token, token_query="?appName=ours") as client:
        async for _ in client.walk(Collection.ORGS):
            pass
    assert seen == {"query": "appName=ours", "cookie": "node=7"}
