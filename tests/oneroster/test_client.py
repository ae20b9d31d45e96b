"""The client against the simulated district: everything once, and each trouble told from the others."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web

from oneroster_operator.oneroster import (
    Collection,
    Endpoint,
    Inconsistent,
    OAuth1,
    OAuth2,
    OneRosterClient,
    Patience,
    Refused,
    Rejected,
    Unreachable,
    Version,
)
from tests.district.accounts_v1p1 import accounts
from tests.district.population import Population
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Auth
from tests.oneroster.odd_servers import LOOPBACK, Pauses, client_of, orgs

TODAY = date(2026, 11, 24)
WAYS: list[tuple[Version, Auth]] = [("1.2", "oauth2"), ("1.1", "oauth2"), ("1.1", "oauth1")]


@pytest.fixture(scope="module")
def population() -> Population:
    return Population.generate(7, today=TODAY, schools=3, students_per_school=40)


@asynccontextmanager
async def connected(
    population: Population, version: Version = "1.2", auth: Auth = "oauth2"
) -> AsyncIterator[tuple[RunningDistrict, OneRosterClient]]:
    async with running_district(population, version=version, auth=auth) as district:
        endpoint = Endpoint(district.base_url, version, district.ca_pem)
        async with OneRosterClient(
            endpoint,
            credentials(district),
            allowed_networks=LOOPBACK,
            patience=Patience(tries=2),
            sleep=Pauses(),
        ) as client:
            yield district, client


def credentials(district: RunningDistrict) -> OAuth1 | OAuth2:
    if district.token_url is None:
        return OAuth1(district.client_id, district.client_secret)
    return OAuth2(district.client_id, district.client_secret, district.token_url)


def stated_ids(population: Population, version: Version) -> dict[Collection, Iterable[str]]:
    """Every sourcedId that a collection has, from the population itself."""
    people: Iterable[str] = population.users
    if version == "1.1":
        people = [a.sourced_id for user in population.users.values() for a in accounts(user, population.today)]
    return {
        Collection.ORGS: population.orgs,
        Collection.ACADEMIC_SESSIONS: population.academic_sessions,
        Collection.COURSES: population.courses,
        Collection.CLASSES: population.classes,
        Collection.USERS: people,
        Collection.ENROLLMENTS: population.enrollments,
    }


@pytest.mark.parametrize(("version", "auth"), WAYS)
@pytest.mark.parametrize("page_maximum", [None, 17])
async def test_every_record_of_each_collection_comes_once(
    population: Population, version: Version, auth: Auth, page_maximum: int | None
) -> None:
    async with connected(population, version, auth) as (district, client):
        district.controls.set_page_size(page_maximum)
        for collection, stated in stated_ids(population, version).items():
            walk = client.walk(collection)
            found = [record.sourced_id async for page in walk for record in page.records]
            assert sorted(found) == sorted(stated)
            assert walk.outcome.complete
            assert walk.outcome.records == len(found)
            assert (walk.outcome.rejected, walk.outcome.duplicates, walk.outcome.retries) == (0, 0, 0)


async def test_records_say_what_the_district_says(population: Population) -> None:
    async with connected(population) as (_, client):
        users: dict[str, Any] = {
            u.sourced_id: u async for page in client.walk(Collection.USERS) for u in page.records
        }
        enrollments: dict[str, Any] = {
            e.sourced_id: e async for page in client.walk(Collection.ENROLLMENTS) for e in page.records
        }
        listed = await client.organizations()
    for user in population.users.values():
        found = users[user.sourced_id]
        assert (found.status, found.enabled, found.given_name) == (user.status, user.enabled, user.given_name)
        assert found.grades == tuple(user.grades)
        assert [(r.role, r.org_sourced_id, r.begin_date, r.end_date) for r in found.roles] == [
            (role.name, role.org, role.begin, role.end) for role in user.roles
        ]
    for enrollment in population.enrollments.values():
        found = enrollments[enrollment.sourced_id]
        assert (found.status, found.role, found.primary) == (
            enrollment.status,
            enrollment.role,
            bool(enrollment.primary),
        )
        assert (found.user_sourced_id, found.class_sourced_id, found.school_sourced_id) == (
            enrollment.user,
            enrollment.class_,
            enrollment.school,
        )
        assert (found.begin_date, found.end_date) == (enrollment.begin, enrollment.end)
    assert {(org.sourced_id, org.name, org.identifier) for org in listed.orgs} == {
        (org.sourced_id, org.name, org.identifier) for org in population.orgs.values()
    }
    assert listed.rejected == ()


async def test_an_org_that_cannot_be_used_is_told_and_not_passed_over() -> None:
    listed: list[dict[str, object]] = [
        {"sourcedId": "district", "type": "district", "name": "Springfield"},
        {"sourcedId": "closed", "type": "school", "name": "North", "status": "closed"},
        {"sourcedId": None, "type": "school", "name": "South"},
        {"sourcedId": "closed", "type": "school", "name": "North", "status": "closed"},
        {"sourcedId": "twice", "type": "school", "name": "East", "status": "open"},
        {"sourcedId": "twice", "type": "school", "name": "East"},
    ]

    async def roster(request: web.Request) -> web.Response:
        return web.json_response({"orgs": listed[int(request.query["offset"]) :]}, headers={"X-Total-Count": "4"})

    async with client_of(roster) as client:
        organizations = await client.organizations()
    assert [org.sourced_id for org in organizations.orgs] == ["district", "twice"]
    assert organizations.rejected == (Rejected("closed", "UnknownStatus"), Rejected(None, "MissingSourcedId"))


@pytest.mark.parametrize(("version", "auth"), WAYS)
async def test_a_sound_connection_is_accepted(population: Population, version: Version, auth: Auth) -> None:
    async with connected(population, version, auth) as (_, client):
        verdict = await client.probe()
    assert (verdict.outcome, verdict.reason) == ("Accepted", "Accepted")
    assert verdict.authentication == ("OAuth2 (Basic)" if auth == "oauth2" else "OAuth1 (HMAC-SHA256)")
    assert len(verdict.granted_scopes) == (2 if auth == "oauth2" else 0)


@pytest.mark.parametrize(("version", "auth"), WAYS)
async def test_a_rotated_secret_is_a_refusal_and_no_outage(
    population: Population, version: Version, auth: Auth
) -> None:
    async with connected(population, version, auth) as (district, client):
        await client.organizations()
        district.controls.rotate_secret()
        with pytest.raises(Refused) as refused:
            await client.organizations()
        verdict = await client.probe()
    assert refused.value.reason == "InvalidCredentials"
    assert (verdict.outcome, verdict.reason) == ("Refused", "InvalidCredentials")


@pytest.mark.parametrize(("version", "auth"), WAYS)
async def test_an_outage_is_no_refusal_and_passes(population: Population, version: Version, auth: Auth) -> None:
    async with connected(population, version, auth) as (district, client):
        district.controls.begin_outage()
        with pytest.raises(Unreachable):
            await client.organizations()
        verdict = await client.probe()
        assert (verdict.outcome, verdict.reason) == ("Unreachable", "DistrictError")
        district.controls.end_outage()
        assert (await client.probe()).outcome == "Accepted"


async def test_an_outage_in_mid_walk_is_waited_for(population: Population) -> None:
    async with running_district(population) as district:

        async def repair(_: float) -> None:
            district.controls.end_outage()

        endpoint = Endpoint(district.base_url, "1.2", district.ca_pem)
        async with OneRosterClient(
            endpoint, credentials(district), allowed_networks=LOOPBACK, sleep=repair
        ) as client:
            district.controls.set_page_size(10)
            walk = client.walk(Collection.USERS)
            found = set()
            walk_was_cut = False
            async for page in walk:
                found |= {user.sourced_id for user in page.records}
                if len(found) >= 20 and not walk_was_cut:
                    walk_was_cut = True
                    district.controls.begin_outage()
    assert found == set(population.users)
    assert walk.outcome.complete
    assert walk.outcome.retries == 1


async def test_tokens_that_are_withdrawn_in_mid_walk_are_renewed(population: Population) -> None:
    async with connected(population) as (district, client):
        district.controls.set_page_size(10)
        walk = client.walk(Collection.USERS)
        count = 0
        async for page in walk:
            count += len(page.records)
            if count >= 20 and district.district.counts["token"] == 1:
                district.controls.rotate_secret(district.client_secret)
        assert walk.outcome.complete
        assert district.district.counts["token"] == 2


async def test_a_refused_collection_is_refused_and_the_others_are_not(population: Population) -> None:
    async with connected(population) as (district, client):
        district.controls.refuse("enrollments")
        with pytest.raises(Refused) as refused:
            async for _ in client.walk(Collection.ENROLLMENTS):
                pass
        assert (refused.value.reason, refused.value.stage) == ("Forbidden", "call")
        assert (await client.probe()).outcome == "Accepted"


async def test_users_that_are_not_shared_do_not_refuse_the_connection(population: Population) -> None:
    async with connected(population) as (district, client):
        district.controls.refuse("users")
        verdict = await client.probe()
    assert verdict.outcome == "Accepted"
    assert "/users is forbidden to us (403)" in verdict.message


async def test_orgs_that_are_not_shared_do(population: Population) -> None:
    async with connected(population) as (district, client):
        district.controls.refuse("orgs")
        verdict = await client.probe()
    assert (verdict.outcome, verdict.reason) == ("Refused", "Forbidden")


async def test_a_path_that_is_not_there(population: Population) -> None:
    async with running_district(population) as district:
        endpoint = Endpoint(district.base_url.replace("v1p2", "v9p9"), "1.2", district.ca_pem)
        async with OneRosterClient(endpoint, credentials(district), allowed_networks=LOOPBACK) as client:
            verdict = await client.probe()
    assert (verdict.outcome, verdict.reason) == ("Refused", "NotFound")
    assert "v9p9/orgs is not there (404)" in verdict.message


async def test_a_certificate_that_nobody_vouches_for(population: Population) -> None:
    async with (
        running_district(population) as district,
        OneRosterClient(
            Endpoint(district.base_url, "1.2"), credentials(district), allowed_networks=LOOPBACK
        ) as client,
    ):
        verdict = await client.probe()
    assert (verdict.outcome, verdict.reason) == ("Refused", "CertificateNotTrusted")


async def test_a_certificate_for_another_name(population: Population) -> None:
    async with running_district(population) as district:
        elsewhere = district.base_url.replace("localhost", "0.0.0.0")  # the same host by an address of its own
        token_url = (district.token_url or "").replace("localhost", "0.0.0.0")
        shown = OAuth2(district.client_id, district.client_secret, token_url)
        endpoint = Endpoint(elsewhere, "1.2", district.ca_pem)
        async with OneRosterClient(endpoint, shown, allowed_networks=(ip_network("0.0.0.0"),)) as client:
            verdict = await client.probe()
    assert (verdict.outcome, verdict.reason) == ("Refused", "CertificateNotTrusted")
    assert "0.0.0.0" in verdict.message


async def test_a_server_that_drips_does_not_hold_us_for_ever() -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    async with client_of(dripping) as client:
        with pytest.raises(Unreachable) as unreachable:
            await client.organizations(seconds=0.3)
    assert (unreachable.value.reason, unreachable.value.stage) == ("Timeout", "call")
    assert unreachable.value.__cause__ is unreachable.value.__context__ is None


async def test_orgs_without_end_do_not_fill_the_memory() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        offset = int(request.query["offset"])
        return orgs(*(f"{number:09d}" for number in range(offset, offset + 5000)))

    async with client_of(endless) as client:
        with pytest.raises(Inconsistent) as inconsistent:
            await client.organizations()
    assert inconsistent.value.reason == "EndlessCollection"


@pytest.mark.parametrize("code", [500, 404])
async def test_a_server_that_fails_over_sorting_is_soon_asked_without(code: int) -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        listed = ["b", "a"][int(request.query["offset"]) :]
        return web.Response(status=code) if "sort" in request.query else orgs(*listed, total=2)

    pauses = Pauses()
    async with client_of(roster, sleep=pauses) as client:
        assert len((await client.organizations()).orgs) == 2
    assert sum(pauses.taken) < 10


async def test_an_outage_when_a_walk_begins_does_not_cost_its_order() -> None:
    asked: list[bool] = []

    async def roster(request: web.Request) -> web.StreamResponse:
        asked.append("sort" in request.query)
        listed = ["a", "b"][int(request.query["offset"]) :]
        return web.Response(status=500) if len(asked) < 7 else orgs(*listed, total=2)

    async with client_of(roster) as client:
        await client.organizations()
    assert asked.count(False) == 1
    assert asked[-1]


async def test_a_token_that_is_refused_is_not_shown_again_without_sorting() -> None:
    asked = 0

    async def roster(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(status=401)

    async with client_of(roster) as client:
        with pytest.raises(Refused) as refused:
            await client.organizations()
    assert (refused.value.reason, asked) == ("TokenRejected", 2)
