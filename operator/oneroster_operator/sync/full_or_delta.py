"""Whether a run asks the district for all of a category or for what changed since the last run, and why. Pure.

A delta shows what changed and nothing else. All is asked for wherever that is not enough: for what is no longer
listed, comes into force by its date, was not written when it was seen, or is judged otherwise by now.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Plan, digest
from oneroster_operator.oneroster import Collection
from oneroster_operator.sync.needs import NEEDS

READING: Final = 1
"""To be raised whenever something else is made of the same record, so that all records are read anew."""

EVERY: Final = dt.timedelta(days=7)
SLACK: Final = dt.timedelta(hours=12)
"""A daily run does not begin at the same minute every day."""
MARGIN: Final = dt.timedelta(days=1)
"""So much further back is asked than the server's clock says: some servers mistake zones, or compare days."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """What a category remembers of the last time that it was given a collection: a row of `roster.watermarks`."""

    changed_since: dt.datetime | None
    """From when on to ask, by the server's clock; None where it told no time."""
    pulled_at: dt.datetime
    """By our clock."""
    full_at: dt.datetime
    """When all was last asked for, by our clock."""
    inputs: str
    next_begin: dt.date | None
    """The first day on which something comes into force that was not written, for it was not in force."""
    unfit: str
    """Why the server cannot tell what changed, a sentence; empty where it showed that it can."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the platform knows of a category's earlier runs."""

    watermarks: Mapping[Collection, Watermark]
    held: bool
    """Something is withheld or was discarded: a run that does not see it again would take it for settled."""
    lacking: bool
    """Enrollments lack their user or class, which may come any day; the platform has none of their content."""


def inputs(plan: Plan) -> str:
    """Of all by which records are judged: another digest, and what was passed over before may be wanted now."""
    told = (
        READING,
        plan.links,
        plan.categories,
        plan.endpoint.url,
        plan.endpoint.version,
        plan.district_org,
        plan.time_zone,
        plan.limits.additions_only,
    )
    return digest(msgspec.json.encode(told, order="deterministic").decode())


def why_full(plan: Plan, category: Category, memory: Memory, now: dt.datetime, today: dt.date) -> str:
    """Why all of the category has to be asked for, in a sentence; empty where what changed is enough."""
    marks = [memory.watermarks.get(collection) for collection in NEEDS[category]]
    known = [mark for mark in marks if mark is not None]
    if len(known) < len(marks):
        return "All of it has not been written yet."
    if any(mark.inputs != inputs(plan) for mark in known):
        return "Schools, categories, endpoint, time zone, mode or software changed since the last time."
    if not all(dt.timedelta(0) <= now - mark.full_at < EVERY - SLACK for mark in known):
        return "All of it was last asked for a week ago."
    for mark in known:
        if mark.unfit:
            return mark.unfit
    if any(mark.changed_since is None for mark in known):
        return "The district's server does not say what time it is, so it cannot be asked for what changed."
    if memory.held:
        return "Something is withheld, and only all of it shows whether that is still so."
    if memory.lacking:
        return "Enrollments lack their user or class, and only all of it shows whether they have come."
    if any(mark.next_begin is not None and mark.next_begin <= today for mark in known):
        return "Roles or enrollments came into force by their dates."
    return ""


def earliest(marks: Sequence[Watermark]) -> Watermark:
    """The one that is enough for everyone whose watermarks of a collection these are."""
    return min(marks, key=_changed_since)


def since(mark: Watermark) -> dt.datetime:
    """From when on to ask for changes."""
    return _changed_since(mark) - MARGIN


def was_set_back(before: Watermark, changed_since: dt.datetime, now: dt.datetime) -> bool:
    """Whether the server's clock was set back further than the margin makes up for: what changed after that bears
    times that were asked for before. `changed_since` is what a watermark of `now` would have."""
    return (now - before.pulled_at) - (changed_since - _changed_since(before)) > MARGIN / 2


def _changed_since(mark: Watermark) -> dt.datetime:
    if mark.changed_since is None:
        raise ValueError("a server that told no time cannot be asked for changes (why_full)")
    return mark.changed_since
