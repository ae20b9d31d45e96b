"""One HTTP request and its answer: bounded in time and size, never redirected, outages told from answers."""

import asyncio
import email.utils
import logging
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Literal
from urllib.parse import quote

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import ContentEncodingError
from multidict import CIMultiDictProxy
from yarl import URL

from oneroster_operator.oneroster.addresses import CheckedResolver, Networks, checked_sockets
from oneroster_operator.oneroster.errors import DistrictError, Malformed, Refused, Stage, Unreachable
from oneroster_operator.oneroster.hosts import Held, Hosts
from oneroster_operator.oneroster.wire import Body

_log = logging.getLogger(__name__)
for _library in ("aiohttp.client", "aiohttp.internal"):
    # They may name cookies, and queries, which can name people; a cookie that cannot be read already as a warning.
    logging.getLogger(_library).setLevel(logging.ERROR)

TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=20.0, sock_connect=10.0, sock_read=60.0)
READ_BUFFER: Final = 1 << 20
HEADER_BYTES: Final = 16 << 10
"""Of one header; of which aiohttp takes 128."""
TOKEN_BYTES: Final = 1 << 20
"""Of the unpacked answer of a token endpoint: a token has to go into a header."""
ENCODINGS: Final = "gzip, deflate"
"""The codings of an answer that we ask for, whatever others aiohttp finds installed."""
_HOST: Final = re.compile(r"(?:[0-9A-Za-z_-]{1,63}\.)*[0-9A-Za-z_-]{1,63}\.?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+")
_LONGEST_HOST: Final = 253
_AS_IT_IS: Final = "".join(map(chr, range(0x21, 0x7F)))


def user_agent() -> str:
    """Product and version; the product alone where it runs from its source."""
    try:
        return f"oneroster-operator/{version('oneroster-operator')}"
    except PackageNotFoundError:
        return "oneroster-operator"


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
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: Body = field(repr=False)


DEFAULT_BOUNDS: Final = Bounds()


def checked_url(url: str, name: str, *, plain_http: bool) -> URL:
    """`url` parsed, to be sent as it is; raises `Refused` where it is not a plain https URL with a host.

    What can stand in no request is percent-encoded first. `name` is how a person calls the URL.
    """
    try:
        parsed = URL(quote(url, safe=_AS_IT_IS), encoded=True)
        host = parsed.raw_host if parsed.host else None  # the host in Unicode is where "xn--a" is seen to be none
    except ValueError:
        parsed, host = URL(), None
    schemes = {"https", "http"} if plain_http else {"https"}
    is_host = host is not None and len(host) <= _LONGEST_HOST and _HOST.fullmatch(host)
    if parsed.scheme not in schemes or not is_host or "@" in parsed.raw_authority or parsed.fragment:
        message = f"The {name} is not an https URL with a host, and without user@ and #fragment: correct it."
        raise Refused("InvalidEndpoint", message, "name")
    return parsed


def place(url: URL) -> str:
    """Host, port and path, for messages: the query may hold more than a message should."""
    return url.raw_authority + url.raw_path


