"""A walk over a collection that knows whether it saw all of it.

OneRoster promises no snapshot: rows that come or go while one pages shift the offsets, servers clamp `limit`
without a word, and `X-Total-Count` and `Link` are only recommended. So pages overlap by a row, short pages and
totals end nothing by themselves, and what was seen has to prove that nothing was passed over (`tally`).
By keyset, from the last sourcedId on, a walk moves fast where offsets cost the server time; it is tried where the
server shows that it filters and sorts, and left in mid-walk where it stops doing so.
Source: OneRoster 1.1 section 3.4.1, 1.2 REST binding; behaviour of servers and clients in the field.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.errors import Inconsistent, Malformed, Refused, Unreachable
from oneroster_operator.oneroster.page_size import LEAST_LIMIT, PageSize
from oneroster_operator.oneroster.records import Record, Rejected
from oneroster_operator.oneroster.retry import Retries, Retrying, once
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest, Tally

OFFSET_WALKS: Final = 2
"""So often a collection is read by offset until it is proven whole; a walk by keyset may go before."""
MAX_ROWS: Final = 20_000_000
"""Twice the enrollments of the largest district of the United States."""
OVERLAP: Final = timedelta(hours=1)
ROUND: Final = 100
"""Servers that list no more than so many rows by offset, as search engines do, choose a multiple of this."""
FULL_PAGE: Final = 100
"""Rows of a page behind which a next one is likely: OneRoster's default limit."""

_NOT_OF_SORTING: Final = {"RateLimited", "Timeout", "InvalidCredentials", "TokenRejected", "ClockSkew"}

