"""Runs that are broken off: told to stop, killed, or left by their database, at an instant that comes again."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from oneroster_operator.sync.run import Run

SESSIONS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'oneroster-sync'"
    " AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class Cut:
    """A run is broken off when it has waited so often, for the database or the district.

    `stopped` as by SIGTERM, `killed` without another word; `lost`: the database ends its session.
    """

    how: Literal["stopped", "killed", "lost"]
    waits: int


async def broken_off(run: Run, cut: Cut, admin_url: str) -> None:
    """Let the run work until the cut, and see to it that the database is done with it."""

    def act() -> None:
        if cut.how == "lost":
            _on_sessions(admin_url, f"SELECT count(pg_terminate_backend(pid, 5000)) {SESSIONS}")
            return
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    async def work() -> None:
        await _Counted(run.work(), cut.waits, act)

    try:
        await asyncio.create_task(work())
    except asyncio.CancelledError:
        if cut.how == "stopped":
            await run.interrupted()
    end = time.monotonic() + 30
    while _on_sessions(admin_url, f"SELECT count(*) {SESSIONS}"):
        assert time.monotonic() < end, "a sync did not end its session"
        time.sleep(0.005)  # noqa: ASYNC251 - nothing else is to happen meanwhile


class _Counted:
    """Awaits something, and acts once when that waits for so many'th time."""

    def __init__(self, work: Coroutine[Any, Any, None], waits: int, act: Callable[[], None]) -> None:
        self._work = work
        self._waits = waits
        self._act = act

    def __await__(self) -> Generator[Any, None, None]:
        error: BaseException | None = None
        count = 0
        while True:
            try:
                awaited = self._work.throw(error) if error else self._work.send(None)
            except StopIteration:
                return
            count += 1
            if count == self._waits:
                self._act()
            error = None
            try:
                yield awaited
            except BaseException as thrown:  # noqa: BLE001 - is the work's own to answer
                error = thrown


def _on_sessions(admin_url: str, statement: str) -> int:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])
