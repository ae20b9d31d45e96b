"""Verdicts on servers that are not what they are declared to be."""

import asyncio
import socket
import time

import pytest
from aiohttp import web

from oneroster_operator.oneroster import Endpoint, OAuth1, OAuth2, OneRosterClient, Verdict, Version
from oneroster_operator.oneroster.probe import examine
from tests.oneroster.odd_servers import (
    LOOPBACK,
    Handler,
    Pauses,
    any_token,
    client_of,
    patient,
    service_of,
    serving,
)

TOKEN_URL = "https://sis.example/token"
USERS_V1P1 = {"users": [{"sourcedId": "u", "role": "student", "orgs": [{"sourcedId": "s"}]}]}
USERS_V1P2 = {"users": [{"sourcedId": "u", "roles": [{"role": "student", "org": {"sourcedId": "s"}}]}]}
ORGS = {"orgs": [{"sourcedId": "d"}]}


def answering(orgs: object, users: object) -> Handler:
    async def roster(request: web.Request) -> web.Response:
        return web.json_response(orgs if request.path.endswith("/orgs") else users)

    return roster


async def verdict(handler: Handler, version: Version = "1.2", token: Handler = any_token) -> Verdict:
    async with client_of(handler, version=version, token=token) as client:
        return await client.probe()


async def verdict_on(url: str, token_url: str = TOKEN_URL, ca_bundle: str | None = None) -> Verdict:
    endpoint = Endpoint(url, "1.2", ca_bundle)
    shown = OAuth2("id", "secret", token_url)
    async with OneRosterClient(endpoint, shown, allowed_networks=LOOPBACK, sleep=Pauses()) as client:
        return await client.probe()


@pytest.mark.parametrize(("declared", "users", "spoken"), [("1.2", USERS_V1P1, "1.1"), ("1.1", USERS_V1P2, "1.2")])
async def test_the_other_version_is_named(declared: Version, users: object, spoken: str) -> None:
    found = await verdict(answering(ORGS, users), declared)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "VersionMismatch", "version")
    assert f"declare {spoken}, or give the address of the {declared} service" in found.message


async def test_the_declared_version_is_named_where_it_is_at_another_path() -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        users = USERS_V1P2 if "/ims/oneroster/rostering/" in request.path else USERS_V1P1
        return await answering(ORGS, users)(request)

    found = await verdict(roster)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "VersionMismatch", "version")
    assert "declare 1.1, or give http://127.0.0.1" in found.message
    assert found.message.endswith("/ims/oneroster/rostering/v1p2 as endpoint URL.")


@pytest.mark.parametrize("users", [{"users": []}, {"users": [{"sourcedId": "u"}]}, {"users": [7]}])
async def test_users_that_tell_no_version_refuse_none(users: object) -> None:
    assert (await verdict(answering(ORGS, users))).outcome == "Accepted"


async def test_a_district_without_orgs_is_accepted_and_mentioned() -> None:
    found = await verdict(answering({"orgs": []}, USERS_V1P2))
    assert found.outcome == "Accepted"
    assert "no org" in found.message


async def test_another_services_json_is_refused() -> None:
    found = await verdict(answering({"data": []}, USERS_V1P2))
    assert (found.outcome, found.reason, found.stage) == ("Refused", "UnexpectedShape", "shape")


async def test_a_login_page_is_refused() -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.Response(text="\n <!DOCTYPE html><title>Sign in</title>", content_type="text/html")

    found = await verdict(roster)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "NotJSON", "call")
    assert "Sign in" not in repr(found)


async def test_a_login_page_in_place_of_a_token_is_refused() -> None:
    async def token(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    found = await verdict(answering(ORGS, USERS_V1P2), token=token)
    assert (found.outcome, found.reason, found.stage, found.authentication) == ("Refused", "NotJSON", "token", "")
    assert "token URL" in found.message


async def test_a_redirect_is_named_and_not_followed() -> None:
    followed = False

    async def elsewhere(_: web.Request) -> web.Response:
        nonlocal followed
        followed = True
        return web.json_response(ORGS)

    async with serving(elsewhere) as other:

        async def roster(_: web.Request) -> web.Response:
            raise web.HTTPFound(f"{other}/login?session=secret")

        found = await verdict(roster)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "Redirected", "call")
    assert f" redirects to {other.removeprefix('http://')}, and we follow no redirects" in found.message
    assert not followed


