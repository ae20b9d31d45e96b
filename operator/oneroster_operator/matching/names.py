"""School names made comparable."""

import re
import unicodedata

_APOSTROPHE = re.compile("['`\u2019\u02bc]")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def normalised(name: str) -> str:
    """The name without case, accents, punctuation and surplus spaces.

    >>> normalised("St. José's  K-8 School & Academy")
    'st joses k 8 school and academy'
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = _APOSTROPHE.sub("", plain.casefold()).replace("&", " and ")
    return _NOT_A_WORD.sub(" ", plain).strip()
