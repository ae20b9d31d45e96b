"""Which roles an invocation has to fetch: few of a district's people teach, and fewer administer. Pure."""

from collections.abc import Iterable

from oneroster_operator.api.category import Category
from oneroster_operator.oneroster import Collection

_ROLES = {
    Collection.USERS: {
        Category.TEACHER_ASSIGNMENTS: "teacher",
        Category.SCHOOL_ADMINS: "administrator",
        Category.DISTRICT_ADMINS: "administrator",
    },
    Collection.ENROLLMENTS: {Category.TEACHER_ASSIGNMENTS: "teacher"},
}
"""By collection, the one role that a category reads of it. Only users of 1.1 have one role, and the client asks
for roles of no others. Students, who are most of either, are not among them: so Students and ClassRosters see
every record, and tell of those whose role nobody knows."""
_READ_BY = {
    Collection.USERS: frozenset(Category) - {Category.CLASS_ROSTERS},
    Collection.ENROLLMENTS: frozenset({Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS}),
}


def roles(collection: Collection, categories: Iterable[Category]) -> tuple[str, ...]:
    """The roles that `categories` read of `collection`; empty where they need all of it."""
    known = _ROLES.get(collection, {})
    readers = _READ_BY.get(collection, frozenset()).intersection(categories)
    return tuple(sorted({known[one] for one in readers})) if readers and readers <= known.keys() else ()
