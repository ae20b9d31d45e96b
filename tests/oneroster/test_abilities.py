"""What a service can do besides answering: found out with few requests, and never a reason to refuse it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from aiohttp import web

from oneroster_operator.oneroster.abilities import Abilities
from tests.district.population import Population
from tests.district.profiles import EDFI, SKYWARD
from tests.district.settings import Paging, Queries, Settings
from tests.oneroster.odd_servers import any_token, client_of
from tests.oneroster.probed import probed

PLAIN = Abilities("yes", "yes", "yes", "no", "yes", "yes", "yes")
"""Of a server that keeps to the specification, and sends no `Link`s."""
NO_TOTAL = Paging(total="absent")


@pytest.mark.parametrize(
    ("settings", "differs"),
    [
        (Settings(), {}),
        (Settings(version="1.1"), {}),
        (Settings(version="1.1", auth="oauth1"), {}),
        (Settings(paging=Paging(links="present")), {"links": "yes"}),
        (Settings(paging=Paging(links="foreign")), {"links": "no"}),
        (Settings(paging=NO_TOTAL), {"totals": "no", "links": "unknown", "role_filter": "unknown"}),
        (
            Settings(paging=replace(NO_TOTAL, links="present")),
            {"totals": "no", "links": "yes", "role_filter": "unknown"},
        ),
        (Settings(paging=Paging(total="page")), {"totals": "no", "links": "unknown", "role_filter": "no"}),
        (Settings(paging=Paging(total="remaining")), {"totals": "no"}),
        (Settings(paging=Paging(maximum=1)), {"limit": "no", "offset": "unknown", "keyset": "unknown"}),
        (
            Settings(queries=Queries(filter="ignored")),
            {"keyset": "no", "date_filter": "no", "role_filter": "no"},
        ),
        (
            Settings(queries=Queries(filter="refused")),
            {"keyset": "no", "date_filter": "no", "role_filter": "no"},
        ),
        (Settings(queries=Queries(sort="refused")), {"keyset": "no"}),
        (Settings(queries=Queries(filter_passes_over=frozenset({"dateLastModified"}))), {"date_filter": "no"}),
        (Settings(queries=Queries(filter_passes_over=frozenset({"role"}))), {"role_filter": "no"}),
        (SKYWARD, {"keyset": "no", "date_filter": "no", "role_filter": "no"}),
        (EDFI, {"totals": "no", "links": "unknown", "role_filter": "unknown"}),
    ],
)
async def test_each_ability_is_found_as_the_server_has_it(settings: Settings, differs: dict[str, Any]) -> None:
    found = await probed(settings)
    assert (found.outcome, found.stage) == ("Accepted", "done")
    assert found.abilities == replace(PLAIN, **differs)


async def test_a_district_with_one_user_leaves_much_unknown() -> None:
    lonely = Population.generate(7, today=date(2026, 11, 24), schools=1, students_per_school=1)
    only = next(iter(lonely.users))
    lonely.users = {only: lonely.users[only]}
    lonely.enrollments = {}
    found = await probed(Settings(), population=lonely)
    assert (found.outcome, found.stage) == ("Accepted", "done")
    assert found.abilities == Abilities(totals="yes", date_filter="yes")


async def test_where_users_are_not_shared_the_orgs_are_paged_through() -> None:
    found = await probed(Settings(), before=lambda district: district.controls.refuse("users"))
    assert found.abilities == PLAIN


def servers_whims(status: int, when: str) -> Any:
    """A server that answers a query with `when` in it by `status`."""

    async def roster(request: web.Request) -> web.Response:
        if when in request.query_string:
            return web.json_response({}, status=status)
        name = request.path.rpartition("/")[2]
        rows = [{"sourcedId": f"{n}", "roles": []} for n in range(int(request.query["limit"]))]
        return web.json_response({name: rows}, headers={"X-Total-Count": "7"})

    return roster


@pytest.mark.parametrize("status", [400, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("when", ["filter=", "sort=", "offset=1", "limit=2", "dateLastModified", "role"])
async def test_no_failure_there_makes_the_verdict_worse(status: int, when: str) -> None:
    async with client_of(servers_whims(status, when)) as client:
        found = await client.probe()
    assert (found.outcome, found.reason) == ("Accepted", "Accepted")
    assert found.stage == ("abilities" if status == 429 else "done")
    assert found.message.startswith("The district's service answers as it should.")


async def test_a_collection_that_fails_now_is_no_reason_to_try_nothing_else() -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/classes"):
            return web.json_response({}, status=503)
        answer: web.StreamResponse = await servers_whims(400, "never")(request)
        return answer

    async with client_of(roster) as client:
        found = await client.probe()
    assert (found.outcome, found.stage, found.abilities.totals) == ("Accepted", "done", "yes")
    assert "classes" not in found.message
    assert any("/classes: DistrictError" in fact for fact in found.evidence)


async def test_an_offset_that_is_not_regarded_is_told() -> None:
    async with client_of(servers_whims(400, "filter=")) as client:
        found = await client.probe()
    assert found.abilities.offset == "no"
    assert "no regard for offset" in found.message


@pytest.mark.parametrize("ids", [["1", "0"], ["1", "1"], ["2", "3"], []])
async def test_a_page_that_is_not_the_next_is_no_keyset(ids: list[str]) -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        if request.query.get("filter", "").startswith("sourcedId"):
            name = request.path.rpartition("/")[2]
            return web.json_response({name: [{"sourcedId": sourced_id, "roles": []} for sourced_id in ids]})
        answer: web.StreamResponse = await servers_whims(400, "never")(request)
        return answer

    async with client_of(roster) as client:
        assert (await client.probe()).abilities.keyset == "no"


async def test_a_filter_that_never_finds_anything_is_no_filter_by_date() -> None:
    async def roster(request: web.Request) -> web.StreamResponse:
        if "dateLastModified" in request.query_string:
            name = request.path.rpartition("/")[2]
            return web.json_response({name: []})
        answer: web.StreamResponse = await servers_whims(400, "never")(request)
        return answer

    async with client_of(roster, token=any_token) as client:
        found = await client.probe()
    assert found.abilities.date_filter == "no"


def test_the_summary_says_what_there_is_and_what_is_lacking() -> None:
    assert Abilities().summary() == ""
    assert PLAIN.summary() == "totals, keyset paging, date filter, role filter; no links"
    assert Abilities(offset="no", totals="no").summary() == "no regard for offset, no totals"
    assert Abilities(keyset="yes", role_filter="yes").summary() == "keyset paging, role filter"