async def test_a_token_without_the_scope_for_the_roster() -> None:
    async def roster(_: web.Request) -> web.Response:
        headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
        return web.json_response({}, status=403, headers=headers)

    found = await verdict(roster)
    assert (found.outcome, found.reason, found.authentication) == (
        "Refused",
        "InsufficientScope",
        "OAuth2 (Basic)",
    )


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        ("<html><title>403 Forbidden</title>", "text/html", "a web page says so, as a firewall"),
        ("Your address is blocked.", "text/plain", "text says so, as a firewall"),
        ("{}", "application/json", "grant the roster scopes and admit our address"),
        ("", "application/json", "grant the roster scopes and admit our address"),
    ],
)
async def test_an_address_that_is_not_admitted(body: str, content_type: str, words: str) -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.Response(text=body, status=403, content_type=content_type)

    found = await verdict(roster)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "Forbidden", "call")
    assert words in found.message
    assert "admit our address" in found.message
    assert "blocked" not in repr(found)


async def test_an_address_that_gets_no_token() -> None:
    async def token(_: web.Request) -> web.Response:
        return web.Response(text="<html>", status=403, content_type="text/html")

    found = await verdict(answering(ORGS, USERS_V1P2), token=token)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "Forbidden", "token")
    assert "admit our address to its token URL" in found.message


async def test_a_token_for_something_else_is_told_where_the_server_only_says_403() -> None:
    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "token", "scope": "library.read roster-demographics.readonly"})

    async def roster(_: web.Request) -> web.Response:
        return web.json_response({}, status=403)

    found = await verdict(roster, token=token)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "InsufficientScope", "call")
    assert "the token is for no roster scope" in found.message
    assert found.granted_scopes == ("library.read", "roster-demographics.readonly")


