"""A queue of keys: each waits once, is worked on by one worker at a time, and can be put off."""

import asyncio
import heapq
import time
from collections.abc import Callable

FIRST_DELAY, LONGEST_DELAY = 1.0, 300.0
"""Seconds until a key that failed is tried again: doubled each time."""


class KeyedQueue:
    """Keys to reconcile, now or at a later time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._working: set[str] = set()
        self._again: set[str] = set()
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._sooner = asyncio.Event()

    def add(self, key: str) -> None:
        """Reconcile as soon as a worker is free."""
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: str, seconds: float) -> None:
        """Reconcile in so many seconds; replaces what was put off for this key before."""
        due = self._clock() + max(seconds, 0.0)
        self._due[key] = due
        heapq.heappush(self._heap, (due, key))
        self._sooner.set()

    def retry(self, key: str) -> None:
        """Reconcile again after a failure, later each time."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(FIRST_DELAY * 2 ** min(failures, 20), LONGEST_DELAY))

    def forget(self, key: str) -> None:
        """The key is gone: nothing put off for it is due any more."""
        self._due.pop(key, None)
        self._failures.pop(key, None)

    async def get(self) -> str:
        """The next key; it is the caller's until `done`."""
        key = await self._ready.get()
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: str, *, failed: bool = False) -> None:
        """The caller has finished with the key. What came for it meanwhile is due now."""
        self._working.discard(key)
        if failed:
            self.retry(key)
        else:
            self._failures.pop(key, None)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    async def run_clock(self) -> None:
        """Add what was put off when its time has come; runs until cancelled."""
        while True:
            self._sooner.clear()
            seconds = self._release()
            try:
                async with asyncio.timeout(seconds):
                    await self._sooner.wait()
            except TimeoutError:
                continue

    def _release(self) -> float | None:
        """Add what is due; seconds until the next, None where there is none."""
        now = self._clock()
        while self._heap:
            due, key = self._heap[0]
            if self._due.get(key) != due:
                heapq.heappop(self._heap)
            elif due > now:
                return due - now
            else:
                heapq.heappop(self._heap)
                del self._due[key]
                self.add(key)
        return None
