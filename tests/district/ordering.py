"""Collations of sourcedIds: by code point, as JSON's readers compare, or as databases are set up to."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.district.filters import Filter, Read
from tests.district.settings import Order

KEYS: dict[Order, Callable[[str], Any]] = {
    "codepoint": str,
    "caseless": str.casefold,
    "numeric": lambda text: [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", text)],
}
"""``numeric`` compares runs of digits as numbers: 9 before 10."""


def collated(chosen: Filter, order: Order) -> Callable[[Read], bool]:
    """Whether a record passes, ``sourcedId`` compared in this order (but ``~`` as text)."""
    if order == "codepoint":
        return chosen.matches
    key = KEYS[order]
    clauses = tuple(
        replace(clause, value=key(str(clause.value)))
        if clause.field == "sourcedId" and clause.operator != "~"
        else clause
        for clause in chosen.clauses
    )
    return lambda read: _any_or_all(chosen)(
        clause.matches(_keyed(read, key) if clause is not original else read)
        for clause, original in zip(clauses, chosen.clauses, strict=True)
    )


def _any_or_all(chosen: Filter) -> Callable[..., bool]:
    return any if chosen.any_suffices else all


def _keyed(read: Read, key: Callable[[str], Any]) -> Callable[[str], Sequence[Any]]:
    return lambda field: [key(str(value)) for value in read(field)]