class Connection:
    """A pool of connections to one district, opened by the first exchange: so a bad CA is an error of that.

    `hosts` gives the turns; `resolver` makes what names are resolved by, in the running loop.
    """

    def __init__(
        self,
        *,
        ca_bundle: str | None,
        allowed_networks: Networks,
        allowed_hosts: frozenset[str] | None = None,
        hosts: Hosts,
        clock: Callable[[], float],
        bounds: Bounds = DEFAULT_BOUNDS,
        resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver,
    ) -> None:
        self._ca_bundle = ca_bundle
        self._allowed_networks = allowed_networks
        self._allowed_hosts = allowed_hosts
        self._hosts = hosts
        self._clock = clock
        self._bounds = bounds
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    def check_host(self, url: URL) -> None:
        """Raise `Refused` where nothing may be sent to the host of `url`."""
        names = {name.lower().rstrip(".") for name in (url.host, url.raw_host) if name}
        if self._allowed_hosts is not None and not names & self._allowed_hosts:
            raise Refused(
                "HostNotAllowed",
                f"These credentials may not be sent to {url.raw_host}, which key allowedHosts of their Secret "
                "does not name: correct the URL, or have whoever gave the credentials add the host there.",
                "name",
            )

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def exchange(
        self,
        method: Literal["GET", "POST"],
        url: URL,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        stage: Stage,
    ) -> Reply:
        """Send once, when it is our turn. Raises `Unreachable` for a failed connection, a time-out, 408, 429 and
        5xx; `Refused` for an address or a certificate; `Malformed` for an answer that is too large."""
        self.check_host(url)
        service = f"{url.raw_host}:{url.port}"
        try:
            async with self._hosts.turn(service):
                reply = await self._sent(method, url, headers, content, stage)
        except Held as held:
            wait = held.seconds
        else:
            if reply.status in {408, 429} or reply.status >= 500:
                failure = _not_now(reply, place(url), stage, self._clock())
                if reply.status == 429 and failure.retry_after is not None:
                    self._hosts.hold(service, failure.retry_after)
                raise failure
            return reply
        raise Unreachable("RateLimited", f"{place(url)} asked us to wait for {wait:.0f} s more.", stage, wait)

    async def _sent(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None, stage: Stage
    ) -> Reply:
        session = self._opened()
        failure: DistrictError
        try:
            async with (
                asyncio.timeout(self._bounds.seconds),
                session.request(method, url, headers=headers, data=content, allow_redirects=False) as response,
            ):
                reply = Reply(response.status, response.headers, await self._body(response, url, stage))
        except aiohttp.ConnectionTimeoutError:
            message = f"No connection to {url.raw_authority} came about in time."
            failure = Unreachable("Timeout", message, "connection")
        except TimeoutError:
            failure = Unreachable("Timeout", f"{place(url)} did not answer in time.", stage, heavy=True)
        except UnicodeError:  # of Python's codec for international names, which takes fewer than yarl's
            failure = _no_host(url)
        except aiohttp.ClientError as error:
            failure = _explained(error, url, stage)
        else:
            _log.debug("%s %s answers %d with %d bytes", method, place(url), reply.status, len(reply.body))
            return reply
        _log.debug("%s %s: %s", method, place(url), failure.reason)
        raise failure  # not within the handler: aiohttp's exceptions hold the request and its headers

    async def _body(self, response: aiohttp.ClientResponse, url: URL, stage: Stage) -> bytearray:
        most = TOKEN_BYTES if stage == "token" else self._bounds.body_bytes
        body = await _read(response, most)
        if body is not None:
            if _breaks_off(response, body):
                raise aiohttp.ClientPayloadError
            return body
        much = f"{place(url)} sends more than {most >> 20} MiB"
        if stage == "token":
            raise Malformed("UnexpectedShape", f"{much}: correct the token URL.", "token")
        raise Malformed("ResponseTooLarge", f"{much} at once: ask for smaller pages.")  # as a walk then does

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=_trust(self._ca_bundle),
                resolver=CheckedResolver(self._resolver(), self._allowed_networks),
                use_dns_cache=False,
                socket_factory=checked_sockets(self._allowed_networks),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": user_agent(),
                    "Accept": "application/json",
                    "Accept-Encoding": ENCODINGS,
                },
                timeout=TIMEOUT,
                read_bufsize=READ_BUFFER,
                max_line_size=HEADER_BYTES,
                max_field_size=HEADER_BYTES,
                middlewares=(_once,),
            )
        return self._session


