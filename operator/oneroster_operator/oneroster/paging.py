"""A walk over a collection that knows whether it saw all of it.

OneRoster promises no snapshot: rows that come or go while one pages shift the offsets, servers clamp `limit`
without a word, and `X-Total-Count` is only recommended. So the offset advances by the rows received, the walk goes
on to an empty page, and afterwards a count has to prove that nothing was passed over.
Source: OneRoster 1.1 section 3.4.1, 1.2 REST binding; behaviour of servers and clients in the field.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.errors import Inconsistent, InconsistentReason, Refused
from oneroster_operator.oneroster.records import Record, Rejected
from oneroster_operator.oneroster.retry import Retries

ATTEMPTS: Final = 2
MAX_ROWS: Final = 20_000_000
"""Twice the enrollments of the largest district of the United States."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The rows from `offset` on, at most `limit`; in the order of their sourcedIds where `ordered`."""

    offset: int
    limit: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What the server sent, and `X-Total-Count` where it sent one."""

    decoded: Decoded
    total: int | None


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
    `duplicates` the rows that came again, `pages` and `retries` what was asked for in all attempts.
    """

    complete: bool
    proof: str
    records: int
    duplicates: int
    rejected: int
    total: int | None
    pages: int
    retries: int


@dataclass(slots=True)
class _Tally:
    """One attempt. Ids are kept as their 8-byte hashes, so that a million of them fit anywhere."""

    ordered: bool
    seen: set[int] = field(default_factory=set)
    spoilt: set[int] = field(default_factory=set)
    nameless: int = 0
    rows: int = 0
    pages: int = 0
    totals: list[int] = field(default_factory=list)
    page_marks: set[int] = field(default_factory=set)
    last: str | None = None
    stopped: tuple[InconsistentReason, str] | None = None

    @property
    def distinct(self) -> int:
        return len(self.seen) + self.nameless

    @property
    def duplicates(self) -> int:
        return self.rows - self.distinct

    @property
    def total(self) -> int | None:
        return self.totals[-1] if self.totals else None

    def add(self, page: FetchedPage) -> None:
        ids = page.decoded.sourced_ids
        if page.total is not None and (ids or not self.pages):  # past the end some servers count nothing
            self.totals.append(page.total)
        self.pages += 1
        if not ids:
            return
        before = self.distinct
        named = [sourced_id for sourced_id in ids if sourced_id is not None]
        self.seen.update(map(hash, named))
        self.spoilt.update(hash(one.sourced_id) for one in page.decoded.rejected if one.sourced_id is not None)
        self.nameless += len(ids) - len(named)
        mark = hash(tuple(ids))
        if mark in self.page_marks:
            self.stopped = "RepeatedPage", f"the page at offset {self.rows:,} is one that had come before"
        elif self.distinct == before:
            self.stopped = "NoProgress", f"the page at offset {self.rows:,} brings no record that is new"
        self.page_marks.add(mark)
        self.rows += len(ids)
        self.last = ids[-1]


class Walk:
    """Asynchronous iterator over the pages of a collection; `outcome` is known after the last.

    Raises what the requests raise, and `Inconsistent` where the server goes in circles twice.
    """

    def __init__(self, fetch: Fetch, page_size: int, retries: Retries, *, max_rows: int = MAX_ROWS) -> None:
        self._fetch = fetch
        self._page_size = page_size
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
        pages = 0
        for attempt in range(1, ATTEMPTS + 1):
            tally = _Tally(ordered=True)
            async for page in self._attempt(tally):
                yield Page(page.decoded.records, page.decoded.rejected, attempt)
            complete, proof = await self._proven(tally)
            pages += tally.pages
            if complete:
                break
        else:
            if tally.stopped:
                reason, what = tally.stopped
                raise Inconsistent(reason, f"The district's service goes in circles, twice: {what}.")
            proof = f"not proven in {ATTEMPTS} walks; in the last, {proof}"
        self._outcome = WalkOutcome(
            complete=complete,
            proof=proof,
            records=len(tally.seen) - len(tally.spoilt),
            duplicates=tally.duplicates,
            rejected=len(tally.spoilt) + tally.nameless,
            total=tally.total,
            pages=pages,
            retries=self._retries.count,
        )

    async def _attempt(self, tally: _Tally) -> AsyncIterator[FetchedPage]:
        """Pages up to the first empty one, whatever totals and short pages say: both have been seen to lie."""
        while True:
            page = await self._next(tally)
            tally.add(page)
            if tally.stopped or not page.decoded.sourced_ids:
                return
            if tally.rows > self._max_rows:
                message = f"The district's service sends over {self._max_rows:,} rows and no end."
                raise Inconsistent("EndlessCollection", message)
            yield page

    async def _next(self, tally: _Tally) -> FetchedPage:
        try:
            return await self._page(tally.rows, tally)
        except Refused as refused:
            if refused.reason not in {"BadRequest", "NotFound"}:
                raise
            if tally.rows and tally.distinct == tally.total:  # some servers refuse an offset past the end
                return FetchedPage(Decoded([], [], []), None)
            if tally.rows or refused.reason == "NotFound":
                raise
        tally.ordered = False  # some servers refuse to sort
        return await self._page(tally.rows, tally)

    async def _page(self, offset: int, tally: _Tally) -> FetchedPage:
        return await self._fetch(PageRequest(offset, self._page_size, tally.ordered), self._retries)

    async def _proven(self, tally: _Tally) -> tuple[bool, str]:
        if tally.stopped:
            return False, tally.stopped[1]
        if tally.totals:
            return _counted(tally)
        if not tally.rows:
            return True, "the first page was empty"
        if tally.duplicates:
            return False, (
                f"{tally.duplicates:,} rows came twice and there is no X-Total-Count to tell whether others were "
                "passed over"
            )
        if not tally.ordered and tally.pages > 2:
            return False, "the server refuses to sort and sends no X-Total-Count, so pages may have overlapped"
        tail = (await self._page(tally.rows - 1, tally)).decoded.sourced_ids
        tally.pages += 1
        if len(tail) == 1 and (tail[0] == tally.last or not tally.ordered):
            return True, (
                f"{tally.distinct:,} distinct records came; offset {tally.rows - 1:,} has just the last of them "
                f"and offset {tally.rows:,} none"
            )
        return False, (
            f"there is no X-Total-Count, and offset {tally.rows - 1:,} did not have exactly the last of "
            f"{tally.rows:,} rows"
        )


def _counted(tally: _Tally) -> tuple[bool, str]:
    total = tally.totals[-1]
    changed = next((other for other in tally.totals if other != total), None)
    if changed is not None:
        return False, f"X-Total-Count was {changed:,} and then {total:,}"
    if tally.distinct != total:
        return False, (
            f"X-Total-Count says {total:,}, but {tally.distinct:,} distinct records came and {tally.duplicates:,} "
            "rows twice"
        )
    return True, f"{total:,} distinct records came, as X-Total-Count said throughout"
