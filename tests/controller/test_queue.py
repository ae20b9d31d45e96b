"""The queue: one worker for each key, nothing lost, failures wait."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from oneroster_operator.controller.queue import KeyedQueue


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def queue(clock: Clock) -> AsyncIterator[KeyedQueue]:
    """A queue whose clock runs."""
    queue = KeyedQueue(clock)
    running = asyncio.create_task(queue.run_clock())
    yield queue
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def waiting(queue: KeyedQueue) -> list[str]:
    """The keys that workers would get now, in order, each finished at once."""
    found = []
    while (key := await next_key(queue)) is not None:
        found.append(key)
        queue.done(key)
    return found


async def next_key(queue: KeyedQueue) -> str | None:
    try:
        async with asyncio.timeout(0.01):
            return await queue.get()
    except TimeoutError:
        return None


async def advance(queue: KeyedQueue, clock: Clock, seconds: float) -> None:
    """Let so many seconds pass, and the queue's clock notice it."""
    clock.seconds += seconds
    queue.add_after("nobody", 1e9)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


class TestOneWorkerForEachKey:
    async def test_keys_come_in_the_order_in_which_they_were_added_each_once(self, queue: KeyedQueue) -> None:
        for key in ("a", "b", "a", "c", "b"):
            queue.add(key)
        assert await waiting(queue) == ["a", "b", "c"]

    async def test_a_key_that_is_worked_on_is_nobody_elses(self, queue: KeyedQueue) -> None:
        queue.add("a")
        assert await next_key(queue) == "a"
        queue.add("a")
        queue.add("b")
        assert await next_key(queue) == "b"
        assert await next_key(queue) is None

    async def test_what_came_for_it_meanwhile_runs_once_afterwards(self, queue: KeyedQueue) -> None:
        queue.add("a")
        assert await next_key(queue) == "a"
        queue.add("a")
        queue.add("a")
        queue.done("a")
        assert await waiting(queue) == ["a"]

    async def test_workers_side_by_side_never_share_a_key(self, queue: KeyedQueue) -> None:
        working: set[str] = set()
        done: list[str] = []
        enough = asyncio.Event()

        async def work() -> None:
            while True:
                key = await queue.get()
                assert key not in working
                working.add(key)
                await asyncio.sleep(0)
                if len(done) < 50:
                    queue.add(key)
                working.discard(key)
                done.append(key)
                queue.done(key)
                if len(done) == 50:
                    enough.set()

        for key in "abc":
            queue.add(key)
        workers = [asyncio.create_task(work()) for _ in range(8)]
        async with asyncio.timeout(5):
            await enough.wait()
        for worker in workers:
            assert not worker.done()
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        assert {done.count(key) for key in "abc"} <= {16, 17, 18}


class TestLater:
    async def test_a_key_that_was_put_off_comes_when_its_time_has(self, queue: KeyedQueue, clock: Clock) -> None:
        queue.add_after("a", 30)
        await advance(queue, clock, 29)
        assert await waiting(queue) == []
        await advance(queue, clock, 1)
        assert await waiting(queue) == ["a"]
        await advance(queue, clock, 100)
        assert await waiting(queue) == []

    @pytest.mark.parametrize(("first", "second"), [(10, 30), (60, 30), (30, 30)])
    async def test_putting_it_off_again_replaces_the_time(
        self, queue: KeyedQueue, clock: Clock, first: float, second: float
    ) -> None:
        queue.add_after("a", first)
        queue.add_after("a", second)
        await advance(queue, clock, 29)
        assert await waiting(queue) == []
        await advance(queue, clock, 1)
        assert await waiting(queue) == ["a"]
        await advance(queue, clock, 60)
        assert await waiting(queue) == []

    async def test_a_sooner_one_wakes_the_clock(self, queue: KeyedQueue) -> None:
        queue.add_after("late", 1e6)
        await asyncio.sleep(0)
        queue.add_after("now", 0)
        await asyncio.sleep(0)
        assert await waiting(queue) == ["now"]

    async def test_a_real_clock_wakes_by_itself(self) -> None:
        queue = KeyedQueue()
        running = asyncio.create_task(queue.run_clock())
        queue.add_after("a", 0.02)
        async with asyncio.timeout(5):
            assert await queue.get() == "a"
        running.cancel()

    async def test_one_that_comes_due_while_it_is_worked_on_runs_afterwards(
        self, queue: KeyedQueue, clock: Clock
    ) -> None:
        queue.add("a")
        assert await next_key(queue) == "a"
        queue.add_after("a", 5)
        await advance(queue, clock, 5)
        assert await next_key(queue) is None
        queue.done("a")
        assert await waiting(queue) == ["a"]

    async def test_what_is_forgotten_does_not_come(self, queue: KeyedQueue, clock: Clock) -> None:
        queue.add_after("a", 5)
        queue.forget("a")
        await advance(queue, clock, 10)
        assert await waiting(queue) == []


class TestFailures:
    async def comes_after(self, queue: KeyedQueue, clock: Clock) -> int:
        """Whole seconds until the key comes again; it is then the caller's."""
        coming = asyncio.create_task(queue.get())
        for seconds in range(1, 400):
            await advance(queue, clock, 1)
            if coming.done():
                return seconds
        raise AssertionError("it never comes")

    async def test_each_waits_twice_as_long_up_to_five_minutes(self, queue: KeyedQueue, clock: Clock) -> None:
        queue.add("a")
        await queue.get()
        delays = []
        for _ in range(11):
            queue.done("a", failed=True)
            delays.append(await self.comes_after(queue, clock))
        assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]

    async def test_a_success_begins_anew(self, queue: KeyedQueue, clock: Clock) -> None:
        queue.add("a")
        await queue.get()
        for _ in range(3):
            queue.done("a", failed=True)
            await self.comes_after(queue, clock)
        queue.done("a")
        queue.add("a")
        await queue.get()
        queue.done("a", failed=True)
        assert await self.comes_after(queue, clock) == 1

    async def test_a_change_does_not_wait_for_it(self, queue: KeyedQueue) -> None:
        queue.add("a")
        assert await next_key(queue) == "a"
        queue.done("a", failed=True)
        queue.add("a")
        assert await waiting(queue) == ["a"]

    async def test_years_of_failures_do_no_harm(self, queue: KeyedQueue, clock: Clock) -> None:
        for _ in range(3000):
            queue.retry("a")
        await advance(queue, clock, 300)
        assert await waiting(queue) == ["a"]
