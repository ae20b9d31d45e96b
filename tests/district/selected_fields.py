"""The ``fields`` parameter: which fields of an object an answer shows."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from tests.district.errors import Refusal
from tests.district.fields import Version
from tests.district.wire import Payload

_NOT_FILTERED_BY = frozenset({"metadata", "userProfiles", "resources", "userIds", "roles"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """``narrow`` shows an object; ``unknown`` is the first name that the objects do not have, in 1.1."""

    narrow: Callable[[Payload], Payload]
    unknown: str | None = None


def chosen(parameter: str | None, fields: frozenset[str], version: Version) -> Chosen:
    """Comma-separated names of fields, ``parent.sourcedId`` standing for ``parent``. Raises Refusal 400.

    A name that the objects do not have gives all fields and a warning in 1.1, and is refused in 1.2; a blank
    parameter is refused by both.
    """
    if parameter is None:
        return Chosen(lambda payload: payload)
    names = [name.strip().partition(".")[0] for name in parameter.split(",")]
    if not all(names):
        raise _refused("invalid_blank_selection_field" if version == "1.1" else "invalid_selection_field", "blank")
    known = {name.partition(".")[0] for name in fields} | _NOT_FILTERED_BY
    unknown = next((name for name in names if name not in known), None)
    if unknown is None:
        return Chosen(lambda payload: {name: value for name, value in payload.items() if name in names})
    if version == "1.2":
        raise _refused("invalid_selection_field", f"no field {unknown[:40]!r}")
    return Chosen(lambda payload: payload, unknown)


def _refused(code_minor: str, what: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code_minor, f"fields: {what}")
