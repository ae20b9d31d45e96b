"""What a run withholds: which part of a category's differences may not be written without a person. Pure.

A district's server that answers with half a roster looks like a district that half its students left. What is
beyond the limits is withheld as a whole, whatever else differs is written, and the message says which field
of the connection lets it through. Removals are judged against the peak of the last days, so that a slow drain is
seen.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from oneroster_operator.sync.tally import Differences, Kind, Tally


class Part(StrEnum):
    """A part of the differences that is written or withheld as a whole."""

    ABSENCES = "absences"
    """Ends of what the district no longer lists."""
    LOSSES = "losses"
    """Ends of what the district's own record no longer grants."""
    CHANGES = "changes"
    NEW_ADMINS = "newAdmins"
    CREATIONS = "creations"
    """All that is new: together with what is gone it may be the same under other ids."""
    DISABLED = "disabled"
    """Changes of people whom the district enables no longer."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A part that is withheld, and why, in words for the district and the platform's engineer."""

    parts: frozenset[Part]
    count: int
    reason: str
    message: str


RATED = (Kind.ROLES, Kind.ENROLLMENTS, Kind.CLASSES, Kind.COURSES, Kind.SESSIONS)
"""Kinds that removals are judged by, the gravest first; users are never removed."""
_ROLES = {
    Category.STUDENTS: "student memberships",
    Category.TEACHER_ASSIGNMENTS: "teacher memberships",
    Category.SCHOOL_ADMINS: "school admin roles",
    Category.DISTRICT_ADMINS: "district admin roles",
}
_NOUNS = {
    Kind.USERS: "people",
    Kind.ENROLLMENTS: "enrollments",
    Kind.CLASSES: "classes",
    Kind.COURSES: "courses",
    Kind.SESSIONS: "academic sessions",
}
_COLLECTIONS = {kind: "academicSessions" if kind is Kind.SESSIONS else kind.value for kind in RATED} | {
    Kind.ROLES: "users"
}
_MOVED = {
    Kind.USERS: "another name, username or identifier",
    Kind.ENROLLMENTS: "another user, class or school",
    Kind.CLASSES: "another school",
}
PULL_INCOMPLETE = "PullIncomplete"
PEAK_DAYS = 7
"""So long back the highest count of a category and of a school is what removals are judged against."""
_EVERYTHING = 100
"""As `maxRemovedPercent` it lets even the last row go."""


def holds(category: Category, limits: Limits, accepted_admins: int, found: Differences) -> tuple[Hold, ...]:
    """What is to be withheld, the gravest first; nothing where all is proven and within the limits.

    Of admins it is roles that are counted, one for each person and school (a district admin has one), never
    people: who is an admin and becomes one elsewhere gets a new role there. New roles are withheld where they are
    more than `maxNewAdmins` and, together with those held at linked schools now, more than `accepted_admins`:
    the total of the confirmed preview, which counts roles likewise. So a first sync may bring all that the
    preview showed, and later ones fill up to it. An admin's explicit loss of a role is never withheld, unless
    none would be left. Where nearly all is gone while much is new, nothing of it is written: it may be the same
    people under other ids. Nothing new comes either while rows of an earlier identity may not go: nobody is there
    twice.
    """
    judged = [_removals(category, limits, found)]
    if not _replaced(category, limits, found):
        judged.append(_changes(category, limits, found))
    if not any(hold and Part.CREATIONS in hold.parts for hold in judged):
        judged.insert(1, _new_admins(category, limits, accepted_admins, found))
    found_holds = [hold for hold in judged if hold]
    withheld = frozenset(part for hold in found_holds for part in hold.parts)
    if last := _last_admin(category, limits, found, withheld):
        found_holds.append(last)
    return tuple(found_holds)


def _removals(category: Category, limits: Limits, found: Differences) -> Hold | None:
    reason, message = _why_not_removed(category, limits, found)
    if not reason:
        return None
    parts, count = {Part.ABSENCES, Part.LOSSES}, found.all.removed
    if category.grants_admin:
        parts, count = {Part.ABSENCES}, found.all.removed - found.all.explicit
    # What is missing from half a list is no removal that anyone saw.
    count = 0 if found.incomplete else count
    if _replaced(category, limits, found):
        parts |= {Part.CREATIONS, Part.CHANGES}
        count += found.all.created + found.all.changed
    elif found.all.former:
        parts |= {Part.CREATIONS}
        count += found.all.created
        message += " " + _former_message(found.all)
    return Hold(frozenset(parts), count, reason, message)


