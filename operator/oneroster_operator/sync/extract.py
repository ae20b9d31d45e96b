"""Extract: the district's core collections, page by page into the staging tables, each once per invocation."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from oneroster_operator.api.category import Category
from oneroster_operator.oneroster import Collection, OneRosterClient, WalkOutcome
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import needs, stage
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

    @property
    def proves_absence(self) -> bool:
        """Whether what is not here is gone: a record without an id may be that of anyone who seems missing."""
        return self.outcome.complete and not self.outcome.nameless

    @property
    def proof(self) -> str:
        """Why it does, or why it does not, in a sentence without its full stop."""
        if self.proves_absence or not self.outcome.complete:
            return self.outcome.proof
        return (
            f"{self.outcome.nameless:,} records came without a usable sourcedId, so it cannot be told which are "
            "missing; the district's provider must give them theirs"
        )

    @property
    def empty(self) -> bool:
        """Whether the service listed nothing at all, not even records that cannot be used."""
        return self.outcome.records == 0 and self.outcome.rejected == 0


@dataclass(slots=True)
class Extract:
    """The collections that are staged by now; one that failed is asked for again by the next category."""

    client: OneRosterClient
    connection: Connection
    scope: Scope
    categories: Sequence[Category]
    """All that the invocation is for."""
    _pulled: dict[Collection, Pulled] = field(default_factory=dict)

    def has(self, collection: Collection) -> bool:
        """Whether the collection is staged."""
        return collection in self._pulled

    async def pull(self, collection: Collection) -> Pulled:
        """Stage the collection unless it is. Raises `DistrictError`, psycopg's errors."""
        if collection not in self._pulled:
            self._pulled[collection] = await self._pull(collection)
        return self._pulled[collection]

    async def _pull(self, collection: Collection) -> Pulled:
        clock = asyncio.get_running_loop().time
        started = told = clock()
        records, attempt = 0, 1
        nameless = Counter[str]()
        roles = needs.roles(collection, self.categories)
        narrowed = bool(roles) and self.client.may_narrow(collection)
        walk = self.client.walk(collection, roles=roles)
        await stage.empty(self.connection, collection)
        async with aclosing(aiter(walk)) as pages:
            async for page in pages:
                if page.attempt > attempt:
                    await stage.empty(self.connection, collection)
                    attempt, records = page.attempt, 0
                    nameless.clear()
                await stage.copy(self.connection, collection, rows(collection, page, self.scope))
                nameless.update(one.rule for one in page.rejected if one.sourced_id is None)
                records += len(page.records)
                if clock() - told >= _PROGRESS_SECONDS:
                    told = clock()
                    log.info("%s: %d records after %.0f s", collection, records, told - started)
        repeated = await stage.settle(self.connection, collection)
        outcome, pulled = walk.outcome, Pulled(walk.outcome, dict(nameless), narrowed)
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
