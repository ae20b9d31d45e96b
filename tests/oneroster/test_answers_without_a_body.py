"""204, 304 and the like: of these aiohttp shares one stream in a process, which has an end only once."""

import asyncio

import pytest
from aiohttp import web

from tests.oneroster.odd_servers import client_of


@pytest.mark.parametrize("status", [204, 304])
async def test_they_end_in_a_verdict_each_time(status: int) -> None:
    async def nothing(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    for _ in range(2):
        async with client_of(nothing) as client, asyncio.timeout(20):
            verdict = await client.probe()
        assert verdict.outcome == "Refused"
