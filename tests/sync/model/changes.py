"""How what the platform holds differs from what a category wants, row by row."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oneroster_operator.api.category import Category
from tests.sync.model.listing import Listing
from tests.sync.model.rows import (
    ENROLLED_BY,
    ROLE_OF,
    ROSTERS,
    Change,
    claimed_row,
    enrollment_row,
    identity,
    user_row,
)
from tests.sync.model.wanted import Wanted

if TYPE_CHECKING:
    from tests.sync.model.tables import Tables


def changes(category: Category, tables: "Tables", seen: Listing, want: Wanted) -> list[Change]:
    """All rows that would have to be written."""
    found: list[Change] = []
    if category in ROLE_OF:
        found += _people(tables, seen, want)
        found += _roles(ROLE_OF[category], tables, seen, want)
    if category in ENROLLED_BY:
        for kind in ROSTERS:
            found += _claims(kind, category, tables, seen, want)
        found += _enrollments(category, tables, seen, want)
    return found


def _people(tables: "Tables", seen: Listing, want: Wanted) -> Iterator[Change]:
    for key in want.people:
        row = user_row(key, seen.users[key].user)
        known = tables.users.get(key)
        if known is None:
            yield Change("users", "create", key)
        elif not tables.is_active(key):
            yield Change("users", "revive", key)
        elif known != row:
            enabled = known[-1] and not row[-1]
            yield Change("users", "change", key, moved=identity(known) != identity(row), disables=enabled)


def _roles(role: str, tables: "Tables", seen: Listing, want: Wanted) -> Iterator[Change]:
    for (who, school_id), period in want.roles.items():
        known = tables.roles.get((who, role, school_id))
        if known is None or not known.held:
            yield Change("user_roles", "revive" if known else "create", who, school_id)
        elif known.period != period:
            yield Change("user_roles", "change", who, school_id)
    linked = {None, *seen.links.values()}
    unreadable = seen.unreadable("users")
    for (who, name, school_id), held in tables.roles.items():
        if (
            held.held
            and name == role
            and school_id in linked
            and (who, school_id) not in want.roles
            and who not in unreadable
        ):
            yield Change("user_roles", "end", who, school_id, explicit=seen.status("users", who) is not None)


def _claims(kind: str, category: Category, tables: "Tables", seen: Listing, want: Wanted) -> Iterator[Change]:
    is_class = kind == "classes"
    for key, record in want.claims[kind].items():
        school_id = want.class_schools[key] if is_class else None
        known = tables.claimed[kind].get(key)
        moved = is_class and known is not None and known.school_id != school_id
        if known is None:
            yield Change(kind, "create", key, school_id)
        elif category not in known.claims:
            yield Change(kind, "revive", key, school_id)
        elif claimed_row(kind, key, known.record, known.school_id) != claimed_row(kind, key, record, school_id):
            yield Change(kind, "change", key, school_id, moved=moved)
    for key, known in tables.claimed[kind].items():
        if category in known.claims and key not in want.claims[kind] and key not in want.frozen[kind]:
            yield Change(kind, "end", key, known.school_id, explicit=_says_so(kind, key, seen))


def _says_so(kind: str, key: str, seen: Listing) -> bool:
    """Whether the record itself is why it is not wanted: deleted, or of a school that is not linked."""
    status = seen.status(kind, key)
    if kind == "classes" and status == "active":
        return seen.classes[key].school not in seen.links
    return status == "tobedeleted"


def _enrollments(category: Category, tables: "Tables", seen: Listing, want: Wanted) -> Iterator[Change]:
    for key, (record, school_id) in want.enrollments.items():
        known = tables.enrollments.get(key)
        if known is None or not known.held:
            yield Change("enrollments", "revive" if known else "create", key, school_id)
            continue
        was = known.record
        moved = (was.user, was.class_, known.school_id) != (record.user, record.class_, school_id)
        if moved or enrollment_row(was) != enrollment_row(record):
            yield Change("enrollments", "change", key, school_id, moved=moved)
    linked, unreadable = set(seen.links.values()), seen.unreadable("enrollments")
    for key, known in tables.enrollments.items():
        if (
            known.held
            and known.category == category
            and known.school_id in linked
            and key not in want.enrollments
            and key not in unreadable
        ):
            explicit = seen.status("enrollments", key) is not None
            yield Change("enrollments", "end", key, known.school_id, explicit=explicit)