def _replaced(category: Category, limits: Limits, found: Differences) -> Kind | None:
    """The kind of which nearly all is absent while much is new, as if all ids had changed."""
    floor, percent = 1 if category.grants_admin else limits.removed_floor, limits.max_changed_percent
    if limits.max_removed_percent >= _EVERYTHING:
        return None
    for kind in (Kind.ROLES, Kind.ENROLLMENTS, Kind.CLASSES):
        tally, new = found.of(kind), _new(found, kind)
        absent = tally.removed - tally.explicit
        if _too_many(absent, tally.active, percent, floor) and _too_many(new, tally.active, percent // 2, floor):
            return kind
    return None


def _new(found: Differences, kind: Kind) -> int:
    return found.of(kind).created + (found.waiting if kind is Kind.ENROLLMENTS else 0)


def _why_not_removed(category: Category, limits: Limits, found: Differences) -> tuple[str, str]:
    if found.incomplete:
        return PULL_INCOMPLETE, (
            f"Nothing was removed because the district's answer is not proven complete: {found.incomplete[0]}"
        )
    if kind := _replaced(category, limits, found):
        return "IdsChanged", _replaced_message(found.of(kind), _new(found, kind), _noun(category, kind))
    return _beyond(category, limits, found)


def _beyond(category: Category, limits: Limits, found: Differences) -> tuple[str, str]:
    for kind in RATED:
        all_schools = _judged(category, found.of(kind))
        if not all_schools.removed:
            continue
        noun = _noun(category, kind)
        if kind in found.empty:
            return "EmptyAnswer", (
                f"Nothing was removed because the district's service listed no {_COLLECTIONS[kind]} at all, "
                f"while the platform has {all_schools.active} {noun}: the district must check what it shares."
            )
        if all_schools.removed == all_schools.active and limits.max_removed_percent < _EVERYTHING:
            return "CategoryEmptied", _emptied_message(all_schools, noun)
        floor = 0 if category.grants_admin else limits.removed_floor
        drain = _Drain.of(all_schools, found.peaks.all.get(kind, 0))
        if _too_many(drain.gone, drain.highest, limits.max_removed_percent, floor):
            return "RemovalsHeld", _removals_message(drain, noun, limits, floor)
        peaks = found.peaks.schools.get(kind, {})
        for school_id, tally in sorted(found.tallies[kind].items(), key=lambda item: item[0] or ""):
            at_school = f"{noun} of school {school_id}"
            if school_id is not None and _emptied(tally) and limits.max_removed_percent < _EVERYTHING:
                return "SchoolEmptied", _emptied_message(tally, at_school)
            drain = _Drain.of(_judged(category, tally), peaks.get(school_id, 0))
            if drain.now and _too_many(drain.gone, drain.highest, limits.max_removed_percent, floor):
                return "SchoolRemovalsHeld", _removals_message(drain, at_school, limits, floor)
    return "", ""


@dataclass(frozen=True, slots=True)
class _Drain:
    """Rows that would go now, and with those that went since the peak, out of how many."""

    now: int
    gone: int
    highest: int

    @classmethod
    def of(cls, tally: Tally, peak: int) -> "_Drain":
        highest = max(tally.active, peak)
        return cls(tally.removed, tally.removed + highest - tally.active, highest)


def _emptied(tally: Tally) -> bool:
    """Whether nothing of a school is left, and not because each record says so itself."""
    return tally.explicit < tally.removed == tally.active


def _judged(category: Category, tally: Tally) -> Tally:
    """An admin who explicitly lost the role is not a removal to be judged."""
    return replace(tally, removed=tally.removed - tally.explicit) if category.grants_admin else tally


def _emptied_message(tally: Tally, noun: str) -> str:
    return (
        f"Nothing was removed because none of {tally.active} {noun} would be left: ask the district, and if it is "
        f"right set spec.safety.maxRemovedPercent to {_EVERYTHING}."
    )


def _former_message(tally: Tally) -> str:
    return (
        f"This is an identity migration: {tally.former} rows that would go are of the endpoint before it was "
        "changed, and not recognised in what the present one lists. Nothing new was let in either; approve it to "
        "let these end and those come, in one step."
    )


def _replaced_message(tally: Tally, new: int, noun: str) -> str:
    if tally.former:
        return (
            f"Nothing was written because this is an identity migration: {tally.former} of {tally.active} {noun} "
            f"are of the endpoint before it was changed, and not recognised among the {new} new ones of the "
            "present one. Approve it to let the old ones end and the new ones come, in one step; people keep "
            "their accounts where both endpoints give them the same userMasterIdentifier or identifier."
        )
    return (
        f"Nothing was written because {tally.removed} of {tally.active} {noun} are gone and "
        f"{new} new ones came, as if the district's ids had all changed (another endpoint, version or "
        "student information system): written, everybody would be a new person. Ask the district; approve it "
        "where it is right, such as for the classes of a new school year."
    )


def _removals_message(drain: _Drain, noun: str, limits: Limits, floor: int) -> str:
    fields = f"spec.safety.maxRemovedPercent ({limits.max_removed_percent})"
    if floor:
        fields += f" and removedFloor ({floor})"
    share = f"({_percent(drain.gone, drain.highest)} %)"
    if drain.gone == drain.now:
        what = f"{drain.now} of {drain.highest} {noun} would go {share}"
    else:
        what = (
            f"{drain.now} more {noun} would go: {drain.gone} of the {drain.highest} that there were within "
            f"{PEAK_DAYS} days {share}"
        )
    return (
        f"Nothing was removed because {what}, more than {fields} allow: ask the district, and if it is right "
        "raise spec.safety.maxRemovedPercent."
    )


def _last_admin(category: Category, limits: Limits, found: Differences, withheld: frozenset[Part]) -> Hold | None:
    roles = found.of(Kind.ROLES)
    if not category.grants_admin or not roles.explicit or limits.max_removed_percent >= _EVERYTHING:
        return None
    stay = roles.active - roles.explicit
    stay -= 0 if Part.ABSENCES in withheld else roles.removed - roles.explicit
    join = 0 if withheld & {Part.NEW_ADMINS, Part.CREATIONS} else roles.created
    if stay + join > 0:
        return None
    return Hold(
        frozenset({Part.LOSSES}),
        roles.explicit,
        "CategoryEmptied",
        f"The last {roles.explicit} {_ROLES[category]} would go and were kept: ask the district, and "
        f"if it is right set spec.safety.maxRemovedPercent to {_EVERYTHING}.",
    )


def _new_admins(category: Category, limits: Limits, accepted: int, found: Differences) -> Hold | None:
    held, new = found.of(Kind.ROLES).active, found.of(Kind.ROLES).created
    if not category.grants_admin or new <= limits.max_new_admins or held + new <= accepted:
        return None
    return Hold(
        frozenset({Part.NEW_ADMINS}),
        new,
        "NewAdminsHeld",
        f"No {_ROLES[category]} were granted because {new} new ones would join {held}, more than "
        f"spec.safety.maxNewAdmins ({limits.max_new_admins}) allows and than the {accepted} of the confirmed "
        "preview: ask the district, and if it is right raise spec.safety.maxNewAdmins.",
    )


def _changes(category: Category, limits: Limits, found: Differences) -> Hold | None:
    for kind, what in _MOVED.items():
        tally = found.of(kind)
        if _too_many(tally.moved, tally.active, limits.max_changed_percent, limits.removed_floor):
            return Hold(
                frozenset({Part.CHANGES}),
                found.all.changed,
                "ChangesHeld",
                f"No change was written because {tally.moved} of {tally.active} {_noun(category, kind)} "
                f"({_percent(tally.moved, tally.active)} %) would have {what}, more than "
                f"spec.safety.maxChangedPercent ({limits.max_changed_percent}) and removedFloor "
                f"({limits.removed_floor}) allow: ask the district, and if it is right raise "
                "spec.safety.maxChangedPercent.",
            )
    return None


def _noun(category: Category, kind: Kind) -> str:
    return _ROLES[category] if kind is Kind.ROLES else _NOUNS[kind]


def _too_many(part: int, whole: int, percent: int, floor: int) -> bool:
    return part > floor and part * 100 > percent * whole


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}".removesuffix(".0")


def withheld_by_mode(category: Category, limits: Limits, found: Differences) -> frozenset[Part]:
    """What `spec.safety.mode` keeps from being written, however little it is.

    An admin who explicitly lost the role, or is no longer enabled, loses it in any mode.
    """
    if not limits.additions_only:
        return frozenset()
    parts = {Part.ABSENCES} if category.grants_admin else {Part.ABSENCES, Part.LOSSES, Part.DISABLED}
    # Nobody is there twice: what would take the place of rows that stay does not come.
    return frozenset(parts | ({Part.CREATIONS} if found.all.former else set()))


def past_the_limits(category: Category, limits: Limits, removed: Tally, approved: Tally) -> bool:
    """Whether of the `removed` rows that a run wrote some were not subject to limits.

    From then on removals are judged against what that run left: what a person let go is no drain.
    """
    explicit = removed.explicit if category.grants_admin else 0
    return bool(approved.removed or explicit or (removed.removed and limits.max_removed_percent >= _EVERYTHING))
