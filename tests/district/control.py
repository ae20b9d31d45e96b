"""The control port: what ``Controls`` does, over plain HTTP on the loopback interface.

``POST /<command>`` with a JSON object of parameters answers ``{"changed": "<one line>"}``;
``GET /counts``, ``/expected?linked=<id>&linked=<id>`` and ``/requests`` tell how things stand.
"""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tests.district.controls import Controls
from tests.district.district import District
from tests.district.expected import active_schools, expected

COMMANDS: dict[str, Callable[..., str]] = {
    name.replace("_", "-"): function
    for name, function in vars(Controls).items()
    if inspect.isfunction(function) and not name.startswith("_")
}
"""By the name that the command line and the control port give them, e.g. ``withdraw-student``."""


@asynccontextmanager
async def control_port(district: District, controls: Controls, port: int) -> AsyncIterator[str]:
    """Listens on 127.0.0.1 until the block ends; gives the URL."""
    runner = web.AppRunner(_application(district, controls), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _application(district: District, controls: Controls) -> web.Application:
    async def command(request: web.Request) -> web.Response:
        name = request.match_info["command"]
        if name not in COMMANDS:
            return web.json_response({"error": f"no command {name}; there are {', '.join(COMMANDS)}"}, status=404)
        try:
            line = COMMANDS[name](controls, **await request.json())
        except (LookupError, ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"changed": line})

    async def counts(_: web.Request) -> web.Response:
        with district.lock:
            return web.json_response(district.shown.counts())

    async def what_is_expected(request: web.Request) -> web.Response:
        with district.lock:
            linked = request.query.getall("linked", None) or active_schools(district.shown)
            account = expected(district.shown, linked, district.settings.version)
        return web.json_response(account.by_category())

    async def requests(_: web.Request) -> web.Response:
        return web.json_response(district.counts)

    app = web.Application()
    app.router.add_get("/counts", counts)
    app.router.add_get("/expected", what_is_expected)
    app.router.add_get("/requests", requests)
    app.router.add_post("/{command}", command)
    return app
