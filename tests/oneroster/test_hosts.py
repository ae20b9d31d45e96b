"""Turns at a host: how many at once, how many a minute, and who goes first."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web

from oneroster_operator.oneroster import Patience, Unreachable
from oneroster_operator.oneroster.hosts import LONGEST_HOLD, Held, Hosts
from tests.oneroster.odd_servers import Pauses, orgs, patient, service_of


class Visits:
    """Turns that end when they are told to, and who has one."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self.inside: list[str] = []
        self.order: list[str] = []
        self.leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str, host: str = "sis.example:443") -> None:
        for name in names:
            self.leave[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._visit(name, host))
            await settle()

    async def _visit(self, name: str, host: str) -> None:
        async with self.hosts.turn(host):
            self.order.append(name)
            self.inside.append(name)
            await self.leave[name].wait()
            self.inside.remove(name)

    async def go(self, *names: str) -> None:
        for name in names:
            self.leave[name].set()
            await settle()

    async def end(self) -> None:
        await self.go(*self.leave)
        await asyncio.gather(*self.tasks.values())


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_so_many_are_in_flight_and_the_others_go_in_the_order_they_came() -> None:
    visits = Visits(Pauses().hosts())
    await visits.come(*"abcdefg")
    assert visits.inside == [*"abcd"]
    await visits.go("c")
    assert visits.inside == [*"abde"]
    await visits.come("h")
    await visits.go("a", "b")
    assert visits.inside == [*"defg"]
    await visits.end()
    assert visits.order == [*"abcdefgh"]


async def test_hosts_do_not_wait_for_one_another() -> None:
    visits = Visits(Hosts(in_flight=1))
    await visits.come("a", "b")
    await visits.come("c", host="other.example:443")
    assert visits.inside == ["a", "c"]
    await visits.end()


async def test_who_gives_up_waiting_keeps_nobody_out() -> None:
    visits = Visits(Hosts(in_flight=1))
    await visits.come("a", "b", "c")
    visits.tasks.pop("b").cancel()
    await visits.end()
    assert visits.order == ["a", "c"]


async def begun(count: int, hosts: Hosts, clock: Callable[[], float]) -> list[float]:
    times = []
    for _ in range(count):
        async with hosts.turn("sis.example:443"):
            times.append(clock())
    return times


async def test_no_minute_sees_more_than_its_share() -> None:
    pauses = Pauses()
    hosts = Hosts(per_minute=3, clock=pauses.clock, sleep=pauses)
    async with hosts.turn("sis.example:443"):
        await pauses(50.0)
    assert await begun(7, hosts, pauses.clock) == [50.0, 50.0, 60.0, 110.0, 110.0, 120.0, 170.0]


async def test_those_at_once_share_the_minute() -> None:
    pauses = Pauses()
    hosts = Hosts(per_minute=2, clock=pauses.clock, sleep=pauses)
    times = await asyncio.gather(*(begun(1, hosts, pauses.clock) for _ in range(6)))
    assert [time for one in times for time in one] == [0.0, 0.0, 60.0, 60.0, 120.0, 120.0]


async def test_a_hold_is_for_all_and_ends() -> None:
    pauses = Pauses()
    hosts = pauses.hosts()
    hosts.hold("sis.example:443", 30.0)
    hosts.hold("sis.example:443", 10.0)
    for _ in range(2):
        with pytest.raises(Held) as held:
            async with hosts.turn("sis.example:443"):
                raise AssertionError("let in")
        assert held.value.seconds == 30.0
    async with hosts.turn("other.example:443"):
        pass
    await pauses(30.0)
    async with hosts.turn("sis.example:443"):
        pass


async def test_no_server_silences_itself_for_days() -> None:
    pauses = Pauses()
    hosts = pauses.hosts()
    hosts.hold("sis.example:443", float("inf"))
    await pauses(LONGEST_HOLD)
    async with hosts.turn("sis.example:443"):
        pass


