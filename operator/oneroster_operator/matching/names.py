"""School names made comparable."""

import re
import unicodedata

_APOSTROPHE = re.compile("['`\u2019\u02bc]")
_ACCENT = re.compile("[\u0300-\u036f]")
"""The marks of Latin, Greek and Cyrillic; those of other scripts make another word."""


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
