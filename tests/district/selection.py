"""From a query to the rows that answer it, in order."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

from tests.district.filters import Read, Value, is_date, moment
from tests.district.listing import Collection, Row
from tests.district.population import Population
from tests.district.query import Query
from tests.district.wire import Payload, References

_REMEMBERED = 16


class Selections:
    """Filters and sorts, and remembers the last few results for as long as the population stays as it is.

    Paging through a large collection thus sorts once; a change shifts the offsets of a walk under way,
    as it does at a provider that gives no snapshot.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._revision = population.revision
        self._known: OrderedDict[tuple[object, ...], Sequence[Row]] = OrderedDict()

    def rows(self, name: str, collection: Collection, query: Query) -> Sequence[Row]:
        if self._revision != self._population.revision:
            self._revision = self._population.revision
            self._known.clear()
        key = (name, query.filter, query.sort, query.descending)
        if key not in self._known:
            self._known[key] = self._select(collection, query)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _select(self, collection: Collection, query: Query) -> Sequence[Row]:
        chosen = list(collection.rows(self._population))
        if query.filter is not None:
            keep = query.filter.matches
            chosen = [row for row in chosen if keep(self._reader(collection, row))]
        if query.sort is not None:
            field = query.sort
            chosen.sort(key=lambda row: _rank(self._reader(collection, row)(field)), reverse=query.descending)
        return chosen

    def _reader(self, collection: Collection, row: Row) -> Read:
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
            payload = payload or collection.show(row, References(""), self._population)
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


def _rank(values: Sequence[Value]) -> tuple[bool, Any]:
    """Sort key of a field's values; in ascending order, records without one come last."""
    return (True, "") if not values else (False, values[0])
