"""A walk over a collection that knows whether it saw all of it.

OneRoster promises no snapshot: rows that come or go while one pages shift the offsets, servers clamp `limit`
without a word, and `X-Total-Count` is only recommended. So the offset advances by the rows received, less one to
overlap; short pages and totals end nothing by themselves; and what was seen has to prove that nothing was passed
over.
Source: OneRoster 1.1 section 3.4.1, 1.2 REST binding; behaviour of servers and clients in the field.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.errors import Inconsistent, Refused
from oneroster_operator.oneroster.records import Record, Rejected
from oneroster_operator.oneroster.retry import Retries
from oneroster_operator.oneroster.tally import FetchedPage, Tally

ATTEMPTS: Final = 2
MAX_ROWS: Final = 20_000_000
"""Twice the enrollments of the largest district of the United States."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The rows from `offset` on, at most `limit`; in the order of their sourcedIds where `ordered`."""

    offset: int
    limit: int
    ordered: bool


Fetch = Callable[[PageRequest, Retries], Awaitable[FetchedPage]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a collection, as they came. Those of attempt 2 supersede all of attempt 1."""

    records: list[Record]
    rejected: list[Rejected]
    attempt: int


@dataclass(frozen=True, slots=True)
class WalkOutcome:
    """What a walk came to. `complete` is said only where it is proven; `proof` is one sentence either way.

    `records` and `rejected` count distinct ones of the last attempt (together `total`, where the total proved it),
    `nameless` those of the rejected that have no sourcedId, `duplicates` the rows that came again, `pages` and
    `retries` what was asked for in all attempts.
    """

    complete: bool
    proof: str
    records: int
    duplicates: int
    rejected: int
    nameless: int
    total: int | None
    pages: int
    retries: int


class Walk:
    """Asynchronous iterator over the pages of a collection; `outcome` is known after the last.

    Raises what the requests raise, and `Inconsistent` where the server goes in circles.
    """

    def __init__(self, fetch: Fetch, page_size: int, retries: Retries, *, max_rows: int = MAX_ROWS) -> None:
        self._fetch = fetch
        self._page_size = max(page_size, 2)  # a page of one row is all overlap
        self._retries = retries
        self._max_rows = max_rows
        self._outcome: WalkOutcome | None = None

    @property
    def outcome(self) -> WalkOutcome:
        """What the walk came to. Raises RuntimeError before it ended."""
        if self._outcome is None:
            raise RuntimeError("the walk has not ended, so nothing is known of its outcome")
        return self._outcome

    async def __aiter__(self) -> AsyncIterator[Page]:
        self._outcome = None
        pages = 0
        for attempt in range(1, ATTEMPTS + 1):
            tally = Tally()
            async for fresh in self._attempt(tally, is_last=attempt == ATTEMPTS):
                yield Page(fresh.records, fresh.rejected, attempt)
            complete, proof = tally.verdict()
            pages += tally.pages
            if complete:
                break
        else:
            if tally.stopped:
                reason, what = tally.stopped
                raise Inconsistent(reason, f"The district's service goes in circles: {what}.")
            proof = f"not proven in {ATTEMPTS} walks; in the last, {proof}"
        self._outcome = WalkOutcome(
            complete=complete,
            proof=proof,
            records=tally.records,
            duplicates=tally.duplicates,
            rejected=tally.rejected,
            nameless=tally.nameless,
            total=tally.total,
            pages=pages,
            retries=self._retries.count,
        )

    async def _attempt(self, tally: Tally, *, is_last: bool) -> AsyncIterator[Decoded]:
        offset = 0
        page = await self._first(tally)
        while True:
            fresh = tally.take(page, offset)
            if tally.stopped or (tally.shifted and not is_last):
                return
            if tally.position > self._max_rows:
                message = f"The district's service sends over {self._max_rows:,} rows and no end."
                raise Inconsistent("EndlessCollection", message)
            if fresh.sourced_ids or tally.pages == 1:  # a second attempt shows itself even where it finds nothing
                yield fresh
            if await self._ended(tally):
                return
            offset = tally.position - 1
            page = await self._page(offset, tally)

    async def _first(self, tally: Tally) -> FetchedPage:
        try:
            return await self._page(0, tally)
        except Refused as refused:
            if refused.reason != "BadRequest":
                raise
        tally.ordered = False  # some servers refuse to sort
        return await self._page(0, tally)

    async def _ended(self, tally: Tally) -> bool:
        """Whether nothing follows; asked unless the total says so too, for single rows may be all one gets."""
        if not tally.exhausted:
            return False
        if not tally.position or 1 < tally.distinct == tally.total:
            return True
        tally.pages += 1
        try:
            following = (await self._page(tally.position, tally)).decoded.sourced_ids
        except Refused as refused:
            if refused.reason in {"BadRequest", "NotFound"}:
                return True  # some servers refuse an offset past the end
            raise
        if following:
            tally.stopped = "NoProgress", f"offset {tally.position - 1:,} has nothing new, and yet more follows"
        return True

    async def _page(self, offset: int, tally: Tally) -> FetchedPage:
        return await self._fetch(PageRequest(offset, self._page_size, tally.ordered), self._retries)
