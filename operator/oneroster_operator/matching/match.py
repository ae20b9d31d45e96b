"""The decision for each of a district's schools: which school of the platform it is, or who has to say so."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from rapidfuzz import fuzz, process

from oneroster_operator.api.spec import Action, Assignment
from oneroster_operator.api.status import Candidate, Link, SchoolItem
from oneroster_operator.matching.district import Org
from oneroster_operator.matching.likeness import Likeness
from oneroster_operator.matching.names import normalised, parsed

_CANDIDATES = 3
_LEAST_SCORE = 40
_LOOKED_AT = 25
"""So many of the platform's schools, whose letters are the likest, are compared word by word."""
_NAME_LENGTH = 255


class PlatformSchool(Protocol):
    """A school as the platform has it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def identifier(self) -> str | None: ...


def match(
    schools: Sequence[Org],
    platform: Sequence[PlatformSchool],
    *,
    assignments: Iterable[Assignment] = (),
    known: Mapping[str, str] | None = None,
    confirmed: bool = False,
) -> list[SchoolItem]:
    """One item for each school, by sourcedId.

    In this order: what a person assigned, what it has been before (`known`: platform school id by sourcedId),
    an equal identifier, an equal normalised name; the last two only where they are unique on both sides.
    Once `confirmed`, an equal name is only proposed. Everything else is open, with likely candidates.
    """
    known = known or {}
    ids = {school.id for school in platform}
    decided = {a.sourced_id: a for a in assignments}
    assigned = {a.school_id for a in decided.values() if a.action is Action.LINK}
    taken = assigned | {
        known[s.sourced_id] for s in schools if s.sourced_id in known and s.sourced_id not in decided
    }
    evidence = _Evidence(schools, platform)

    found: dict[str, tuple[Link, str | None]] = {}
    for school in schools:
        if (assignment := decided.get(school.sourced_id)) is not None:
            found[school.sourced_id] = _assigned(assignment, ids)
        elif known.get(school.sourced_id) in ids - assigned:
            found[school.sourced_id] = evidence.confirms(school, known[school.sourced_id])
        else:
            found[school.sourced_id] = evidence.of(school, taken, confirmed=confirmed)
    used = {school_id for _, school_id in found.values()}
    free = _Free([school for school in platform if school.id not in used], platform)
    return [
        _item(school, *found[school.sourced_id], free) for school in sorted(schools, key=lambda s: s.sourced_id)
    ]


class _Evidence:
    """Equal identifiers and names, each counted only where it is unique among all schools of both sides."""

    def __init__(self, schools: Sequence[Org], platform: Sequence[PlatformSchool]) -> None:
        self._by_identifier = _pairs(
            [(s.sourced_id, _identifier(s.identifier)) for s in schools],
            [(p.id, _identifier(p.identifier)) for p in platform],
        )
        by_name = _pairs(
            [(s.sourced_id, normalised(s.name)) for s in schools],
            [(p.id, normalised(p.name)) for p in platform],
        )
        matched = set(self._by_identifier.values())
        self._by_name = {sourced_id: id_ for sourced_id, id_ in by_name.items() if id_ not in matched}

    def of(self, school: Org, taken: AbstractSet[str | None], *, confirmed: bool) -> tuple[Link, str | None]:
        """The platform's school by equal identifier or name, unless it is taken."""
        link, school_id = self._best(school)
        if school_id in taken:
            return Link.OPEN, None
        if link is Link.NAME and confirmed:
            return Link.PROPOSED, school_id
        return link, school_id

    def confirms(self, school: Org, earlier: str) -> tuple[Link, str]:
        """The earlier link, named by the evidence that still speaks for it where there is some."""
        link, school_id = self._best(school)
        return (link if school_id == earlier else Link.EARLIER), earlier

    def _best(self, school: Org) -> tuple[Link, str | None]:
        if school.sourced_id in self._by_identifier:
            return Link.IDENTIFIER, self._by_identifier[school.sourced_id]
        if school.sourced_id in self._by_name:
            return Link.NAME, self._by_name[school.sourced_id]
        return Link.OPEN, None


def _pairs(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> dict[str, str]:
    left_counts = Counter(key for _, key in left)
    right_counts = Counter(key for _, key in right)
    right_ids = {key: id_ for id_, key in right}
    return {
        id_: right_ids[key] for id_, key in left if key and left_counts[key] == 1 and right_counts.get(key) == 1
    }


def _identifier(identifier: str | None) -> str:
    return (identifier or "").strip().casefold()


def _assigned(assignment: Assignment, ids: AbstractSet[str]) -> tuple[Link, str | None]:
    if assignment.action is Action.IGNORE:
        return Link.IGNORED, None
    return Link.ASSIGNED if assignment.school_id in ids else Link.INVALID, assignment.school_id


def _item(school: Org, link: Link, school_id: str | None, free: "_Free") -> SchoolItem:
    return SchoolItem(
        sourced_id=school.sourced_id,
        name=school.name[:_NAME_LENGTH],
        identifier=school.identifier[:_NAME_LENGTH] if school.identifier else None,
        link=link,
        school_id=school_id,
        candidates=free.like(school) if link is Link.OPEN else [],
    )


class _Free:
    """The platform's schools that are nobody's yet, to look for likely ones among them.

    What is rare in a district is told by all of the platform's schools in it.
    """

    def __init__(self, free: Iterable[PlatformSchool], platform: Iterable[PlatformSchool]) -> None:
        self._likeness = Likeness(parsed(school.name) for school in platform)
        self._names = {school.id: school.name for school in sorted(free, key=lambda s: s.id)}
        self._letters = {id_: _in_any_order(name) for id_, name in self._names.items()}

    def like(self, school: Org) -> list[Candidate]:
        """The likeliest, best first; equal ones by id."""
        name = parsed(school.name)
        near = process.extract(_in_any_order(school.name), self._letters, scorer=fuzz.ratio, limit=_LOOKED_AT)
        scores = {id_: self._likeness.score(name, parsed(self._names[id_])) for _, _, id_ in near}
        best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:_CANDIDATES]
        return [
            Candidate(school_id=id_, name=self._names[id_][:_NAME_LENGTH], score=int(scores[id_]))
            for id_ in best
            if scores[id_] >= _LEAST_SCORE
        ]


def _in_any_order(name: str) -> str:
    return " ".join(sorted(parsed(name).words))
