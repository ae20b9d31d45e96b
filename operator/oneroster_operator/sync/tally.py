"""How much of what a category wants differs from what the platform holds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A roster table, as the tables of schema `roster` are called."""

    USERS = "users"
    ROLES = "user_roles"
    SESSIONS = "academic_sessions"
    COURSES = "courses"
    CLASSES = "classes"
    ENROLLMENTS = "enrollments"


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows of one kind at one school: what the category holds, and how that differs from what is wanted."""

    active: int = 0
    """Held now; `changed` and `removed` are among them."""
    created: int = 0
    """Missing, or ended and wanted again."""
    changed: int = 0
    moved: int = 0
    """Of the changed: who or where it is differs (name, username, identifier, user, class, school)."""
    removed: int = 0
    explicit: int = 0
    """Of the removed: the district's record is there and no longer grants it."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.active + other.active,
            self.created + other.created,
            self.changed + other.changed,
            self.moved + other.moved,
            self.removed + other.removed,
            self.explicit + other.explicit,
        )


@dataclass(frozen=True, slots=True)
class Differences:
    """What a run found, by kind and platform school id (None: of no school)."""

    tallies: Mapping[Kind, Mapping[str | None, Tally]]
    empty: frozenset[Kind] = frozenset()
    """Kinds whose collection came back without a single record."""
    incomplete: tuple[str, ...] = ()
    """Why a collection could not be proven complete, one sentence each."""

    def of(self, kind: Kind) -> Tally:
        """All schools together."""
        return sum(self.tallies.get(kind, {}).values(), Tally())

    @property
    def all(self) -> Tally:
        """All kinds together."""
        return sum((self.of(kind) for kind in self.tallies), Tally())
