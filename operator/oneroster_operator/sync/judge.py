"""Judging a category's differences: what may be written stays in `differences`, the rest is taken out of it."""

import datetime as dt
from dataclasses import dataclass, field, replace

from oneroster_operator.api.plan import Plan
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import peaks
from oneroster_operator.sync.holds import Hold, holds, past_the_limits, withheld_by_mode
from oneroster_operator.sync.take_out import Why, clear, take_out, take_out_decided, taken
from oneroster_operator.sync.tally import Differences, Tallies, Tally, total
from oneroster_operator.sync.wanted import Owner


@dataclass(frozen=True, slots=True)
class Judged:
    """What is withheld, and why; by default nothing."""

    holds: tuple[Hold, ...] = ()
    held: Tallies = field(default_factory=dict)
    """Rows that the holds are about."""
    by_mode: Tallies = field(default_factory=dict)
    approved: Tallies = field(default_factory=dict)
    discarded: Tallies = field(default_factory=dict)
    rebased: bool = False
    """Removals are let past the limits."""

    @property
    def withheld(self) -> int:
        """How many rows."""
        return sum(hold.count for hold in self.holds) + rows(self.by_mode) + rows(self.discarded)

    @property
    def note(self) -> str:
        """What a run that holds nothing withholds all the same, in sentences."""
        notes = []
        if withheld := rows(self.by_mode):
            notes.append(
                f"{withheld} ends and deactivations were not written because spec.safety.mode is AdditionsOnly."
            )
            if created := total(self.by_mode).created:
                notes.append(f"{created} of them are new and would stand beside rows of the former endpoint.")
        if withheld := rows(self.discarded):
            notes.append(f"{withheld} changes stay withheld because a person discarded them.")
        return " ".join(notes)


async def judge(connection: Connection, owner: Owner, plan: Plan, found: Differences, now: dt.datetime) -> Judged:
    """Take out what is withheld, and what is approved, which `take_out.put_back` puts back.

    Of an answer that is not proven complete nothing is approved: what was seen may be half of it.
    """
    await clear(connection)
    limits, category = plan.limits, owner.category
    await take_out(connection, Why.MODE, withheld_by_mode(category, limits, found))
    if plan.approvals and not found.incomplete:
        await take_out_decided(connection, owner, Why.APPROVED, plan.approvals)
    await take_out_decided(connection, owner, Why.DISCARDED, plan.discards)
    by_mode, approved, discarded = [
        await taken(connection, why) for why in (Why.MODE, Why.APPROVED, Why.DISCARDED)
    ]
    if found.all.removed:
        found = replace(found, peaks=await peaks.peaks(connection, owner, now))
    left = found.without(approved, (by_mode, discarded))
    withheld = holds(category, limits, plan.accepted_admins.get(category, 0), left)
    await take_out(connection, Why.HELD, sorted({part for hold in withheld for part in hold.parts}))
    held = await taken(connection, Why.HELD)
    await connection.execute("ANALYZE aside")
    written = left.all - total(held)
    return Judged(
        withheld,
        held,
        # What is missing from half a list is no removal that anyone saw.
        {} if found.incomplete else by_mode,
        approved,
        discarded,
        rebased=past_the_limits(category, limits, written, total(approved)),
    )


def rows(tallies: Tallies) -> int:
    """How many rows differ."""
    tally: Tally = total(tallies)
    return tally.created + tally.changed + tally.removed
