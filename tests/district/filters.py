"""The filter grammar that 1.1 and 1.2 share: ``<field><op>'<value>'``, two clauses at most, one AND or OR."""

import operator as python
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.district.fields import DATES

Value = str | datetime
Read = Callable[[str], Sequence[Value]]
"""From a field's dotted name to the values that one record has there: none, one, or many."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": python.eq,
    "!=": python.ne,
    ">": python.gt,
    ">=": python.ge,
    "<": python.lt,
    "<=": python.le,
    "~": python.contains,
}
_CLAUSE = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)(!=|>=|<=|=|>|<|~)'((?:[^']|'')*)'")
_JOIN = re.compile(r" (AND|OR) ")


class FilterError(ValueError):
    """The expression does not follow the grammar, or names a field that the objects do not have."""


@dataclass(frozen=True, slots=True)
class Clause:
    field: str
    operator: str
    value: Value

    def matches(self, read: Read) -> bool:
        """Where a field holds several values one that matches is enough; ``!=`` wants that none is equal."""
        values = read(self.field)
        decide = all if self.operator == "!=" else any
        return decide(_OPERATORS[self.operator](value, self.value) for value in values)


@dataclass(frozen=True, slots=True)
class Filter:
    clauses: tuple[Clause, ...]
    any_suffices: bool = False

    def matches(self, read: Read) -> bool:
        decide = any if self.any_suffices else all
        return decide(clause.matches(read) for clause in self.clauses)


def parse(expression: str, fields: frozenset[str]) -> Filter:
    """Raises FilterError. A quote within a value is written twice (the specification does not say how)."""
    first, position = _clause(expression, 0, fields)
    if position == len(expression):
        return Filter((first,))
    join = _JOIN.match(expression, position)
    if join is None:
        msg = f"expected ' AND ' or ' OR ' after {expression[:position]!r}"
        raise FilterError(msg)
    second, position = _clause(expression, join.end(), fields)
    if position != len(expression):
        msg = "a filter has at most two clauses"
        raise FilterError(msg)
    return Filter((first, second), any_suffices=join[1] == "OR")


def moment(text: str) -> datetime:
    """A date, or a date and time with or without zone (then UTC). Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def is_date(field: str) -> bool:
    return field.rpartition(".")[2] in DATES


def _clause(expression: str, position: int, fields: frozenset[str]) -> tuple[Clause, int]:
    found = _CLAUSE.match(expression, position)
    if found is None:
        msg = f"expected <field><operator>'<value>' at {expression[position : position + 30]!r}"
        raise FilterError(msg)
    field, operator, text = found.groups()
    if field not in fields:
        msg = f"no field {field}"
        raise FilterError(msg)
    value: Value = text.replace("''", "'")
    if is_date(field):
        if operator == "~":
            msg = f"~ is for text, {field} is a time"
            raise FilterError(msg)
        try:
            value = moment(text)
        except ValueError:
            msg = f"{text!r} is not a date or time"
            raise FilterError(msg) from None
    return Clause(field, operator, value), found.end()
