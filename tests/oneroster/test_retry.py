"""Patience: what is tried again, how long is waited, and when it ends."""

import email.utils
from contextlib import nullcontext
from typing import Any

import pytest
from aiohttp import web

from oneroster_operator.oneroster import Patience, Refused, Unreachable
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.retry import Retries
from tests.oneroster.odd_servers import Handler, Pauses, orgs, patient, service_of

NOW = 1_800_000_000.0


def after(*replies: web.Response) -> Handler:
    """These answers first, then one org."""
    queue = [*replies]

    async def roster(_: web.Request) -> web.Response:
        return queue.pop(0) if queue else orgs("a")

    return roster


def status(code: int, **headers: str) -> web.Response:
    return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def ask(service: Service, retries: Retries) -> None:
    await service.get("orgs", "limit=1&offset=0", retries)


async def waits(handler: Handler, patience: Patience | None = None, **options: Any) -> list[float]:
    """The waits before the call was answered, on a clock that goes on by them."""
    pauses = Pauses()
    settings: dict[str, Any] = {"random": lambda: 1.0} | options
    retries = Retries(patience or Patience(), sleep=pauses, **settings)

    async with service_of(handler, hosts=pauses.hosts(), clock=lambda: NOW + pauses.clock()) as service:
        await ask(service, retries)
    assert retries.count == len(pauses.taken)
    return pauses.taken


async def test_waits_double_and_are_counted() -> None:
    assert await waits(after(status(503), status(500), status(429))) == [1.0, 2.0, 4.0]


async def test_waits_are_jittered_downwards_and_capped() -> None:
    replies = [status(503) for _ in range(4)]
    patience = Patience(tries=9, longest_delay=3.0)
    assert await waits(after(*replies), patience, random=lambda: 0.0) == [0.5, 1.0, 1.5, 1.5]


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("wait", ["7", " 7 ", email.utils.formatdate(NOW + 7, usegmt=True)])
async def test_retry_after_is_kept_in_both_forms(code: int, wait: str) -> None:
    assert await waits(after(status(code, Retry_After=wait))) == [7.0]


@pytest.mark.parametrize(
    "wait",
    [
        "soon",
        "-5",
        "",
        "7.5",
        "\u0667",
        "Sat, 99 Jan 2027 00:00:00 GMT",
        email.utils.formatdate(NOW - 7, usegmt=True),
    ],
)
async def test_a_retry_after_that_says_nothing_does_not_shorten_the_wait(wait: str) -> None:
    assert await waits(after(status(429, Retry_After=wait))) == [1.0]


@pytest.mark.parametrize(
    ("code", "reason"), [(429, "RateLimited"), (503, "DistrictError"), (408, "DistrictError")]
)
async def test_patience_ends_as_an_outage_and_not_as_a_refusal(code: int, reason: str) -> None:
    replies = [status(code) for _ in range(100)]
    with pytest.raises(Unreachable) as unreachable:
        await waits(after(*replies))
    assert unreachable.value.reason == reason


@pytest.mark.parametrize("code", [500, 503])
async def test_an_outage_of_minutes_is_outlasted(code: int) -> None:
    taken = await waits(after(*(status(code) for _ in range(14))))
    assert taken == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 8]


async def test_what_is_given_ends_it_earlier() -> None:
    replies = [status(500) for _ in range(3)]
    with pytest.raises(Unreachable):
        await waits(after(*replies), Patience(tries=3))
    assert await waits(after(*(status(500) for _ in range(2))), Patience(tries=3)) == [1.0, 2.0]


async def test_the_time_that_tries_take_is_of_the_budget() -> None:
    pauses = Pauses()
    retries = Retries(Patience(waiting=250.0), sleep=pauses, random=lambda: 1.0, clock=pauses.clock)
    tried = 0

    async def slow() -> None:
        nonlocal tried
        tried += 1
        await pauses(100.0)
        raise Unreachable("Timeout", "no answer", "call", heavy=True)

    with pytest.raises(Unreachable):
        await retries(slow)
    assert (tried, pauses.taken) == (3, [100.0, 1.0, 100.0, 2.0, 100.0])


