"""Every product's profile and every quirk, read whole by the client and counted against the population."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from oneroster_operator.oneroster import (
    Collection,
    Endpoint,
    Inconsistent,
    OAuth1,
    OAuth2,
    OneRosterClient,
    Patience,
    WalkOutcome,
)
from tests.district.accounts_v1p1 import account_id, accounts
from tests.district.controls import Controls
from tests.district.expected import listed_ids
from tests.district.population import Population
from tests.district.profiles import PROFILES
from tests.district.quirks.catalogue import ENVELOPES, PAYLOADS, VIEWS
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Login, Paging, Queries, RateLimit, Settings
from tests.oneroster.odd_servers import LOOPBACK, Pauses

POPULATION = Population.generate(7, today=date(2026, 11, 24), schools=3, students_per_school=60)
SMALL = Paging(maximum=37, total="absent")


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[tuple[RunningDistrict, OneRosterClient]]:
    async with running_district(POPULATION, settings=settings) as district:
        credentials: OAuth1 | OAuth2 = OAuth1(district.client_id, district.client_secret)
        if district.token_url is not None:
            credentials = OAuth2(district.client_id, district.client_secret, district.token_url)
        pauses = Pauses()
        async with OneRosterClient(
            Endpoint(district.base_url, settings.version, district.ca_pem),
            credentials,
            allowed_networks=LOOPBACK,
            hosts=pauses.hosts(),
            patience=Patience(tries=2),
            sleep=pauses,
        ) as client:
            yield district, client


async def walked(client: OneRosterClient, collection: Collection) -> tuple[dict[str, Any], WalkOutcome]:
    """The last attempt's records by sourcedId, and what the walk came to."""
    found: dict[str, Any] = {}
    rows, attempt = 0, 1
    walk = client.walk(collection)
    async for page in walk:
        if page.attempt != attempt:
            found, rows, attempt = {}, 0, page.attempt
        found |= {record.sourced_id: record for record in page.records}
        rows += len(page.records)
    assert (walk.outcome.records, walk.outcome.duplicates) == (len(found), rows - len(found))
    return found, walk.outcome


async def read_whole(settings: Settings) -> dict[Collection, dict[str, Any]]:
    """Every core collection by sourcedId: each record once, nothing rejected, all of it proven."""
    everything = {}
    async with connected(settings) as (district, client):
        for name, stated in listed_ids(district.shown, settings.version).items():
            found, outcome = await walked(client, Collection(name))
            assert sorted(found) == sorted(stated), name
            assert (outcome.complete, outcome.rejected, outcome.duplicates) == (True, 0, 0), (
                f"{name}: {outcome.proof}"
            )
            everything[Collection(name)] = found
    return everything


@pytest.mark.parametrize("profile", PROFILES)
async def test_every_record_of_each_product_comes_once_and_says_what_it_said(profile: str) -> None:
    settings = PROFILES[profile]
    everything = await read_whole(settings)
    async with connected(settings) as (district, client):
        verdict = await client.probe()
        assert verdict.outcome == "Accepted", verdict.message
        population = district.shown
    users = everything[Collection.USERS]
    for user in population.users.values():
        if settings.version == "1.2":
            found = users[user.sourced_id]
            assert (found.status, found.enabled) == (user.status, user.enabled)
            roles = [role.name for role in user.roles] if "extension-roles" not in settings.quirks else None
            assert roles in (None, [role.role for role in found.roles])
            assert [role.org_sourced_id for role in found.roles] == [role.org for role in user.roles]
        else:
            for account in accounts(user, population.today):
                found = users[account.sourced_id]
                assert (found.status, found.enabled) == (user.status, user.enabled)
                held = [(role.role, role.org_sourced_id) for role in found.roles]
                assert held == [(account.role, org) for org in account.orgs]
    for enrollment in population.enrollments.values():
        found = everything[Collection.ENROLLMENTS][enrollment.sourced_id]
        who = enrollment.user
        if settings.version == "1.1":
            who = account_id(population.users[who], enrollment.role)
        assert (found.user_sourced_id, found.class_sourced_id, found.school_sourced_id) == (
            who,
            enrollment.class_,
            enrollment.school,
        )
        assert (found.role, found.primary, found.status) == (
            enrollment.role,
            bool(enrollment.primary),
            enrollment.status,
        )
        assert (found.begin_date, found.end_date) == (enrollment.begin, enrollment.end)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("quirk", [*PAYLOADS, *ENVELOPES, *VIEWS])
async def test_no_quirk_costs_a_record(quirk: str, version: Any) -> None:
    await read_whole(Settings(version=version, quirks=(quirk,)))


