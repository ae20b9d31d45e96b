"""What of the district a category is made from: which collections, and of some of them only a role. Pure."""

from collections.abc import Iterable

from oneroster_operator.api.category import Category
from oneroster_operator.oneroster import Collection

_PEOPLE = (Collection.USERS,)
_ROSTERS = (Collection.ACADEMIC_SESSIONS, Collection.COURSES, Collection.CLASSES, Collection.ENROLLMENTS)
NEEDS = {
    Category.STUDENTS: _PEOPLE,
    Category.TEACHER_ASSIGNMENTS: (*_PEOPLE, *_ROSTERS),
    Category.CLASS_ROSTERS: _ROSTERS,
    Category.SCHOOL_ADMINS: _PEOPLE,
    Category.DISTRICT_ADMINS: _PEOPLE,
}
"""The core collections that a category is made from; few servers have any others."""

_ROLES = {
    Collection.USERS: {
        Category.TEACHER_ASSIGNMENTS: "teacher",
        Category.SCHOOL_ADMINS: "administrator",
        Category.DISTRICT_ADMINS: "administrator",
    },
    Collection.ENROLLMENTS: {Category.TEACHER_ASSIGNMENTS: "teacher"},
}
"""By collection, the one role that a category reads of it: few people teach, and fewer administer. Only users of
1.1 have one role, and the client asks for roles of no others. Students, who are most of either, are not among
them: so Students and ClassRosters see every record, and tell of those whose role nobody knows."""


def roles(collection: Collection, categories: Iterable[Category]) -> tuple[str, ...]:
    """The roles that `categories` read of `collection`; empty where they need all of it."""
    known = _ROLES.get(collection, {})
    readers = {category for category in categories if collection in NEEDS[category]}
    return tuple(sorted({known[one] for one in readers})) if readers and readers <= known.keys() else ()
