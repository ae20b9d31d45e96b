"""Patience with a server that is slow, busy or away: how often to try again and how long to wait between."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from oneroster_operator.oneroster.errors import Unreachable

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Delays and, over all requests of one walk, `waiting` in seconds; that, and not a count of `tries` for one
    request, ends it where None are given: a server that restarts is away for minutes."""

    tries: int | None = None
    first_delay: float = 1.0
    longest_delay: float = 60.0
    waiting: float = 600.0


FAULTS: Final = 3
"""In a row: more may be what a server says to what it does not offer, as well as an outage."""


class Retrying(Protocol):
    """A way of trying a request again."""

    async def __call__(self, request: Callable[[], Awaitable[_T]]) -> _T:
        """What `request()` gives in the end; raises its last `Unreachable`."""


async def once(request: Callable[[], Awaitable[_T]]) -> _T:
    """A way of trying again that does not."""
    return await request()


class Retries:
    """The retries of one walk or one probe, with one budget for all its requests.

    What a try took that is followed by another counts as waiting too. `clock` gives seconds from anywhere on.
    """

    def __init__(
        self,
        patience: Patience,
        *,
        sleep: Callable[[float], Awaitable[None]],
        random: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.count = 0
        self._patience = patience
        self._sleep = sleep
        self._random = random
        self._clock = clock
        self._waited = 0.0

    async def __call__(self, request: Callable[[], Awaitable[_T]]) -> _T:
        """`request()` until it is not `Unreachable`, or patience ends: then its last error is raised."""
        return await self._until_answered(request, lambda _failure, _tried: False)

    async def unless_heavy(self, request: Callable[[], Awaitable[_T]]) -> _T:
        """The same, but what a smaller page may mend (`Unreachable.heavy`) is raised: at once where no answer came
        in time, and where it was said when it is said twice, for once it may be a passing fault."""
        return await self._until_answered(request, _is_heavy)

    async def unless_faulty(self, request: Callable[[], Awaitable[_T]]) -> _T:
        """The same, and besides a fault of the server is raised when it comes a third time: it may be its answer
        to what it does not offer."""
        return await self._until_answered(request, _is_faulty)

    async def _until_answered(
        self, request: Callable[[], Awaitable[_T]], gives_up: Callable[[Unreachable, int], bool]
    ) -> _T:
        tried = 0
        while True:
            tried += 1
            began = self._clock()
            try:
                return await request()
            except Unreachable as error:
                failure = error
            self._waited += self._clock() - began
            if tried == self._patience.tries or gives_up(failure, tried):
                raise failure
            await self.pause(failure, tried)

    async def pause(self, failure: Unreachable, tried: int = 1) -> None:
        """Wait before the next try; raises `failure` where the budget does not allow that."""
        delay = self._delay(tried, failure.retry_after)
        if self._waited + delay > self._patience.waiting:
            raise failure
        _log.info("%s Trying again in %.1f s.", failure.message, delay)
        self.count += 1
        self._waited += delay
        await self._sleep(delay)

    def _delay(self, tried: int, asked: float | None) -> float:
        backoff: float = min(self._patience.longest_delay, self._patience.first_delay * 2 ** (tried - 1))
        jittered = backoff * (0.5 + self._random() / 2)
        return jittered if asked is None else max(asked, jittered)


def _is_heavy(failure: Unreachable, tried: int) -> bool:
    return failure.heavy and (tried > 1 or failure.reason == "Timeout")


def _is_faulty(failure: Unreachable, tried: int) -> bool:
    is_fault = failure.reason == "DistrictError" and failure.retry_after is None
    return _is_heavy(failure, tried) or (is_fault and tried >= FAULTS)
