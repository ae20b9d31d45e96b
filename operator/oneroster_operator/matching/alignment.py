"""Which words of two school names belong together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from oneroster_operator.matching.words import alike, joined

_LONGEST_JOIN = 6
"""Most words that one word stands for."""
_CLEARLY = 0.9
"""A word that is so much like one of the words is not all of them at once."""

Words = Sequence[str]
Weight = Callable[[str], float]


@dataclass(slots=True)
class Alignment:
    """Places of words that belong together, on either side, and how much they weigh together."""

    ours: set[int] = field(default_factory=set)
    theirs: set[int] = field(default_factory=set)
    mass: float = 0.0
    """Weights of both sides, by likeness."""


def align(ours: Words, theirs: Words, weight: Weight) -> Alignment:
    """Greedy, the most alike first: one word with several, then one with one."""
    found = Alignment()
    mirrored = Alignment(found.theirs, found.ours)
    joins = [
        *((likeness, False, place, begin, end) for likeness, place, begin, end in _joins(ours, theirs)),
        *((likeness, True, place, begin, end) for likeness, place, begin, end in _joins(theirs, ours)),
    ]
    for likeness, turned, place, begin, end in sorted(joins, reverse=True):
        one, several = (theirs, ours) if turned else (ours, theirs)
        side = mirrored if turned else found
        words = several[begin:end]
        if place in side.ours or side.theirs.intersection(range(begin, end)):
            continue
        if any(alike(one[place], word) >= _CLEARLY for word in words):
            continue
        side.ours.add(place)
        side.theirs.update(range(begin, end))
        found.mass += likeness * (weight(one[place]) + sum(map(weight, words)))
    for likeness, _, i, j in sorted(_pairs(ours, theirs), reverse=True):
        if i not in found.ours and j not in found.theirs:
            found.ours.add(i)
            found.theirs.add(j)
            found.mass += likeness * (weight(ours[i]) + weight(theirs[j]))
    return found


def _pairs(ours: Words, theirs: Words) -> Iterator[tuple[float, int, int, int]]:
    for i, one in enumerate(ours):
        for j, other in enumerate(theirs):
            if likeness := alike(one, other):
                yield likeness, -abs(i - j), i, j


def _joins(words: Words, others: Words) -> Iterator[tuple[float, int, int, int]]:
    for place, word in enumerate(words):
        if len(word) > 1 and not word.isdigit():
            for begin in range(len(others)):
                for end in range(begin + 2, min(len(others), begin + _LONGEST_JOIN) + 1):
                    if likeness := joined(word, others[begin:end]):
                        yield likeness, place, begin, end
