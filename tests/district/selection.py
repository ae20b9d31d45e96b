"""From a query to the rows that answer it, in order."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from tests.district.filters import Read, Value, is_date, moment
from tests.district.listing import Collection, Row
from tests.district.ordering import KEYS, collated
from tests.district.population import Population
from tests.district.query import Query
from tests.district.settings import Queries
from tests.district.wire import Payload, References

_REMEMBERED = 16


class Selections:
    """Filters and sorts, and remembers the last few results for as long as the population stays as it is.

    Paging through a large collection thus sorts once; a change shifts the offsets of a walk under way,
    as it does at a provider that gives no snapshot.
    """

    def __init__(self, rules: Queries, *, shuffle: Random | None = None) -> None:
        """``shuffle``: what rows are reshuffled by with each request that does not sort, None if they are not."""
        self._rules = rules
        self._shuffle = shuffle
        self._state: tuple[int, int] | None = None
        self._known: OrderedDict[tuple[object, ...], Sequence[Row]] = OrderedDict()

    def rows(self, population: Population, name: str, collection: Collection, query: Query) -> Sequence[Row]:
        state = id(population), population.revision
        if self._state != state:
            self._state = state
            self._known.clear()
        key = (name, query.filter, query.sort, query.descending)
        if key not in self._known:
            self._known[key] = self._select(population, collection, query)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        rows = self._known[key]
        if self._shuffle is not None and query.sort is None:
            return self._shuffle.sample(rows, len(rows))
        return rows

    def _select(self, population: Population, collection: Collection, query: Query) -> Sequence[Row]:
        def reader(row: Row) -> Read:
            return _reader(population, collection, row)

        chosen = list(collection.rows(population))
        if query.filter is not None:
            keep = collated(query.filter, self._rules.filter_order)
            chosen = [row for row in chosen if keep(reader(row))]
        if query.sort is not None:
            field = query.sort
            order = KEYS[self._rules.sort_order] if field == "sourcedId" else _as_is
            chosen.sort(key=lambda row: _rank(reader(row)(field), order), reverse=query.descending)
        return chosen


def _as_is(value: Value) -> Value:
    return value


def _reader(population: Population, collection: Collection, row: Row) -> Read:
    """Reads the three fields that every object has without building its payload."""
    payload: Payload = {}

    def read(field: str) -> Sequence[Value]:
        nonlocal payload
        match field:
            case "sourcedId":
                return (row.sourced_id,)
            case "status":
                return (row.status,)
            case "dateLastModified":
                return (row.modified,)
        payload = payload or collection.show(row, References(""), population)
        texts = _texts(payload, field.split("."))
        return [moment(text) for text in texts] if is_date(field) else list(texts)

    return read


def _texts(node: Any, path: list[str]) -> Iterator[str]:
    """What stands at a dotted path; lists on the way fan out, booleans read as JSON writes them."""
    if isinstance(node, list):
        for item in node:
            yield from _texts(item, path)
    elif path:
        if isinstance(node, dict) and path[0] in node:
            yield from _texts(node[path[0]], path[1:])
    elif isinstance(node, bool):
        yield "true" if node else "false"
    elif node is not None:
        yield str(node)


def _rank(values: Sequence[Value], order: Callable[[Any], Any]) -> tuple[bool, Any]:
    """Sort key of a field's values; in ascending order, records without one come last."""
    return (True, "") if not values else (False, order(values[0]))
