"""What the platform holds of a roster, as plain rows that can be compared: no ids and no times of its own."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from tests.sync.setting import DISTRICT

Rows = frozenset[tuple[Any, ...]]
Holding = dict[str, Rows]
"""By table. A row has its own sourcedId or its person's first, and last whether it holds today."""

_USERS = """
SELECT sourced_id, user_master_identifier, identifier, username, given_name, middle_name, family_name,
       preferred_first_name, preferred_middle_name, preferred_last_name, email, grades, enabled, active
FROM roster.users WHERE district_id = %s
"""
_ROLES = """
SELECT person.sourced_id, held.role, held.school_id, held.begin_date, held.end_date,
       held.ended_at IS NULL
FROM roster.user_roles AS held JOIN roster.users AS person ON person.id = held.user_id
WHERE held.district_id = %s
"""
_SESSIONS = """
SELECT sourced_id, title, type, start_date, end_date, school_year, parent_sourced_id, claimed_by,
       ended_at IS NULL
FROM roster.academic_sessions WHERE district_id = %s
"""
_COURSES = """
SELECT sourced_id, title, course_code, grades, subjects, claimed_by, ended_at IS NULL
FROM roster.courses WHERE district_id = %s
"""
_CLASSES = """
SELECT sourced_id, school_id, course_sourced_id, title, class_code, class_type, location, grades,
       subjects, periods, term_sourced_ids, claimed_by, ended_at IS NULL
FROM roster.classes WHERE district_id = %s
"""
_ENROLLMENTS = """
SELECT known.sourced_id, known.category, known.role, person.sourced_id, class.sourced_id,
       known.school_id, known.is_primary, known.begin_date, known.end_date, known.ended_at IS NULL
FROM roster.enrollments AS known
JOIN roster.users AS person ON person.id = known.user_id
JOIN roster.classes AS class ON class.id = known.class_id
WHERE known.district_id = %s
"""
_TABLES: dict[str, LiteralString] = {
    "users": _USERS,
    "user_roles": _ROLES,
    "academic_sessions": _SESSIONS,
    "courses": _COURSES,
    "classes": _CLASSES,
    "enrollments": _ENROLLMENTS,
}


def holding(url: str, district_id: str = DISTRICT) -> Holding:
    """Everything that the roster tables have of a district, of one moment, ended rows among them."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {
            table: frozenset(map(_hashable, connection.execute(statement, [district_id])))
            for table, statement in _TABLES.items()
        }


_QUARANTINE = """
SELECT category, CASE collection WHEN 'academicSessions' THEN 'academic_sessions' ELSE collection END, sourced_id,
       rule, first_seen_at, waits_until
FROM roster.quarantine WHERE district_id = %s
"""
_HOLDS = "SELECT fingerprint, category, state FROM roster.holds WHERE district_id = %s"
_HOLD_ROWS = """
SELECT fingerprint, kind, action, sourced_id, school_id FROM roster.hold_rows WHERE district_id = %s
"""

StoredHold = tuple[str, str, frozenset[tuple[str, str, str, str | None]]]
"""Category, state, and rows: kind, action, sourcedId and the platform's school."""


def quarantined(url: str, district_id: str) -> dict[tuple[str, str, str], tuple[str, dt.datetime, bool]]:
    """By category, table and sourcedId: the rule, since when, and whether it may wait, for 14 days then."""
    with psycopg.connect(url) as connection:
        found = {}
        for *record, rule, since, until in connection.execute(_QUARANTINE, [district_id]):
            assert until is None or until == since + dt.timedelta(days=14)
            found[tuple(record)] = rule, since, until is not None
        return found


def stored_holds(url: str, district_id: str) -> dict[str, StoredHold]:
    """By fingerprint."""
    with psycopg.connect(url) as connection:
        rows = defaultdict(set)
        for fingerprint, *row in connection.execute(_HOLD_ROWS, [district_id]):
            rows[fingerprint].add(tuple(row))
        return {
            fingerprint: (category, state, frozenset(rows[fingerprint]))
            for fingerprint, category, state in connection.execute(_HOLDS, [district_id])
        }


def current(rows: Rows) -> Rows:
    """Those that hold today."""
    return frozenset(row for row in rows if row[-1])


def _hashable(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
