"""How alike two words of school names are: typed wrong, cut off, shortened, or initials of each other."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from oneroster_operator.matching.vocabulary import KIN, VOCABULARY

_KIN, _INITIAL, _SPELT, _MISSPELT_TWICE, _STEM = 0.7, 0.6, 0.9, 0.8, 0.75
_CUT, _CUT_SHORT, _CUT_NAME, _SKELETON = 0.95, 0.8, 0.65, 0.85
_ACRONYM, _ACRONYM_OF_TWO = 0.8, 0.7
_LETTERS_LOST = 2
"""So many letters less at its end make of a name a misspelt one."""
_LONGEST_ACRONYM = 5


@lru_cache(maxsize=1 << 16)
def alike(one: str, other: str) -> float:
    """From 0, nothing in common, to 1, equal. Numbers and words of the vocabulary are equal or nothing."""
    if one == other:
        return 1.0
    if one.isdigit() or other.isdigit():
        return 0.0
    if one in VOCABULARY and other in VOCABULARY:
        return _KIN if frozenset((one, other)) in KIN else 0.0
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    if len(short) == 1:
        return _INITIAL if long[0] == short else 0.0
    if short not in VOCABULARY and long.startswith(short):
        # Words of the vocabulary are cut off; of names one may just begin like the other: Ridge, Ridgewood.
        if long in VOCABULARY:
            return _CUT if len(short) > 2 else _CUT_SHORT
        return _misspelt(short, long) if len(long) - len(short) <= _LETTERS_LOST else _CUT_NAME
    return _shortened(short, long) or _misspelt(short, long)


def _shortened(short: str, long: str) -> float:
    """`intrnl` has letters of international in their order and no vowel but, maybe, the first."""
    if short in VOCABULARY or short[0] != long[0] or len(short) < 3 or re.search("[aeiou]", short[1:]):
        return 0.0
    letters = iter(long)
    in_order = all(letter in letters for letter in short)
    return _SKELETON if in_order and len(short) <= 0.7 * len(long) else 0.0


def _misspelt(short: str, long: str) -> float:
    errors = OSA.distance(short, long, score_cutoff=2)
    if len(long) >= 4 and errors == 1:
        return _SPELT
    if len(long) >= 7 and errors == 2:
        return _MISSPELT_TWICE
    if short[0] == long[0] and len(short) >= 4 and _consonants(short) == _consonants(long):
        return _SPELT
    stem = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return _STEM if short not in VOCABULARY and stem >= max(5, len(short) - 3) else 0.0


def _consonants(word: str) -> str:
    return word[0] + re.sub("[aeiou]", "", word[1:])


def joined(word: str, words: Sequence[str]) -> float:
    """How well one word stands for several: written as one (`longview`), or their initials."""
    if "".join(words) == word:
        return 1.0
    if len(word) != len(words) or len(words) > _LONGEST_ACRONYM or any(w.isdigit() for w in words):
        return 0.0
    if "".join(w[0] for w in words) != word:
        return 0.0
    return _ACRONYM if len(word) > 2 else _ACRONYM_OF_TWO
