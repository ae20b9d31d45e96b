"""The ids of a walk, eight bytes each: to count millions of them must not cost the memory of their texts. Pure."""

import struct
from array import array
from collections.abc import Callable, Sequence
from itertools import chain
from operator import eq, le, lt
from typing import Any, Final

_PARTS: Final = 64


class Digests:
    """Texts by their 64-bit hashes. Two that share one count as the same, so that a count may come out too low
    (at a million texts with a probability of 3e-8), and never too high."""

    def __init__(self) -> None:
        self._digests = array("q")
        self._ascending = True
        self.ordered = True
        """Whether the first texts came in an order that texts are sorted by."""
        self._last = ""
        self.adjacent = 0
        """Texts that came again at once."""

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, texts: Sequence[str]) -> None:
        """Take in what comes next; no text is empty."""
        if not texts:
            return
        if not self._digests:
            self.ordered = _in_a_known_order(texts)
        before = chain((self._last,), texts)
        if self._ascending and not all(map(lt, before, texts)):
            self._ascending = False
        if not self._ascending:
            self.adjacent += sum(map(eq, chain((self._last,), texts), texts))
        self._digests.frombytes(struct.pack(f"{len(texts)}q", *map(hash, texts)))
        self._last = texts[-1]

    def distinct(self) -> int:
        """How many different ones; where they came in ascending order that is known, and else counted in parts."""
        if self._ascending:
            return len(self._digests)
        parts = [array("q") for _ in range(_PARTS)]
        for digest in self._digests:
            parts[digest % _PARTS].append(digest)
        return sum(len(set(part)) for part in parts)


_ORDERS: Final[tuple[Callable[[str], Any], ...]] = (
    str,
    str.casefold,
    lambda text: (0, int(text), "") if text.isdecimal() else (1, 0, text),
    lambda text: (len(text), text),
    lambda text: "".join(filter(str.isalnum, text.casefold())),  # as most locales do
)


def _in_a_known_order(texts: Sequence[str]) -> bool:
    return any(all(map(le, keys, keys[1:])) for keys in ([*map(order, texts)] for order in _ORDERS))


_PLACES: Final = bytes(ord("0") if chr(code).isascii() and chr(code).isalnum() else code for code in range(256))


def shape(texts: Sequence[str]) -> tuple[bytes, bool] | None:
    """Texts of one shape are put into the same order by every way of sorting, those of locales and numbers, too:
    their letters and digits stand at the same places, and all of them are capitals or none is. None where these
    texts are not of one."""
    first = f"{texts[0]}\n".encode().translate(_PLACES)
    together = "\n".join((*texts, ""))
    if together.encode().translate(_PLACES) != first * len(texts):
        return None
    has_capitals = together != together.lower()
    return None if has_capitals and together != together.upper() else (first, has_capitals)