async def test_idle_hosts_are_forgotten_and_busy_ones_are_not() -> None:
    pauses = Pauses()
    hosts = Hosts(per_minute=1, clock=pauses.clock, sleep=pauses)
    for number in range(100):
        async with hosts.turn(f"{number}.example:443"):
            pass
    await pauses(59.0)
    async with hosts.turn("99.example:443"):
        assert pauses.clock() == 60.0
    async with hosts.turn("new.example:443"):
        pass
    assert [*vars(hosts)["_lines"]] == ["99.example:443", "new.example:443"]


async def test_a_host_with_a_request_in_flight_is_not_forgotten() -> None:
    pauses = Pauses()
    visits = Visits(Hosts(in_flight=1, clock=pauses.clock, sleep=pauses))
    await visits.come("a")
    await pauses(3600.0)
    await visits.come("b", host="other.example:443")
    await visits.come("c")
    assert visits.inside == ["a", "b"]
    await visits.end()


def test_one_event_loop_after_another_may_use_it() -> None:
    hosts = Hosts(in_flight=1)

    async def crowd() -> int:
        visits = Visits(hosts)
        await visits.come("a", "b", "c")
        await visits.end()
        return len(visits.order)

    assert [asyncio.run(crowd()), asyncio.run(crowd())] == [3, 3]


def test_event_loops_side_by_side_may_use_it() -> None:
    hosts = Hosts(in_flight=1)

    async def crowd() -> list[str]:
        visits = Visits(hosts)
        await visits.come("a", "b", "c")
        await asyncio.sleep(0.05)
        await visits.end()
        return visits.order

    with ThreadPoolExecutor(2) as threads:
        assert [*threads.map(asyncio.run, (crowd(), crowd()))] == [[*"abc"]] * 2


@pytest.mark.parametrize("comes_again", [True, False])
def test_a_loop_that_was_closed_in_the_middle_keeps_nobody_out_and_nothing_in_mind(comes_again: bool) -> None:
    pauses = Pauses()
    hosts = Hosts(in_flight=1, clock=pauses.clock, sleep=pauses)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # a task is lost, as it should be here

    async def stay() -> None:
        async with hosts.turn("sis.example:443"):
            await asyncio.Event().wait()

    task = loop.create_task(stay())
    loop.run_until_complete(settle())
    loop.close()

    async def come(host: str) -> None:
        async with asyncio.timeout(5), hosts.turn(host):
            pass

    lines = vars(hosts)["_lines"]
    if comes_again:
        asyncio.run(come("sis.example:443"))
        assert loop not in vars(lines["sis.example:443"])["_crowds"]
    asyncio.run(pauses(3600.0))
    asyncio.run(come("other.example:443"))
    assert [*lines] == ["other.example:443"]
    assert not task.done()


async def test_an_outage_of_one_district_is_no_business_of_its_hosts_other_users() -> None:
    replies = [web.Response(status=503, headers={"Retry-After": "20"}), orgs("a")]

    async def roster(_: web.Request) -> web.Response:
        return replies.pop(0)

    async with service_of(roster) as service:
        with pytest.raises(Unreachable):
            await service.get("orgs", "limit=1", patient(patience=Patience(tries=1)))
        await service.get("users", "limit=1", patient(patience=Patience(tries=1)))


async def test_a_429_keeps_all_users_of_the_host_away_for_as_long_as_it_asks() -> None:
    pauses = Pauses()
    hosts = pauses.hosts()
    asked: list[float] = []

    async def roster(_: web.Request) -> web.Response:
        asked.append(pauses.clock())
        return web.Response(status=429, headers={"Retry-After": "20"}) if len(asked) == 1 else orgs("a")

    async with service_of(roster, hosts=hosts) as service:
        once = Pauses()
        with pytest.raises(Unreachable) as unreachable:
            await service.get("orgs", "limit=1", patient(once, Patience(tries=1)))
        assert unreachable.value.retry_after == 20.0
        with pytest.raises(Unreachable) as unreachable:
            await service.get("users", "limit=1", patient(once, Patience(tries=1)))
        assert (unreachable.value.reason, unreachable.value.retry_after) == ("RateLimited", 20.0)
        await service.get("users", "limit=1", patient(pauses))
    assert asked == [0.0, 20.0]
