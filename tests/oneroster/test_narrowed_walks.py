"""Walks over a part of a collection: some roles, or what changed since."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from oneroster_operator.oneroster import Collection, OneRosterClient, Version
from tests.oneroster.odd_servers import client_of

FILTERED = {"role='teacher'": 2, "role!='teacher'": 4, None: 6}


@asynccontextmanager
async def counting(
    counts: dict[str | None, int | None], *, version: Version = "1.2"
) -> AsyncIterator[tuple[OneRosterClient, list[str | None]]]:
    """A client of a server that states these totals by filter, and the filters that it was asked with. It has six
    enrollments, of which a filter for teachers leaves two (the others where it is not among the counts)."""
    asked: list[str | None] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        clause = request.query.get("filter")
        asked.append(clause)
        if clause not in counts:
            return web.json_response({}, status=400)
        roles = ["teacher"] * 2 + ["student"] * 4
        listed: list[Any] = [
            {"sourcedId": f"e{n}", "role": role, "user": {"sourcedId": "u"}, "class": {"sourcedId": "c"}}
            for n, role in enumerate(roles)
            if clause is None or role == "teacher"
        ]
        total = counts[clause]
        offset = int(request.query["offset"])
        page = listed[offset : offset + int(request.query["limit"])]
        headers = {} if total is None else {"X-Total-Count": str(total)}
        return web.json_response({"enrollments": page}, headers=headers)

    async with client_of(answer, version=version) as client:
        yield client, asked


async def roles_of(client: OneRosterClient) -> list[str]:
    walk = client.walk(Collection.ENROLLMENTS, roles=["teacher"])
    found: list[Any] = [record async for page in walk for record in page.records]
    assert walk.outcome.complete
    return [record.role for record in found]


async def test_a_role_filter_is_used_where_the_counts_add_up() -> None:
    async with counting(FILTERED) as (client, asked):  # type: ignore[arg-type]
        assert await roles_of(client) == ["teacher"] * 2
        assert asked[:3] == ["role='teacher'", "role!='teacher'", None]
        assert set(asked[3:]) == {"role='teacher'"}
        asked.clear()
        await roles_of(client)
        assert set(asked) == {"role='teacher'"}, "it is judged once"


@pytest.mark.parametrize(
    "counts",
    [
        {"role='teacher'": 6, "role!='teacher'": 6, None: 6},  # ignores filters
        {"role='teacher'": 1, "role!='teacher'": 4, None: 6},  # misses one: another spelling of the role?
        {None: 6},  # refuses filters
        {"role='teacher'": None, "role!='teacher'": None, None: None},  # states no totals
    ],
)
async def test_a_filter_that_cannot_be_shown_to_be_right_is_not_used(counts: dict[str | None, int | None]) -> None:
    async with counting(counts) as (client, asked):
        assert sorted(await roles_of(client)) == ["student"] * 4 + ["teacher"] * 2
        assert asked[-1] is None


async def test_a_server_that_looks_at_one_clause_alone_is_read_whole() -> None:
    """`a OR b` and `a AND b` each evaluated as a: the two counts would add up."""
    wanted, others = "role='administrator' OR role='teacher'", "role!='administrator' AND role!='teacher'"
    counts: dict[str | None, int | None] = {wanted: 1, others: 5, None: 6, "role='administrator'": 1}
    async with counting(counts | {"role='teacher'": 2}) as (client, asked):
        walk = client.walk(Collection.ENROLLMENTS, roles=["administrator", "teacher"])
        found = [record async for page in walk for record in page.records]
        assert len(found) == 6
        assert asked[-1] is None


async def test_a_role_that_everyone_has_needs_no_filter() -> None:
    async with counting({"role='teacher'": 6, "role!='teacher'": 0, None: 6}) as (client, asked):
        await roles_of(client)
        assert asked[-1] is None


async def test_a_clock_that_is_ahead_does_not_hide_changes_to_come() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"orgs": []}, headers={"Date": "Fri, 31 Dec 2099 00:00:00 GMT"})

    async with client_of(answer, clock=lambda: 1_000_000.0) as client:
        walk = client.walk(Collection.ORGS)
        async for _ in walk:
            pass
    assert walk.outcome.server_time == 1_000_000.0


async def test_the_several_roles_of_1_2_are_never_filtered_by_the_server() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.query.get("filter", ""))
        return web.json_response({"users": []}, headers={"X-Total-Count": "0"})

    for version, filtered in (("1.2", False), ("1.1", True)):
        asked.clear()
        async with client_of(answer, version=version) as client:  # type: ignore[arg-type]
            async for _ in client.walk(Collection.USERS, roles=["teacher"]):
                pass
        assert any(asked) is filtered


async def test_what_changed_since_is_asked_for_in_the_servers_time() -> None:
    asked: list[str | None] = []
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.query.get("filter"))
        headers = {"X-Total-Count": "0", "Date": now.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return web.json_response({"orgs": []}, headers=headers)

    async with client_of(answer) as client:
        walk = client.walk(Collection.ORGS)
        async for _ in walk:
            pass
        since = walk.outcome.next_since
        assert since == now - timedelta(hours=1)
        async for _ in client.walk(Collection.ORGS, since=since):
            pass
        with pytest.raises(ValueError, match="time zone"):
            client.walk(Collection.ORGS, since=datetime(2026, 1, 1))  # noqa: DTZ001
        with pytest.raises(ValueError, match="role"):
            client.walk(Collection.USERS, since=since, roles=["student"])
    assert asked == [None, "dateLastModified>='2026-11-24T01:00:00.000Z'"]