async def _read(response: aiohttp.ClientResponse, most: int) -> bytearray | None:
    """The unpacked body; None where it has more than `most` bytes, and then no more of it is read."""
    if response.content.at_eof():
        return bytearray()  # of answers without a body aiohttp shares one stream, whose end comes but once
    # One buffer of the announced size: parts that are joined cost a page as much as half its decoding.
    body = bytearray(min(response.content_length or 0, most))
    received = 0
    async for chunk, _ in response.content.iter_chunks():
        following = received + len(chunk)
        if following > most:
            return None
        body[received:following] = chunk
        received = following
    del body[received:]
    return body


def _breaks_off(response: aiohttp.ClientResponse, body: bytearray) -> bool:
    """Whether JSON ends in its middle where nothing but the end of the connection tells that it ends."""
    if response.content_length is not None or "Transfer-Encoding" in response.headers:
        return False
    closing = {b"{": b"}", b"[": b"]"}.get(bytes(body[:64].lstrip()[:1]))
    return closing is not None and not body[-64:].rstrip().endswith(closing)


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET again whose connection broke: a server that had already seen the nonce of
    OAuth 1 would refuse it, and we would take that for a wrong secret."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        pass
    raise aiohttp.ClientConnectionError


@lru_cache(maxsize=16)
def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    """Made once for all clients of a bundle: reading the public roots takes 20 ms and half a MiB."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_bundle is None:
        return context
    try:
        context.load_verify_locations(cadata=ca_bundle)
    except (ssl.SSLError, ValueError):
        message = "The CA bundle is not PEM that can be read: give whole BEGIN CERTIFICATE blocks."
        raise Refused("InvalidCABundle", message, "tls") from None
    return context


def _explained(error: aiohttp.ClientError, url: URL, stage: Stage) -> DistrictError:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "")
            message = (
                f"The certificate of {url.host} is not trusted ({why}): give the authority that signed it as CA "
                "bundle, or have the district renew the certificate."
            )
            return Refused("CertificateNotTrusted", message, "tls")
        case aiohttp.ClientConnectorSSLError():
            message = f"TLS with {url.host} failed: the district's administrator should look at the server."
            return Unreachable("DistrictUnreachable", message, "tls")
        case aiohttp.ClientConnectorDNSError():
            message = f"The name {url.host} cannot be resolved: check it, or wait until its name service answers."
            return Unreachable("DistrictUnreachable", message, "name")
        case aiohttp.ClientConnectorError():
            message = f"No connection to {url.raw_authority}: the server or the network on the way is down."
            return Unreachable("DistrictUnreachable", message, "connection")
        case aiohttp.InvalidURL():
            return _no_host(url)
        case _ if _is_of_packing(error):
            message = (
                f"{place(url)} sends what cannot be unpacked: its provider should send answers as they are, or as "
                "gzip or deflate and say which."
            )
            return Malformed("UnexpectedShape", message, stage)
        case aiohttp.ClientResponseError():
            message = f"{place(url)} sends headers that are too long or no HTTP: its provider should look at it."
            return Malformed("UnexpectedShape", message, stage)
    return Unreachable("DistrictUnreachable", f"The connection to {place(url)} broke off.", stage)


def _is_of_packing(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ContentEncodingError):
        error = error.__cause__ or error.__context__
    return error is not None


def _no_host(url: URL) -> Refused:
    message = f"{url.raw_host} is no name and no IP address as we connect to: correct the URL."
    return Refused("InvalidEndpoint", message, "name")


def _not_now(reply: Reply, where: str, stage: Stage, now: float) -> Unreachable:
    wait = _retry_after(reply.headers.get("Retry-After"), now)
    if reply.status == 429:
        message = f"{where} limits how often we may ask (429): fewer syncs, or a higher limit at the district."
        return Unreachable("RateLimited", message, stage, wait)
    message = f"{where} answers {reply.status}: the district's service has a fault or is down."
    # Who says when to come again is away or busy, whatever is asked for.
    return Unreachable(
        "DistrictError", message, stage, wait, heavy=wait is None and reply.status in {502, 503, 504}
    )


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
