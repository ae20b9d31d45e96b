"""Servers that behave as no well-bred district does, and the clients that face them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from oneroster_operator.oneroster import Endpoint, OAuth2, OneRosterClient, Version

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The origin of a server on loopback that gives every request to `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Pauses:
    """In place of sleeping: the waits that were asked for, in seconds."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@asynccontextmanager
async def client_of(
    handler: Handler,
    *,
    version: Version = "1.2",
    token: Handler | None = None,
    token_query: str = "",
    **options: Any,
) -> AsyncIterator[OneRosterClient]:
    """A client of a server whose rostering calls go to `handler`, and those for a token to `token`."""

    async def route(request: web.Request) -> web.StreamResponse:
        if request.path == "/token":
            return await (token or any_token)(request)
        return await handler(request)

    async with serving(route) as origin:
        endpoint = Endpoint(f"{origin}/v1p2", version)
        credentials = OAuth2("id", "secret", f"{origin}/token{token_query}")
        options.setdefault("sleep", Pauses())
        async with OneRosterClient(endpoint, credentials, plain_http=True, **options) as client:
            yield client


async def any_token(request: web.Request) -> web.StreamResponse:
    """A token that lasts an hour."""
    return web.json_response({"access_token": "token", "token_type": "bearer", "expires_in": 3600})


def orgs(*sourced_ids: str, total: int | None = None) -> web.Response:
    """A page of orgs."""
    headers = {} if total is None else {"X-Total-Count": str(total)}
    return web.json_response({"orgs": [{"sourcedId": sourced_id} for sourced_id in sourced_ids]}, headers=headers)
