"""The way from a sync to its database, on which sessions get lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from urllib.parse import urlsplit

import psycopg

from tests.sync.setting import Setting


class Fate(Enum):
    """What becomes of a session when a statement comes by."""

    CUT_BEFORE = auto()
    """The statement is lost with it."""
    CUT_AFTER = auto()
    """The statement is carried out, and the server's answer is lost."""
    TERMINATED = auto()
    """The server's administrator ends it, with the statement on its way."""


@dataclass
class Wire:
    """`statement` is a part of one, of which the `number`th from now on meets `fate`, and so on for `times`.

    Where `after` is given, only the first one after such a statement counts.
    """

    statement: bytes
    fate: Fate
    number: int = 1
    times: int = 1
    after: bytes = b""
    armed: bool = field(default=False)
    met: int = field(default=0)
    """How many did."""
    sessions: int = field(default=0)
    """That were opened."""

    def fate_of(self, sent: bytes) -> Fate | None:
        self.armed = self.armed or self.after in sent
        if self.statement not in sent or self.met == self.times or not self.armed:
            return None
        self.armed = False
        self.number -= 1
        if self.number > 0:
            return None
        self.met += 1
        return self.fate


@asynccontextmanager
async def wired(setting: Setting, wire: Wire) -> AsyncIterator[None]:
    """Sessions of the setting's syncs go over `wire` until the block ends."""
    straight = setting.access
    database = urlsplit(straight.sync_url)
    carriers: list[asyncio.Task[None] | None] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.sessions += 1
        carriers.append(asyncio.current_task())
        to = await asyncio.open_connection(database.hostname, database.port)
        back = asyncio.create_task(_copy(to[0], writer))
        try:
            while sent := await reader.read(65536):
                fate = wire.fate_of(sent)
                if fate is Fate.CUT_BEFORE:
                    break
                if fate is Fate.TERMINATED:
                    await asyncio.to_thread(_terminate, setting.database.admin_url)
                if fate is Fate.CUT_AFTER:
                    back.cancel()
                    await asyncio.wait([back])
                    to[1].write(sent)
                    await to[0].read(1)
                    break
                to[1].write(sent)
                await to[1].drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            back.cancel()
            to[1].transport.abort()
            writer.transport.abort()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    setting.access = replace(straight, sync_url=straight.sync_url.replace(f":{database.port}/", f":{port}/"))
    try:
        yield
    finally:
        setting.access = straight
        server.close()
        for carrier in carriers:
            if carrier is not None and not carrier.done():
                carrier.cancel()
                await asyncio.wait([carrier])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while received := await reader.read(65536):
            writer.write(received)
            await writer.drain()
    writer.transport.abort()


def _terminate(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'oneroster-sync'"
        )
