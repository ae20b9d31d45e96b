"""School names made comparable."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from oneroster_operator.matching.vocabulary import FULL, IGNORED, LEVELS, VOCABULARY

_APOSTROPHE = re.compile("['`\u2019\u02bc]")
_ACCENT = re.compile("[\u0300-\u036f]")
"""The marks of Latin, Greek and Cyrillic; those of other scripts make another word."""

CUT_AT = 28
"""So long a name may have been cut: testing bodies and reports keep 28 to 30 characters."""

_LETTERS_APART = re.compile(r"\b([cehm]) s\b")
"""`h s` for `hs`."""
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_DIGITS_IN_WORD = re.compile(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")
_DISTRICT_NUMBER = re.compile(r"\br (?:\d+|[ivx]+)\b")
"""`R-VI`: a reorganised district of Missouri, Colorado or Nebraska."""
_ASIDE = re.compile(r"\([^\W\d]{2,6}\)")
"""Initials in parentheses say nothing new."""


def normalised(name: str) -> str:
    """The name without case, accents, punctuation and surplus spaces.

    >>> normalised("St. José's  K-8 School & Academy")
    'st joses k 8 school and academy'
    """
    plain = _ACCENT.sub("", unicodedata.normalize("NFKD", name)).casefold()
    plain = _APOSTROPHE.sub("", plain).replace("&", " and ")
    return " ".join("".join(c if _in_word(c) else " " for c in plain).split())


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


@dataclass(frozen=True, slots=True)
class Name:
    """A school's name as it is compared: its words in full, without those that tell nothing."""

    words: tuple[str, ...]
    levels: frozenset[str]
    """Those that the name tells, as values of `vocabulary.LEVELS`."""
    cut: bool
    """Whether its end may be missing."""
    broken: bool
    """Whether that may have cut its last word in two."""

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(self.words)


@lru_cache(maxsize=1 << 14)
def parsed(name: str) -> Name:
    """The name as it is compared.

    >>> parsed("Abraham Lincoln H.S. #2").words
    ('abraham', 'lincoln', 'high', '2')
    """
    cut = len(name.strip()) >= CUT_AT
    every = tuple(_words(name, cut=cut))
    words = tuple(word for word in every if word not in IGNORED) or every
    broken = cut and every[-1:] == words[-1:] and not VOCABULARY.intersection(words[-1:])
    return Name(words, frozenset(LEVELS[word] for word in every if word in LEVELS), cut, broken)


def _words(name: str, *, cut: bool) -> Iterator[str]:
    text = normalised(_ASIDE.sub(" ", name.replace(".", "")))
    text = _DISTRICT_NUMBER.sub(" ", text)
    text = _LETTERS_APART.sub(r"\1s", text)
    text = _DIGITS_IN_WORD.sub(" ", _ORDINAL.sub(r"\1", text))
    if cut:
        text = re.sub(r" (?:h|hi|hig)$", " high", text)
    text = re.sub(r"\bhi (?=high\b|sch)", "high ", text)
    for word in text.split():
        yield from FULL.get(word) or (word.lstrip("0") or "0" if word.isdigit() else word,)
