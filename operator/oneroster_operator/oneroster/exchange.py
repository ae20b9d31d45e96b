"""One HTTP request and its answer: bounded in time and size, never redirected, outages told from answers."""

import asyncio
import email.utils
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from socket import gaierror
from typing import Final, Literal

import httpx

from oneroster_operator.oneroster.errors import DistrictError, Malformed, Refused, Stage, Unreachable

_log = logging.getLogger(__name__)
for _library in ("httpx", "httpcore"):
    # They log queries (which can name people) and the headers of answers (cookies are credentials too).
    logging.getLogger(_library).setLevel(logging.WARNING)

USER_AGENT: Final = "oneroster-operator"
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
LIMITS: Final = httpx.Limits(max_connections=4)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one exchange: bytes of the unpacked answer (5,000 enrollments are about 3 MB, metadata can make it ten
    times that), and seconds in all (a read time-out alone lets a server drip for ever)."""

    body_bytes: int = 64 << 20
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not an outage."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)


DEFAULT_BOUNDS: Final = Bounds()


def checked_url(url: str, name: str, *, plain_http: bool) -> httpx.URL:
    """`url` parsed; raises `Refused` where it is not a plain https URL. `name` is how a person calls it."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = None
    schemes = {"https", "http"} if plain_http else {"https"}
    if parsed is None or parsed.scheme not in schemes or not parsed.host or parsed.userinfo:
        message = f"The {name} is not an https URL with a host and without user@: correct it."
        raise Refused("InvalidEndpoint", message, "connection")
    return parsed


def place(url: httpx.URL) -> str:
    """Host, port and path, for messages: the query may hold more than a message should."""
    return (url.netloc + url.raw_path.partition(b"?")[0]).decode("ascii")


class Connection:
    """A pool of connections to one district, opened by the first exchange: so a bad CA is an error of that."""

    def __init__(
        self,
        *,
        ca_bundle: str | None,
        transport: httpx.AsyncBaseTransport | None,
        clock: Callable[[], float],
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._ca_bundle = ca_bundle
        self._transport = transport
        self._clock = clock
        self._bounds = bounds
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def exchange(
        self,
        method: Literal["GET", "POST"],
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        stage: Stage,
    ) -> Reply:
        """Send once. Raises `Unreachable` for a failed connection, a time-out, 408, 429 and 5xx; `Refused` for a
        certificate that is not trusted; `Malformed` for an answer that is too large."""
        client = self._opened()
        failure: DistrictError
        try:
            async with (
                asyncio.timeout(self._bounds.seconds),
                client.stream(method, url, headers=headers, content=content) as response,
            ):
                reply = Reply(response.status_code, response.headers, await self._read(response))
        except (httpx.TimeoutException, TimeoutError):
            failure = Unreachable("Timeout", f"{place(url)} did not answer in time.", stage)
        except httpx.RequestError as error:
            failure = _explained(error, url, stage)
        else:
            _log.debug("%s %s answers %d with %d bytes", method, place(url), reply.status, len(reply.body))
            if reply.status in {408, 429} or reply.status >= 500:
                raise _not_now(reply, place(url), stage, self._clock())
            return reply
        raise failure  # not within the handler: httpx' exceptions hold the request and its headers

    async def _read(self, response: httpx.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > self._bounds.body_bytes:
                limit = self._bounds.body_bytes >> 20
                message = f"{place(response.url)} sends more than {limit} MiB at once: ask for smaller pages."
                raise Malformed("ResponseTooLarge", message)
            chunks.append(chunk)
        return b"".join(chunks)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=_trust(self._ca_bundle) if self._transport is None else True,
                transport=self._transport,
                timeout=TIMEOUT,
                limits=LIMITS,
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                follow_redirects=False,
            )
        return self._client


@lru_cache(maxsize=16)
def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    """Made once for all clients of a bundle: reading the public roots takes 20 ms and half a MiB."""
    context = httpx.create_ssl_context()
    if ca_bundle is None:
        return context
    try:
        context.load_verify_locations(cadata=ca_bundle)
    except (ssl.SSLError, ValueError):
        message = "The CA bundle is not PEM that can be read: give whole BEGIN CERTIFICATE blocks."
        raise Refused("InvalidCABundle", message, "tls") from None
    return context


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _explained(error: httpx.RequestError, url: httpx.URL, stage: Stage) -> DistrictError:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(
                "CertificateNotTrusted",
                f"The certificate of {url.host} is not trusted ({cause.verify_message}): give the authority that "
                "signed it as CA bundle, or have the district renew the certificate.",
                "tls",
            )
        if isinstance(cause, ssl.SSLError):
            message = f"TLS with {url.host} failed: the district's administrator should look at the server."
            return Unreachable("DistrictUnreachable", message, "tls")
        if isinstance(cause, gaierror):
            message = f"The name {url.host} cannot be resolved: check it, or wait until its name service answers."
            return Unreachable("DistrictUnreachable", message, "connection")
    if isinstance(error, httpx.ConnectError):
        message = f"No connection to {url.netloc.decode('ascii')}: the server or the network on the way is down."
        return Unreachable("DistrictUnreachable", message, "connection")
    return Unreachable("DistrictUnreachable", f"The connection to {place(url)} broke off.", stage)


def _not_now(reply: Reply, where: str, stage: Stage, now: float) -> Unreachable:
    wait = _retry_after(reply.headers.get("Retry-After"), now)
    if reply.status == 429:
        message = f"{where} limits how often we may ask (429): fewer syncs, or a higher limit at the district."
        return Unreachable("RateLimited", message, stage, wait)
    message = f"{where} answers {reply.status}: the district's service has a fault or is down."
    return Unreachable("DistrictError", message, stage, wait)


def _retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110 section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
