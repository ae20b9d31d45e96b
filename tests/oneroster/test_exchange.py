"""One request: bounded in time and in size."""

import asyncio
import time

import httpx
import pytest
from aiohttp import web

from oneroster_operator.oneroster import Malformed, Unreachable
from oneroster_operator.oneroster.exchange import Bounds, Connection, Reply
from tests.oneroster.odd_servers import Handler, serving


async def reply_of(handler: Handler, bounds: Bounds) -> Reply:
    async with serving(handler) as origin:
        connection = Connection(ca_bundle=None, transport=None, clock=time.time, bounds=bounds)
        try:
            return await connection.exchange("GET", httpx.URL(origin), {}, stage="call")
        finally:
            await connection.aclose()


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
    assert unreachable.value.reason == "Timeout"


async def test_a_reply_does_not_show_its_body() -> None:
    async def roster(_: web.Request) -> web.Response:
        return web.Response(text="body")

    reply = await reply_of(roster, Bounds())
    assert reply.body == b"body"
    assert repr(reply) == "Reply(status=200)"
