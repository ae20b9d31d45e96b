"""The roster tables in dictionaries, and what is written to them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from oneroster_operator.api.category import Category
from tests.sync.holding import Holding
from tests.sync.model.listing import Listing
from tests.sync.model.rows import (
    ENROLLED_BY,
    ROLE_OF,
    ROSTERS,
    Change,
    Claimed,
    Enrolled,
    HeldRole,
    Place,
    claimed_row,
    user_row,
)
from tests.sync.model.wanted import Wanted


@dataclass
class Tables:
    """Nothing leaves them: what ended stays, not held or without a claim."""

    users: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    roles: dict[Place, HeldRole] = field(default_factory=dict)
    claimed: dict[str, dict[str, Claimed]] = field(default_factory=lambda: {kind: {} for kind in ROSTERS})
    enrollments: dict[str, Enrolled] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "Tables":
        claimed = {kind: dict(table) for kind, table in self.claimed.items()}
        return Tables(dict(self.users), dict(self.roles), claimed, dict(self.enrollments), dict(self.links))

    def is_active(self, person: str) -> bool:
        """A person is while at least one role is."""
        return any(held.held for (who, _, _), held in self.roles.items() if who == person)

    def write(self, category: Category, seen: Listing, want: Wanted, changes: Iterable[Change]) -> None:
        """The changes that are let through. People come with a role, or not; an enrollment whose user or class is
        not there is not written."""
        todo: dict[str, list[Change]] = {}
        for change in changes:
            todo.setdefault(change.kind, []).append(change)
        come = {change.key for change in todo.get("user_roles", ()) if change.is_new}
        come = {key for key in come if key not in self.users or not self.is_active(key)}
        for key in come | {change.key for change in todo.get("users", ()) if change.action == "change"}:
            self.users[key] = user_row(key, seen.users[key].user)
        for change in todo.get("user_roles", ()):
            self._write_role(ROLE_OF[category], want, change)
        for kind in ROSTERS:
            for change in todo.get(kind, ()):
                self._write_claim(kind, category, want, change)
        for change in todo.get("enrollments", ()):
            self._write_enrollment(category, want, change)

    def _write_role(self, role: str, want: Wanted, change: Change) -> None:
        place = (change.key, role, change.school_id)
        if change.action == "end":
            self.roles[place] = replace(self.roles[place], held=False)
        else:
            self.roles[place] = HeldRole(want.roles[change.key, change.school_id])

    def _write_claim(self, kind: str, category: Category, want: Wanted, change: Change) -> None:
        known = self.claimed[kind].get(change.key)
        if change.action == "end":
            assert known is not None
            self.claimed[kind][change.key] = replace(known, claims=known.claims - {category})
            return
        claims = known.claims if known else frozenset[str]()
        record = want.claims[kind][change.key]
        self.claimed[kind][change.key] = Claimed(record, change.school_id, claims | {category})

    def _write_enrollment(self, category: Category, want: Wanted, change: Change) -> None:
        if change.action == "end":
            self.enrollments[change.key] = replace(self.enrollments[change.key], held=False)
            return
        record, school_id = want.enrollments[change.key]
        if record.user in self.users and record.class_ in self.claimed["classes"]:
            self.enrollments[change.key] = Enrolled(record, school_id, category)

    def follow(self, links: Mapping[str, str]) -> dict[str, str]:
        """Rows follow a school that was linked to another of the platform's; where they went.

        Not where the wrong school was that of another of the district's schools too: nothing tells whose they are.
        """
        known = Counter(self.links.values())
        moves = {
            old: links[school]
            for school, old in self.links.items()
            if links.get(school, old) != old and known[old] == 1
        }
        self.claimed["classes"] = {
            key: replace(class_, school_id=moves.get(class_.school_id or "", class_.school_id))
            for key, class_ in self.claimed["classes"].items()
        }
        self.enrollments = {
            key: replace(one, school_id=moves.get(one.school_id, one.school_id))
            for key, one in self.enrollments.items()
        }
        self._follow_roles(moves, set(links.values()))
        if moves:
            self.links |= links
        return moves

    def _follow_roles(self, moves: Mapping[str, str], linked: set[str]) -> None:
        """A role is held once at a school. One that meets another there leaves it its place and ends, but where
        the wrong school is now right for another of the district's; if that one had ended it holds again."""
        before = dict(self.roles)
        for (who, role, old), held in self.roles.items():
            there = (who, role, moves.get(old or ""))
            if held.held and old in moves and there in self.roles and not self.roles[there].held:
                before[there] = HeldRole(held.period)
        self.roles = {place: held for place, held in before.items() if place[2] not in moves}
        moving = sorted(
            ((place, held) for place, held in before.items() if place[2] in moves),
            key=lambda one: not one[1].held,
        )
        for (who, role, old), held in moving:
            there = (who, role, moves[old or ""])
            if there in before or there in self.roles:
                self.roles[who, role, old] = replace(held, held=held.held and old in linked)
            else:
                self.roles[there] = held

    def release(self, category: Category) -> None:
        """Nothing of a deselected category is held any more."""
        role, kind = ROLE_OF.get(category), ENROLLED_BY.get(category)
        self.roles = {
            place: replace(held, held=held.held and place[1] != role) for place, held in self.roles.items()
        }
        if kind:
            self.enrollments = {
                key: replace(one, held=one.held and one.category != category)
                for key, one in self.enrollments.items()
            }
        for table in self.claimed.values():
            for key, known in table.items():
                table[key] = replace(known, claims=known.claims - {category})

    def held(
        self, category: Category, linked: set[str], people: Iterable[str]
    ) -> dict[tuple[str, str | None], int]:
        """What the category holds at linked schools, by kind and school; of people those who are wanted."""
        counts = Counter[tuple[str, str | None]]()
        if category in ROLE_OF:
            counts["users", None] = sum(self.is_active(person) for person in people)
            for (_, role, school_id), one in self.roles.items():
                if one.held and role == ROLE_OF[category] and (school_id is None or school_id in linked):
                    counts["user_roles", school_id] += 1
        if category in ENROLLED_BY:
            for kind in ROSTERS:
                for known in self.claimed[kind].values():
                    if category in known.claims and (kind != "classes" or known.school_id in linked):
                        counts[kind, known.school_id if kind == "classes" else None] += 1
            for enrolled in self.enrollments.values():
                if enrolled.held and enrolled.category == category and enrolled.school_id in linked:
                    counts["enrollments", enrolled.school_id] += 1
        return dict(counts)

    def holding(self) -> Holding:
        """As the database's."""
        rosters = {
            kind: frozenset(
                (
                    *claimed_row(kind, key, known.record, known.school_id),
                    tuple(sorted(known.claims)),
                    bool(known.claims),
                )
                for key, known in self.claimed[kind].items()
            )
            for kind in ROSTERS
        }
        return {
            "users": frozenset((*row, self.is_active(key)) for key, row in self.users.items()),
            "user_roles": frozenset(
                (person, role, school_id, *held.period, held.held)
                for (person, role, school_id), held in self.roles.items()
            ),
            **rosters,
            "enrollments": frozenset(
                (
                    key,
                    e.category,
                    e.record.role,
                    e.record.user,
                    e.record.class_,
                    e.school_id,
                    e.record.primary if e.record.role == "teacher" else None,
                    e.record.begin,
                    e.record.end,
                    e.held,
                )
                for key, e in self.enrollments.items()
            ),
        }