@pytest.mark.parametrize("code", [502, 503, 504])
async def test_what_a_smaller_page_may_mend_is_tried_once_more_as_it_is(code: int) -> None:
    for times, waited in ((1, [1.0]), (2, [1.0])):
        pauses = Pauses()
        async with service_of(after(*(status(code) for _ in range(times)))) as service:
            with pytest.raises(Unreachable) if times == 2 else nullcontext():
                await service.get("orgs", "limit=1", patient(pauses).unless_heavy)
        assert pauses.taken == waited


async def test_who_says_when_to_come_again_is_waited_for_however_often() -> None:
    pauses = Pauses()
    replies = [status(503, Retry_After="7"), status(502, Retry_After="8"), status(503, Retry_After="9")]
    async with service_of(after(*replies)) as service:
        await service.get("orgs", "limit=1", patient(pauses).unless_heavy)
    assert pauses.taken == [7.0, 8.0, 9.0]


async def test_a_page_that_did_not_come_in_time_is_not_waited_for_again_and_its_time_is_of_the_budget() -> None:
    pauses = Pauses()
    retries = Retries(Patience(waiting=250.0), sleep=pauses, random=lambda: 1.0, clock=pauses.clock)
    timeout = Unreachable("Timeout", "no answer", "call", heavy=True)

    async def slow() -> None:
        await pauses(100.0)
        raise timeout

    for _ in range(2):
        with pytest.raises(Unreachable):
            await retries.unless_heavy(slow)
        await retries.pause(timeout)
    with pytest.raises(Unreachable):
        await retries.unless_heavy(slow)
    with pytest.raises(Unreachable):
        await retries.pause(timeout)
    assert pauses.taken == [100.0, 1.0, 100.0, 1.0, 100.0]


async def test_a_fault_may_be_the_answer_to_what_a_server_does_not_offer() -> None:
    pauses = Pauses()
    async with service_of(after(*(status(500) for _ in range(3)))) as service:
        with pytest.raises(Unreachable):
            await service.get("orgs", "limit=1", patient(pauses).unless_faulty)
    async with service_of(after(*(status(429) for _ in range(3)))) as service:
        await service.get("orgs", "limit=1", patient(pauses).unless_faulty)
    assert pauses.taken == [1.0, 2.0, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("wait", ["3600", "9" * 400])
async def test_a_wait_beyond_the_budget_is_not_begun(wait: str) -> None:
    with pytest.raises(Unreachable):
        await waits(after(status(429, Retry_After=wait)))


async def test_the_budget_is_for_all_requests_together() -> None:
    pauses = Pauses()
    retries = patient(pauses, Patience(waiting=3.5))
    async with service_of(after(status(500), status(500), orgs("a"), status(500))) as service:
        await ask(service, retries)
        with pytest.raises(Unreachable):
            await ask(service, retries)
    assert pauses.taken == [1.0, 2.0]


async def test_a_refusal_is_not_repeated() -> None:
    with pytest.raises(Refused):
        await waits(after(status(403)))


async def test_a_dropped_connection_is_tried_again() -> None:
    dropped = 0

    async def roster(request: web.Request) -> web.Response:
        nonlocal dropped
        if dropped < 2:
            dropped += 1
            assert request.transport is not None
            request.transport.abort()
        return orgs("a")

    assert await waits(roster) == [1.0, 2.0]


async def test_an_outage_of_the_token_endpoint_is_waited_for_too() -> None:
    pauses = Pauses()
    replies = [status(503), status(429), web.json_response({"access_token": "a"})]

    async def token(_: web.Request) -> web.Response:
        return replies.pop(0)

    async with service_of(after(), token=token) as service:
        await ask(service, patient(pauses))
    assert pauses.taken == [1.0, 2.0]
