"""Authenticated GETs of one rostering service."""

from collections.abc import Callable
from typing import Final, Protocol

from aiohttp import CookieJar
from yarl import URL

from oneroster_operator.oneroster.access import Endpoint, OAuth1, OAuth2
from oneroster_operator.oneroster.errors import Refused
from oneroster_operator.oneroster.exchange import Connection, Reply, checked_url, place
from oneroster_operator.oneroster.oauth1 import OAuth1Signer
from oneroster_operator.oneroster.oauth2 import OAuth2Signer
from oneroster_operator.oneroster.refusal import clock_skew, require_ok
from oneroster_operator.oneroster.retry import Retrying

MAX_COOKIES: Final = 8
"""Of one token's reply; what is longer than 4 KiB aiohttp's jar does not take."""


class Signer(Protocol):
    """A way of authenticating calls."""

    @property
    def description(self) -> str:
        """How the server knows us, for status."""

    @property
    def granted_scopes(self) -> tuple[str, ...]:
        """What we were granted."""

    async def authorization(self, url: str, /) -> str:
        """The `Authorization` header for one try of `GET url`."""

    def accept(self, header: str, /) -> None:
        """A request with `header` was let in."""

    def renew(self, refused: str, /) -> bool:
        """Whether, after a 401 for the header `refused`, a new one is worth a try."""

    def rejection(self, where: str, clock_skew: str) -> Refused:
        """What a 401 that stays means; `clock_skew` is what there is to say of the clocks, if anything."""


class Service:
    """One district's rostering service, and what was found out about how it wants to be asked.

    Making one raises nothing: a wrong URL is `Refused` by the first call. `plain_http` lets http URLs pass;
    `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: OAuth1 | OAuth2,
        *,
        connection: Connection,
        plain_http: bool,
        clock: Callable[[], float],
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._connection = connection
        self._plain_http = plain_http
        self._clock = clock
        self._signer: Signer | None = None
        self._cookies: CookieJar | None = None

    @property
    def base(self) -> URL:
        """The base URL of the service. Raises `Refused` where it is none."""
        base = checked_url(self._endpoint.url, "endpoint URL", plain_http=self._plain_http)
        if base.raw_query_string:
            message = "The endpoint URL must be the base URL alone, without a ?query: correct it."
            raise Refused("InvalidEndpoint", message, "name")
        return base

    @property
    def lacks_token(self) -> bool:
        """Whether a token is needed, and there was none as yet."""
        return isinstance(self._credentials, OAuth2) and not self.authentication

    @property
    def authentication(self) -> str:
        """How the server knows us, such as "OAuth2 (Basic)"; empty before it does."""
        return self._signer.description if self._signer else ""

    @property
    def token_place(self) -> str:
        """Host and path of the token URL, for messages; empty with OAuth 1, and where it is no URL."""
        if isinstance(self._credentials, OAuth1):
            return ""
        try:
            return place(checked_url(self._credentials.token_url, "token URL", plain_http=True))
        except Refused:
            return ""

    @property
    def granted_scopes(self) -> tuple[str, ...]:
        """The scopes of the token; none before there is one, and with OAuth 1."""
        return self._signer.granted_scopes if self._signer else ()

    async def get(
        self, collection: str, query: str, retries: Retrying, *, base: URL | None = None
    ) -> tuple[Reply, str]:
        """A 200 that is no web page, and host and path for messages. Raises `DistrictError`.

        `query` is percent-encoded and sent as it is; `base` is another path of the same origin.
        """
        if base is not None and base.origin() != self.base.origin():
            raise ValueError(f"{place(base)} is not where our credentials belong")
        url = URL(f"{str(base or self.base).rstrip('/')}/{collection}?{query}", encoded=True)
        self._connection.check_host(url)  # before a token is asked for elsewhere
        signer = self._known_signer()
        header = ""

        async def once() -> Reply:
            nonlocal header
            header = await signer.authorization(str(url))
            return await self._connection.exchange("GET", url, self._headers(url, header), stage="call")

        reply = await retries(once)
        if reply.status == 401 and signer.renew(header):
            reply = await retries(once)
        if reply.status == 401:
            raise signer.rejection(place(url), clock_skew(reply, self._clock()))
        require_ok(reply, url, "endpoint URL", "call")
        signer.accept(header)
        return reply, place(url)

    def _headers(self, url: URL, authorization: str) -> dict[str, str]:
        headers = {"Authorization": authorization}
        cookies = self._cookies.filter_cookies(url).values() if self._cookies else ()
        if cookies:
            headers["Cookie"] = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies)
        return headers

    def _known_signer(self) -> Signer:
        if self._signer is None:
            self._signer = self._new_signer()
        return self._signer

    def _new_signer(self) -> Signer:
        if isinstance(self._credentials, OAuth1):
            return OAuth1Signer(self._credentials, self._clock)
        token_url = checked_url(self._credentials.token_url, "token URL", plain_http=self._plain_http)

        async def post(headers: dict[str, str], body: bytes) -> Reply:
            reply = await self._connection.exchange("POST", token_url, headers, body, stage="token")
            if reply.status == 200:
                self._keep_cookies(reply, token_url)
            return reply

        return OAuth2Signer(self._credentials, token_url, self._endpoint.version, post=post, clock=self._clock)

    def _keep_cookies(self, reply: Reply, token_url: URL) -> None:
        """Those of the token's reply go with the calls that they are meant for: load balancers know the node by
        them that knows the token (Aeries)."""
        cookies = reply.headers.getall("Set-Cookie", ())
        self._cookies = CookieJar(unsafe=True, quote_cookie=False)  # unsafe: also of hosts that are IP addresses
        self._cookies.update_cookies_from_headers(cookies[:MAX_COOKIES], token_url)
