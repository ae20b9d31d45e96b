"""One request: bounded in time and in size, sent once, and what went wrong told apart."""

import asyncio
import gzip
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import randbytes
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from oneroster_operator.oneroster import Malformed, Refused, Unreachable
from oneroster_operator.oneroster.errors import Stage
from oneroster_operator.oneroster.exchange import Bounds, Connection, Reply, checked_url, user_agent
from tests.oneroster.odd_servers import LOOPBACK, Handler, Pauses, serving


@asynccontextmanager
async def connecting(**options: Any) -> AsyncIterator[Connection]:
    settings: dict[str, Any] = {"ca_bundle": None, "allowed_networks": LOOPBACK, "clock": time.time} | options
    connection = Connection(hosts=Pauses().hosts(), **settings)
    try:
        yield connection
    finally:
        await connection.aclose()


async def reply_of(handler: Handler, bounds: Bounds | None = None, path: str = "") -> Reply:
    async with serving(handler) as origin, connecting(bounds=bounds or Bounds()) as connection:
        return await connection.exchange("GET", URL(origin + path, encoded=True), {}, stage="call")


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[URL]:
    """A server that says the same to everybody, whatever that is, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/orgs")


async def test_an_answer_that_is_too_large_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 1 << 28:
            await response.write(b" " * 65536)
            sent += 65536
        return response

    with pytest.raises(Malformed) as malformed:
        await reply_of(endless, Bounds(body_bytes=1 << 20))
    assert malformed.value.reason == "ResponseTooLarge"
    assert sent < 1 << 26


async def test_a_small_answer_that_unpacks_to_a_large_one_counts_as_large() -> None:
    async def packed(_: web.Request) -> web.Response:
        response = web.Response(body=b" " * (1 << 22))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    with pytest.raises(Malformed) as malformed:
        await reply_of(packed, Bounds(body_bytes=1 << 20))
    assert malformed.value.reason == "ResponseTooLarge"


async def test_a_packed_answer_within_the_bound_is_unpacked() -> None:
    async def packed(_: web.Request) -> web.Response:
        response = web.Response(body=b"[1]" * (1 << 20))
        response.enable_compression(web.ContentCoding.deflate)
        return response

    assert (await reply_of(packed)).body == b"[1]" * (1 << 20)


async def test_a_server_that_drips_is_given_up() -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    with pytest.raises(Unreachable) as unreachable:
        await reply_of(dripping, Bounds(seconds=0.2))
    assert (unreachable.value.reason, unreachable.value.heavy) == ("Timeout", True)


@pytest.mark.parametrize(
    ("status", "heavy"), [(502, True), (503, True), (504, True), (500, False), (408, False), (429, False)]
)
async def test_a_smaller_page_may_pass_where_the_server_was_overburdened(status: int, heavy: bool) -> None:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=status)

    with pytest.raises(Unreachable) as unreachable:
        await reply_of(away)
    assert unreachable.value.heavy is heavy


@pytest.mark.parametrize(
    "header",
    [
        b"X-Long: " + b"x" * (17 << 10),
        b"\r\n".join(b"X-%d: x" % number for number in range(1000)),
        b"no header at all",
    ],
)
async def test_headers_have_bounds(header: bytes) -> None:
    async with (
        speaking(b"HTTP/1.1 200 OK\r\n" + header + b"\r\nContent-Length: 0\r\n\r\n") as url,
        connecting() as connection,
    ):
        with pytest.raises(Malformed) as malformed:
            await connection.exchange("GET", url, {}, stage="call")
    assert malformed.value.reason == "UnexpectedShape"
    assert malformed.value.__cause__ is malformed.value.__context__ is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\nX: ",
        b'HTTP/1.1 200 OK\r\n\r\n {"orgs": [{"sourcedId": "a"}, {',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
        + gzip.compress(b"[" + randbytes(999).hex().encode())[:500],
    ],
)
async def test_an_answer_that_breaks_off_is_an_outage(answer: bytes) -> None:
    async with speaking(answer) as url, connecting() as connection:
        with pytest.raises(Unreachable) as unreachable:
            await connection.exchange("GET", url, {}, stage="call")
    assert (unreachable.value.reason, unreachable.value.stage) == ("DistrictUnreachable", "call")
    assert unreachable.value.__cause__ is unreachable.value.__context__ is None


@pytest.mark.parametrize("body", [b"", b"maintenance", b"<html>", b' {"orgs": []}\r\n', b"[1]\n", b"[1] "])
async def test_an_answer_may_end_with_its_connection(body: bytes) -> None:
    async with speaking(b"HTTP/1.0 200 OK\r\n\r\n" + body) as url, connecting() as connection:
        assert (await connection.exchange("GET", url, {}, stage="call")).body == body


async def test_a_request_is_sent_once_though_its_connection_broke() -> None:
    nonces: list[str] = []

    async def roster(request: web.Request) -> web.Response:
        nonces.append(request.headers["Authorization"])
        if len(nonces) == 2:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text="[]")

    async with serving(roster) as origin, connecting() as connection:
        await connection.exchange("GET", URL(origin), {"Authorization": "first"}, stage="call")
        with pytest.raises(Unreachable):
            await connection.exchange("GET", URL(origin), {"Authorization": "second"}, stage="call")
    assert nonces == ["first", "second"]


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
async def test_a_host_that_no_resolver_takes_is_refused(host: str) -> None:
    async with connecting(bounds=Bounds()) as connection:
        with pytest.raises(Refused) as refused:
            await connection.exchange("GET", URL(f"https://{host}/", encoded=True), {}, stage="call")
    assert refused.value.reason == "InvalidEndpoint"
    assert refused.value.__cause__ is refused.value.__context__ is None


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip", "deflate"])
@pytest.mark.parametrize("stage", ["call", "token"])
async def test_what_cannot_be_unpacked_is_told_as_that(coding: str, stage: Stage) -> None:
    seen: list[str] = []

    async def packed(request: web.Request) -> web.Response:
        seen.append(request.headers["Accept-Encoding"])
        return web.Response(body=b"neither is this", headers={"Content-Encoding": coding})

    async with serving(packed) as origin, connecting() as connection:
        with pytest.raises(Malformed) as malformed:
            await connection.exchange("GET", URL(origin), {}, stage=stage)
    assert (malformed.value.reason, malformed.value.stage) == ("UnexpectedShape", stage)
    assert "unpacked" in malformed.value.message
    assert malformed.value.__cause__ is malformed.value.__context__ is None
    assert seen == ["gzip, deflate"]


async def test_a_reply_does_not_show_its_body() -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.Response(text="body")

    reply = await reply_of(roster, Bounds())
    assert reply.body == b"body"
    assert repr(reply) == "Reply(status=200)"


@pytest.mark.parametrize(
    "target", ["/a%2Fb/%7Ec+d/orgs?filter=a%20b%2B%25%2f&x=+", "/a/../b//c;d=e,f?x=%C3%BC'()*"]
)
async def test_what_is_sent_is_the_url_as_it_was_given(target: str) -> None:
    async def mirror(request: web.Request) -> web.Response:
        return web.Response(text=request.raw_path)

    assert (await reply_of(mirror, path=target)).body == target.encode()


async def test_what_can_stand_in_no_request_is_encoded() -> None:
    url = checked_url("https://sis.example/Höhe 1/%2F\r\nX: y", "endpoint URL", plain_http=False)
    assert str(url) == "https://sis.example/H%C3%B6he%201/%2F%0D%0AX:%20y"


@pytest.mark.parametrize(
    "url",
    [
        "https://schüle.example/",
        "https://sis.example /",
        "https://sis.example%00/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://sis.example:99999/",
        "https://sis.example/#part",
        "https://@sis.example/",
        "//sis.example/",
        "https://sis.example\\@elsewhere.example/",
        "https://a..b.com/",
        "https://a..b/",
        "https://.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        "https://xn--a/",
    ],
)
def test_urls_that_might_lead_elsewhere_are_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_url(url, "endpoint URL", plain_http=False)
    assert refused.value.reason == "InvalidEndpoint"


def test_the_product_and_its_version_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_agent() == "oneroster-operator"
    installed = tmp_path / "oneroster_operator-7.8.9.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: oneroster-operator\nVersion: 7.8.9\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert user_agent() == "oneroster-operator/7.8.9"
