"""Manners towards a host: how many requests are in flight and begun per minute, for all users in one process.

Districts share hosts: a vendor's one server may hold hundreds of them, and it counts what all of us ask.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

MINUTE: Final = 60.0
LONGEST_HOLD: Final = 3600.0
"""What a server may ask of us at once: a mistaken Retry-After shall not silence a district for days."""


class Held(Exception):
    """The host wants no request for another `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"held for {seconds:.0f} s")
        self.seconds = seconds


class _Crowd:
    """Who waits for a host in one event loop. Locks and semaphores of asyncio serve in the order of asking."""

    def __init__(self, in_flight: int) -> None:
        self.users = 0
        self.slots = asyncio.Semaphore(in_flight)
        self.door = asyncio.Lock()


class _Line:
    """What is known of a host; a loop that was closed has left its crowd behind."""

    def __init__(self) -> None:
        self.begun: deque[float] = deque()
        self.held_until = 0.0
        self._crowds: dict[asyncio.AbstractEventLoop, _Crowd] = {}

    def crowd(self, in_flight: int) -> _Crowd:
        """The one of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._crowds:
            self._crowds = {other: crowd for other, crowd in self._crowds.items() if not other.is_closed()}
            self._crowds[loop] = _Crowd(in_flight)
        return self._crowds[loop]

    @property
    def in_use(self) -> bool:
        """Whether anybody has a turn or waits for one."""
        return any(crowd.users for loop, crowd in self._crowds.items() if not loop.is_closed())


class Hosts:
    """Gives turns, first come, first served: `in_flight` at once, and `per_minute` in any minute.

    `clock` gives seconds from anywhere on. Hosts that were not asked for a minute are forgotten. Where a process
    runs several event loops, `in_flight` counts within each of them.
    """

    def __init__(
        self,
        *,
        in_flight: int = 4,
        per_minute: int = 600,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._in_flight = in_flight
        self._per_minute = per_minute
        self._clock = clock
        self._sleep = sleep
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """One request to `host`. Raises `Held` instead of waiting where the host asked us to stay away."""
        line = self._line(host)
        crowd = line.crowd(self._in_flight)
        crowd.users += 1
        try:
            async with crowd.slots:
                async with crowd.door:
                    await self._paced(line)
                yield
        finally:
            crowd.users -= 1

    def hold(self, host: str, seconds: float) -> None:
        """Nobody gets a turn at `host` for `seconds`, of which an hour counts."""
        line = self._line(host)
        line.held_until = max(line.held_until, self._clock() + min(seconds, LONGEST_HOLD))

    async def _paced(self, line: _Line) -> None:
        while True:
            now = self._clock()
            if line.held_until > now:
                raise Held(line.held_until - now)
            while line.begun and line.begun[0] <= now - MINUTE:
                line.begun.popleft()
            if len(line.begun) < self._per_minute:
                line.begun.append(now)
                return
            await self._sleep(line.begun[0] + MINUTE - now)

    def _line(self, host: str) -> _Line:
        line = self._lines.pop(host, None) or _Line()
        self._lines[host] = line  # the last asked for stands last
        self._forget()
        return line

    def _forget(self) -> None:
        now = self._clock()
        while len(self._lines) > 1:
            host, line = next(iter(self._lines.items()))
            if line.in_use or line.held_until > now or (line.begun and line.begun[-1] > now - MINUTE):
                return
            del self._lines[host]


SHARED: Final = Hosts()
"""The one of a process; whoever makes another shares its limits with nobody."""
