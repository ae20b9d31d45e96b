"""What one walk over a collection saw, and what that proves. Pure.

Pages overlap by one row: each has to begin with the record that ended the one before it. In a stable order that
shows that no row slipped past between two pages, whatever came or went meanwhile; where it fails, rows have
shifted. A stated total has to agree besides.
"""

from dataclasses import dataclass, field

from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.errors import InconsistentReason


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What the server sent, and `X-Total-Count` where it sent one."""

    decoded: Decoded
    total: int | None


@dataclass(slots=True)
class Tally:
    """One attempt. Ids are kept as their 8-byte hashes, so that a million of them need not be a million texts."""

    ordered: bool = True
    position: int = 0
    """Rows up to here have been received; the next page begins one row earlier."""
    pages: int = 0
    received: int = 0
    nameless: int = 0
    """Rows without a sourcedId, each taken for a record of its own."""
    exhausted: bool = False
    """The last page brought nothing but its overlap."""
    stopped: tuple[InconsistentReason, str] | None = None
    """The server goes in circles."""
    shifted: str = ""
    """How the overlap failed."""
    _seen: set[int] = field(default_factory=set)
    _spoilt: set[int] = field(default_factory=set)
    _filled: int = 0
    _totals: list[int] = field(default_factory=list)
    _page_marks: set[int] = field(default_factory=set)
    _last: str | None = None

    @property
    def distinct(self) -> int:
        """Records that are there, usable or not."""
        return len(self._seen) + self.nameless

    @property
    def duplicates(self) -> int:
        """Rows that had come before."""
        return self.received - self.distinct

    @property
    def records(self) -> int:
        """Distinct records that can be used."""
        return len(self._seen) - len(self._spoilt)

    @property
    def rejected(self) -> int:
        """Distinct records that cannot."""
        return len(self._spoilt) + self.nameless

    @property
    def total(self) -> int | None:
        """As stated last."""
        return self._totals[-1] if self._totals else None

    def take(self, page: FetchedPage, offset: int) -> Decoded:
        """Count a page in; returns what of it is not overlap."""
        rows = page.decoded.sourced_ids
        self.pages += 1
        if page.total is not None and (rows or not self.position):  # past the end some servers count nothing
            self._totals.append(page.total)
        fresh = self._without_overlap(page.decoded, offset)
        self.position = max(self.position, offset + len(rows))
        self.exhausted = not fresh.sourced_ids
        if self.exhausted:
            return fresh
        self._filled += 1
        self._count(fresh)
        self._last = rows[-1]
        self._look_for_circles(rows, offset)
        return fresh

    def _without_overlap(self, decoded: Decoded, offset: int) -> Decoded:
        if not self.position:
            return decoded
        if decoded.sourced_ids[:1] == [self._last]:
            return decoded.without_first()
        self.shifted = (
            f"the page at offset {offset:,} did not begin with the record that ended the one before it, so rows "
            "came or went meanwhile, or have no stable order"
        )
        return decoded

    def _count(self, fresh: Decoded) -> None:
        named = [sourced_id for sourced_id in fresh.sourced_ids if sourced_id is not None]
        self._seen.update(map(hash, named))
        self._spoilt.update(hash(one.sourced_id) for one in fresh.rejected if one.sourced_id is not None)
        self.nameless += len(fresh.sourced_ids) - len(named)
        self.received += len(fresh.sourced_ids)

    def _look_for_circles(self, rows: list[str | None], offset: int) -> None:
        mark = hash(tuple(rows))
        if mark in self._page_marks:
            self.stopped = "RepeatedPage", f"the page at offset {offset:,} is one that had come before"
        elif self.duplicates > self.distinct:
            self.stopped = "NoProgress", f"most of {self.received:,} rows had come before"
        self._page_marks.add(mark)

    def verdict(self) -> tuple[bool, str]:
        """Whether every record that was there throughout was received, and in a sentence why or why not."""
        if self.stopped:
            return False, self.stopped[1]
        if self.shifted:
            return False, self.shifted
        if self._totals:
            return self._counted(self._totals[-1])
        if self.duplicates:
            return False, f"{self.duplicates:,} rows came twice, and there is no X-Total-Count to tell why"
        if not self.ordered and self._filled > 1:
            return False, "the server refuses to sort and sends no X-Total-Count"
        return True, (
            f"{self.distinct:,} distinct records came, each page from where the one before it ended, and nothing "
            "followed the last"
        )

    def _counted(self, total: int) -> tuple[bool, str]:
        changed = next((other for other in self._totals if other != total), None)
        if changed is not None:
            return False, f"X-Total-Count was {changed:,} and then {total:,}"
        if self.distinct != total:
            return False, (
                f"X-Total-Count says {total:,}, but {self.distinct:,} distinct records came, and "
                f"{self.duplicates:,} rows twice"
            )
        return True, f"{total:,} distinct records came, as X-Total-Count said throughout"
