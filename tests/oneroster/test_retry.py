"""Patience: what is tried again, how long is waited, and when it ends."""

import email.utils
from typing import Any

import pytest
from aiohttp import web

from oneroster_operator.oneroster import Collection, Patience, Refused, Unreachable
from tests.oneroster.odd_servers import Handler, Pauses, client_of, orgs

NOW = 1_800_000_000.0


def after(*replies: web.Response) -> Handler:
    """These answers first, then one org."""
    queue = [*replies]

    async def roster(request: web.Request) -> web.Response:
        if queue:
            return queue.pop(0)
        return orgs("a", total=1) if request.query["offset"] == "0" else orgs(total=1)

    return roster


def status(code: int, **headers: str) -> web.Response:
    return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def waits(handler: Handler, **options: Any) -> tuple[list[float], int]:
    pauses = Pauses()
    settings: dict[str, Any] = {"sleep": pauses, "random": lambda: 1.0, "clock": lambda: NOW} | options
    async with client_of(handler, **settings) as client:
        walk = client.walk(Collection.ORGS)
        async for _ in walk:
            pass
        return pauses.taken, walk.outcome.retries


async def test_waits_double_and_are_counted() -> None:
    assert await waits(after(status(503), status(500), status(429))) == ([1.0, 2.0, 4.0], 3)


async def test_waits_are_jittered_downwards_and_capped() -> None:
    replies = [status(503) for _ in range(4)]
    patience = Patience(tries=9, longest_delay=3.0)
    taken, _ = await waits(after(*replies), random=lambda: 0.0, patience=patience)
    assert taken == [0.5, 1.0, 1.5, 1.5]


@pytest.mark.parametrize("wait", ["7", email.utils.formatdate(NOW + 7, usegmt=True)])
async def test_retry_after_is_kept_in_both_forms(wait: str) -> None:
    assert (await waits(after(status(429, Retry_After=wait))))[0] == [7.0]


@pytest.mark.parametrize("wait", ["soon", "-5", "", email.utils.formatdate(NOW - 7, usegmt=True)])
async def test_a_retry_after_that_says_nothing_does_not_shorten_the_wait(wait: str) -> None:
    assert (await waits(after(status(429, Retry_After=wait))))[0] == [1.0]


@pytest.mark.parametrize(
    ("code", "reason"), [(429, "RateLimited"), (503, "DistrictError"), (408, "DistrictError")]
)
async def test_patience_ends_as_an_outage_and_not_as_a_refusal(code: int, reason: str) -> None:
    replies = [status(code) for _ in range(5)]
    with pytest.raises(Unreachable) as unreachable:
        await waits(after(*replies))
    assert unreachable.value.reason == reason


async def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    with pytest.raises(Unreachable):
        await waits(after(status(429, Retry_After="3600")))


async def test_the_budget_is_for_the_whole_walk() -> None:
    replies = [status(503), status(503), orgs("a"), status(503)]
    with pytest.raises(Unreachable):
        await waits(after(*replies), patience=Patience(waiting=3.5))


async def test_a_refusal_is_not_repeated() -> None:
    with pytest.raises(Refused):
        await waits(after(status(403), status(403)), patience=Patience(tries=1))


async def test_a_dropped_connection_is_tried_again() -> None:
    dropped = 0

    async def roster(request: web.Request) -> web.Response:
        nonlocal dropped
        if dropped < 2:
            dropped += 1
            assert request.transport is not None
            request.transport.abort()
        return orgs("a", total=1) if request.query["offset"] == "0" else orgs(total=1)

    assert (await waits(roster))[1] == 2


async def test_an_outage_of_the_token_endpoint_is_waited_for_too() -> None:
    tokens = after(status(503))

    async def token(request: web.Request) -> web.StreamResponse:
        reply = await tokens(request.clone(rel_url="/token?offset=0"))
        return reply if reply.status == 503 else web.json_response({"access_token": "a"})

    async with client_of(after(), token=token) as client:
        assert len((await client.organizations()).orgs) == 1
