"""How long a run that lost its session tries for another one."""

import pytest

from oneroster_operator.platform.connection import Connection, PlatformError, PlatformReason
from oneroster_operator.sync.reconnect import Reconnecting


class Away:
    """A platform that takes no session before `back`, in seconds; time passes by sleeping alone."""

    def __init__(self, back: float, reason: PlatformReason = PlatformReason.UNREACHABLE) -> None:
        self.now = 0.0
        self.back = back
        self.reason = reason
        self.slept: list[float] = []

    async def connect(self) -> Connection:
        if self.now < self.back:
            raise PlatformError(self.reason, "It is away.")
        raise Back

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def reconnect(self, end: float, random: float = 1.0) -> None:
        reconnecting = Reconnecting(sleep=self.sleep, random=lambda: random)
        await reconnecting(self.connect, end, lambda: self.now)


class Back(Exception):
    """It has a session for whoever asks now."""


async def test_delays_double_up_to_half_a_minute() -> None:
    away = Away(back=100)
    with pytest.raises(Back):
        await away.reconnect(end=1000)
    assert away.slept == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_delays_are_spread_so_that_not_all_come_at_once() -> None:
    away = Away(back=5)
    with pytest.raises(Back):
        await away.reconnect(end=1000, random=0.0)
    assert away.slept == [0.5, 1, 2, 4]


@pytest.mark.parametrize(("end", "latest"), [(1000, 300), (20, 20), (12, 12)])
async def test_it_ends_after_five_minutes_or_with_the_runs_own_time(end: float, latest: float) -> None:
    away = Away(back=2000)
    with pytest.raises(PlatformError):
        await away.reconnect(end)
    assert latest / 2 < away.now <= latest


async def test_a_refusal_is_not_waited_out() -> None:
    away = Away(back=2000, reason=PlatformReason.REFUSED)
    with pytest.raises(PlatformError):
        await away.reconnect(end=1000)
    assert away.slept == [1]
