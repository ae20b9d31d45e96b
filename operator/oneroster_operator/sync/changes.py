"""The list of what a dry run would change: ids, and names only for who asks for them on a terminal."""

from contextlib import aclosing
from typing import Final, TextIO

from oneroster_operator.platform.connection import Connection, streamed
from oneroster_operator.sync.listing import Format, Listing
from oneroster_operator.sync.wanted import Owner

COLUMNS: Final = ("category", "kind", "action", "sourcedId", "schoolId")
_NAME: Final = "name"


class Changes:
    """Rows of `differences`, of one category after the other.

    `kind` is a table of the roster, `action` create, revive, change or end, `sourcedId` the record's (of
    `user_roles` the person's), `schoolId` the platform's id of the school that it belongs to, if any. With
    `names` there is also a person's name or a title; of an enrollment it is the name of who is enrolled.
    """

    def __init__(self, out: TextIO, form: Format, *, names: bool) -> None:
        self._statement = _CHANGES_WITH_NAMES if names else _CHANGES
        self._listing = Listing(out, (*COLUMNS, _NAME) if names else COLUMNS, form)

    async def add(self, connection: Connection, owner: Owner) -> None:
        """List all of a category, whose `differences` have been found; few rows are in memory at once."""
        async with aclosing(streamed(connection, "changes", self._statement, owner.names)) as rows:
            async for row in rows:
                self._listing.add((owner.category, *row))

    def end(self) -> None:
        """Complete the list."""
        self._listing.end()


_CHANGES = """
SELECT kind, action, sourced_id, school_id FROM differences ORDER BY kind, action, school_id, sourced_id
"""

# As the district has them now, and of what it has no more as the platform does; of an earlier identity by the row,
# since another may have its id.
_CHANGES_WITH_NAMES = """
WITH people AS (
    SELECT sourced_id, given_name || ' ' || family_name AS name FROM stage_users WHERE state = 'wanted'
    UNION ALL
    SELECT sourced_id, given_name || ' ' || family_name FROM roster.users AS known
    WHERE district_id = %(district)s
    AND NOT EXISTS (SELECT FROM stage_users AS s WHERE s.sourced_id = known.sourced_id AND s.state = 'wanted')
), enrolled AS (
    SELECT sourced_id, user_sourced_id FROM stage_enrollments WHERE state = 'wanted'
    UNION ALL
    SELECT known.sourced_id, person.sourced_id
    FROM roster.enrollments AS known JOIN roster.users AS person ON person.id = known.user_id
    WHERE known.district_id = %(district)s
    AND NOT EXISTS (
        SELECT FROM stage_enrollments AS s WHERE s.sourced_id = known.sourced_id AND s.state = 'wanted'
    )
), listed AS (
    SELECT 'classes' AS kind, sourced_id, title FROM stage_classes WHERE state = 'wanted'
    UNION ALL
    SELECT 'courses', sourced_id, title FROM stage_courses WHERE state = 'wanted'
    UNION ALL
    SELECT 'academic_sessions', sourced_id, title FROM stage_academic_sessions WHERE state = 'wanted'
), titles AS (
    SELECT kind, sourced_id, title FROM listed
    UNION ALL
    SELECT kind, sourced_id, title FROM (
        SELECT 'classes' AS kind, sourced_id, title FROM roster.classes WHERE district_id = %(district)s
        UNION ALL
        SELECT 'courses', sourced_id, title FROM roster.courses WHERE district_id = %(district)s
        UNION ALL
        SELECT 'academic_sessions', sourced_id, title FROM roster.academic_sessions
        WHERE district_id = %(district)s
    ) AS known
    WHERE NOT EXISTS (SELECT FROM listed WHERE (listed.kind, listed.sourced_id) = (known.kind, known.sourced_id))
)
SELECT difference.kind, difference.action, difference.sourced_id, difference.school_id,
       coalesce(people.name, titles.title)
FROM differences AS difference
LEFT JOIN enrolled ON difference.kind = 'enrollments' AND enrolled.sourced_id = difference.sourced_id
LEFT JOIN people ON people.sourced_id = CASE
    WHEN difference.kind = 'enrollments' THEN enrolled.user_sourced_id
    WHEN difference.kind IN ('users', 'user_roles') THEN difference.sourced_id
END
LEFT JOIN titles ON titles.kind = difference.kind AND titles.sourced_id = difference.sourced_id
WHERE difference.trait IS DISTINCT FROM 'former'
UNION ALL
SELECT difference.kind, difference.action, difference.sourced_id, difference.school_id,
       coalesce(person.given_name || ' ' || person.family_name, class.title, course.title, session.title)
FROM differences AS difference
LEFT JOIN roster.user_roles AS role ON difference.kind = 'user_roles' AND role.id = difference.id
LEFT JOIN roster.enrollments AS enrollment ON difference.kind = 'enrollments' AND enrollment.id = difference.id
LEFT JOIN roster.users AS person ON person.id = coalesce(role.user_id, enrollment.user_id)
LEFT JOIN roster.classes AS class ON difference.kind = 'classes' AND class.id = difference.id
LEFT JOIN roster.courses AS course ON difference.kind = 'courses' AND course.id = difference.id
LEFT JOIN roster.academic_sessions AS session
    ON difference.kind = 'academic_sessions' AND session.id = difference.id
WHERE difference.trait = 'former'
ORDER BY 1, 2, 4, 3
"""
