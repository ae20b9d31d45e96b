"""The same district, answering in ways that no honest server would."""

import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from oneroster_operator.oneroster import Endpoint, OAuth2
from tests.district.certificates import issue, server_context
from tests.district.district import TOKEN_PATH
from tests.district.server import application
from tests.sync.setting import Setting

Bend = Callable[[str, list[dict[str, Any]], dict[str, str]], None]
"""Edits the records and the headers of an answer, given the collection's name."""


@asynccontextmanager
async def bent(setting: Setting, bend: Bend) -> AsyncIterator[None]:
    """Syncs of the setting reach the district through `bend` until the block ends (OAuth 2 only)."""

    @web.middleware
    async def through(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        collection = request.path.rpartition("/")[2]
        if request.path == TOKEN_PATH or response.status != 200 or not isinstance(response, web.Response):
            return response
        assert isinstance(response.body, bytes)
        body = json.loads(response.body)
        headers = {name: value for name, value in response.headers.items() if name.startswith("X-")}
        bend(collection, body[collection], headers)
        return web.json_response(body, headers=headers)

    app = application(setting.district.district)
    app.middlewares.append(through)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        certificates = issue(("localhost",))
        with tempfile.TemporaryDirectory() as scratch:
            context = server_context(certificates.write(Path(scratch)))
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        origin = f"https://localhost:{runner.addresses[0][1]}"
        straight = setting.access
        assert isinstance(straight.credentials, OAuth2)
        setting.access = replace(
            straight,
            endpoint=Endpoint(origin + setting.district.district.base_path, setting.version, certificates.ca),
            credentials=replace(straight.credentials, token_url=origin + TOKEN_PATH),
        )
        try:
            yield
        finally:
            setting.access = straight
    finally:
        await runner.cleanup()
