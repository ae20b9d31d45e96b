"""Servers that behave as no well-bred district does, and the clients that face them."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any, Final

from aiohttp import web

from oneroster_operator.oneroster import Endpoint, OAuth1, OAuth2, OneRosterClient, Patience, Version
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.exchange import Connection
from oneroster_operator.oneroster.hosts import Hosts
from oneroster_operator.oneroster.retry import Retries

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""The networks that a client of servers here has to be allowed."""
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
    """In place of sleeping: the waits that were asked for, in seconds, and a clock that goes on by them alone."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def clock(self) -> float:
        return sum(self.taken)

    def hosts(self) -> Hosts:
        """Hosts that live by this clock, and limit nothing but what is in flight."""
        return Hosts(per_minute=1_000_000, clock=self.clock, sleep=self)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@asynccontextmanager
async def client_of(
    handler: Handler,
    *,
    version: Version = "1.2",
    token: Handler | None = None,
    sleep: Pauses | None = None,
    **options: Any,
) -> AsyncIterator[OneRosterClient]:
    """A client of a server whose rostering calls go to `handler`, and those for a token to `token`."""
    pauses = sleep or Pauses()
    async with serving(_routed(handler, token or any_token)) as origin:
        endpoint = Endpoint(f"{origin}/v1p2", version)
        credentials = OAuth2("id", "secret", f"{origin}/token")
        settings: dict[str, Any] = {"allowed_networks": LOOPBACK, "hosts": pauses.hosts()} | options
        async with OneRosterClient(endpoint, credentials, plain_http=True, sleep=pauses, **settings) as client:
            yield client


@asynccontextmanager
async def service_of(
    handler: Handler,
    *,
    token: Handler | None = None,
    base: str = "/v1p2",
    credentials: OAuth1 | OAuth2 | None = None,
    token_query: str = "",
    hosts: Hosts | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Service]:
    """The service of such a server; with OAuth 2 unless there are `credentials`."""
    async with serving(_routed(handler, token or any_token)) as origin:
        shown = credentials or OAuth2("id", "secret", f"{origin}/token{token_query}")
        connection = Connection(
            ca_bundle=None, allowed_networks=LOOPBACK, hosts=hosts or Pauses().hosts(), clock=clock
        )
        try:
            endpoint = Endpoint(f"{origin}{base}", "1.2")
            yield Service(endpoint, shown, connection=connection, plain_http=True, clock=clock)
        finally:
            await connection.aclose()


def _routed(handler: Handler, token: Handler) -> Handler:
    async def route(request: web.Request) -> web.StreamResponse:
        return await (token if request.path == "/token" else handler)(request)

    return route


def patient(sleep: Pauses | None = None, patience: Patience | None = None) -> Retries:
    """Retries without jitter."""
    return Retries(patience or Patience(), sleep=sleep or Pauses(), random=lambda: 1.0)


async def any_token(request: web.Request) -> web.StreamResponse:
    """A token that lasts an hour."""
    return web.json_response({"access_token": "token", "token_type": "bearer", "expires_in": 3600})


def orgs(*sourced_ids: str, total: int | None = None) -> web.Response:
    """A page of orgs."""
    headers = {} if total is None else {"X-Total-Count": str(total)}
    return web.json_response({"orgs": [{"sourcedId": sourced_id} for sourced_id in sourced_ids]}, headers=headers)
