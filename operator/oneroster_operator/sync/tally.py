"""How much of what a category wants differs from what the platform holds. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    former: int = 0
    """Of the removed: the row is of an earlier identity of the district."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.active + other.active,
            self.created + other.created,
            self.changed + other.changed,
            self.moved + other.moved,
            self.removed + other.removed,
            self.explicit + other.explicit,
            self.former + other.former,
        )

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(
            self.active - other.active,
            self.created - other.created,
            self.changed - other.changed,
            self.moved - other.moved,
            self.removed - other.removed,
            self.explicit - other.explicit,
            self.former - other.former,
        )


Tallies = Mapping[Kind, Mapping[str | None, Tally]]
"""By kind and platform school id (None: of no school)."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most rows that runs of the last days ended with: against them a slow drain is seen."""

    all: Mapping[Kind, int] = field(default_factory=dict)
    """Over all schools that are linked now."""
    schools: Mapping[Kind, Mapping[str | None, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Differences:
    """What a run found, by kind and platform school id (None: of no school)."""

    tallies: Tallies
    empty: frozenset[Kind] = frozenset()
    """Kinds whose collection came back without a single record."""
    incomplete: tuple[str, ...] = ()
    """Why a collection could not be proven complete, one sentence each."""
    waiting: int = 0
    """New enrollments whose user or class the platform does not have yet."""
    peaks: Peaks = Peaks()

    def of(self, kind: Kind) -> Tally:
        """All schools together."""
        return sum(self.tallies.get(kind, {}).values(), Tally())

    @property
    def all(self) -> Tally:
        """All kinds together."""
        return total(self.tallies)

    def without(self, approved: Tallies, others: Iterable[Tallies]) -> "Differences":
        """What is left to be judged, as if `approved` were written already and `others` had not been found."""
        tallies = {kind: dict(schools) for kind, schools in self.tallies.items()}
        for other in others:
            for kind, school_id, tally in _each(other):
                tallies[kind][school_id] -= tally
        peaks = self.peaks
        for kind, school_id, tally in _each(approved):
            joined = tally.created - tally.removed
            tallies[kind][school_id] += Tally(active=joined) - tally
            peaks = _moved(peaks, kind, school_id, joined)
        return replace(self, tallies=tallies, peaks=peaks)


def total(tallies: Tallies) -> Tally:
    """All kinds and schools together."""
    return sum((tally for _, _, tally in _each(tallies)), Tally())


def _each(tallies: Tallies) -> Iterator[tuple[Kind, str | None, Tally]]:
    for kind, schools in tallies.items():
        for school_id, tally in schools.items():
            yield kind, school_id, tally


def _moved(peaks: Peaks, kind: Kind, school_id: str | None, by: int) -> Peaks:
    schools = peaks.schools.get(kind, {})
    return Peaks(
        {**peaks.all, kind: peaks.all.get(kind, 0) + by},
        {**peaks.schools, kind: {**schools, school_id: schools.get(school_id, 0) + by}},
    )
