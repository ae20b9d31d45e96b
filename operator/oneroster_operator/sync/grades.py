"""Grades as CEDS writes them, whatever a district's system calls them. Pure.

Vocabulary: the Common Education Data Standards' (`IT PR PK TK KG 01`..`13 PS UG Other`). OneRoster 1.1
recommends it and 1.2 leaves it to agreement, so servers send `1`, `K` or `Kindergarten` all the same.
"""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"(?:grade )?0*(1[0-3]|[1-9])(?:st|nd|rd|th)?(?: grade)?")
_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NAMES = {
    **{f"{word} grade": f"{number:02}" for number, word in enumerate(_WORDS, start=1)},
    "eleventh grade": "11",
    "twelfth grade": "12",
    **dict.fromkeys(("k", "kg", "kf", "kdg", "kinder", "kindergarten"), "KG"),
    # PowerSchool numbers downwards: 0 is kindergarten, -1 and -2 the years before it.
    **dict.fromkeys(("0", "00"), "KG"),
    **dict.fromkeys(("-1", "-2", "pk", "prek", "pre k", "prekindergarten", "pre kindergarten"), "PK"),
    **dict.fromkeys(("tk", "transitional kindergarten"), "TK"),
    **dict.fromkeys(("pr", "preschool"), "PR"),
    **dict.fromkeys(("it", "infant toddler"), "IT"),
    **dict.fromkeys(("ps", "postsecondary"), "PS"),
    **dict.fromkeys(("ug", "ungraded"), "UG"),
    "other": "Other",
}


def normalised(grades: Iterable[str]) -> tuple[str, ...]:
    """Each grade once, in the district's order; what is not understood stays as it is."""
    return tuple(dict.fromkeys(_normalised(grade.strip()) for grade in grades if grade.strip()))


def _normalised(grade: str) -> str:
    plain = grade.casefold()
    if known := _NAMES.get(plain):
        return known
    words = " ".join(re.split(r"[\s/_-]+", plain)).strip()
    if known := _NAMES.get(words):
        return known
    number = _NUMBER.fullmatch(words)
    return f"{int(number[1]):02}" if number else grade
