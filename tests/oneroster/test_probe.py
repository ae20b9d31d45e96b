"""Verdicts on servers that are not what they are declared to be."""

import socket

import pytest
from aiohttp import web

from oneroster_operator.oneroster import Endpoint, OAuth1, OAuth2, OneRosterClient, Verdict, Version
from tests.oneroster.odd_servers import Handler, Pauses, any_token, client_of, serving

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
    async with OneRosterClient(endpoint, OAuth2("id", "secret", token_url), sleep=Pauses()) as client:
        return await client.probe()


@pytest.mark.parametrize(("declared", "users", "spoken"), [("1.2", USERS_V1P1, "1.1"), ("1.1", USERS_V1P2, "1.2")])
async def test_the_other_version_is_named(declared: Version, users: object, spoken: str) -> None:
    found = await verdict(answering(ORGS, users), declared)
    assert (found.outcome, found.reason) == ("Refused", "VersionMismatch")
    assert f"declare {spoken}" in found.message


@pytest.mark.parametrize("users", [{"users": []}, {"users": [{"sourcedId": "u"}]}, {"users": [7]}])
async def test_users_that_tell_no_version_refuse_none(users: object) -> None:
    assert (await verdict(answering(ORGS, users))).outcome == "Accepted"


async def test_a_district_without_orgs_is_accepted_and_mentioned() -> None:
    found = await verdict(answering({"orgs": []}, USERS_V1P2))
    assert found.outcome == "Accepted"
    assert "no org" in found.message


async def test_another_services_json_is_refused() -> None:
    found = await verdict(answering({"data": []}, USERS_V1P2))
    assert (found.outcome, found.reason) == ("Refused", "UnexpectedShape")


async def test_a_login_page_is_refused() -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.Response(text="\n <!DOCTYPE html><title>Sign in</title>", content_type="text/html")

    found = await verdict(roster)
    assert (found.outcome, found.reason) == ("Refused", "NotJSON")
    assert "Sign in" not in found.message


async def test_a_login_page_in_place_of_a_token_is_refused() -> None:
    async def token(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    found = await verdict(answering(ORGS, USERS_V1P2), token=token)
    assert (found.outcome, found.reason, found.authentication) == ("Refused", "NotJSON", "")
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
    assert (found.outcome, found.reason) == ("Refused", "Redirected")
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
    assert (found.outcome, found.reason) == ("Unreachable", "DistrictUnreachable")
    assert "No connection to 127.0.0.1" in found.message


async def test_a_name_that_does_not_exist() -> None:
    found = await verdict_on("https://sis.invalid/v1p2", "https://sis.invalid/token")
    assert (found.outcome, found.reason) == ("Unreachable", "DistrictUnreachable")
    assert "The name sis.invalid cannot be resolved" in found.message


async def test_a_server_without_tls_on_the_port() -> None:
    async with serving(answering(ORGS, USERS_V1P2)) as origin:
        secure = origin.replace("http:", "https:")
        found = await verdict_on(f"{secure}/v1p2", f"{secure}/token")
    assert (found.outcome, found.reason) == ("Unreachable", "DistrictUnreachable")
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
    assert (found.outcome, found.reason) == ("Refused", "InvalidEndpoint")
    assert "password" not in found.message
    found = await verdict_on("https://sis.example/v1p2", token_url=url)
    assert (found.outcome, found.reason) == ("Refused", "InvalidEndpoint")
    assert "token URL" in found.message


@pytest.mark.parametrize("bundle", ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
async def test_a_ca_bundle_that_is_none_is_a_verdict(bundle: str) -> None:
    found = await verdict_on("https://sis.example/v1p2", ca_bundle=bundle)
    assert (found.outcome, found.reason) == ("Refused", "InvalidCABundle")


async def test_a_wrong_oauth_1_secret() -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.json_response({}, status=401)

    async with serving(roster) as origin:
        endpoint = Endpoint(f"{origin}/v1p1", "1.1")
        async with OneRosterClient(endpoint, OAuth1("id", "secret"), plain_http=True) as client:
            found = await client.probe()
    assert (found.outcome, found.reason) == ("Refused", "InvalidCredentials")


async def test_the_product_is_named_to_the_server() -> None:
    agents = set()

    async def roster(request: web.Request) -> web.Response:
        agents.add(request.headers["User-Agent"])
        return web.json_response(ORGS if request.path.endswith("/orgs") else USERS_V1P2)

    await verdict(roster)
    assert agents == {"oneroster-operator"}