HARMLESS: dict[str, Settings] = {
    "clamped": Settings(paging=Paging(maximum=37)),
    "no total": Settings(paging=SMALL),
    "links": Settings(paging=replace(SMALL, links="present")),
    "links and totals": Settings(paging=Paging(maximum=37, links="present", count_header=True)),
    "404 past the end": Settings(paging=replace(SMALL, beyond_end=404)),
    "400 past the end": Settings(paging=replace(SMALL, beyond_end=400)),
    "heavy pages": Settings(paging=Paging(heavy_above=100, total="absent")),
    "sort ignored": Settings(paging=replace(SMALL, total="true"), queries=Queries(sort="ignored")),
    "sort refused": Settings(paging=Paging(maximum=37), queries=Queries(sort="refused")),
    "filter ignored": Settings(paging=SMALL, queries=Queries(filter="ignored")),
    "filter refused": Settings(paging=SMALL, queries=Queries(filter="refused")),
    "caseless order": Settings(
        paging=SMALL,
        queries=Queries(sort_order="caseless", filter_order="caseless"),
        quirks=("ids-mixed-case",),
    ),
    "numeric order": Settings(
        paging=SMALL, queries=Queries(sort_order="numeric", filter_order="numeric"), quirks=("ids-numbers",)
    ),
    "sorts in another order than it filters": Settings(
        paging=SMALL, queries=Queries(sort_order="numeric"), quirks=("ids-numbers",)
    ),
    "filters in another order than it sorts": Settings(
        paging=SMALL, queries=Queries(filter_order="numeric"), quirks=("ids-numbers",)
    ),
    "Basic as it is": Settings(client_id="a b", login=Login(client="basic", form_encoded=False)),
    "Basic form-encoded": Settings(client_id="a b", login=Login(client="basic")),
    "body, scope and cookie": Settings(login=Login(client="body", scope="required", sticky_cookie=True)),
    "no scope, bare reply": Settings(
        login=Login(scope="refused", reply_lacks=frozenset({"scope", "expires_in", "token_type"}))
    ),
    "core alone": Settings(scopes=frozenset({"roster-core.readonly"})),
    "narrowed to core": Settings(scopes=frozenset({"roster-core.readonly"}), login=Login(narrows=True)),
    "an escaped slash in the path": Settings(
        version="1.1", auth="oauth1", base_path="/proxy/v1p0/7%2F1553/ims/oneroster/v1p1"
    ),
    "pages of one record": Settings(paging=Paging(total="absent"), quirks=("single-record-pages",)),
    "token URL with a query": Settings(token_query="appName=platform"),
    "HMAC-SHA1": Settings(version="1.1", auth="oauth1", login=Login(signature_methods=frozenset({"HMAC-SHA1"}))),
    "some 429": Settings(paging=SMALL, rate_limit=RateLimit(5)),
}


@pytest.mark.parametrize("switch", HARMLESS)
async def test_no_switch_of_paging_queries_or_login_costs_a_record(switch: str) -> None:
    await read_whole(HARMLESS[switch])


@pytest.mark.parametrize(
    "paging",
    [Paging(maximum=37, total="page"), Paging(maximum=37, total="remaining"), Paging(maximum=37, total_error=-3)],
)
async def test_totals_that_count_something_else_are_left_aside_after_a_second_reading(paging: Paging) -> None:
    async with connected(Settings(paging=paging)) as (district, client):
        found, outcome = await walked(client, Collection.ENROLLMENTS)
        assert sorted(found) == sorted(district.shown.enrollments)
        assert outcome.complete
        assert outcome.proof.endswith("and counts something else")


@pytest.mark.parametrize(
    ("settings", "proof"),
    [
        (Settings(paging=Paging(maximum=37, total_error=3)), "X-Total-Count says"),
        (
            Settings(paging=SMALL, queries=Queries(sort="refused")),
            "refuses to sort, and there is no X-Total-Count",
        ),
    ],
)
async def test_what_contradicts_itself_is_read_and_not_taken_for_proven(settings: Settings, proof: str) -> None:
    async with connected(settings) as (district, client):
        found, outcome = await walked(client, Collection.ENROLLMENTS)
        assert sorted(found) == sorted(district.shown.enrollments)
        assert not outcome.complete
        assert proof in outcome.proof


async def test_what_is_not_listed_in_any_stable_order_is_not_taken_for_whole() -> None:
    settings = Settings(paging=replace(SMALL, reshuffled=True), queries=Queries(sort="ignored"))
    async with connected(settings) as (_, client):
        _, outcome = await walked(client, Collection.ENROLLMENTS)
        assert not outcome.complete
        assert outcome.proof.startswith("not proven in 2 walks")


async def test_a_link_to_another_host_is_told_and_one_without_end_is_passed_over() -> None:
    async with connected(Settings(paging=replace(SMALL, links="foreign"))) as (_, client):
        with pytest.raises(Inconsistent) as told:
            await walked(client, Collection.ENROLLMENTS)
        assert told.value.reason == "OffOriginLink"
    async with connected(Settings(paging=replace(SMALL, links="repeated"))) as (district, client):
        found, _ = await walked(client, Collection.ENROLLMENTS)
        assert sorted(found) == sorted(district.shown.enrollments)


FAULTS: dict[str, Callable[[Controls], str]] = {
    "500": lambda controls: controls.fail(500),
    "503": lambda controls: controls.fail(503),
    "cut in mid-body": lambda controls: controls.cut(),
    "429 with a date": lambda controls: controls.limit_rate(10, 3, "date"),
    "other permissions": lambda controls: controls.change_permissions(),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_in_mid_walk_costs_no_record(fault: str) -> None:
    settings = Settings(paging=SMALL, permission_header=True)
    async with connected(settings) as (district, client):
        walk = client.walk(Collection.ENROLLMENTS)
        found: dict[int, list[str]] = {}
        async for page in walk:
            if not found:
                FAULTS[fault](district.controls)
            found.setdefault(page.attempt, []).extend(record.sourced_id for record in page.records)
        assert sorted(found[max(found)]) == sorted(district.shown.enrollments)
        assert walk.outcome.complete, walk.outcome.proof
        assert walk.outcome.retries + max(found) > 1
