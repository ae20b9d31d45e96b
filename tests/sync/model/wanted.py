"""What a category wants the platform to hold of what a run sees."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oneroster_operator.api.category import Category
from tests.district.records import Class, Enrollment, in_force
from tests.sync.model.listing import Listing, Period
from tests.sync.model.rows import ENROLLED_BY, ROLE_OF, ROSTERS

if TYPE_CHECKING:
    from tests.sync.model.tables import Tables


@dataclass
class Wanted:
    """`frozen` are claims that stay whatever the district says."""

    people: set[str] = field(default_factory=set)
    roles: dict[tuple[str, str | None], Period] = field(default_factory=dict)
    claims: dict[str, dict[str, Any]] = field(default_factory=lambda: {kind: {} for kind in ROSTERS})
    class_schools: dict[str, str] = field(default_factory=dict)
    enrollments: dict[str, tuple[Enrollment, str]] = field(default_factory=dict)
    """With the platform's school."""
    frozen: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in ROSTERS})


def wanted(category: Category, tables: "Tables", seen: Listing) -> Wanted:
    """Of one category."""
    found = Wanted()
    if category in ROLE_OF:
        for key, person in seen.users.items():
            for (role, school_id), period in seen.granted(person).items():
                if role == ROLE_OF[category]:
                    found.people.add(key)
                    found.roles[key, school_id] = period
    if category in ENROLLED_BY:
        schools = _schools_of_classes(tables, seen)
        members = _members(category, tables, seen)
        others = {k for k, known in tables.enrollments.items() if known.held and known.category != category}
        for key, enrollment in _enrolled(seen, ENROLLED_BY[category]):
            if enrollment.class_ in schools and enrollment.user in members and key not in others:
                found.enrollments[key] = enrollment, schools[enrollment.class_]
        _claims(category, tables, seen, found)
    return found


def _schools_of_classes(tables: "Tables", seen: Listing) -> dict[str, str]:
    """Classes of linked schools; one that cannot be read is where the platform has it."""
    linked = set(seen.links.values())
    schools = {k: seen.links[c.school] for k, c in seen.active("classes").items() if c.school in seen.links}
    for key in seen.unreadable("classes"):
        known = tables.claimed["classes"].get(key)
        if known and known.claims and known.school_id in linked:
            schools[key] = known.school_id or ""
    return schools


def _members(category: Category, tables: "Tables", seen: Listing) -> set[str]:
    """Who holds the role that an enrollment of the category asks for, by the roster, somewhere in the district."""
    role, linked = ENROLLED_BY[category], set(seen.links.values())
    holders = {(who, school) for (who, name, school), held in tables.roles.items() if held.held and name == role}
    if category is Category.CLASS_ROSTERS:
        return {who for who, _ in holders}
    kept = {who for who, school in holders if school not in linked or who in seen.unreadable("users")}
    return kept | {
        key for key, person in seen.users.items() if any(name == role for name, _ in seen.granted(person))
    }


def _enrolled(seen: Listing, role: str) -> Iterator[tuple[str, Enrollment]]:
    for key, enrollment in seen.active("enrollments").items():
        if (
            enrollment.role == role
            and enrollment.school in seen.links
            and in_force(enrollment.begin, enrollment.end, seen.today)
        ):
            yield key, enrollment


def usable_enrollments(seen: Listing, category: Category) -> dict[str, Enrollment]:
    """Those that the category would take if all that they name were there."""
    return dict(_enrolled(seen, ENROLLED_BY[category]))


def _claims(category: Category, tables: "Tables", seen: Listing, found: Wanted) -> None:
    classes: dict[str, Class] = {k: c for k, c in seen.active("classes").items() if c.school in seen.links}
    if category is Category.TEACHER_ASSIGNMENTS:
        taught = {enrollment.class_ for enrollment, _ in found.enrollments.values()}
        classes = {key: class_ for key, class_ in classes.items() if key in taught}
    courses = {class_.course for class_ in classes.values()}
    sessions = seen.active("academic_sessions")
    terms = with_parents({term for class_ in classes.values() for term in class_.terms}, sessions)
    found.claims["classes"] = dict(classes)
    found.claims["courses"] = {k: c for k, c in seen.active("courses").items() if k in courses}
    found.claims["academic_sessions"] = {k: s for k, s in sessions.items() if k in terms}
    found.class_schools = {key: seen.links[class_.school] for key, class_ in classes.items()}
    _freeze(category, tables, seen, found)


def _freeze(category: Category, tables: "Tables", seen: Listing, found: Wanted) -> None:
    """Classes of schools that are not linked, and what records speak of that cannot be read now."""
    linked, unreadable = set(seen.links.values()), seen.unreadable("enrollments")
    spoken_of = {
        tables.enrollments[key].record.class_
        for key in unreadable & tables.enrollments.keys()
        if tables.enrollments[key].held and tables.enrollments[key].category == category
    }
    frozen = {
        key: known
        for key, known in tables.claimed["classes"].items()
        if category in known.claims
        and (known.school_id not in linked or key in spoken_of | seen.unreadable("classes"))
    }
    sessions = {key: known.record for key, known in tables.claimed["academic_sessions"].items()}
    terms = {term for known in frozen.values() for term in known.record.terms}
    found.frozen["classes"] = set(frozen)
    found.frozen["courses"] = {k.record.course for k in frozen.values()} | seen.unreadable("courses")
    found.frozen["academic_sessions"] = with_parents(terms | seen.unreadable("academic_sessions"), sessions)


def with_parents(terms: set[str], sessions: Mapping[str, Any]) -> set[str]:
    """The sessions and those above them, as far as they are known."""
    found: set[str] = set()
    left = list(terms)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            if key in sessions and sessions[key].parent is not None:
                left.append(sessions[key].parent)
    return found
