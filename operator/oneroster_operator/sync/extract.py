"""Extract: the district's core collections, page by page into the staging tables, each once per invocation."""

import asyncio
import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from oneroster_operator.api.category import Category
from oneroster_operator.oneroster import Collection, OneRosterClient, WalkOutcome
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import accounts, begins, date_filter, needs, stage
from oneroster_operator.sync.roles import Scope
from oneroster_operator.sync.rows import rows

log = logging.getLogger(__name__)

_PROGRESS_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a collection."""

    outcome: WalkOutcome
    nameless: dict[str, int]
    """Records that cannot be used and have no sourcedId, by rule."""
    narrowed: bool
    """Whether only some roles were asked for."""
    at: dt.datetime
    """When it was asked for, by our clock."""
    since: dt.datetime | None = None
    """Set where only what changed since then was asked for."""
    next_begin: dt.date | None = None
    """The first day on which something of it comes into force; found out for later deltas, like `unfit`."""
    unfit: str = ""
    """Why the server cannot be asked for what changed in it, a sentence; empty where it can."""

    @property
    def is_whole(self) -> bool:
        """Whether all came that was asked for: a record without an id may be that of anyone who seems missing."""
        return self.outcome.complete and not self.outcome.nameless

    @property
    def proves_absence(self) -> bool:
        """Whether what is not here is gone."""
        return self.is_whole and self.since is None

    @property
    def proof(self) -> str:
        """Why it does, or why it does not, in a sentence without its full stop."""
        if self.is_whole or not self.outcome.complete:
            return self.outcome.proof
        return (
            f"{self.outcome.nameless:,} records came without a usable sourcedId, so it cannot be told which are "
            "missing; the district's provider must give them theirs"
        )

    @property
    def empty(self) -> bool:
        """Whether the service listed nothing at all, not even records that cannot be used."""
        return self.since is None and self.outcome.records == 0 and self.outcome.rejected == 0


@dataclass(slots=True)
class Extract:
    """The collections that are staged by now; one that failed is asked for again by the next category."""

    client: OneRosterClient
    connection: Connection
    scope: Scope
    categories: Sequence[Category]
    """All that the invocation is for."""
    now: Callable[[], dt.datetime]
    district_id: str
    for_deltas: bool = False
    """Whether to find out what later deltas depend on."""
    since: Mapping[Collection, dt.datetime] = field(default_factory=dict)
    """From when on what changed is asked for, where not all is."""
    _pulled: dict[Collection, Pulled] = field(default_factory=dict)

    def has(self, collection: Collection) -> bool:
        """Whether the collection is staged."""
        return collection in self._pulled

    async def pull(self, collection: Collection) -> Pulled:
        """Stage the collection unless it is. Raises `DistrictError`, psycopg's errors."""
        if collection not in self._pulled:
            self._pulled[collection] = await self._pull(collection)
        return self._pulled[collection]

    def forget_changes(self) -> None:
        """Ask for all of it from now on."""
        self.since = {}
        self._pulled = {collection: one for collection, one in self._pulled.items() if one.since is None}

    async def _pull(self, collection: Collection) -> Pulled:
        clock = asyncio.get_running_loop().time
        started = told = clock()
        records, attempt = 0, 1
        nameless = Counter[str]()
        at, since, begin = self.now(), self.since.get(collection), None
        roles = () if since else needs.roles(collection, self.categories)
        # Whose an account is is told by all who have the same identifier.
        if roles and await accounts.any_without_source(self.connection, self.district_id):
            roles = ()
        narrowed = bool(roles) and self.client.may_narrow(collection)
        walk = self.client.walk(collection, roles=roles, since=since)
        await stage.empty(self.connection, collection)
        async with aclosing(aiter(walk)) as pages:
            async for page in pages:
                if page.attempt > attempt:
                    await stage.empty(self.connection, collection)
                    attempt, records, begin = page.attempt, 0, None
                    nameless.clear()
                await stage.copy(self.connection, collection, rows(collection, page, self.scope))
                nameless.update(one.rule for one in page.rejected if one.sourced_id is None)
                records += len(page.records)
                if self.for_deltas:
                    begin = begins.earliest(begin, page.records, self.scope.today)
                if clock() - told >= _PROGRESS_SECONDS:
                    told = clock()
                    log.info("%s: %d records after %.0f s", collection, records, told - started)
        repeated = await stage.settle(self.connection, collection)
        unfit = ""
        if self.for_deltas and since is None:
            unfit = await date_filter.unfit(self.client, self.connection, collection)
        outcome = walk.outcome
        pulled = Pulled(outcome, dict(nameless), narrowed, at, since, begin, unfit)
        log.info(
            "%s: %d records, %d rejected, %d repeated, %d pages, %d retries, %.1f s; %s",
            collection,
            outcome.records,
            outcome.rejected,
            repeated,
            outcome.pages,
            outcome.retries,
            clock() - started,
            pulled.proof,
        )
        return pulled
