"""What a request for a collection asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from tests.district import filters
from tests.district.errors import Refusal
from tests.district.settings import Queries

DEFAULT_LIMIT = 100
_SPECIFICATION = Queries()


@dataclass(frozen=True, slots=True)
class Query:
    """``limit`` as asked for: the server may clamp it. ``sort`` is None where not asked for or unknown."""

    limit: int
    offset: int
    filter: filters.Filter | None
    sort: str | None
    descending: bool
    unknown_sort: str | None


def parse(
    parameters: Mapping[str, str],
    fields: frozenset[str],
    rules: Queries = _SPECIFICATION,
    *,
    filter_fields: frozenset[str] | None = None,
    default_limit: int = DEFAULT_LIMIT,
) -> Query:
    """Raises Refusal 400 for a bad limit, offset, filter or orderBy, and where ``rules`` say so.

    An unknown ``sort`` gives the default order: 1.1 wants that, with a warning; 1.2 leaves it to the server.
    ``filter_fields``: those that a filter may name, where not all ``fields``.
    """
    sort = parameters.get("sort")
    order = parameters.get("orderBy", "asc")
    if rules.sort == "refused" and sort is not None:
        raise _bad_request("invalid_sort_field", "sort is not supported")
    if order not in ("asc", "desc") and rules.order_by == "checked":
        raise _bad_request("invalid_selection_field", f"orderBy is asc or desc, not {order!r}")
    if rules.sort == "ignored":
        sort = None
    return Query(
        limit=_number(parameters, "limit", default_limit, least=1),
        offset=_number(parameters, "offset", 0, least=0),
        filter=_filter(parameters.get("filter"), fields if filter_fields is None else filter_fields, rules),
        sort=sort if sort in fields else None,
        descending=order == "desc",
        unknown_sort=sort if sort is not None and sort not in fields else None,
    )


def _filter(expression: str | None, fields: frozenset[str], rules: Queries) -> filters.Filter | None:
    if expression is None or rules.filter == "ignored":
        return None
    if rules.filter == "refused":
        raise _bad_request("invalid_filter_field", "filter is not supported")
    try:
        chosen = filters.parse(expression, fields)
    except filters.FilterError as error:
        raise _bad_request("invalid_filter_field", f"filter: {error}") from error
    clauses = tuple(clause for clause in chosen.clauses if clause.field not in rules.filter_passes_over)
    passes_all = not clauses or (chosen.any_suffices and len(clauses) < len(chosen.clauses))
    return None if passes_all else replace(chosen, clauses=tuple(_moved(clause, rules) for clause in clauses))


def _moved(clause: filters.Clause, rules: Queries) -> filters.Clause:
    if not isinstance(clause.value, datetime):
        return clause
    return replace(clause, value=clause.value + rules.filter_moved)


def _number(parameters: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) >= least):
        raise _bad_request("invaliddata", f"{name} is a whole number from {least}, not {text[:20]!r}")
    return int(text)


def _bad_request(code_minor: str, description: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code_minor, description)
