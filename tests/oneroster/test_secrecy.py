"""What must not get out: secrets, tokens, and the fields that are dropped, searched for in all that does."""

import logging
import traceback
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest
from aiohttp import web

from oneroster_operator.oneroster import (
    Collection,
    DistrictError,
    Endpoint,
    OAuth1,
    OAuth2,
    OneRosterClient,
    Patience,
    Version,
)
from tests.district.population import Population
from tests.district.records import CANARY
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Auth
from tests.oneroster.odd_servers import LOOPBACK, Handler, Pauses, client_of, orgs, serving


def credentials(district: RunningDistrict) -> OAuth1 | OAuth2:
    assert CANARY in district.client_secret
    if district.token_url is None:
        return OAuth1(district.client_id, district.client_secret)
    return OAuth2(district.client_id, district.client_secret, district.token_url)


def told(error: BaseException | None) -> Iterator[str]:
    """All that an error says or holds on to, down its chain."""
    while error is not None:
        yield "".join(traceback.format_exception(error))
        yield repr(error)
        yield repr(vars(error))
        error = error.__cause__ or error.__context__


async def everything_from(client: OneRosterClient) -> Iterator[str]:
    """Whatever the client returns or raises, as text."""
    texts = [repr(client), repr(vars(client)), repr(await client.probe())]
    for collection in Collection:
        walk = client.walk(collection)
        try:
            async for page in walk:
                texts += [repr(page), *(msgspec.json.encode(record).decode() for record in page.records)]
            texts.append(repr(walk.outcome))
        except DistrictError as error:
            texts += told(error)
    return iter(texts)


def assert_kept(texts: Iterator[str] | list[str], caplog: pytest.LogCaptureFixture, *words: str) -> None:
    logged = [f"{record.getMessage()} {record.args!r} {record.exc_text or ''}" for record in caplog.records]
    assert logged, "nothing was logged, so nothing was searched"
    found = [text for text in (*texts, *logged) if any(word in text for word in words)]
    assert found == []


@pytest.mark.parametrize(("version", "auth"), [("1.2", "oauth2"), ("1.1", "oauth2"), ("1.1", "oauth1")])
@pytest.mark.parametrize("trouble", ["none", "outage", "rotated", "refused"])
async def test_no_canary_gets_out(
    version: Version, auth: Auth, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    population = Population.generate(5, today=date(2026, 11, 24), schools=2, students_per_school=10)
    async with running_district(population, version=version, auth=auth) as district:
        shown = credentials(district)
        assert CANARY not in repr(shown)
        endpoint = Endpoint(district.base_url, version, district.ca_pem)
        patience = Patience(tries=2)
        async with OneRosterClient(
            endpoint, shown, allowed_networks=LOOPBACK, patience=patience, sleep=Pauses()
        ) as client:
            if trouble == "outage":
                district.controls.begin_outage()
            elif trouble == "rotated":
                await client.probe()
                district.controls.rotate_secret()
            elif trouble == "refused":
                for collection in Collection:
                    district.controls.refuse(collection)
            assert_kept(await everything_from(client), caplog, CANARY)


def spoilt(how: str) -> Any:
    """Answers with a canary where something is wrong with them."""
    record = {"sourcedId": 1.5, "name": f"{CANARY}-name", "password": f"{CANARY}-password"}
    packed = {"Content-Encoding": "gzip"}
    return {
        "type": web.json_response({collection.value: [record] for collection in Collection}),
        "truncated": web.Response(body=f'{{"orgs": [{{"name": "{CANARY}'.encode()),
        "bytes": web.Response(body=f'{{"{CANARY}": "'.encode() + b'\xff"}'),
        "deep": web.Response(body=f'{{"orgs": {"[" * 5000}"{CANARY}"'.encode()),
        "packed": web.Response(body=CANARY.encode(), headers=packed),
        "key": web.json_response({CANARY: []}),
        "page": web.Response(text=f"<html>{CANARY}", content_type="text/html"),
        "header": web.json_response({}, headers={f"X-{CANARY}": CANARY * 1000}),
        "400": web.json_response({"imsx_description": CANARY, "error": CANARY}, status=400),
        "401": web.json_response({"imsx_description": CANARY}, status=401, headers={"Date": CANARY}),
        "403": web.json_response({"imsx_codeMinor": CANARY}, status=403, headers={"WWW-Authenticate": CANARY}),
        "429": web.Response(text=CANARY, status=429, headers={"Retry-After": CANARY}),
        "503": web.Response(text=CANARY, status=503),
        "302": web.Response(status=302, headers={"Location": f"/{CANARY};session={CANARY}?{CANARY}#{CANARY}"}),
        "307": web.Response(status=307, headers={"Location": f"https://{CANARY}@sso.example/{CANARY}"}),
    }[how]


HOWS = [
    *("type", "truncated", "bytes", "deep", "packed", "key", "page", "header", "dropped"),
    *("400", "401", "403", "429", "503", "302", "307"),
]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("at", ["roster", "token"])
async def test_no_error_repeats_what_the_server_sent(how: str, at: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(odd(how, at)) as origin:
        shown = OAuth2("id", f"{CANARY}-secret", f"{origin}/token")
        endpoint = Endpoint(f"{origin}/v1p2", "1.2")
        patience = Patience(tries=2)
        async with OneRosterClient(
            endpoint,
            shown,
            plain_http=True,
            allowed_networks=LOOPBACK,
            patience=patience,
            sleep=Pauses(),
        ) as client:
            assert_kept(await everything_from(client), caplog, CANARY)


@pytest.mark.parametrize(
    "cookie",
    [
        f"{CANARY} bad name=x; Path=/",
        f"session@{CANARY}=x; Path=/",
        f"a={CANARY}; Expires={CANARY}; Max-Age={CANARY}",
        f"domain={CANARY}",
        f"big={CANARY}{'x' * 5000}",
    ],
)
async def test_no_cookie_gets_into_the_log(cookie: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "token"}, headers={"Set-Cookie": cookie})

    async def roster(_: web.Request) -> web.Response:
        return orgs("a")

    async with client_of(roster, token=token) as client:
        assert_kept([repr(await client.probe())], caplog, CANARY)


def odd(how: str, at: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        is_token = request.path == "/token"
        if is_token == (at == "token") and how == "dropped":
            assert request.transport is not None
            request.transport.abort()
        elif is_token == (at == "token"):
            return spoilt(how)  # type: ignore[no-any-return]
        cookie = f"session={CANARY}-cookie; Path=/"
        return web.json_response({"access_token": f"{CANARY}-token"}, headers={"Set-Cookie": cookie})

    return handler
