"""The records of the streamed district: as many as wanted, none of them held.

Records go by blocks of 1,000. Those at one place of all blocks differ in the digits of ids alone, which are the
block's number and the place: so a block is a template with its number, and those of the blocks that it refers to,
filled in. Ids are as long as each other and grow with the record's number, so a filter by them is answered by
bisection.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from tests.district import payloads_v1p2 as v1p2
from tests.district.population import Origin, Population
from tests.district.records import AcademicSession, Class, Course, Enrollment, Org, Role, RoleName, User
from tests.district.sessions import calendar_around
from tests.district.wire import Payload, References

BLOCK: Final = 1_000
SCHOOLS: Final = 40
"""Divides a block: whoever is at a place of a block is at that school, in all blocks."""
SESSIONS: Final = 24
DISTRICT_ORG: Final = "org-00000000"
"""The district's own sourcedId."""
_OPEN: Final = {"own": "~own~", "users": "~usr~", "classes": "~cls~"}
"""In the place of an id's first five digits: the number of the record's own block, or of one that it refers to."""
_MODIFIED: Final = datetime(2026, 8, 20, 6, 30, tzinfo=UTC)
_YEAR: Final = (date(2026, 8, 24), date(2027, 6, 5))

_TEACHER_EVERY: Final = 19
_PRINCIPAL, _DISTRICT_ADMIN = 7, 8
"""Places of people who administer, in every block of users."""
_STAND_INS: Final = {_PRINCIPAL: _PRINCIPAL + SCHOOLS, _DISTRICT_ADMIN: _DISTRICT_ADMIN + SCHOOLS}
"""Students of the same school who are enrolled in their stead."""
_TIMES: Final = 8
"""As many classes has a user before the first comes again."""
_GIVEN_NAMES: Final = (
    "Amara",
    "Ben",
    "Chiara",
    "Dmitri",
    "Elena",
    "Farid",
    "Grace",
    "Hiro",
    "Ines",
    "Jamal",
    "Kira",
)
_FAMILY_NAMES: Final = (
    "Abbott",
    "Brown",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fox",
    "Garcia",
    "Haddad",
    "Ito",
    "Jones",
)
_SUBJECTS: Final = ("Algebra", "Biology", "Civics", "Drama", "English", "French", "Geography", "History")
_NOBODY: Final = Population(Origin(0, 0, calendar_around(_YEAR[0]), (), ""), _YEAR[0])
"""What payloads look up there is nothing that these records have."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records of each collection there are, in a district with so many enrollments."""

    enrollments: int

    @property
    def users(self) -> int:
        """In whole blocks, so that no enrollment refers to one who is not there; likewise classes."""
        return max(1, self.enrollments * 18 // 140 // BLOCK) * BLOCK

    @property
    def classes(self) -> int:
        return max(1, self.enrollments // 140 // BLOCK) * BLOCK

    def of(self, collection: str) -> int:
        """Records of a collection, by the last part of its path."""
        return {
            "enrollments": self.enrollments,
            "users": self.users,
            "classes": self.classes,
            "courses": self.classes - SESSIONS,
            "academicSessions": SESSIONS,
            "orgs": 1 + SCHOOLS,
        }[collection]


PREFIXES: Final = {
    "enrollments": "enr",
    "users": "usr",
    "classes": "cls",
    "courses": "crs",
    "academicSessions": "ses",
    "orgs": "org",
}
"""Of the ids of each collection."""


def sourced_id(row: int | str, prefix: str = "enr") -> str:
    """Of the record with this number, from 0; text stands for its eight digits."""
    return f"{prefix}-{row:08d}" if isinstance(row, int) else f"{prefix}-{row}"


def school_id(place: int) -> str:
    """sourcedId of the school of whoever is at this place of a block."""
    return sourced_id(1 + place % SCHOOLS, "org")


@dataclass(frozen=True, slots=True)
class _Template:
    """A block without its numbers. An opening that is at the same places of all records has them in `places`:
    there it is filled by strides, twenty times as fast."""

    block: bytes
    places: dict[str, list[int]]

    @classmethod
    def of(cls, block: bytes) -> "_Template":
        width = len(block) // BLOCK
        places = {}
        for name, opening in _OPEN.items():
            found = [one.start() for one in re.finditer(re.escape(opening.encode()), block[:width])]
            same = all(block[place::width] == opening[:1].encode() * BLOCK for place in found)
            if same and len(found) * BLOCK == block.count(opening.encode()):
                places[name] = found
        return cls(block, places)

    def filled(self, numbers: dict[str, int]) -> bytearray:
        block = bytearray(self.block)
        width = len(block) // BLOCK
        for name, opening in _OPEN.items():
            digits = f"{numbers[name]:0{len(opening)}d}".encode()
            if name not in self.places:
                block = block.replace(opening.encode(), digits)
            for place in self.places.get(name, ()):
                for nth in range(len(digits)):
                    block[place + nth :: width] = digits[nth : nth + 1] * BLOCK
        return block


class Rows:
    """The records of one collection in the order of their ids."""

    def __init__(self, collection: str, counts: Counts, base_url: str) -> None:
        self.collection: Final = collection
        self.count: Final = counts.of(collection)
        self._refer = References(base_url)
        self._prefix = PREFIXES[collection]
        self._blocks = {"users": counts.users // BLOCK, "classes": counts.classes // BLOCK}
        self._template = lru_cache(maxsize=_TIMES)(self._made)
        self._block = lru_cache(maxsize=16)(self._numbered)
        self.width: Final = len(self._template(0).block) // BLOCK
        """Bytes of one record with its comma."""

    def json(self, begin: int, end: int) -> Iterator[memoryview]:
        """Pieces that make up records [begin, end) with commas between them."""
        for number in range(begin // BLOCK, -(-end // BLOCK)):
            start = number * BLOCK
            first, last = max(begin - start, 0), min(end - start, BLOCK)
            comma = 1 if start + last == end else 0
            yield memoryview(self._block(number))[first * self.width : last * self.width - comma]

    def from_id(self, least: str) -> int:
        """The number of the first record whose sourcedId is ``least`` or greater."""
        return bisect_left(range(self.count), least, key=lambda row: sourced_id(row, self._prefix))

    def _numbered(self, number: int) -> bytearray:
        numbers = {"own": number} | {name: number % blocks for name, blocks in self._blocks.items()}
        return self._template(number // self._blocks["users"] % _TIMES).filled(numbers)

    def _made(self, time: int) -> _Template:
        """A block's template. ``time`` tells enrollments of the same user apart."""
        rows = [_compact(payload) for payload in _payloads(self.collection, time, self._refer)]
        # White space between the values of an array is nothing to whoever reads JSON.
        width = max(map(len, rows))
        return _Template.of(b"".join(row.ljust(width) + b"," for row in rows))


def _compact(payload: Payload) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def _payloads(collection: str, time: int, refer: References) -> Iterator[Payload]:
    """Of the records at all places of a block."""
    for place in range(BLOCK):
        match collection:
            case "enrollments":
                yield v1p2.enrollment(_enrollment(place, time), refer, _NOBODY)
            case "users":
                yield v1p2.user(_user(place), refer)
            case "classes":
                yield v1p2.class_(_class(place), refer)
            case "courses":
                yield v1p2.course(_course(place), refer)
            case "academicSessions":
                yield v1p2.academic_session(_session(place), refer, _NOBODY)
            case _:
                yield v1p2.org(_org(place), refer, _NOBODY)


def _enrollment(place: int, time: int) -> Enrollment:
    user = _STAND_INS.get(place, place)
    teaches = _role(user) == "teacher"
    return Enrollment(
        sourced_id=_id("enr", "own", place),
        modified=_MODIFIED,
        user=_id("usr", "users", user),
        class_=_id("cls", "classes", (place + 3 * SCHOOLS * time) % BLOCK),
        school=school_id(place),
        role="teacher" if teaches else "student",
        primary=teaches,
        begin=_YEAR[0],
    )


def _role(place: int) -> RoleName:
    if place == _PRINCIPAL:
        return "principal"
    if place == _DISTRICT_ADMIN:
        return "districtAdministrator"
    return "teacher" if place % _TEACHER_EVERY == 0 else "student"


def _user(place: int) -> User:
    role = _role(place)
    name = f"{_OPEN['own']}{place:03d}"
    return User(
        sourced_id=_id("usr", "own", place),
        modified=_MODIFIED,
        username=f"user{name}",
        given_name=_GIVEN_NAMES[place % len(_GIVEN_NAMES)],
        family_name=_FAMILY_NAMES[place % len(_FAMILY_NAMES)],
        roles=(Role(role, DISTRICT_ORG if role == "districtAdministrator" else school_id(place)),),
        identifier=name,
        master_identifier=f"master-{name}",
        email=f"user{name}@springfield.example",
        grades=(f"{1 + place % 12:02d}",) if role == "student" else (),
    )


def _class(place: int) -> Class:
    course = place % (BLOCK - SESSIONS)
    return Class(
        sourced_id=_id("cls", "own", place),
        modified=_MODIFIED,
        title=f"{_SUBJECTS[place % len(_SUBJECTS)]} - Section {place:03d}",
        code=f"{place:03d}-{_OPEN['own']}",
        type="scheduled",
        location=f"Room {place % 200}",
        grades=(f"{1 + place % 12:02d}",),
        subject=_SUBJECTS[place % len(_SUBJECTS)],
        course=_id("crs", "own", course),
        school=school_id(place),
        terms=(_session_id(1 + place % (SESSIONS - 1)),),
        periods=(str(1 + place % 8),),
    )


def _course(place: int) -> Course:
    subject = _SUBJECTS[place % len(_SUBJECTS)]
    return Course(
        sourced_id=_id("crs", "own", place),
        modified=_MODIFIED,
        title=f"{subject} {place:03d}",
        code=f"{subject[:3].upper()}{place:03d}",
        org=DISTRICT_ORG,
        school_year=_session_id(0),
        grades=(f"{1 + place % 12:02d}",),
        subject=subject,
    )


def _session(place: int) -> AcademicSession:
    """The first is the school year that all others are part of."""
    return AcademicSession(
        sourced_id=_id("ses", "own", place),
        modified=_MODIFIED,
        title=f"Term {place}" if place else "School year",
        type="term" if place else "schoolYear",
        begin=_YEAR[0],
        end=_YEAR[1],
        school_year=_YEAR[1].year,
        parent=_session_id(0) if place else None,
    )


def _org(place: int) -> Org:
    """The first is the district that all others are part of."""
    return Org(
        sourced_id=_id("org", "own", place),
        modified=_MODIFIED,
        name=f"Springfield School {place}" if place else "Springfield Unified School District",
        type="school" if place else "district",
        identifier=None,
        parent=DISTRICT_ORG if place else None,
    )


def _id(prefix: str, block: str, place: int) -> str:
    return sourced_id(f"{_OPEN[block]}{place:03d}", prefix)


def _session_id(number: int) -> str:
    return sourced_id(number, "ses")
