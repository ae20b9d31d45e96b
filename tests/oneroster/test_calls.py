"""Authenticated calls: where they go, what goes with them, and what their answers mean."""

import email.utils
import time
from contextlib import suppress

import pytest
from aiohttp import web
from yarl import URL

from oneroster_operator.oneroster import Endpoint, Malformed, OAuth1, OAuth2, Refused
from oneroster_operator.oneroster.calls import MAX_COOKIES, Service
from oneroster_operator.oneroster.envelope import raw_records
from oneroster_operator.oneroster.exchange import Connection
from tests.oneroster.odd_servers import LOOPBACK, Handler, Pauses, any_token, orgs, patient, service_of, serving


async def lists(_: web.Request) -> web.Response:
    return orgs("a")


def answering(status: int, body: object = None, **headers: str) -> Handler:
    async def roster(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return roster


async def refusal(handler: Handler) -> Refused:
    async with service_of(handler) as service:
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
    return refused.value


async def test_a_call_goes_below_the_base_and_says_how_we_are_known() -> None:
    seen: list[str] = []

    async def roster(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return orgs("a")

    async with service_of(roster, base="/proxy/app%2F1/ims/oneroster/v1p1/") as service:
        assert (service.authentication, service.granted_scopes) == ("", ())
        reply, where = await service.get("orgs", "limit=1&filter=a%20b", patient())
        assert (service.authentication, len(service.granted_scopes)) == ("OAuth2 (Basic)", 2)
        await service.get("users", "limit=1", patient(), base=service.base.with_path("/other", encoded=True))
    assert reply.body.startswith(b'{"orgs"')
    assert where.startswith("127.0.0.1:")
    assert where.endswith("/proxy/app%2F1/ims/oneroster/v1p1/orgs")
    assert seen == ["/proxy/app%2F1/ims/oneroster/v1p1/orgs?limit=1&filter=a%20b", "/other/users?limit=1"]


async def test_nothing_is_sent_to_another_origin() -> None:
    async with service_of(lists) as service:
        for base in ("http://127.0.0.1:1/v1p2", "https://sis.example/v1p2"):
            with pytest.raises(ValueError, match="credentials"):
                await service.get("orgs", "limit=1", patient(), base=URL(base))


async def test_no_credential_follows_a_redirect() -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        seen.append(request.path)
        return orgs("a")

    async with serving(elsewhere) as other:
        for status in (301, 302, 303, 307, 308):
            refused = await refusal(answering(status, Location=f"{other}/v1p2/orgs?session=secret"))
            assert refused.reason == "Redirected"
            assert "session" not in refused.message
    assert seen == []


async def test_a_base_with_a_query_is_refused() -> None:
    async with service_of(lists, base="/v1p2?tenant=1") as service:
        with pytest.raises(Refused) as refused:
            await service.get("orgs", "limit=1", patient())
    assert refused.value.reason == "InvalidEndpoint"


async def cookies_sent(*set_cookies: str, host: str = "127.0.0.1", path: str = "/v1p2") -> list[str]:
    """The Cookie headers of two calls after a token came with these cookies."""
    seen: list[str] = []

    async def token(request: web.Request) -> web.StreamResponse:
        assert "Cookie" not in request.headers
        response = await any_token(request)
        for cookie in set_cookies:
            response.headers.add("Set-Cookie", cookie)
        return response

    async def roster(request: web.Request) -> web.StreamResponse:
        if request.path == "/token":
            return await token(request)
        seen.append(request.headers.get("Cookie", ""))
        response = orgs("a")
        response.set_cookie("later", "no")
        return response

    async with serving(roster) as origin:
        connection = Connection(
            ca_bundle=None, allowed_networks=LOOPBACK, hosts=Pauses().hosts(), clock=lambda: 0.0
        )
        service = Service(
            Endpoint(origin.replace("127.0.0.1", host) + path, "1.2"),
            OAuth2("id", "secret", f"{origin}/token"),
            connection=connection,
            plain_http=True,
            clock=lambda: 0.0,
        )
        try:
            for _ in range(2):
                await service.get("orgs", "limit=1", patient())
        finally:
            await connection.aclose()
    return seen


@pytest.mark.parametrize(
    ("set_cookies", "sent"),
    [
        (["node=7"], "node=7"),
        (["node=7; Path=/; HttpOnly", "AWSALB=x/y+z=; Path=/v1p2"], "node=7; AWSALB=x/y+z="),
        (["node=7; Path=/other"], ""),
        (["node=7; Secure"], ""),
        (["node=7; Domain=elsewhere.example"], ""),
        (["node=7; Max-Age=0"], ""),
        (["no cookie at all"], ""),
        ([], ""),
    ],
)
async def test_cookies_of_the_tokens_reply_go_with_the_calls_they_are_for(
    set_cookies: list[str], sent: str
) -> None:
    """Load balancers of Aeries know by them the node that knows the token."""
    for cookies in await cookies_sent(*set_cookies):
        assert sorted(cookies.split("; ")) == sorted(sent.split("; "))


async def test_cookies_go_to_no_other_host() -> None:
    assert await cookies_sent("node=7", host="localhost") == ["", ""]


async def test_cookies_are_bounded_in_number_and_size() -> None:
    many = [f"c{number}=1" for number in range(50)]
    assert {len(cookies.split("; ")) for cookies in await cookies_sent(*many)} == {MAX_COOKIES}
    assert await cookies_sent("big=" + "x" * 4096, "small=1") == ["small=1", "small=1"]


V1P1 = {"statusInfoSet": [{"imsx_codeMajor": "failure", "imsx_codeMinor": "unauthorisedrequest"}]}
V1P2 = {
    "imsx_codeMajor": "failure",
    "imsx_description": "Springfield's secret",
    "imsx_CodeMinor": {
        "imsx_codeMinorField": [
            {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": "unknownobject"}
        ]
    },
}


@pytest.mark.parametrize(
    ("status", "body", "reason", "word"),
    [
        (403, V1P1, "Forbidden", "unauthorisedrequest"),
        (404, V1P2, "NotFound", "unknownobject"),
        (400, {"imsx_codeMajor": "failure", "imsx_codeMinor": "invalid_data"}, "BadRequest", "invaliddata"),
        (422, {"imsx_codeMajor": "failure", "imsx_codeMinor": "Springfield"}, "RequestRefused", "(422)"),
        (403, "Springfield", "Forbidden", "(403)"),
    ],
)
async def test_a_refusal_names_a_known_code_minor_and_nothing_else_of_a_body(
    status: int, body: object, reason: str, word: str
) -> None:
    refused = await refusal(answering(status, body))
    assert (refused.reason, refused.stage) == (reason, "call")
    assert word in refused.message
    assert "Springfield" not in refused.message


@pytest.mark.parametrize(("ahead", "words"), [(-7200.0, "120 minutes behind ours"), (-1e9, "")])
async def test_a_refused_token_stays_one_where_a_clock_is_wrong(ahead: float, words: str) -> None:
    refused = await refusal(answering(401, Date=email.utils.formatdate(time.time() + ahead, usegmt=True)))
    assert refused.reason == "TokenRejected"
    assert "belong together" in refused.message
    assert words in refused.message
    assert ("clock" in refused.message) is bool(words)


async def test_an_answer_larger_than_any_token_is_not_read_to_its_end() -> None:
    sent = 0

    async def token(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while sent < 1 << 26:
                await response.write(b" " * 65536)
                sent += 65536
        return response

    async with service_of(lists, token=token) as service:
        with pytest.raises(Malformed) as malformed:
            await service.get("orgs", "limit=1", patient())
    assert (malformed.value.reason, malformed.value.stage) == ("UnexpectedShape", "token")
    assert sent < 1 << 25


async def test_a_large_token_reply_is_one() -> None:
    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "a", "extra": "x" * ((1 << 20) - 100)})

    async with service_of(lists, token=token) as service:
        await service.get("orgs", "limit=1", patient())


@pytest.mark.parametrize(
    "body",
    [
        b'{"orgs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 1_000_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
@pytest.mark.parametrize("at", ["roster", "token"])
async def test_json_as_deep_as_it_likes_is_malformed_and_no_more(body: bytes, at: str) -> None:
    async def deep(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async def read(service: Service) -> None:
        reply, where = await service.get("orgs", "limit=1", patient())
        raw_records(reply.body, "orgs", where)

    roster, token = (deep, any_token) if at == "roster" else (lists, deep)
    async with service_of(roster, token=token) as service:
        with pytest.raises(Malformed):
            await read(service)


async def test_oauth_1_has_no_scopes() -> None:
    async with service_of(lists, credentials=OAuth1("id", "secret")) as service:
        await service.get("orgs", "limit=1", patient())
        assert (service.authentication, service.granted_scopes) == ("OAuth1 (HMAC-SHA256)", ())
