"""The ids of a walk, eight bytes each: to count millions of them must not cost the memory of their texts. Pure."""

import struct
from array import array
from collections.abc import Sequence
from itertools import chain
from operator import eq, lt
from typing import Final

_PARTS: Final = 64


class Digests:
    """Texts by their 64-bit hashes. Two that share one count as the same, so that a count may come out too low
    (at a million texts with a probability of 3e-8), and never too high."""

    def __init__(self) -> None:
        self._digests = array("q")
        self._ascending = True
        self._last = ""
        self.adjacent = 0
        """Texts that came again at once."""

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, texts: Sequence[str]) -> None:
        """Take in what comes next; no text is empty."""
        if not texts:
            return
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
