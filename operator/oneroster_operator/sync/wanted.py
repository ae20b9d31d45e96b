"""What one category wants the platform to hold, worked out from the staged records in temporary tables.

`wanted_*` is what the district grants today, `frozen` what stays whatever the district says: rows of schools
that are no longer linked, and what the district's unreadable records speak of.
"""

from dataclasses import dataclass

from psycopg import sql

from oneroster_operator.api.category import Category
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.roles import GRANTED_BY, STUDENT, TEACHER
from oneroster_operator.sync.tally import Kind

ENROLLED_BY = {Category.TEACHER_ASSIGNMENTS: TEACHER, Category.CLASS_ROSTERS: STUDENT}
"""`roster.enrollments.role` that a category writes and ends; the same two claim classes."""

_CREATE = """
CREATE TEMP TABLE linked (school_id text PRIMARY KEY);
CREATE TEMP TABLE wanted_user_roles (sourced_id text, school_id text, begin_date date, end_date date);
CREATE TEMP TABLE wanted_enrollments (
    sourced_id text, user_sourced_id text, class_sourced_id text, school_id text
);
CREATE TEMP TABLE wanted_classes (sourced_id text);
CREATE TEMP TABLE wanted_courses (sourced_id text);
CREATE TEMP TABLE wanted_academic_sessions (sourced_id text);
CREATE TEMP TABLE frozen (kind text, sourced_id text);
"""
_EMPTY = """
TRUNCATE wanted_user_roles, wanted_enrollments, wanted_classes, wanted_courses, wanted_academic_sessions, frozen
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows they are: a category's, of a district."""

    district_id: str
    category: Category

    @property
    def names(self) -> dict[str, str | None]:
        """For the statements that need them: district, category, and the roles that the category writes."""
        return {
            "district": self.district_id,
            "category": self.category,
            "role": GRANTED_BY.get(self.category),
            "enrolled": ENROLLED_BY.get(self.category),
        }


async def create(connection: Connection, school_ids: set[str]) -> None:
    """Make the temporary tables; `school_ids` are the platform's schools that are linked."""
    await connection.execute(_CREATE)
    await connection.execute("INSERT INTO linked SELECT unnest(%s::text[])", [sorted(school_ids)])
    await connection.execute("ANALYZE linked")


async def work_out(connection: Connection, owner: Owner, *, staged_people: bool) -> None:
    """Fill the tables for one category.

    With `staged_people` the roles that count are the staged ones, else those that the platform has.
    """
    await connection.execute(_EMPTY)
    if owner.category in GRANTED_BY:
        await connection.execute(_ROLES, owner.names)
        await connection.execute("ANALYZE wanted_user_roles")
    if owner.category in ENROLLED_BY:
        await _enrollments(connection, owner, staged_people=staged_people)
        await _claims(connection, owner)


_ROLES = """
INSERT INTO wanted_user_roles
SELECT person.sourced_id, granted.school_id, granted.begin_date, granted.end_date
FROM stage_users AS person
CROSS JOIN LATERAL unnest(person.roles, person.school_ids, person.begin_dates, person.end_dates)
    AS granted (role, school_id, begin_date, end_date)
WHERE person.state = 'wanted' AND granted.role = %(role)s
AND person.sourced_id NOT IN (SELECT sourced_id FROM refused)
"""

# An enrollment gives nobody a role: its user has to hold it, by the roster, somewhere in the district. A class
# that cannot be read is taken as the platform knows it. An enrollment that changed its role belongs to the
# other category until that one has ended it.
_ENROLLMENTS = """
WITH members AS (
    SELECT person.sourced_id
    FROM roster.user_roles AS held
    JOIN roster.users AS person ON person.district_id = %(district)s AND person.id = held.user_id
    WHERE held.district_id = %(district)s AND held.role = %(enrolled)s AND held.ended_at IS NULL
    AND NOT held.by_hand
    AND (
        NOT %(staged_people)s
        OR held.school_id NOT IN (SELECT school_id FROM linked)
        OR person.sourced_id IN (SELECT sourced_id FROM stage_users WHERE state = 'rejected')
    )
    UNION
    SELECT sourced_id FROM stage_users WHERE %(staged_people)s AND state = 'wanted' AND %(enrolled)s = ANY (roles)
    AND sourced_id NOT IN (SELECT sourced_id FROM refused)
), classes AS (
    SELECT sourced_id, school_id FROM stage_classes WHERE state = 'wanted'
    UNION ALL
    SELECT class.sourced_id, class.school_id
    FROM roster.classes AS class JOIN stage_classes AS staged USING (sourced_id)
    WHERE staged.state = 'rejected' AND class.district_id = %(district)s AND class.ended_at IS NULL
    AND class.school_id IN (SELECT school_id FROM linked)
)
INSERT INTO wanted_enrollments
SELECT staged.sourced_id, staged.user_sourced_id, staged.class_sourced_id, classes.school_id
FROM stage_enrollments AS staged
JOIN classes ON classes.sourced_id = staged.class_sourced_id
JOIN members ON members.sourced_id = staged.user_sourced_id
WHERE staged.state = 'wanted' AND staged.role = %(enrolled)s
AND NOT EXISTS (
    SELECT FROM roster.enrollments AS other
    WHERE other.district_id = %(district)s AND other.sourced_id = staged.sourced_id
    AND other.category <> %(category)s AND other.ended_at IS NULL
)
"""