async def slow(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def verdict_in_time(handler: Handler, token: Handler = any_token, seconds: float = 0.3) -> Verdict:
    async with service_of(handler, token=token) as service:
        return await examine(service, "1.2", patient(), seconds=seconds)


async def test_a_slow_server_holds_up_no_test() -> None:
    found = await verdict_in_time(slow)
    assert (found.outcome, found.reason, found.stage) == ("Unreachable", "Timeout", "call")
    assert "too slow" in found.message
    found = await verdict_in_time(answering(ORGS, USERS_V1P2), token=slow)
    assert (found.outcome, found.reason, found.stage) == ("Unreachable", "Timeout", "token")


async def test_what_works_is_accepted_though_its_abilities_are_not_found_out_in_time() -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        if "filter=" in request.query_string:
            return await slow(request)
        return web.json_response({request.path.rpartition("/")[2]: [{"sourcedId": "a"}, {"sourcedId": "b"}]})

    began = time.monotonic()
    found = await verdict_in_time(roster, seconds=2)
    assert time.monotonic() - began < 1, "abilities get a quarter of the time"
    assert (found.outcome, found.reason, found.stage) == ("Accepted", "Accepted", "abilities")
    assert (found.abilities.totals, found.abilities.keyset) == ("no", "unknown")


def missing_until(later: Handler) -> Handler:
    """404 at the endpoint URL, and `later` at the paths that are tried after it."""

    async def roster(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/v1p2/"):
            return web.json_response({}, status=404)
        return await later(request)

    return roster


@pytest.mark.parametrize("status", [429, 503, 0])
async def test_an_outage_while_other_paths_are_tried_does_not_undo_the_refusal(status: int) -> None:
    async def later(request: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=status) if status else await slow(request)

    found = await verdict_in_time(missing_until(later))
    assert (found.outcome, found.reason, found.stage) == ("Refused", "NotFound", "call")
    assert "/v1p2/orgs is not there (404)" in found.message


async def test_no_other_path_is_tried_after_one_that_does_not_know_us() -> None:
    tried = []

    async def later(request: web.Request) -> web.StreamResponse:
        tried.append(request.path)
        return web.json_response({}, status=401)

    found = await verdict_in_time(missing_until(later), seconds=60)
    assert (found.outcome, found.reason) == ("Refused", "NotFound")
    assert len(set(tried)) == 1


@pytest.mark.parametrize("orgs", [{"data": []}, "text", {"orgs": {}}])
async def test_what_is_not_oneroster_is_told_with_the_path_that_has_it(orgs: object) -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/v1p2/"):
            return web.json_response(orgs)
        return await answering(ORGS, USERS_V1P2)(request)

    found = await verdict(roster)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "UnexpectedShape", "shape")
    assert "sends what is not OneRoster, but a OneRoster service answers" in found.message
    assert "/ims/oneroster/rostering/v1p2 as endpoint URL" in found.message


async def test_the_token_is_shown_to_no_other_origin() -> None:
    shown = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        shown.append(request.path)
        return web.json_response(ORGS)

    async with serving(elsewhere) as other:

        async def roster(request: web.Request) -> web.StreamResponse:
            body = {"imsx_description": f"moved to {other}/ims/oneroster/rostering/v1p2"}
            return web.json_response(body, status=404, headers={"Link": f'<{other}/orgs>; rel="next"'})

        found = await verdict(roster)
    assert (found.outcome, found.reason) == ("Refused", "NotFound")
    assert shown == []
    assert other not in repr(found)


async def test_an_answer_that_breaks_off_is_an_outage() -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"orgs": [')
        assert request.transport is not None
        request.transport.close()
        return response

    found = await verdict(roster)
    assert (found.outcome, found.reason) == ("Unreachable", "DistrictUnreachable")


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        origin = f"https://127.0.0.1:{taken.getsockname()[1]}"
        found = await verdict_on(f"{origin}/v1p2", f"{origin}/token")
    assert (found.outcome, found.reason, found.stage) == ("Unreachable", "DistrictUnreachable", "connection")
    assert "No connection to 127.0.0.1" in found.message
    assert "its firewall may not admit our address" in found.message


async def test_a_name_that_does_not_exist() -> None:
    found = await verdict_on("https://sis.invalid/v1p2", "https://sis.invalid/token")
    assert (found.outcome, found.reason, found.stage) == ("Unreachable", "DistrictUnreachable", "name")
    assert "The name sis.invalid cannot be resolved" in found.message


async def test_a_server_without_tls_on_the_port() -> None:
    async with serving(answering(ORGS, USERS_V1P2)) as origin:
        secure = origin.replace("http:", "https:")
        found = await verdict_on(f"{secure}/v1p2", f"{secure}/token")
    assert (found.outcome, found.reason, found.stage) == ("Unreachable", "DistrictUnreachable", "tls")
    assert "TLS with 127.0.0.1 failed" in found.message


@pytest.mark.parametrize(
    "url",
    [
        "http://sis.example/v1p2",
        "ftp://sis.example/v1p2",
        "https:///v1p2",
        "https://user:password@sis.example/v1p2",
        "https://sis.example:port/v1p2",
        "not a url",
        "",
    ],
)
async def test_addresses_that_no_secret_is_sent_to(url: str) -> None:
    found = await verdict_on(url)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "InvalidEndpoint", "name")
    assert "password" not in found.message
    found = await verdict_on("https://sis.example/v1p2", token_url=url)
    assert (found.outcome, found.reason) == ("Refused", "InvalidEndpoint")
    assert "token URL" in found.message


@pytest.mark.parametrize("bundle", ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
async def test_a_ca_bundle_that_is_none_is_a_verdict(bundle: str) -> None:
    found = await verdict_on("https://sis.example/v1p2", ca_bundle=bundle)
    assert (found.outcome, found.reason, found.stage) == ("Refused", "InvalidCABundle", "tls")


async def test_a_wrong_oauth_1_secret() -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.json_response({}, status=401)

    async with serving(roster) as origin:
        endpoint = Endpoint(f"{origin}/v1p1", "1.1")
        shown = OAuth1("id", "secret")
        async with OneRosterClient(endpoint, shown, plain_http=True, allowed_networks=LOOPBACK) as client:
            found = await client.probe()
    assert (found.outcome, found.reason) == ("Refused", "InvalidCredentials")


async def test_the_product_is_named_to_the_server() -> None:
    agents = set()

    async def roster(request: web.Request) -> web.Response:
        agents.add(request.headers["User-Agent"])
        return web.json_response(ORGS if request.path.endswith("/orgs") else USERS_V1P2)

    await verdict(roster)
    assert agents == {"oneroster-operator"}