Fetch = Callable[[PageRequest, Retrying], Awaitable[FetchedPage]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a collection, as they came. Those of a later attempt supersede all of those before."""

    records: list[Record]
    rejected: list[Rejected]
    attempt: int


@dataclass(frozen=True, slots=True)
class WalkOutcome:
    """What a walk came to. `complete` is said only where it is proven; `proof` is one sentence either way.

    `records` and `rejected` count distinct ones of the last attempt (together `total`, where the total proved it),
    `nameless` those of the rejected that have no sourcedId, `duplicates` the rows that came again, `pages` and
    `retries` what was asked for in all attempts. `server_time` is when the walk began by the server's own clock,
    in seconds since the epoch: whatever it lists later as modified since then was not seen.
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
    server_time: float | None

    @property
    def next_since(self) -> datetime | None:
        """From when on to ask for changes next time: an hour before the walk began, for a change shows itself when
        its transaction ends, and the clocks of a server's nodes differ. None where the server tells no time."""
        return None if self.server_time is None else datetime.fromtimestamp(self.server_time, UTC) - OVERLAP


@dataclass(slots=True)
class Keyset:
    """Whether a server pages a collection by keyset: None until it was tried. Shared by the walks of a client."""

    works: bool | None = None


class Walk:
    """Asynchronous iterator over the pages of a collection; `outcome` is known after the last.

    While a page is worked on the next is on its way: whoever leaves early closes the iterator.

    Raises what the requests raise, and `Inconsistent` where the server goes in circles.
    """

    def __init__(
        self,
        fetch: Fetch,
        page_size: int,
        retries: Retries,
        *,
        keyset: Keyset | None = None,
        max_rows: int = MAX_ROWS,
    ) -> None:
        self._fetch = fetch
        self._size = PageSize(max(page_size, 2))  # a page of one row is all overlap
        self._retries = retries
        self._keyset = keyset or Keyset()
        self._max_rows = max_rows
        self._pages = 0
        self._began: float | None = None
        self._outcome: WalkOutcome | None = None

    @property
    def outcome(self) -> WalkOutcome:
        """What the walk came to. Raises RuntimeError before it ended."""
        if self._outcome is None:
            raise RuntimeError("the walk has not ended, so nothing is known of its outcome")
        return self._outcome

    async def __aiter__(self) -> AsyncGenerator[Page]:
        self._outcome = None
        attempt = walks = by_keyset = 0
        while True:
            attempt += 1
            tally = Tally()
            is_last = walks == OFFSET_WALKS - 1
            async with aclosing(self._attempt(tally, is_last=is_last)) as pages:
                async for fresh in pages:
                    yield Page(fresh.records, fresh.rejected, attempt)
            complete, proof = tally.verdict(final=is_last and not tally.by_keyset)
            if complete and tally.distinct < by_keyset:  # some servers list no more than so many rows by offset
                complete, proof = False, f"{tally.distinct:,} records came by offset, and {by_keyset:,} by keyset"
            if complete:
                break
            if tally.by_keyset:
                self._keyset.works = False
                by_keyset = tally.distinct
                continue
            walks += 1
            if walks == OFFSET_WALKS:
                if tally.stopped:
                    reason, what = tally.stopped
                    raise Inconsistent(reason, f"The district's service cannot be read to its end: {what}.")
                proof = f"not proven in {attempt} walks; in the last, {proof}"
                break
        self._outcome = self._concluded(tally, complete=complete, proof=proof)

    def _concluded(self, tally: Tally, *, complete: bool, proof: str) -> WalkOutcome:
        distinct = tally.distinct
        return WalkOutcome(
            complete=complete,
            proof=proof,
            records=distinct - tally.rejected,
            duplicates=tally.received - distinct,
            rejected=tally.rejected,
            nameless=tally.nameless,
            total=tally.total,
            pages=self._pages,
            retries=self._retries.count,
            server_time=self._began,
        )

    async def _attempt(self, tally: Tally, *, is_last: bool) -> AsyncGenerator[Decoded]:
        """While whoever asks works on a page, the next one is on its way."""
        request, page = await self._first(tally)
        first = True
        while True:
            fresh = tally.receive(page, request)
            if tally.stopped or (tally.shifted and not is_last):
                return
            if tally.position > self._max_rows:
                message = f"The district's service sends over {self._max_rows:,} rows and no end."
                raise Inconsistent("EndlessCollection", message)
            following = None if tally.exhausted else asyncio.create_task(self._next(tally))
            try:
                await asyncio.sleep(0)  # lets the request leave
                if not tally.count(fresh, page, request):
                    return
                if fresh.sourced_ids or first:  # an attempt shows itself even where it finds nothing
                    yield fresh
                if following is None:
                    await self._look_behind(tally)
                    return
                request, page = await following
            finally:
                if following is not None:
                    await _abandon(following)
            first = False

    async def _first(self, tally: Tally) -> tuple[PageRequest, FetchedPage]:
        """Some servers refuse to sort, in any way: so it is tried without, before patience is spent on a fault."""
        try:
            return await self._page(tally, retrying=self._retries.unless_faulty)
        except (Refused, Malformed, Unreachable) as failure:
            if failure.stage not in {"call", "shape"} or failure.reason in _NOT_OF_SORTING:
                raise
            tally.ordered = False
            with suppress(Refused, Malformed, Unreachable):
                return await self._page(tally, retrying=once)
            if not isinstance(failure, Unreachable):
                raise
        tally.ordered = True
        return await self._page(tally)

    async def _next(self, tally: Tally) -> tuple[PageRequest, FetchedPage]:
        if await self._keyset_works(tally):
            if tally.is_due_by_offset and (checked := await self._in_its_place(tally)):
                return checked
            with suppress(Refused, Malformed):
                request, page = await self._page(tally, from_id=tally.last)
                if page.decoded.sourced_ids[:1] == [tally.last]:
                    return request, page
            self._keyset.works = False
        return await self._page(tally, offset=tally.position - 1)

    async def _in_its_place(self, tally: Tally) -> tuple[PageRequest, FetchedPage] | None:
        """The next page by offset, which shows whether keyset skipped any; None where none comes from so deep."""
        with suppress(Refused, Malformed, Unreachable):
            request, page = await self._page(tally, offset=tally.position - 1, retrying=once)
            if page.decoded.sourced_ids:
                return request, page
        return None

    async def _keyset_works(self, tally: Tally) -> bool:
        """Asks for two rows from the last on, where it is not known and more than one page is still to come."""
        if not _can_filter(tally):
            return False
        if tally.total is None and not tally.sorts_alike:  # nothing would show what another order skips
            return False
        if self._keyset.works is not None:
            return self._keyset.works
        if tally.total is None:
            more = tally.page_rows >= min(FULL_PAGE, self._size.now)
        else:
            more = tally.total - tally.position > tally.page_rows
        if not more:
            return False
        rows = await self._rows_by_keyset(tally)
        self._keyset.works = rows[:1] == [tally.last] and rows[1:] != rows[:1]
        return self._keyset.works

    async def _look_behind(self, tally: Tally) -> None:
        """Whether the last row is the last of all: asked unless the total says so too, for single rows may be all
        that one gets. By keyset also whether it stands where the number of rows that came says."""
        if tally.by_keyset:
            last = await self._rows_from(tally, tally.position - 1)
            if not last and tally.agrees:
                return  # some servers list nothing at an offset so deep
            if last != [tally.last]:
                tally.missed("the last record does not stand where the number of rows that came by keyset says")
                return
        elif tally.position % ROUND == 0 and await self._more_by_keyset(tally):
            tally.missed("by keyset more records follow the last one by offset")
            return
        if tally.agrees and tally.distinct != 1:
            return
        if await self._rows_from(tally, tally.position):
            tally.stopped = "NoProgress", f"offset {tally.position - 1:,} has nothing new, and yet more follows"

    async def _more_by_keyset(self, tally: Tally) -> bool:
        """Whether a filter finds what no offset does: asked where the walk ended at a round number of rows."""
        if self._keyset.works is False or not _can_filter(tally):
            return False
        first, *others = await self._rows_by_keyset(tally) or [None]
        return first == tally.last and others != [] and others != [first]

    async def _rows_by_keyset(self, tally: Tally) -> list[str | None]:
        """SourcedIds of two rows from the last one on, asked for once; none where the server cannot do that."""
        with suppress(Refused, Malformed, Unreachable):
            _, page = await self._page(tally, from_id=tally.last, limit=2, retrying=once)
            return page.decoded.sourced_ids
        return []

    async def _rows_from(self, tally: Tally, offset: int) -> list[str | None] | None:
        """SourcedIds of two rows from `offset` on; None where the server refuses it, as some do past the end."""
        try:
            _, page = await self._page(tally, offset=offset, limit=2)
        except Refused as refused:
            if refused.reason in {"BadRequest", "NotFound"}:
                return None
            raise
        return page.decoded.sourced_ids

    async def _page(
        self,
        tally: Tally,
        *,
        offset: int = 0,
        from_id: str | None = None,
        limit: int | None = None,
        retrying: Retrying | None = None,
    ) -> tuple[PageRequest, FetchedPage]:
        """What was asked for in the end, and what came: pages too heavy for the server are halved."""
        while True:
            size = self._size.now
            request = PageRequest(min(limit or size, size), offset, from_id, tally.ordered)
            may_halve = limit is None and retrying is not once and size > LEAST_LIMIT
            patient = retrying or (self._retries.unless_heavy if may_halve else self._retries)
            try:
                page = await self._fetch(request, patient)
            except Unreachable as failure:
                if not (failure.heavy and may_halve):
                    raise
                await self._retries.pause(failure)
            except Malformed as failure:
                if not (failure.reason == "ResponseTooLarge" and may_halve):
                    raise
            else:
                self._size.passed()
                tally.note(page, request)
                self._pages += 1
                self._began = self._began if self._pages > 1 else page.time
                return request, page
            self._size.halve()


def _can_filter(tally: Tally) -> bool:
    """Whether rows from the last one on can be asked for: in order, and a filter cannot say a quote."""
    return tally.ordered and tally.last is not None and "'" not in tally.last


async def _abandon(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # whoever goes does not care
