"""The client: authenticated reads of one district's OneRoster service, and nothing but reads."""

import asyncio
import random as _random
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from oneroster_operator.oneroster import filters
from oneroster_operator.oneroster.access import Endpoint, OAuth1, OAuth2
from oneroster_operator.oneroster.addresses import Networks
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.errors import Inconsistent, Unreachable
from oneroster_operator.oneroster.exchange import Connection
from oneroster_operator.oneroster.filters import RoleFilter
from oneroster_operator.oneroster.hosts import SHARED, Hosts
from oneroster_operator.oneroster.pages import Pages
from oneroster_operator.oneroster.paging import Keyset, Walk
from oneroster_operator.oneroster.probe import Verdict, examine
from oneroster_operator.oneroster.records import Collection, Org, Rejected
from oneroster_operator.oneroster.retry import Patience, Retries, Retrying
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest

DEFAULT_PATIENCE: Final = Patience()
PROBE_PATIENCE: Final = Patience(tries=2, first_delay=0.5, longest_delay=2.0, waiting=5.0)
"""A person may be waiting for the verdict, and an outage is one too."""
MOST_ORGS: Final = 100_000
"""They are held in memory; the schools of the United States are about as many."""
ORGANIZATIONS_SECONDS: Final = 300.0
"""The longest that the orgs are read: many times what the largest district's take."""


@dataclass(frozen=True, slots=True)
class Organizations:
    """Every org that a district lists, each once: those that can be used, and those that cannot."""

    orgs: tuple[Org, ...]
    rejected: tuple[Rejected, ...]


class OneRosterClient:
    """Reads one district's OneRoster service. An asynchronous context manager; walks may run side by side.

    Neither the constructor nor entering raises over what `endpoint` or `credentials` hold: a wrong URL or CA
    bundle is `Refused` by the first call, and so comes as a verdict of `probe`. `plain_http` lets http URLs pass,
    `allowed_networks` addresses that are not public. `hosts` limits what is asked of a host, over all clients that
    share it. `clock` gives seconds since the epoch, `random` numbers from 0 to 1.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: OAuth1 | OAuth2,
        *,
        plain_http: bool = False,
        allowed_networks: Networks = (),
        hosts: Hosts = SHARED,
        patience: Patience = DEFAULT_PATIENCE,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._version = endpoint.version
        self._keysets: dict[tuple[Collection, bool], Keyset] = {}
        self._role_filters: dict[tuple[Collection, tuple[str, ...]], RoleFilter] = {}
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._connection = Connection(
            ca_bundle=endpoint.ca_bundle,
            allowed_networks=allowed_networks,
            allowed_hosts=credentials.allowed_hosts,
            hosts=hosts,
            clock=clock,
        )
        self._service = Service(
            endpoint, credentials, connection=self._connection, plain_http=plain_http, clock=clock
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.aclose()

    def walk(
        self,
        collection: Collection,
        *,
        roles: Sequence[str] = (),
        since: datetime | None = None,
        page_size: int = 5000,
    ) -> Walk:
        """All records of a collection, page by page, and afterwards whether they are proven to be all.

        With `roles`, at most `MAX_ROLES`, others may be left out, where the server shows that it can: whoever asks
        still looks at each record's role. With `since` only what the server says has changed since then
        (see `WalkOutcome.next_since`), which proves no absence. Servers may send smaller pages than asked for.
        """
        if since and roles:
            raise ValueError("a record that changed may have lost its role: ask for all that changed")
        clause = filters.since(since) if since else None
        pages = Pages(self._service, self._version, collection, clause, clock=self._clock)
        field = filters.role_field(collection, self._version) if roles else None
        keyset = self._keysets.setdefault((collection, since is not None or field is not None), Keyset())
        if field is None:
            return Walk(pages.fetch, page_size, self._retries(self._patience), keyset=keyset)
        if len(roles) > 1:
            keyset = Keyset(works=False)  # two clauses are all that OneRoster takes
        role_filter = self._role_filters.setdefault((collection, tuple(roles)), RoleFilter(field, tuple(roles)))

        async def fetch(request: PageRequest, retrying: Retrying) -> FetchedPage:
            pages.clause = await role_filter.clause(pages.count_once)
            return await pages.fetch(request, retrying)

        return Walk(fetch, page_size, self._retries(self._patience), keyset=keyset)

    def may_narrow(self, collection: Collection) -> bool:
        """Whether a walk with `roles` may leave records of the collection out."""
        return filters.role_field(collection, self._version) is not None

    async def organizations(self, *, seconds: float = ORGANIZATIONS_SECONDS) -> Organizations:
        """All orgs, read in `seconds` at most. Raises `DistrictError`: `Inconsistent` where they are not proven to
        be all."""
        try:
            async with asyncio.timeout(seconds):
                return await self._organizations()
        except TimeoutError:
            pass
        raise Unreachable(
            "Timeout",
            f"The orgs did not all come within {seconds:,.0f} s: the district's service is too slow, or too much "
            "is asked of it.",
            "call",
        )

    async def _organizations(self) -> Organizations:
        orgs: dict[str, Org] = {}
        rejected: list[Rejected] = []
        walk = self.walk(Collection.ORGS)
        attempt = 1
        async with aclosing(aiter(walk)) as pages:
            async for page in pages:
                if page.attempt != attempt:
                    orgs.clear()
                    rejected.clear()
                    attempt = page.attempt
                orgs |= {org.sourced_id: org for org in page.records if isinstance(org, Org)}
                rejected += page.rejected
                if len(orgs) + len(rejected) > MOST_ORGS:
                    message = f"The district's service lists over {MOST_ORGS:,} orgs: its provider should look."
                    raise Inconsistent("EndlessCollection", message)
        if not walk.outcome.complete:
            raise Inconsistent(
                "Unproven",
                f"The list of orgs may lack some ({walk.outcome.proof}): the district's provider should look.",
            )
        return Organizations(tuple(orgs.values()), tuple(_unusable(rejected, orgs)))

    async def probe(self) -> Verdict:
        """Test the connection with a real token and real calls. Never raises `DistrictError`."""
        return await examine(self._service, self._version, self._retries(PROBE_PATIENCE))

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
