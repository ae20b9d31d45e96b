"""What a run may not write without a person: design and issue once more, over the rows that would be written."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from tests.sync.model.rows import ADMINS, Change

REMOVED: Final = ("user_roles", "enrollments", "classes", "courses", "academic_sessions")
RENAMED: Final = ("user_roles", "enrollments", "classes")
MOVED: Final = ("users", "enrollments", "classes")

Counts = Mapping[tuple[str, str | None], int]
"""Rows by kind and platform school (None: of no school)."""


@dataclass(frozen=True)
class Situation:
    """What a category's changes are judged against.

    `held` is what it holds now, `peaks` the most it held of a school these seven days, `peaks_in_all` of all
    linked ones together; `empty` are collections without a record, `waiting` enrollments that may yet come.
    """

    category: Category
    limits: Limits
    accepted_admins: int
    held: Counts
    peaks: Counts
    peaks_in_all: Mapping[str, int]
    complete: bool
    empty: frozenset[str]
    waiting: int


@dataclass
class Verdict:
    """`reason` is that of the gravest hold, empty where nothing is held; `count` is what the run says it held."""

    reason: str = ""
    count: int = 0
    held: set[Change] = field(default_factory=set)

    def hold(self, reason: str, count: int, rows: Iterable[Change]) -> None:
        self.reason = self.reason or reason
        self.count += count
        self.held |= set(rows)


def too_many(part: int, whole: int, percent: int, floor: int) -> bool:
    return part > floor and part / whole > percent / 100 if whole else part > floor


def by_mode(category: Category, limits: Limits, found: Iterable[Change]) -> set[Change]:
    """AdditionsOnly: nothing ends and nobody is disabled, but admins whom the district explicitly dismisses."""
    if not limits.additions_only:
        return set()
    if category in ADMINS:
        return {one for one in found if one.action == "end" and not one.explicit}
    return {one for one in found if one.action == "end" or one.disables}


def judge(situation: Situation, found: Collection[Change]) -> Verdict:
    """`found` are the changes that no mode and no person has decided on."""
    verdict = Verdict()
    category, limits = situation.category, situation.limits
    ends = [one for one in found if one.action == "end"]
    news = [one for one in found if one.is_new]
    edits = [one for one in found if one.action == "change"]
    judged = [one for one in ends if not (category in ADMINS and one.explicit)]
    renamed = _looks_renamed(situation, found)
    reason = "" if situation.complete else "PullIncomplete"
    reason = reason or ("IdsChanged" if renamed else _why_not_removed(situation, ends))
    if reason:
        count = len(judged) if situation.complete else 0
        if renamed:
            verdict.hold(reason, count + len(news) + len(edits), [*judged, *news, *edits])
        else:
            verdict.hold(reason, count, judged)
    if not renamed:
        _judge_new_admins(situation, news, verdict)
        if any(
            too_many(
                sum(one.moved for one in edits if one.kind == kind),
                _total(situation.held, kind),
                limits.max_changed_percent,
                limits.removed_floor,
            )
            for kind in MOVED
        ):
            verdict.hold("ChangesHeld", len(edits), edits)
    _keep_the_last_admins(situation, ends, news, verdict)
    return verdict


def _total(counts: Counts, kind: str) -> int:
    return sum(count for (of, _), count in counts.items() if of == kind)


def _looks_renamed(situation: Situation, found: Collection[Change]) -> bool:
    """Nearly all of a kind is absent while much is new: it may be the same under other ids."""
    limits = situation.limits
    floor = 1 if situation.category in ADMINS else limits.removed_floor
    if limits.max_removed_percent == 100:
        return False
    for kind in RENAMED:
        held = _total(situation.held, kind)
        absent = sum(one.action == "end" and not one.explicit for one in found if one.kind == kind)
        new = sum(one.is_new for one in found if one.kind == kind)
        new += situation.waiting if kind == "enrollments" else 0
        share = limits.max_changed_percent
        if too_many(absent, held, share, floor) and too_many(new, held, share // 2, floor):
            return True
    return False


def _why_not_removed(situation: Situation, ends: Collection[Change]) -> str:
    limits, admins = situation.limits, situation.category in ADMINS
    floor, percent = 0 if admins else limits.removed_floor, limits.max_removed_percent
    for kind in REMOVED:
        of_kind = [one for one in ends if one.kind == kind]
        judged = [one for one in of_kind if not (admins and one.explicit)]
        held = _total(situation.held, kind)
        if not judged:
            continue
        if ("users" if kind == "user_roles" else kind) in situation.empty:
            return "EmptyAnswer"
        if len(judged) == held and percent < 100:
            return "CategoryEmptied"
        highest = max(held, situation.peaks_in_all.get(kind, 0))
        if too_many(highest - held + len(judged), highest, percent, floor):
            return "RemovalsHeld"
        for school_id in sorted({one.school_id for one in of_kind if one.school_id}):
            held = situation.held.get((kind, school_id), 0)
            gone = [one for one in of_kind if one.school_id == school_id]
            if len(gone) == held and not all(one.explicit for one in gone) and percent < 100:
                return "SchoolEmptied"
            now = sum(one.school_id == school_id for one in judged)
            highest = max(held, situation.peaks.get((kind, school_id), 0))
            if now and too_many(highest - held + now, highest, percent, floor):
                return "SchoolRemovalsHeld"
    return ""


def _judge_new_admins(situation: Situation, news: Collection[Change], verdict: Verdict) -> None:
    if situation.category not in ADMINS:
        return
    roles = [one for one in news if one.kind == "user_roles"]
    total = _total(situation.held, "user_roles") + len(roles)
    if len(roles) > situation.limits.max_new_admins and total > situation.accepted_admins:
        people = {one.key for one in roles}
        verdict.hold("NewAdminsHeld", len(roles), [one for one in news if one.key in people])


def _keep_the_last_admins(
    situation: Situation, ends: Collection[Change], news: Collection[Change], verdict: Verdict
) -> None:
    """An explicit loss is never held, unless it leaves none."""
    if situation.category not in ADMINS or situation.limits.max_removed_percent == 100:
        return
    lost = [one for one in ends if one.explicit]
    gone = len([one for one in ends if one not in verdict.held])
    come = len([one for one in news if one.kind == "user_roles" and one not in verdict.held])
    if lost and _total(situation.held, "user_roles") - gone + come == 0:
        verdict.hold("CategoryEmptied", len(lost), lost)
