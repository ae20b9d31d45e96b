"""What the platform should hold, in dictionaries: the rules of design and issue once more, without SQL or JSON.

OneRoster 1.2, with limits that hold nothing. Rows are as `holding` has them.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from oneroster_operator.api.category import Category
from tests.district.population import Population
from tests.district.records import Class, Course, Enrollment, Role, User, in_force
from tests.sync.holding import Holding

ROLE_OF = {
    Category.STUDENTS: "student",
    Category.TEACHER_ASSIGNMENTS: "teacher",
    Category.SCHOOL_ADMINS: "schoolAdmin",
    Category.DISTRICT_ADMINS: "districtAdmin",
}
ENROLLED_BY = {Category.TEACHER_ASSIGNMENTS: "teacher", Category.CLASS_ROSTERS: "student"}
NEEDS = {
    Category.STUDENTS: {"users"},
    Category.TEACHER_ASSIGNMENTS: {"users", "academicSessions", "courses", "classes", "enrollments"},
    Category.CLASS_ROSTERS: {"academicSessions", "courses", "classes", "enrollments"},
    Category.SCHOOL_ADMINS: {"users"},
    Category.DISTRICT_ADMINS: {"users"},
}

Period = tuple[dt.date | None, dt.date | None]
Place = tuple[str, str, str | None]
"""Whose role, which, and at which of the platform's schools."""


@dataclass(frozen=True, slots=True)
class HeldRole:
    period: Period
    held: bool = True


@dataclass(frozen=True, slots=True)
class Claimed:
    """An academic session, course or class: its record as last written, and whose it is."""

    record: Any
    school_id: str | None
    claims: frozenset[str]


@dataclass(frozen=True, slots=True)
class Enrolled:
    record: Enrollment
    school_id: str
    category: str
    held: bool = True


