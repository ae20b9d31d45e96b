"""What persons have to decide on: what runs held, from run to run, and what was said of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tests.sync.model.rows import Change, HeldRows


@dataclass(frozen=True)
class StoredHold:
    """`number` is its name. `decided`: a person did, so that the same rows held again are another hold."""

    number: int
    category: str
    rows: HeldRows
    state: str = "open"
    decided: bool = False


@dataclass
class Holds:
    """`stored` in the order in which they were found first."""

    stored: list[StoredHold] = field(default_factory=list)

    def approved(self, category: str, named: Collection[int], found: Iterable[Change]) -> set[Change]:
        """Changes that belong to holds that were approved: open ones, or discarded ones on second thoughts."""
        rows = self._rows(category, named, {"open", "discarded"})
        return {one for one in found if one.row in rows}

    def discarded(self, category: str, named: Collection[int], found: Iterable[Change]) -> set[Change]:
        """Changes of holds discarded now or earlier."""
        rows = self._rows(category, named, {"open"}) | self._rows(category, None, {"discarded"})
        return {one for one in found if one.row in rows}

    def settle(
        self,
        category: str,
        held: Collection[Change],
        decided: Mapping[str, tuple[Collection[int], Collection[Change]]],
    ) -> bool:
        """Note decisions by state, with their changes that occurred; store what is held, clear what is not."""
        for state, before in (("applied", {"open", "discarded"}), ("discarded", {"open"})):
            named, occurred = decided[state]
            rows = {one.row for one in occurred}
            self.stored = [
                replace(hold, state=state, decided=True)
                if hold.category == category and hold.state in before and hold.number in named and hold.rows & rows
                else hold
                for hold in self.stored
            ]
        new = frozenset(one.row for one in held)
        rows = {one.row for one in decided["discarded"][1]}
        self.stored = [
            replace(hold, state="cleared")
            if hold.category == category
            and (hold.state == "open" or (hold.state == "discarded" and not hold.rows & rows))
            else hold
            for hold in self.stored
        ]
        if new:
            self._store(category, new)
        return bool(new)

    def release(self, category: str) -> None:
        self.stored = [
            replace(hold, state="cleared") if hold.category == category and hold.state == "open" else hold
            for hold in self.stored
        ]

    def _store(self, category: str, rows: HeldRows) -> None:
        """The same rows are the same hold, until it was decided on."""
        for place, hold in enumerate(self.stored):
            if hold.category == category and hold.rows == rows and not hold.decided:
                self.stored[place] = replace(hold, state="open")
                return
        self.stored.append(StoredHold(len(self.stored), category, rows))

    def _rows(self, category: str, named: Collection[int] | None, states: set[str]) -> HeldRows:
        return frozenset(
            row
            for hold in self.stored
            if hold.category == category and hold.state in states and (named is None or hold.number in named)
            for row in hold.rows
        )
