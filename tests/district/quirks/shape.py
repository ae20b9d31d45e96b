"""Where in an object the values of a type stand, and how to reach them all."""

from collections.abc import Callable
from typing import Any

from tests.district.wire import Payload

REFERENCES: dict[str, tuple[str, ...]] = {
    "org": ("parent",),
    "academicSession": ("parent",),
    "course": ("schoolYear", "org"),
    "class": ("course", "school"),
    "user": ("primaryOrg",),
    "enrollment": ("user", "class", "school"),
}
ARRAYS: dict[str, tuple[str, ...]] = {
    "org": ("children",),
    "academicSession": ("children",),
    "course": ("grades", "subjects", "subjectCodes", "resources"),
    "class": ("terms", "grades", "subjects", "subjectCodes", "resources"),
    "user": ("orgs", "roles", "agents", "grades", "userIds", "resources"),
    "enrollment": (),
}
OPTIONAL_ARRAYS = {kind: tuple(set(names) - {"orgs", "roles", "terms"}) for kind, names in ARRAYS.items()}
"""Those that no version requires."""
OPTIONAL_TEXTS: dict[str, tuple[str, ...]] = {
    "org": ("identifier",),
    "academicSession": (),
    "course": (),
    "class": ("classCode", "classType", "location"),
    "user": ("middleName", "identifier", "email", "sms", "phone"),
    "enrollment": (),
}
TITLES: dict[str, tuple[str, ...]] = {
    "org": ("name",),
    "academicSession": ("title",),
    "course": ("title", "courseCode"),
    "class": ("title",),
    "user": ("givenName", "familyName"),
    "enrollment": (),
}
"""Required texts that nothing hangs on."""
BOOLEANS = frozenset({"enabledUser", "primary"})
DAYS = frozenset({"startDate", "endDate", "beginDate"})


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and {"href", "sourcedId", "type"} <= value.keys()


def each_reference(value: Any, change: Callable[[Payload], Payload]) -> Any:
    """``value`` with every GUIDRef in it changed."""
    if is_reference(value):
        return change(value)
    if isinstance(value, list):
        return [each_reference(item, change) for item in value]
    if isinstance(value, dict):
        return {name: each_reference(item, change) for name, item in value.items()}
    return value


def each_field(value: Any, names: frozenset[str], change: Callable[[Any], Any]) -> Any:
    """``value`` with every field of one of these names changed, however deep; ``metadata`` is left alone."""
    if isinstance(value, list):
        return [each_field(item, names, change) for item in value]
    if isinstance(value, dict):
        return {
            name: change(item)
            if name in names
            else item
            if name == "metadata"
            else each_field(item, names, change)
            for name, item in value.items()
        }
    return value
