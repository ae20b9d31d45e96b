"""What the platform holds, decides and remembers, run by run."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from oneroster_operator.api.report import Outcome
from tests.sync.model import quarantine
from tests.sync.model.changes import changes
from tests.sync.model.holds import Holds
from tests.sync.model.limits import Situation, Verdict, by_mode, judge
from tests.sync.model.listing import Listing
from tests.sync.model.quarantine import NEEDS, Entry, Record
from tests.sync.model.rows import ADMINS, Change
from tests.sync.model.tables import Tables
from tests.sync.model.wanted import wanted

PEAK: Final = dt.timedelta(days=7)

Counts = dict[tuple[str, str | None], int]


@dataclass(frozen=True)
class Order:
    """What a run is told besides the links: limits, and numbers of holds that persons decided on."""

    limits: Limits
    accepted_admins: Mapping[Category, int]
    approvals: frozenset[int] = frozenset()
    discards: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Told:
    """What a run says of a category."""

    outcome: Outcome
    reason: str = ""
    withheld: int = 0
    waiting: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    holds: bool = False


@dataclass(frozen=True)
class Past:
    """What a run ended with: later removals are judged by it. `rebased`: it was let past the limits."""

    category: Category
    time: dt.datetime
    step: int
    counts: Counts
    rebased: bool


@dataclass
class Platform:
    """`linked_at`: the step at which one of the district's schools was last linked to a school of ours."""

    tables: Tables = field(default_factory=Tables)
    holds: Holds = field(default_factory=Holds)
    quarantine: dict[Record, Entry] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)
    linked_at: dict[str, int] = field(default_factory=dict)
    """By the district's school."""
    step: int = 0

    def copy(self) -> "Platform":
        """What becomes of either is nothing to the other."""
        return replace(
            self,
            tables=self.tables.copy(),
            holds=Holds(list(self.holds.stored)),
            quarantine=dict(self.quarantine),
            past=list(self.past),
            linked_at=dict(self.linked_at),
        )

    def follow(self, links: Mapping[str, str]) -> None:
        """What a run does about links before all else."""
        before = dict(self.tables.links)
        if self.tables.follow(links):
            self._note_links(before, links)

    def sync(self, category: Category, seen: Listing, order: Order, refused: set[str], now: dt.datetime) -> Told:
        """One category of one run; `refused` are collections that the district does not give."""
        if refused & set(NEEDS[category]):
            return Told(Outcome.REFUSED)
        self.follow(seen.links)
        want = wanted(category, self.tables, seen)
        found = changes(category, self.tables, seen, want)
        faults = quarantine.faults(category, self.tables, seen, want)
        waiting = quarantine.waiting(self.quarantine, faults, now)
        mode = by_mode(category, order.limits, found)
        left = [one for one in found if one not in mode]
        approved = self.holds.approved(category, order.approvals, left) if seen.complete else set[Change]()
        left = [one for one in left if one not in approved]
        discarded = self.holds.discarded(category, order.discards, left)
        left = [one for one in left if one not in discarded]
        held = self.tables.held(category, set(seen.links.values()), want.people)
        situation = self._situation(category, seen, order, held, approved, len(waiting), now)
        verdict = judge(situation, left)
        written = [one for one in left if one not in verdict.held]
        holds = False
        if seen.complete:
            decided = {"applied": (order.approvals, approved), "discarded": (order.discards, discarded)}
            holds = self.holds.settle(category, verdict.held, decided)
        before = dict(self.tables.links)
        self.tables.write(category, seen, want, [*written, *approved])
        self.tables.links |= seen.links
        self._note_links(before, seen.links)
        self.quarantine = quarantine.remembered(self.quarantine, faults, category, seen, now)
        rebased = _past_the_limits(category, order.limits, written, approved)
        counts = self.tables.held(category, set(seen.links.values()), ())
        self.past.append(Past(category, now, self.step, counts, rebased))
        withheld = verdict.count + len(discarded) + (len(mode) if seen.complete else 0)
        outcome, reason = _outcome(seen, verdict)
        quarantined = quarantine.by_rule(faults, waiting)
        return Told(outcome, reason, withheld, len(waiting), quarantined, holds)

    def release(self, category: Category) -> None:
        """A person ends what a deselected category left."""
        self.tables.release(category)
        self.holds.release(category)
        self.quarantine = {record: entry for record, entry in self.quarantine.items() if record[0] != category}

    def _note_links(self, before: Mapping[str, str], links: Mapping[str, str]) -> None:
        self.step += 1
        for school, at in links.items():
            if before.get(school) != at:
                self.linked_at[school] = self.step

    def _situation(
        self,
        category: Category,
        seen: Listing,
        order: Order,
        held: Counts,
        approved: Collection[Change],
        waiting: int,
        now: dt.datetime,
    ) -> Situation:
        """As if what was approved were written already."""
        peaks, in_all = self._peaks(category, seen, now)
        for one in approved:
            if one.action == "change":
                continue
            school_id = None if one.kind == "users" else one.school_id
            more = 1 if one.is_new else -1
            for counts in (held, peaks):
                counts[one.kind, school_id] = counts.get((one.kind, school_id), 0) + more
            in_all[one.kind] += more
        empty = {kind for kind in NEEDS[category] if not getattr(seen, kind)}
        return Situation(
            category,
            order.limits,
            order.accepted_admins.get(category, 0),
            held,
            peaks,
            in_all,
            seen.complete,
            frozenset(empty),
            waiting,
        )

    def _peaks(self, category: Category, seen: Listing, now: dt.datetime) -> tuple[Counts, Counter[str]]:
        """The most that runs of these seven days ended with, but those before removals were let past the limits.

        What a school had before it was linked anew is none of it.
        """
        runs = [run for run in self.past if run.category == category]
        last = max((place for place, run in enumerate(runs) if run.rebased), default=0)
        since = {
            school_id: max(self.linked_at[s] for s, at in self.tables.links.items() if at == school_id)
            for school_id in set(seen.links.values()) & set(self.tables.links.values())
        }
        peaks: Counts = {}
        in_all = Counter[str]()
        for run in runs[last:]:
            if run.time <= now - PEAK:
                continue
            total = Counter[str]()
            for (kind, school_id), count in run.counts.items():
                if school_id is None or since.get(school_id, run.step + 1) <= run.step:
                    peaks[kind, school_id] = max(peaks.get((kind, school_id), 0), count)
                    total[kind] += count
            in_all |= total
        return peaks, in_all


def _past_the_limits(
    category: Category, limits: Limits, written: Collection[Change], approved: Collection[Change]
) -> bool:
    """Whether a person let removals through, be it by dismissing an admin: they are no drain."""
    ends = [one for one in written if one.action == "end"]
    return (
        any(one.action == "end" for one in approved)
        or (category in ADMINS and any(one.explicit for one in ends))
        or (bool(ends) and limits.max_removed_percent == 100)
    )


def _outcome(seen: Listing, verdict: Verdict) -> tuple[Outcome, str]:
    if not seen.complete:
        return Outcome.DISTRICT_FAILED, "PullIncomplete"
    return (Outcome.HELD, verdict.reason) if verdict.reason else (Outcome.SUCCEEDED, "")
