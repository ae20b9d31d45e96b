"""Records that a category cannot use, by rule, and enrollments that wait for what they name."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from oneroster_operator.api.category import Category
from tests.sync.model.listing import Listing
from tests.sync.model.rows import ENROLLED_BY
from tests.sync.model.wanted import Wanted, usable_enrollments

if TYPE_CHECKING:
    from tests.sync.model.tables import Tables

PATIENCE: Final = dt.timedelta(days=14)
NEEDS: Final = {
    Category.STUDENTS: ("users",),
    Category.TEACHER_ASSIGNMENTS: ("users", "academic_sessions", "courses", "classes", "enrollments"),
    Category.CLASS_ROSTERS: ("academic_sessions", "courses", "classes", "enrollments"),
    Category.SCHOOL_ADMINS: ("users",),
    Category.DISTRICT_ADMINS: ("users",),
}

Record = tuple[str, str, str]
"""Category, collection and sourcedId."""
Fault = tuple[str, bool]
"""A rule, and whether it may yet mend itself."""


@dataclass(frozen=True)
class Entry:
    rule: str
    since: dt.datetime
    waits: bool


def faults(category: Category, tables: "Tables", seen: Listing, want: Wanted) -> dict[Record, Fault]:
    """What cannot be used now."""
    found: dict[Record, Fault] = {}
    for kind in NEEDS[category]:
        for key in seen.unreadable(kind):
            found[category, kind, key] = "UnknownStatus", False
    if category not in ENROLLED_BY:
        return found
    linked = set(seen.links.values())
    for key, enrollment in usable_enrollments(seen, category).items():
        class_ = seen.classes.get(enrollment.class_)
        if key in want.enrollments or (class_ and _is_no_class_of_ours(class_.status, class_.school, seen)):
            continue
        known = tables.claimed["classes"].get(enrollment.class_)
        there = class_ is not None and (
            class_.status == "active" or (known is not None and known.claims and known.school_id in linked)
        )
        other = tables.enrollments.get(key)
        if not there:
            fault = "DanglingClass", class_ is not None or not seen.complete
        elif other is not None and other.held and other.category != category:
            fault = "RoleChanged", True
        else:
            may_come = category is Category.CLASS_ROSTERS or "users" in seen.narrowed or not seen.complete
            fault = "DanglingUser", may_come or enrollment.user in seen.users
        found[category, "enrollments", key] = fault
    return found


def _is_no_class_of_ours(status: str, school: str, seen: Listing) -> bool:
    return status == "tobedeleted" or (status == "active" and school not in seen.links)


def waiting(known: Mapping[Record, Entry], found: Mapping[Record, Fault], now: dt.datetime) -> set[Record]:
    """Those that have not waited for 14 days since they were first seen to."""
    return {
        record
        for record, (rule, waits) in found.items()
        if waits and now < _since(known, record, rule, now) + PATIENCE
    }


def by_rule(found: Mapping[Record, Fault], waiting: set[Record]) -> dict[str, int]:
    return dict(Counter(rule for record, (rule, _) in found.items() if record not in waiting))


def remembered(
    known: Mapping[Record, Entry],
    found: Mapping[Record, Fault],
    category: Category,
    seen: Listing,
    now: dt.datetime,
) -> dict[Record, Entry]:
    """What is noted after a run: what is wrong now, and what the run could not tell to have come good."""
    kept = {
        (of, kind, key): entry
        for (of, kind, key), entry in known.items()
        if of != category
        or kind not in NEEDS[category]
        or not (seen.complete or seen.status(kind, key) is not None)
    }
    return kept | {
        record: Entry(rule, _since(known, record, rule, now), waits) for record, (rule, waits) in found.items()
    }


def _since(known: Mapping[Record, Entry], record: Record, rule: str, now: dt.datetime) -> dt.datetime:
    return known[record].since if record in known and known[record].rule == rule else now
