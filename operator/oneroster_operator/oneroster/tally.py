"""What one attempt at a collection saw, and what that proves. Pure.

By offset, pages overlap by one row: each has to begin with the record that ended the one before it. In a stable
order that shows that no row slipped past between two pages, whatever came or went meanwhile; where it fails, rows
have shifted. By keyset nothing is shown on the way (a server that sorts 10 before 9 and filters 9 before 10 skips
rows without a word), so the last record has to stand, unfiltered, where the count of rows says. A stated total has
to agree besides.
"""

from dataclasses import dataclass, field
from typing import Final

from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.digests import Digests, shape
from oneroster_operator.oneroster.errors import InconsistentReason
from oneroster_operator.oneroster.link_header import NextLink


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` rows: those from `offset` on, or by keyset from the record `from_id` on, itself included.

    In the order of their sourcedIds where `ordered`.
    """

    limit: int
    offset: int = 0
    from_id: str | None = None
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What the server sent, with its `X-Total-Count`, `Link` and `x-perm-rev` (ClassLink: what is shared with us).

    `time` is the server's clock, in seconds since the epoch, as its `Date` says.
    """

    decoded: Decoded
    total: int | None = None
    next_link: NextLink = NextLink.UNSAID
    revision: str | None = None
    time: float | None = None


_FIRST_RECKONING: Final = 4


@dataclass(slots=True)
class Tally:
    """One attempt."""

    ordered: bool = True
    position: int = 0
    """Rows received so far, each but once; by offset the next page begins one row earlier."""
    last: str | None = None
    """The sourcedId of the last row."""
    page_rows: int = 0
    """Of the last page that brought something."""
    nameless: int = 0
    """Rows without a sourcedId, each taken for a record of its own."""
    exhausted: bool = False
    """The last page brought nothing but its overlap, or what stands in its place where rows have shifted."""
    by_keyset: bool = False
    """At least one page came by keyset."""
    stopped: tuple[InconsistentReason, str] | None = None
    """The server goes in circles, or is not one service."""
    shifted: str = ""
    """How the pages fail to join up."""
    sorts_alike: bool = True
    """The ids so far are in the same order however they are compared; not looked at where totals are stated."""
    _seen: Digests = field(default_factory=Digests)
    _shape: tuple[bytes, bool] | None = None
    _spoilt: Digests = field(default_factory=Digests)
    _pages: int = 0
    _reckon_at: int = _FIRST_RECKONING
    _totals: list[int] = field(default_factory=list)
    _marks: set[int] = field(default_factory=set)
    _revision: str | None = None
    _next_link: NextLink = NextLink.UNSAID
    _joined_nameless: bool = False

    @property
    def distinct(self) -> int:
        """Records that are there, usable or not."""
        return self._seen.distinct() + self.nameless

    @property
    def received(self) -> int:
        """Rows, without the overlaps."""
        return len(self._seen) + self.nameless

    @property
    def rejected(self) -> int:
        """Distinct records that cannot be used."""
        return self._spoilt.distinct() + self.nameless

    @property
    def total(self) -> int | None:
        """Of the whole collection, as stated last."""
        return self._totals[-1] if self._totals else None

    @property
    def agrees(self) -> bool:
        """Whether a total was stated, the same throughout, and as many distinct records came."""
        return len(set(self._totals)) == 1 and self._totals[-1] == self.distinct

    @property
    def is_due_by_offset(self) -> bool:
        """Whether the next page should come by offset, though keyset is faster: the third, fifth, ninth and so on,
        so that rows which keyset skips are missed before as many others can have gone. A total would tell."""
        return self.by_keyset and self.total is None and self._pages.bit_count() == 1

    def receive(self, page: FetchedPage, request: PageRequest) -> Decoded:
        """Find where a page stands and what follows it; returns what of it is not overlap, yet to be counted."""
        rows = page.decoded.sourced_ids
        fresh = self._without_overlap(page.decoded, request)
        before = self.position
        if request.from_id is None:
            self.position = max(self.position, request.offset + len(rows))
        else:
            self.by_keyset = True
            self.position += len(fresh.sourced_ids)
        self.exhausted = self.position == before
        if fresh.sourced_ids:
            self._pages += 1
            self.page_rows = len(rows)
            self.last = rows[-1]
            if self.sorts_alike and self.total is None:
                self._compare(fresh.sourced_ids)
        return fresh

    def _compare(self, rows: list[str | None]) -> None:
        named = [row for row in rows if row is not None]
        if named:
            before, self._shape = self._shape, shape(named)
            self.sorts_alike = self._shape is not None and before in {None, self._shape}

    def count(self, fresh: Decoded, page: FetchedPage, request: PageRequest) -> bool:
        """Count in what `receive` found; whether there is a point in going on."""
        if not fresh.sourced_ids:
            return True
        named = fresh.sourced_ids
        if fresh.rejected:
            named = [sourced_id for sourced_id in named if sourced_id is not None]
            self.nameless += len(fresh.sourced_ids) - len(named)
            self._spoilt.add([one.sourced_id for one in fresh.rejected if one.sourced_id is not None])
        self._seen.add(named)  # type: ignore[arg-type]  # only a rejected record has no id
        self._look_for_circles(page.decoded.sourced_ids, request)
        return self.stopped is None

    def note(self, page: FetchedPage, request: PageRequest) -> None:
        """What the headers of a page say, also of one that is asked for to look around."""
        rows = page.decoded.sourced_ids
        # A total by keyset is that of the rest, and past the end some servers count nothing.
        if page.total is not None and request.from_id is None and (rows or not self.position):
            self._totals.append(page.total)
        if rows and request.from_id is None:
            self._next_link = page.next_link
        if page.next_link is NextLink.ELSEWHERE:
            self.stopped = "OffOriginLink", "the link to the next page names another host than the endpoint's"
        if page.revision is not None:
            if self._revision not in {None, page.revision}:
                self.stopped = (
                    "PermissionsChanged",
                    "what the district shares with us (x-perm-rev) changed while it was read",
                )
            self._revision = page.revision

    def missed(self, what: str) -> None:
        """The end is not where the rows that came say it is."""
        self.shifted = self.shifted or what

    def _without_overlap(self, decoded: Decoded, request: PageRequest) -> Decoded:
        if not self.position:
            return decoded
        if decoded.sourced_ids[:1] == [self.last]:
            self._joined_nameless |= self.last is None
            return decoded.without_first()
        self.shifted = (
            f"the page at {_place(request)} did not begin with the record that ended the one before it, so rows "
            "came or went meanwhile, or have no stable order"
        )
        return decoded

    def _look_for_circles(self, rows: list[str | None], request: PageRequest) -> None:
        mark = hash(tuple(rows))
        if mark in self._marks and not self.shifted:  # without an order the last few rows may well come again
            self.stopped = "RepeatedPage", f"the page at {_place(request)} is one that had come before"
        elif self._pages >= self._reckon_at:
            self._reckon_at *= 2
            if self.received > 2 * self.distinct:
                self.stopped = "NoProgress", f"most of {self.received:,} rows had come before"
        self._marks.add(mark)

    def verdict(self, *, final: bool) -> tuple[bool, str]:
        """Whether every record that was there throughout was received, and in a sentence why or why not.

        `final`: there will be no other attempt, so that totals which disagree are weighed. Where pages joined up
        to the end no row was passed over; but a server that stops listing before its end is told by its total
        alone, and that says more than came.
        """
        if self.stopped:
            return False, self.stopped[1]
        if self.shifted:
            return False, self.shifted
        if self._joined_nameless:  # one may stand for another, and the rows between them be lost
            return False, "pages join up at records without a sourcedId"
        distinct = self.distinct
        repeated = self.received - distinct - self._seen.adjacent
        if self._totals:
            proven, why = self._counted(self._totals[-1], distinct, repeated)
            joined = not (self.by_keyset or repeated or self._doubt())
            if proven or not (final and joined and max(self._totals) <= self.received):
                return proven, why
            least, most = min(self._totals), max(self._totals)
            return True, (
                f"{distinct:,} distinct records came, each page from where the one before it ended, and nothing "
                f"followed the last; X-Total-Count said {least:,} to {most:,} and counts something else"
            )
        if repeated:
            return False, f"{repeated:,} rows came twice, and there is no X-Total-Count to tell why"
        if doubt := self._doubt():
            return False, f"{doubt}, and there is no X-Total-Count"
        how = "each page from where the one before it ended"
        if self.by_keyset:
            how = "by keyset, and the last stood where their number says"
        return True, f"{distinct:,} distinct records came, {how}, and nothing followed the last"

    def _doubt(self) -> str:
        """Why rows may be missing though pages join up to the end; one page passes over none."""
        if self._next_link is NextLink.HERE:
            return "the last page still names a next one"
        if self._pages < 2:
            return ""
        if not self.ordered:
            return "the server refuses to sort"
        return "" if self._seen.ordered else "the records are in no order that ids are sorted by"

    def _counted(self, total: int, distinct: int, repeated: int) -> tuple[bool, str]:
        changed = next((other for other in self._totals if other != total), None)
        if changed is not None:
            return False, f"X-Total-Count was {changed:,} and then {total:,}"
        if distinct == total and not repeated:
            return True, f"{total:,} distinct records came, as X-Total-Count said throughout"
        in_place = self.ordered and not self.by_keyset and not repeated
        if in_place and self.received == total:
            return True, (
                f"{total:,} rows came in order, as X-Total-Count said throughout, of {distinct:,} distinct records"
            )
        return False, (
            f"X-Total-Count says {total:,}, but {distinct:,} distinct records came, and "
            f"{self.received - distinct:,} rows twice"
        )


def _place(request: PageRequest) -> str:
    return f"offset {request.offset:,}" if request.from_id is None else "the last sourcedId"
