"""What a request for a collection asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from tests.district import filters
from tests.district.errors import Refusal

DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Query:
    """``limit`` as asked for: the server may clamp it. ``sort`` is None where not asked for or unknown."""

    limit: int
    offset: int
    filter: filters.Filter | None
    sort: str | None
    descending: bool
    unknown_sort: str | None


def parse(parameters: Mapping[str, str], fields: frozenset[str]) -> Query:
    """Raises Refusal 400 for a bad limit, offset, filter or orderBy.

    An unknown ``sort`` gives the default order: 1.1 wants that, with a warning; 1.2 leaves it to the server.
    """
    sort = parameters.get("sort")
    order = parameters.get("orderBy", "asc")
    if order not in ("asc", "desc"):
        raise _bad_request("invalid_selection_field", f"orderBy is asc or desc, not {order!r}")
    expression = parameters.get("filter")
    try:
        chosen = filters.parse(expression, fields) if expression is not None else None
    except filters.FilterError as error:
        raise _bad_request("invalid_filter_field", f"filter: {error}") from error
    return Query(
        limit=_number(parameters, "limit", DEFAULT_LIMIT, least=1),
        offset=_number(parameters, "offset", 0, least=0),
        filter=chosen,
        sort=sort if sort in fields else None,
        descending=order == "desc",
        unknown_sort=sort if sort is not None and sort not in fields else None,
    )


def _number(parameters: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) >= least):
        raise _bad_request("invaliddata", f"{name} is a whole number from {least}, not {text[:20]!r}")
    return int(text)


def _bad_request(code_minor: str, description: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code_minor, description)
