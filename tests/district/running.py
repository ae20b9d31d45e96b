"""A district that answers requests: inside an event loop, or on a thread of its own."""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.district.certificates import issue, server_context
from tests.district.controls import Controls
from tests.district.district import District
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.server import application
from tests.district.settings import Auth, Settings


@dataclass(frozen=True, slots=True)
class RunningDistrict:
    """What a consumer is told (addresses, CA, credentials) and what a test needs (``controls``, ``district``)."""

    base_url: str
    token_url: str | None
    ca_pem: str | None
    controls: Controls
    district: District

    @property
    def population(self) -> Population:
        return self.district.population

    @property
    def shown(self) -> Population:
        """The population as this server lists it."""
        return self.district.shown

    @property
    def client_id(self) -> str:
        return self.district.settings.client_id

    @property
    def client_secret(self) -> str:
        return self.district.client_secret


@asynccontextmanager
async def running_district(
    population: Population,
    *,
    version: Version = "1.2",
    auth: Auth = "oauth2",
    tls: bool = True,
    settings: Settings | None = None,
) -> AsyncIterator[RunningDistrict]:
    """Serves on a free port of 127.0.0.1 until the block ends. ``settings`` replaces version and auth."""
    district = District(population, settings or Settings(version=version, auth=auth))
    async with listening(district, "127.0.0.1", 0, ("localhost", "127.0.0.1") if tls else ()) as running:
        yield running


@asynccontextmanager
async def listening(
    district: District, host: str, port: int, tls_names: Sequence[str], tls_directory: Path | None = None
) -> AsyncIterator[RunningDistrict]:
    """Serves over https if there are ``tls_names``; the first of them is the one in the URLs."""
    runner = web.AppRunner(application(district), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        ca_pem, context = None, None
        if tls_names:
            certificates = issue(tls_names)
            ca_pem = certificates.ca
            with tempfile.TemporaryDirectory() as scratch:
                context = server_context(certificates.write(tls_directory or Path(scratch)))
        site = web.TCPSite(runner, host, port, ssl_context=context)
        await site.start()
        scheme, name = ("https", tls_names[0]) if tls_names else ("http", host)
        origin = f"{scheme}://{name}:{runner.addresses[0][1]}"
        settings = district.settings
        token_url = origin + settings.token_path + (f"?{settings.token_query}" if settings.token_query else "")
        yield RunningDistrict(
            base_url=origin + district.base_path,
            token_url=token_url if settings.auth == "oauth2" else None,
            ca_pem=ca_pem,
            controls=Controls(district),
            district=district,
        )
    finally:
        await runner.cleanup()


@contextmanager
def district_on_thread(
    population: Population,
    *,
    version: Version = "1.2",
    auth: Auth = "oauth2",
    tls: bool = True,
    settings: Settings | None = None,
) -> Iterator[RunningDistrict]:
    """``running_district`` on a thread and loop of its own, for callers that block or have their own loop."""
    running: Future[RunningDistrict] = Future()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        chosen = settings or Settings(version=version, auth=auth)
        async with running_district(population, tls=tls, settings=chosen) as district:
            running.set_result(district)
            await over.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            if running.done():
                raise
            running.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="district", daemon=True)
    thread.start()
    try:
        yield running.result()
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(over.set)
        thread.join()
