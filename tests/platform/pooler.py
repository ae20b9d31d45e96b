"""A pooler between clients and PostgreSQL, by session or transaction, that hands sessions on as PgBouncer does.

Clients are let in without a password; PostgreSQL's sessions are opened by libpq, and bytes go through unread but
for where a transaction ends.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_IDLE = b"I"


class _Session:
    """A session of PostgreSQL's, and its bytes."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._url = url

    async def open(self) -> None:
        raw = socket.socket(fileno=os.dup(self._connection.fileno()))
        self.reader, self.writer = await asyncio.open_connection(sock=raw)

    def close(self) -> None:
        self.writer.close()
        self._connection.close()


class Pooler:
    """`by_transaction`: a session goes back into the pool when its transaction has ended; else it ends with its
    client. By transaction it knows no COPY: nobody gets so far.
    """

    def __init__(self, url: str, *, by_transaction: bool, round_robin: bool) -> None:
        self._url = url
        self._by_transaction = by_transaction
        self._round_robin = round_robin
        self._free: list[_Session] = []
        self._all: list[_Session] = []

    async def prepare(self, sessions: int) -> None:
        """Have so many sessions beforehand, as a pool that was in use has."""
        for _ in range(sessions):
            self._free.append(await self._opened())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it goes."""
        try:
            await self._greet(reader, writer)
            await (self._by_turns if self._by_transaction else self._at_once)(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def close(self) -> None:
        """End all sessions."""
        for session in self._all:
            session.close()

    async def _opened(self) -> _Session:
        session = await asyncio.to_thread(_Session, self._url)
        await session.open()
        self._all.append(session)
        return session

    async def _take(self) -> _Session:
        if not self._free:
            return await self._opened()
        return self._free.pop(0 if self._round_robin else -1)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            if struct.unpack("!i", body[:4])[0] not in {_SSL_REQUEST, _GSS_REQUEST}:
                break
            writer.write(b"N")
        settings = {"server_version": "16.0", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
        writer.write(_message(b"R", struct.pack("!i", 0)))
        for name, value in settings.items():
            writer.write(_message(b"S", f"{name}\0{value}\0".encode()))
        writer.write(_message(b"K", os.urandom(8)))
        writer.write(_message(b"Z", _IDLE))

    async def _at_once(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = await self._take()
        ways = [
            asyncio.create_task(_pump(reader, session.writer)),
            asyncio.create_task(_pump(session.reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _by_turns(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session: _Session | None = None
        while True:
            kind, raw = await _read(reader)
            if kind == b"X":
                return
            session = session or await self._take()
            session.writer.write(raw)
            if kind not in {b"Q", b"S"}:
                continue
            answered = b""
            while answered != b"Z":
                answered, raw = await _read(session.reader)
                writer.write(raw)
            if raw[-1:] == _IDLE:
                self._free.append(session)
                session = None


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    (length,) = struct.unpack("!i", head[1:])
    return head[:1], head + await reader.readexactly(length - 4)


@asynccontextmanager
async def pooler(
    url: str, *, by_transaction: bool, sessions: int = 0, round_robin: bool = False
) -> AsyncIterator[str]:
    """A running pooler before the database and login of the URL, with so many sessions; the URL of it."""
    pool = Pooler(url, by_transaction=by_transaction, round_robin=round_robin)
    await pool.prepare(sessions)
    server = await asyncio.start_server(pool.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    try:
        yield f"postgresql://pooled@127.0.0.1:{port}/{name}"
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await server.wait_closed()
        pool.close()
