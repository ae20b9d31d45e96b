"""Getting tokens: from servers that want this and servers that want that."""

import asyncio
import base64
import json
import tracemalloc
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote_plus

import pytest
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from oneroster_operator.oneroster import DistrictError, Malformed, OAuth2, Refused, Unreachable
from oneroster_operator.oneroster.exchange import Reply
from oneroster_operator.oneroster.oauth2 import OAuth2Signer, scope_ladder
from tests.oneroster.odd_servers import Handler, any_token, orgs, patient, service_of

CORE_AND_ROSTER, CORE, NONE = scope_ladder("1.2")
PLAIN = "secret"
ENCODED = "a+b/c%d e:ü"
"""A secret that form-encoding changes."""
Answer = Callable[[dict[str, str], dict[str, str]], tuple[int, object]]


def shown_in(headers: dict[str, str]) -> str:
    if "Authorization" not in headers:
        return "body"
    shown = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    return "form-encoded" if "%" in shown else "Basic"


class TokenEndpoint:
    """Answers as `answer` says, by headers and form, and remembers what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str | None]] = []

    async def post(self, headers: dict[str, str], body: bytes) -> Reply:
        form = dict(parse_qsl(body.decode()))
        self.asked.append((shown_in(headers), form.get("scope")))
        assert form["grant_type"] == "client_credentials"
        status, reply = self.answer(headers, form)
        if status == 429 or status >= 500:
            raise Unreachable("DistrictError", f"answers {status}", "token")
        return Reply(status, CIMultiDictProxy(CIMultiDict()), json.dumps(reply).encode())


def signer(
    endpoint: TokenEndpoint,
    scopes: tuple[str, ...] = (),
    clock: Callable[[], float] = lambda: 0.0,
    secret: str = PLAIN,
) -> OAuth2Signer:
    credentials = OAuth2("id", secret, "https://sis.example/token", scopes)
    return OAuth2Signer(credentials, URL(credentials.token_url), "1.2", post=endpoint.post, clock=clock)


async def test_basic_with_the_roster_scopes_is_tried_first() -> None:
    def answer(headers: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
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
    def answer(headers: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
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
    def answer(_: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
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

    def answer(headers: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
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
        (401, {"error": "unauthorized_client"}, "InvalidCredentials"),
        (400, {"error": "unauthorized_client"}, "InvalidCredentials"),
        (403, {"error": "access_denied"}, "InvalidCredentials"),
        (403, {"message": "address not allowed"}, "Forbidden"),
        (400, {"error": "unsupported_grant_type"}, "RequestRefused"),
        (404, {}, "NotFound"),
        (302, {}, "Redirected"),
        (400, {"error": "invalid_request", "error_description": "x"}, "RequestRefused"),
        (400, {"error": 7}, "RequestRefused"),
        (400, "no", "RequestRefused"),
        (400, {"error": "INVALID_CLIENT"}, "InvalidCredentials"),
        (400, {"error": "Invalid client"}, "InvalidCredentials"),
        (400, {"error": "Bad Credentials"}, "InvalidCredentials"),
        (400, {"error": {"code": "invalid_client"}}, "InvalidCredentials"),
        (400, {"error": "Invalid Scope"}, "InsufficientScope"),
    ],
)
async def test_refusals_say_what_to_mend(status: int, reply: object, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        await signer(TokenEndpoint(lambda _h, _f: (status, reply))).authorization("")
    assert (refused.value.reason, refused.value.stage) == (reason, "token")
    assert "sis.example/token" in refused.value.message


async def test_a_wrong_secret_is_not_blamed_on_the_second_way_of_showing_it() -> None:
    def answer(headers: dict[str, str], _: dict[str, str]) -> tuple[int, object]:
        basic = "Authorization" in headers
        return (401, {"error": "invalid_client"}) if basic else (400, {"error": "invalid_request"})

    with pytest.raises(Refused) as refused:
        await signer(TokenEndpoint(answer)).authorization("")
    assert refused.value.reason == "InvalidCredentials"


ENCODED = "a+b/c%d e:ü"


@pytest.mark.parametrize(("secret", "ways"), [(PLAIN, 2), (ENCODED, 3)])
async def test_a_wrong_secret_is_shown_once_in_each_way_that_differs(secret: str, ways: int) -> None:
    shown: list[str] = []

    def answer(headers: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
        shown.append(headers.get("Authorization", "") + form.get("client_secret", ""))
        return 401, {"error": "invalid_client"}

    with pytest.raises(Refused) as refused:
        await signer(TokenEndpoint(answer), secret=secret).authorization("")
    assert refused.value.reason == "InvalidCredentials"
    assert len(shown) == len(set(shown)) == ways


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "unauthorized_client"),
        (401, "access_denied"),
        (400, "INVALID_CLIENT"),
        (400, "Invalid client"),
        (400, "wrong client secret"),
        (400, {"code": "invalid_client"}),
    ],
)
async def test_however_a_wrong_secret_is_told_each_way_is_tried_once(status: int, error: object) -> None:
    endpoint = TokenEndpoint(lambda _h, _f: (status, {"error": error}))
    with pytest.raises(Refused) as refused:
        await signer(endpoint).authorization("")
    assert refused.value.reason == "InvalidCredentials"
    assert [way for way, _ in endpoint.asked] == ["Basic", "body"]


async def test_a_server_that_decodes_id_and_secret_gets_them_encoded() -> None:
    def answer(headers: dict[str, str], _: dict[str, str]) -> tuple[int, object]:
        pair = base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ")).decode()
        known = unquote_plus(pair.partition(":")[2]) == ENCODED and pair.count(":") == 1
        return (200, {"access_token": "abc"}) if known else (401, {"error": "invalid_client"})

    subject = signer(TokenEndpoint(answer), secret=ENCODED)
    await subject.authorization("")
    assert subject.description == "OAuth2 (Basic, form-encoded)"


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "unauthorized_client"), (403, "access_denied"), (400, "unsupported_grant_type"), (429, ""), (500, "")],
)
async def test_where_another_way_mends_nothing_none_is_tried(status: int, code: str) -> None:
    endpoint = TokenEndpoint(lambda _h, _f: (status, {"error": code}))
    with pytest.raises(DistrictError):
        await signer(endpoint).authorization("")
    assert len(endpoint.asked) == 1


async def test_a_server_that_refuses_scopes_without_saying_so_is_asked_for_none() -> None:
    def answer(headers: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
        return (400, {}) if "scope" in form or "Authorization" in headers else (200, {"access_token": "abc"})

    endpoint = TokenEndpoint(answer)
    subject = signer(endpoint)
    await subject.authorization("")
    assert endpoint.asked == [
        ("Basic", CORE_AND_ROSTER),
        ("body", CORE_AND_ROSTER),
        ("Basic", None),
        ("body", None),
    ]
    assert (subject.description, subject.granted_scopes) == ("OAuth2 (body)", ())


async def test_a_refused_scope_is_not_asked_for_in_other_ways() -> None:
    endpoint = TokenEndpoint(lambda _h, _f: (400, {"error": "invalid_scope"}))
    with pytest.raises(Refused) as refused:
        await signer(endpoint).authorization("")
    assert refused.value.reason == "InsufficientScope"
    assert endpoint.asked == [("Basic", CORE_AND_ROSTER), ("Basic", CORE), ("Basic", None)]


async def test_the_way_whose_scope_was_judged_is_the_one_that_is_gone_on_with() -> None:
    def answer(headers: dict[str, str], form: dict[str, str]) -> tuple[int, object]:
        if "Authorization" in headers:
            return 400, {"error": "invalid_request"}
        return (400, {"error": "invalid_scope"}) if form.get("scope") != CORE else (200, {"access_token": "abc"})

    endpoint = TokenEndpoint(answer)
    await signer(endpoint).authorization("")
    assert endpoint.asked == [("Basic", CORE_AND_ROSTER), ("body", CORE_AND_ROSTER), ("body", CORE)]


async def test_a_way_that_was_refused_is_not_tried_again_after_an_outage() -> None:
    replies: list[tuple[int, object]] = [
        (401, {"error": "invalid_client"}),
        (503, {}),
        (503, {}),
        (200, {"access_token": "abc"}),
    ]
    endpoint = TokenEndpoint(lambda _h, _f: replies.pop(0))
    subject = signer(endpoint)
    for _ in range(2):
        with pytest.raises(Unreachable):
            await subject.authorization("")
    await subject.authorization("")
    assert [way for way, _ in endpoint.asked] == ["Basic", "body", "body", "body"]


async def test_a_refusal_stands_for_a_minute_and_for_all_who_wait() -> None:
    now = 0.0
    endpoint = TokenEndpoint(lambda _h, _f: (401, {"error": "invalid_client"}))
    subject = signer(endpoint, clock=lambda: now)
    outcomes = await asyncio.gather(*(subject.authorization("") for _ in range(5)), return_exceptions=True)
    now = 59.0
    outcomes += await asyncio.gather(subject.authorization(""), return_exceptions=True)
    assert {str(outcome) for outcome in outcomes} == {str(outcomes[0])}
    assert len(endpoint.asked) == 2
    now = 60.0
    with pytest.raises(Refused):
        await subject.authorization("")
    assert len(endpoint.asked) == 4


async def test_a_secret_that_was_good_and_is_no_more_is_shown_once() -> None:
    replies: list[tuple[int, object]] = [(200, {"access_token": "abc"}), (401, {"error": "invalid_client"})]
    endpoint = TokenEndpoint(lambda _h, _f: replies.pop(0))
    subject = signer(endpoint)
    subject.renew(await subject.authorization(""))
    with pytest.raises(Refused):
        await subject.authorization("")
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize("token_type", ["bearer", "Bearer", "BearerToken", "", None, 7])
@pytest.mark.parametrize("scope", [None, "", 7, {"a": "b"}, [CORE, 7]])
async def test_what_a_reply_says_oddly_besides_the_token_is_let_pass(token_type: object, scope: object) -> None:
    reply = {"access_token": "abc", "token_type": token_type, "expires_in": {}, "scope": scope}
    subject = signer(TokenEndpoint(lambda _h, _f: (200, reply)))
    assert await subject.authorization("") == "Bearer abc"
    expected = (CORE,) if isinstance(scope, list) else () if scope == "" else tuple(CORE_AND_ROSTER.split())
    assert subject.granted_scopes == expected


@pytest.mark.parametrize("key", ["scope", "expires_in"])
async def test_lists_in_lists_cost_nothing(key: str) -> None:
    reply = Reply(
        200,
        CIMultiDictProxy(CIMultiDict()),
        f'{{"access_token": "abc", "{key}": [{"[]," * 300_000}[]]}}'.encode(),
    )

    async def post(_headers: dict[str, str], _body: bytes) -> Reply:
        return reply

    credentials = OAuth2("id", PLAIN, "https://sis.example/token")
    subject = OAuth2Signer(credentials, URL(credentials.token_url), "1.2", post=post, clock=lambda: 0.0)
    tracemalloc.start()
    try:
        assert await subject.authorization("") == "Bearer abc"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert subject.granted_scopes == tuple(CORE_AND_ROSTER.split())


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
    def answer(headers: dict[str, str], _: dict[str, str]) -> tuple[int, object]:
        assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == "id:šifra€"
        return 200, {"access_token": "abc"}

    credentials = OAuth2("id", "šifra€", "https://sis.example/token")
    endpoint = TokenEndpoint(answer)
    url = URL(credentials.token_url)
    await OAuth2Signer(credentials, url, "1.2", post=endpoint.post, clock=lambda: 0.0).authorization("")


async def test_scopes_that_are_none_do_not_get_into_status() -> None:
    endpoint = TokenEndpoint(lambda _h, _f: (200, {"access_token": "abc", "scope": f"good bad\x07 {'x' * 300}"}))
    subject = signer(endpoint)
    await subject.authorization("")
    assert subject.granted_scopes == ("good",)


def roster_refusing(revoked: set[str]) -> Handler:
    async def roster(request: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        if request.headers["Authorization"].removeprefix("Bearer ") in revoked:
            return web.json_response({}, status=401)
        return orgs("a")

    return roster


async def test_parallel_users_share_one_token_and_one_renewal() -> None:
    issued: list[str] = []
    revoked: set[str] = set()

    async def token(_: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        issued.append(f"token-{len(issued)}")
        return web.json_response({"access_token": issued[-1], "expires_in": 3600})

    async with service_of(roster_refusing(revoked), token=token) as service:
        for count in (1, 2):
            await asyncio.gather(*(service.get("orgs", "limit=1", patient()) for _ in range(8)))
            assert len(issued) == count
            revoked.add(issued[-1])


async def test_a_late_401_for_an_old_token_asks_for_no_other() -> None:
    """Of two calls that were refused together, one has a new token before the other hears of it."""
    issued = iter("abc")
    endpoint = TokenEndpoint(lambda _h, _f: (200, {"access_token": next(issued)}))
    subject = signer(endpoint)
    first = await subject.authorization("")
    assert subject.renew(first)
    assert await subject.authorization("") == "Bearer b"
    assert subject.renew(first)
    assert await subject.authorization("") == "Bearer b"
    assert len(endpoint.asked) == 2


async def test_a_new_token_that_is_refused_too_is_not_renewed_again() -> None:
    calls: list[str] = []

    async def roster(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.json_response({}, status=401)

    async def token(request: web.Request) -> web.StreamResponse:
        calls.append(request.path)
        return await any_token(request)

    async with service_of(roster, token=token) as service:
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
    assert refused.value.reason == "TokenRejected"
    assert calls == ["/token", "/v1p2/orgs"] * 2


async def test_the_token_urls_own_query_is_kept() -> None:
    seen: list[str] = []

    async def token(request: web.Request) -> web.StreamResponse:
        seen.append(request.raw_path)
        return await any_token(request)

    async with service_of(roster_refusing(set()), token=token, token_query="?appName=a%2Fb+c") as service:
        await service.get("orgs", "limit=1", patient())
    assert seen == ["/token?appName=a%2Fb+c"]
