"""A session of the platform's database that was lost: how often another is had for it, and how long is waited."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from oneroster_operator.platform.connection import Connection, PlatformError, PlatformReason

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """Delays in seconds. A restart takes the server away for seconds, a failover for a minute or two; for what
    lasts longer the next run is the better remedy."""

    most: int = 3
    """Sessions of one run that are replaced: a server that ends each of them does not get the district read again
    and again."""
    first_delay: float = 1.0
    longest_delay: float = 30.0
    waiting: float = 300.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random

    async def __call__(
        self, connect: Callable[[], Awaitable[Connection]], end: float, clock: Callable[[], float]
    ) -> Connection:
        """What `connect` gives once the platform is back, at the latest at `end` by `clock`.

        Raises `PlatformError`: the last one of the server that stays away, or the first of one that refuses.
        """
        end = min(end, clock() + self.waiting)
        backoff = self.first_delay
        while True:
            await self.sleep(backoff * (0.5 + self.random() / 2))
            backoff = min(self.longest_delay, 2 * backoff)
            try:
                return await connect()
            except PlatformError as error:
                if error.reason is not PlatformReason.UNREACHABLE or clock() + backoff > end:
                    raise
                log.info("%s Trying again.", error.message)