async def _enrollments(connection: Connection, owner: Owner, *, staged_people: bool) -> None:
    await connection.execute(_ENROLLMENTS, owner.names | {"staged_people": staged_people})
    await connection.execute("ANALYZE wanted_enrollments")


# Teachers bring the classes they teach, rosters every class of a linked school.
_CLASSES = """
INSERT INTO wanted_classes
SELECT sourced_id FROM stage_classes
WHERE state = 'wanted'
AND (%(enrolled)s = 'student' OR sourced_id IN (SELECT class_sourced_id FROM wanted_enrollments))
"""
_COURSES = """
INSERT INTO wanted_courses
SELECT sourced_id FROM stage_courses
WHERE state = 'wanted'
AND sourced_id IN (
    SELECT class.course_sourced_id FROM stage_classes AS class JOIN wanted_classes USING (sourced_id)
)
"""
_SESSIONS = """
WITH RECURSIVE needed AS (
    SELECT unnest(class.term_sourced_ids) AS sourced_id
    FROM stage_classes AS class JOIN wanted_classes USING (sourced_id)
    UNION
    SELECT session.parent_sourced_id
    FROM needed JOIN stage_academic_sessions AS session USING (sourced_id)
    WHERE session.state = 'wanted' AND session.parent_sourced_id IS NOT NULL
)
INSERT INTO wanted_academic_sessions
SELECT sourced_id FROM stage_academic_sessions JOIN needed USING (sourced_id) WHERE state = 'wanted'
"""
_FROZEN_CLASSES = """
INSERT INTO frozen
SELECT 'classes', class.sourced_id FROM roster.classes AS class
WHERE class.district_id = %(district)s AND %(category)s = ANY (class.claimed_by)
AND (
    class.school_id NOT IN (SELECT school_id FROM linked)
    OR class.sourced_id IN (SELECT sourced_id FROM stage_classes WHERE state = 'rejected')
    OR class.id IN (
        SELECT enrollment.class_id
        FROM roster.enrollments AS enrollment JOIN stage_enrollments AS staged USING (sourced_id)
        WHERE enrollment.district_id = %(district)s AND enrollment.category = %(category)s
        AND enrollment.ended_at IS NULL AND staged.state = 'rejected'
    )
)
"""
_FROZEN_COURSES = """
INSERT INTO frozen
SELECT 'courses', class.course_sourced_id
FROM roster.classes AS class JOIN frozen ON frozen.kind = 'classes' AND frozen.sourced_id = class.sourced_id
WHERE class.district_id = %(district)s
UNION
SELECT 'courses', sourced_id FROM stage_courses WHERE state = 'rejected'
"""
_FROZEN_SESSIONS = """
WITH RECURSIVE needed AS (
    SELECT unnest(class.term_sourced_ids) AS sourced_id
    FROM roster.classes AS class JOIN frozen ON frozen.kind = 'classes' AND frozen.sourced_id = class.sourced_id
    WHERE class.district_id = %(district)s
    UNION
    SELECT sourced_id FROM stage_academic_sessions WHERE state = 'rejected'
    UNION
    SELECT session.parent_sourced_id
    FROM needed JOIN roster.academic_sessions AS session USING (sourced_id)
    WHERE session.district_id = %(district)s AND session.parent_sourced_id IS NOT NULL
)
INSERT INTO frozen SELECT 'academic_sessions', sourced_id FROM needed
"""


async def _claims(connection: Connection, owner: Owner) -> None:
    for statement in (_CLASSES, _COURSES, _SESSIONS, _FROZEN_CLASSES, _FROZEN_COURSES, _FROZEN_SESSIONS):
        await connection.execute(statement, owner.names)
    for kind in (Kind.CLASSES, Kind.COURSES, Kind.SESSIONS):
        await connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(f"wanted_{kind}")))
    await connection.execute("ANALYZE frozen")