@dataclass
class Platform:
    """`sync` is one category of one run; `refused` are collections that the district does not give."""

    district_org: str
    users: dict[str, User] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    roles: dict[Place, HeldRole] = field(default_factory=dict)
    sessions: dict[str, Claimed] = field(default_factory=dict)
    courses: dict[str, Claimed] = field(default_factory=dict)
    classes: dict[str, Claimed] = field(default_factory=dict)
    enrollments: dict[str, Enrolled] = field(default_factory=dict)
    stored_links: dict[str, str] = field(default_factory=dict)

    def sync(self, category: Category, roster: Population, links: Mapping[str, str], refused: set[str]) -> bool:
        """Whether the category's data came."""
        if NEEDS[category] & refused:
            return False
        self._move(links)
        if category in ROLE_OF:
            self._people(category, roster, links)
        if category in ENROLLED_BY:
            self._rosters(category, roster, links)
        self.stored_links |= links
        return True

    def _move(self, links: Mapping[str, str]) -> None:
        """Rows follow the link of their school."""
        known = Counter(self.stored_links.values())
        moves = {
            old: links[school]
            for school, old in self.stored_links.items()
            if school in links and links[school] != old and known[old] == 1
        }
        self.classes = {
            k: replace(c, school_id=moves.get(c.school_id or "", c.school_id)) for k, c in self.classes.items()
        }
        self.enrollments = {
            k: replace(e, school_id=moves.get(e.school_id, e.school_id)) for k, e in self.enrollments.items()
        }
        before = self.roles
        self.roles = {}
        moving = [(place, role) for place, role in before.items() if place[2] in moves]
        for place, role in before.items():
            if place[2] not in moves:
                self.roles[place] = role
        for (person, name, old), role in sorted(moving, key=lambda one: not one[1].held):
            there = (person, name, moves[old or ""])
            if there in before or there in self.roles:
                gone = role.held and old not in links.values()
                self.roles[person, name, old] = replace(role, held=role.held and not gone)
            else:
                self.roles[there] = role
        self.stored_links |= {
            school: links[school] for school, old in list(self.stored_links.items()) if school in links
        }

    def _people(self, category: Category, roster: Population, links: Mapping[str, str]) -> None:
        role = ROLE_OF[category]
        wanted = {
            (user.sourced_id, school_id): period
            for user in roster.users.values()
            for (name, school_id), period in self.granted(user, roster.today, links).items()
            if name == role
        }
        for person, _ in wanted:
            self.users[person] = roster.users[person]
            self.inactive.discard(person)
        for (person, school_id), period in wanted.items():
            self.roles[person, role, school_id] = HeldRole(period)
        linked = set(links.values())
        for (person, name, school_id), held in list(self.roles.items()):
            if (
                held.held
                and name == role
                and (school_id is None or school_id in linked)
                and (person, school_id) not in wanted
            ):
                self.roles[person, name, school_id] = replace(held, held=False)
                if not any(other.held for place, other in self.roles.items() if place[0] == person):
                    self.inactive.add(person)

    def granted(
        self, user: User, today: dt.date, links: Mapping[str, str]
    ) -> dict[tuple[str, str | None], Period]:
        found: dict[tuple[str, str | None], Period] = {}
        for role in user.roles:
            if user.status != "active" or not in_force(role.begin, role.end, today):
                continue
            grant = self._grant(role, links)
            if grant is None:
                continue
            begin, end = found.get(grant, (role.begin, role.end))
            found[grant] = (
                None if begin is None or role.begin is None else min(begin, role.begin),
                None if end is None or role.end is None else max(end, role.end),
            )
        return found

    def _grant(self, role: Role, links: Mapping[str, str]) -> tuple[str, str | None] | None:
        if role.name == "districtAdministrator":
            return ("districtAdmin", None) if role.org == self.district_org else None
        names = {
            "student": "student",
            "teacher": "teacher",
            "principal": "schoolAdmin",
            "siteAdministrator": "schoolAdmin",
        }
        if role.org not in links or role.name not in names:
            return None
        return names[role.name], links[role.org]

    def _rosters(self, category: Category, roster: Population, links: Mapping[str, str]) -> None:
        role, linked = ENROLLED_BY[category], set(links.values())
        members = {
            person
            for (person, name, school_id), held in self.roles.items()
            if held.held and name == role and (category is Category.CLASS_ROSTERS or school_id not in linked)
        }
        if category is Category.TEACHER_ASSIGNMENTS:
            members |= {
                user.sourced_id
                for user in roster.users.values()
                if any(name == role for name, _ in self.granted(user, roster.today, links))
            }
        classes = {c.sourced_id: c for c in roster.classes.values() if c.status == "active" and c.school in links}
        enrollments = {
            e.sourced_id: e
            for e in self._enrolled(roster, role, links)
            if e.class_ in classes and e.user in members
        }
        others = {key for key, known in self.enrollments.items() if known.held and known.category != category}
        enrollments = {key: e for key, e in enrollments.items() if key not in others}
        if category is Category.TEACHER_ASSIGNMENTS:
            taught = {e.class_ for e in enrollments.values()}
            classes = {key: class_ for key, class_ in classes.items() if key in taught}
        self._claims(category, roster, classes, links)
        for key, enrollment in enrollments.items():
            school_id = links[roster.classes[enrollment.class_].school]
            self.enrollments[key] = Enrolled(enrollment, school_id, category)
        for key, known in list(self.enrollments.items()):
            if known.held and known.category == category and known.school_id in linked and key not in enrollments:
                self.enrollments[key] = replace(known, held=False)

    def _enrolled(self, roster: Population, role: str, links: Mapping[str, str]) -> Iterator[Enrollment]:
        for enrollment in roster.enrollments.values():
            if (
                enrollment.status == "active"
                and enrollment.role == role
                and enrollment.school in links
                and in_force(enrollment.begin, enrollment.end, roster.today)
            ):
                yield enrollment

    def _claims(
        self, category: Category, roster: Population, classes: Mapping[str, Class], links: Mapping[str, str]
    ) -> None:
        linked = set(links.values())
        frozen = [
            known.record
            for known in self.classes.values()
            if category in known.claims and known.school_id not in linked
        ]
        courses = {
            c.sourced_id: c
            for c in roster.courses.values()
            if c.status == "active" and c.sourced_id in {class_.course for class_ in classes.values()}
        }
        sessions = {s.sourced_id: s for s in roster.academic_sessions.values() if s.status == "active"}
        terms = with_parents({t for class_ in classes.values() for t in class_.terms}, sessions)
        kept_terms = with_parents(
            {t for class_ in frozen for t in class_.terms}, {k: s.record for k, s in self.sessions.items()}
        )
        schools = {key: links[class_.school] for key, class_ in classes.items()}
        self._claim(self.sessions, category, {k: s for k, s in sessions.items() if k in terms}, kept_terms, {})
        self._claim(self.courses, category, courses, {class_.course for class_ in frozen}, {})
        self._claim(self.classes, category, classes, {class_.sourced_id for class_ in frozen}, schools)

    def _claim(
        self,
        known: dict[str, Claimed],
        category: Category,
        wanted: Mapping[str, Any],
        frozen: set[str],
        schools: Mapping[str, str],
    ) -> None:
        for key, record in wanted.items():
            claims = known[key].claims if key in known else frozenset[str]()
            known[key] = Claimed(record, schools.get(key), claims | {category})
        for key, claimed in list(known.items()):
            if category in claimed.claims and key not in wanted and key not in frozen:
                known[key] = replace(claimed, claims=claimed.claims - {category})

    def holding(self) -> Holding:
        return {
            "users": frozenset(_user(u, u.sourced_id not in self.inactive) for u in self.users.values()),
            "user_roles": frozenset(
                (person, role, school_id, *held.period, held.held)
                for (person, role, school_id), held in self.roles.items()
            ),
            "academic_sessions": frozenset(
                (key, s.title, s.type, s.begin, s.end, str(s.school_year), s.parent, *_claims(c))
                for key, c in self.sessions.items()
                for s in (c.record,)
            ),
            "courses": frozenset(_course(c.record, c) for c in self.courses.values()),
            "classes": frozenset(_class(c.record, c) for c in self.classes.values()),
            "enrollments": frozenset(
                (key, e.category, r.role, r.user, r.class_, e.school_id, r.primary, r.begin, r.end, e.held)
                for key, e in self.enrollments.items()
                for r in (e.record,)
            ),
        }


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


def _user(user: User, active: bool) -> tuple[Any, ...]:
    return (
        user.sourced_id,
        user.master_identifier,
        user.identifier,
        user.username or None,
        user.given_name,
        user.middle_name,
        user.family_name,
        user.preferred_given_name,
        None,
        None,
        user.email,
        user.grades,
        user.enabled,
        active,
    )


def _claims(claimed: Claimed) -> tuple[tuple[str, ...], bool]:
    return tuple(sorted(claimed.claims)), bool(claimed.claims)


def _course(course: Course, claimed: Claimed) -> tuple[Any, ...]:
    return (course.sourced_id, course.title, course.code, course.grades, (course.subject,), *_claims(claimed))


def _class(class_: Class, claimed: Claimed) -> tuple[Any, ...]:
    return (
        class_.sourced_id,
        claimed.school_id,
        class_.course,
        class_.title,
        class_.code,
        class_.type,
        class_.location,
        class_.grades,
        (class_.subject,),
        class_.periods,
        class_.terms,
        *_claims(claimed),
    )
