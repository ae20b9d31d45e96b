"""What a run withholds: which part of a category's differences may not be written without a person. Pure.

A district's server that answers with half a roster looks like a district that half its students left. What is
beyond the limits is withheld as a whole, whatever else differs is written, and the message says which field
of the connection lets it through.
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


@dataclass(frozen=True, slots=True)
class Hold:
    """A part that is withheld, and why, in words for the district and the platform's engineer."""

    parts: frozenset[Part]
    count: int
    reason: str
    message: str


_RATED = (Kind.ROLES, Kind.ENROLLMENTS, Kind.CLASSES, Kind.COURSES, Kind.SESSIONS)
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
_COLLECTIONS = {kind: "academicSessions" if kind is Kind.SESSIONS else kind.value for kind in _RATED} | {
    Kind.ROLES: "users"
}
_MOVED = {
    Kind.USERS: "another name, username or identifier",
    Kind.ENROLLMENTS: "another user, class or school",
    Kind.CLASSES: "another school",
}
PULL_INCOMPLETE = "PullIncomplete"
_EVERYTHING = 100
"""As `maxRemovedPercent` it lets even the last row go."""


def holds(category: Category, limits: Limits, accepted_admins: int, found: Differences) -> tuple[Hold, ...]:
    """What is to be withheld, the gravest first; nothing where all is proven and within the limits.

    Of admins it is roles that are counted, one for each person and school (a district admin has one), never
    people: who is an admin and becomes one elsewhere gets a new role there. New roles are withheld where they are
    more than `maxNewAdmins` and, together with those held at linked schools now, more than `accepted_admins`:
    the total of the confirmed preview, which counts roles likewise. So a first sync may bring all that the
    preview showed, and later ones fill up to it. An admin's explicit loss of a role is never withheld, unless
    none would be left.
    """
    found_holds = [
        hold
        for hold in (
            _removals(category, limits, found),
            _new_admins(category, limits, accepted_admins, found),
            _changes(category, limits, found),
        )
        if hold
    ]
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
    return Hold(frozenset(parts), 0 if found.incomplete else count, reason, message)


def _why_not_removed(category: Category, limits: Limits, found: Differences) -> tuple[str, str]:
    if found.incomplete:
        return PULL_INCOMPLETE, (
            f"Nothing was removed because the district's answer is not proven complete: {found.incomplete[0]}"
        )
    for kind in _RATED:
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
        if _too_many(all_schools.removed, all_schools.active, limits.max_removed_percent, floor):
            return "RemovalsHeld", _removals_message(all_schools, noun, limits, floor)
        for school_id, tally in sorted(found.tallies[kind].items(), key=lambda item: item[0] or ""):
            at_school = f"{noun} of school {school_id}"
            if school_id is not None and _emptied(tally) and limits.max_removed_percent < _EVERYTHING:
                return "SchoolEmptied", _emptied_message(tally, at_school)
            school = _judged(category, tally)
            if _too_many(school.removed, school.active, limits.max_removed_percent, floor):
                return "SchoolRemovalsHeld", _removals_message(school, at_school, limits, floor)
    return "", ""


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


def _removals_message(tally: Tally, noun: str, limits: Limits, floor: int) -> str:
    fields = f"spec.safety.maxRemovedPercent ({limits.max_removed_percent})"
    if floor:
        fields += f" and removedFloor ({floor})"
    return (
        f"Nothing was removed because {tally.removed} of {tally.active} {noun} would go "
        f"({_percent(tally.removed, tally.active)} %), more than {fields} allow: ask the district, and if it is "
        "right raise spec.safety.maxRemovedPercent."
    )


def _last_admin(category: Category, limits: Limits, found: Differences, withheld: frozenset[Part]) -> Hold | None:
    roles = found.of(Kind.ROLES)
    if not category.grants_admin or not roles.explicit or limits.max_removed_percent >= _EVERYTHING:
        return None
    stay = roles.active - roles.explicit
    stay -= 0 if Part.ABSENCES in withheld else roles.removed - roles.explicit
    join = 0 if Part.NEW_ADMINS in withheld else roles.created
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
