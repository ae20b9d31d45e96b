"""The client: authenticated reads of one district's OneRoster service, and nothing but reads."""

import asyncio
import random as _random
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import quote

import httpx

from oneroster_operator.oneroster.access import Endpoint, OAuth1, OAuth2
from oneroster_operator.oneroster.decode import decode_page
from oneroster_operator.oneroster.errors import Inconsistent, Refused
from oneroster_operator.oneroster.exchange import Connection, Reply, checked_url, place
from oneroster_operator.oneroster.oauth1 import OAuth1Signer
from oneroster_operator.oneroster.oauth2 import OAuth2Signer
from oneroster_operator.oneroster.paging import PageRequest, Walk
from oneroster_operator.oneroster.probe import Verdict, examine
from oneroster_operator.oneroster.records import Collection, Org, Rejected
from oneroster_operator.oneroster.refusal import require_ok
from oneroster_operator.oneroster.retry import Patience, Retries
from oneroster_operator.oneroster.tally import FetchedPage

DEFAULT_PATIENCE: Final = Patience()
PROBE_PATIENCE: Final = Patience(tries=2, first_delay=0.5, longest_delay=2.0, waiting=5.0)
"""A person may be waiting for the verdict, and an outage is one too."""


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

    def renew(self, refused: str, /) -> bool:
        """Whether, after a 401 for the header `refused`, a new one is worth a try."""

    def rejection(self, where: str) -> Refused:
        """What a 401 that stays means."""


@dataclass(frozen=True, slots=True)
class Organizations:
    """Every org that a district lists, each once: those that can be used, and those that cannot."""

    orgs: tuple[Org, ...]
    rejected: tuple[Rejected, ...]


class OneRosterClient:
    """Reads one district's OneRoster service. An asynchronous context manager; walks may run side by side.

    Neither the constructor nor entering raises over what `endpoint` or `credentials` hold: a wrong URL or CA
    bundle is `Refused` by the first call, and so comes as a verdict of `probe`. `plain_http` lets http URLs pass.
    `clock` gives seconds since the epoch, `random` numbers from 0 to 1.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: OAuth1 | OAuth2,
        *,
        plain_http: bool = False,
        patience: Patience = DEFAULT_PATIENCE,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._plain_http = plain_http
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._connection = Connection(ca_bundle=endpoint.ca_bundle, transport=transport, clock=clock)
        self._signer: Signer | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.aclose()

    def walk(self, collection: Collection, *, filter: str | None = None, page_size: int = 5000) -> Walk:  # noqa: A002 - the parameter's name in OneRoster
        """All records of a collection, page by page, and afterwards whether they are proven to be all.

        `filter` is in OneRoster's grammar, not yet percent-encoded. Servers may send smaller pages than asked for.
        """

        async def fetch(request: PageRequest, retries: Retries) -> FetchedPage:
            order = "&sort=sourcedId&orderBy=asc" if request.ordered else ""
            query = f"limit={request.limit}&offset={request.offset}{order}"
            if filter is not None:
                query += f"&filter={quote(filter, safe='')}"
            reply, where = await self._get(collection, query, retries)
            decoded = decode_page(collection, self._endpoint.version, reply.body, where)
            return FetchedPage(decoded, _total(reply))

        return Walk(fetch, page_size, self._retries(self._patience))

    async def organizations(self) -> Organizations:
        """All orgs. Raises `DistrictError`: `Inconsistent` where they are not proven to be all."""
        orgs: dict[str, Org] = {}
        rejected: list[Rejected] = []
        walk = self.walk(Collection.ORGS)
        attempt = 1
        async for page in walk:
            if page.attempt != attempt:
                orgs.clear()
                rejected.clear()
                attempt = page.attempt
            orgs |= {org.sourced_id: org for org in page.records if isinstance(org, Org)}
            rejected += page.rejected
        if not walk.outcome.complete:
            raise Inconsistent(
                "Unproven",
                f"The list of orgs may lack some ({walk.outcome.proof}): the district's provider should look.",
            )
        return Organizations(tuple(orgs.values()), tuple(_unusable(rejected, orgs)))

    async def probe(self) -> Verdict:
        """Test the connection with a real token and real calls. Never raises `DistrictError`."""
        retries = self._retries(PROBE_PATIENCE)

        async def first(collection: Collection) -> tuple[bytes, str]:
            reply, where = await self._get(collection, "limit=1&offset=0", retries)
            return reply.body, where

        finding = await examine(first, self._endpoint.version)
        signer = self._signer
        return Verdict(
            finding.outcome,
            finding.reason,
            finding.message,
            authentication=signer.description if signer else "",
            granted_scopes=signer.granted_scopes if signer else (),
        )

    async def _get(self, collection: Collection, query: str, retries: Retries) -> tuple[Reply, str]:
        """A 200 that is no web page, and host and path for messages; `query` is percent-encoded."""
        base = checked_url(self._endpoint.url, "endpoint URL", plain_http=self._plain_http)
        url = httpx.URL(f"{str(base).rstrip('/')}/{collection}?{query}")
        signer = self._known_signer()
        header = ""

        async def once() -> Reply:
            nonlocal header
            header = await signer.authorization(str(url))
            return await self._connection.exchange("GET", url, {"Authorization": header}, stage="call")

        reply = await retries(once)
        if reply.status == 401 and signer.renew(header):
            reply = await retries(once)
        if reply.status == 401:
            raise signer.rejection(place(url))
        require_ok(reply, url, "endpoint URL", "call")
        return reply, place(url)

    def _known_signer(self) -> Signer:
        if self._signer is None:
            self._signer = self._new_signer()
        return self._signer

    def _new_signer(self) -> Signer:
        if isinstance(self._credentials, OAuth1):
            return OAuth1Signer(self._credentials, self._clock)
        token_url = checked_url(self._credentials.token_url, "token URL", plain_http=self._plain_http)

        async def post(headers: dict[str, str], body: bytes) -> Reply:
            return await self._connection.exchange("POST", token_url, headers, body, stage="token")

        return OAuth2Signer(self._credentials, token_url, self._endpoint.version, post=post, clock=self._clock)

    def _retries(self, patience: Patience) -> Retries:
        return Retries(patience, sleep=self._sleep, random=self._random)


def _unusable(rejected: Iterable[Rejected], orgs: Container[str]) -> Iterator[Rejected]:
    """Each record once, and only where none of its rows can be used; those without an id cannot be told apart."""
    named: set[str] = set()
    for one in rejected:
        if one.sourced_id is None:
            yield one
        elif one.sourced_id not in orgs and one.sourced_id not in named:
            named.add(one.sourced_id)
            yield one


def _total(reply: Reply) -> int | None:
    value = reply.headers.get("X-Total-Count", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
