"""A server of one collection as a walk sees it, with any mixture of habits; it changes between its answers."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from oneroster_operator.oneroster import Org, Patience, Refused, Rejected, Unreachable, Walk
from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.errors import Malformed
from oneroster_operator.oneroster.link_header import NextLink
from oneroster_operator.oneroster.paging import Keyset
from oneroster_operator.oneroster.retry import Retries, Retrying
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest
from tests.oneroster.odd_servers import Pauses

Rows = Sequence[str | None]
Habit = Literal["honoured", "ignored", "refused"]
Order = Callable[[str], Any]
"""What a server compares in place of the text of a sourcedId."""

ORDERS: dict[str, Order] = {
    "text": str,
    "caseless": str.lower,
    "numeric": lambda text: (0, int(text), "") if text.isdecimal() else (1, 0, text),
    "by length": lambda text: (len(text), text),
    "by letters": lambda text: ("".join(filter(str.isalnum, text.casefold())), text),  # as most locales do
}


def too_slow() -> Unreachable:
    return Unreachable("Timeout", "no answer in time", "call", heavy=True)


def rows(count: int) -> list[str | None]:
    return [f"id-{number:05d}" for number in range(count)]


def no_total(_: int, __: Rows) -> None:
    return None


def true_total(count: int, _: Rows) -> int:
    return count


def patient(pauses: Pauses | None = None) -> Retries:
    return Retries(Patience(), sleep=pauses or Pauses(), random=lambda: 0.5)


@dataclass
class Server:
    """`rows` are in the server's own order; `between` runs before each answer; `fails` are requests that fail.

    `slow` are requests that are not answered in time; one for more than `slow_above` rows never is.
    """

    rows: list[str | None]
    clamp: int = 1_000_000
    total: Callable[[int, Rows], int | None] = true_total
    between: Callable[["Server", int], None] = lambda _server, _request: None
    sort: Habit = "honoured"
    sort_order: Order = str
    filter: Habit = "refused"
    filter_order: Order = str
    total_of_all: bool = False
    """The total is that of the whole collection, also where it is filtered."""
    reshuffles: random.Random | None = None
    """No order is kept from one answer to the next, unless it is asked to sort and does."""
    refuses_past_end: bool = False
    ignores_offset: bool = False
    heavy_above: int = 1_000_000
    too_large_above: int = 1_000_000
    fails: frozenset[int] = frozenset()
    slow: frozenset[int] = frozenset()
    slow_above: int = 1_000_000
    link: Callable[[bool], NextLink] = lambda _: NextLink.UNSAID
    revision: str | None = None
    requests: list[PageRequest] = field(default_factory=list)

    def walk(self, page_size: int = 1000, keyset: Keyset | None = None) -> Walk:
        return Walk(self.fetch, page_size, patient(), keyset=keyset)

    @property
    def offsets(self) -> list[int]:
        """Of the requests that were not filtered."""
        return [request.offset for request in self.requests if request.from_id is None]

    async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
        async def once() -> FetchedPage:
            self.between(self, len(self.requests))
            self.requests.append(request)
            if len(self.requests) - 1 in self.fails:
                raise Unreachable("DistrictError", "a hiccup", "call", heavy=True)
            if len(self.requests) - 1 in self.slow:
                raise too_slow()
            return self._answer(request)

        return await retrying(once)

    def _answer(self, request: PageRequest) -> FetchedPage:
        listed = self._listed(request)
        if self.refuses_past_end and request.offset >= len(listed) and request.offset:
            raise Refused("NotFound", "no such offset", "call")
        start = 0 if self.ignores_offset else request.offset
        page = listed[start : start + min(request.limit, self.clamp)]
        if len(page) > self.slow_above:
            raise too_slow()
        if len(page) > self.heavy_above:
            raise Unreachable("DistrictError", "502", "call", heavy=True)
        if len(page) > self.too_large_above:
            raise Malformed("ResponseTooLarge", "too large")
        counted = self.rows if self.total_of_all else listed
        return FetchedPage(
            decoded(page),
            self.total(len(counted), page),
            self.link(start + len(page) < len(listed)),
            self.revision,
            time=float(len(self.requests)),
        )

    def _listed(self, request: PageRequest) -> list[str | None]:
        if self.sort == "refused" and request.ordered:
            raise Refused("BadRequest", "no sorting here", "call")
        if self.filter == "refused" and request.from_id is not None:
            raise Refused("BadRequest", "no filtering here", "call")
        listed = [*self.rows]
        if self.reshuffles is not None:
            self.reshuffles.shuffle(listed)
        if self.filter == "honoured" and request.from_id is not None:
            least = self.filter_order(request.from_id)
            listed = [row for row in listed if row is not None and self.filter_order(row) >= least]
        if self.sort == "honoured" and request.ordered:
            listed.sort(key=lambda row: self.sort_order(row or ""))
        return listed


def decoded(page: Rows) -> Decoded:
    records = [Org(sourced_id=row) for row in page if row is not None]
    return Decoded([*records], [Rejected(None, "MissingSourcedId") for row in page if row is None], [*page])


async def received(walk: Walk) -> list[str]:
    """The ids of the last attempt."""
    found: list[str] = []
    attempt = 1
    async for page in walk:
        if page.attempt != attempt:
            found.clear()
            attempt = page.attempt
        found.extend(record.sourced_id for record in page.records)
    return found
