"""The same schools as a learning platform has them in its own list: mostly alike, never quite."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.district.names import NAMESAKES
from tests.district.people import ascii_letters
from tests.district.records import Level, Org

_LEVEL_SUFFIXES: dict[Level, str] = {
    "elementary": "es",
    "middle": "ms",
    "high": "hs",
    "k8": "k8",
    "virtual": "va",
}
_SCHOOLS_NEEDED_TO_LACK_ONE = 3
_TYPOGRAPHIC_APOSTROPHE = "\u2019"


@dataclass(frozen=True, slots=True)
class PlatformSchool:
    """``identifier`` is like an NCES id and may be missing."""

    id: str
    name: str
    identifier: str | None


def platform_schools(orgs: Iterable[Org]) -> list[PlatformSchool]:
    """A district's orgs (others than schools are passed over) as the platform lists them.

    - The virtual school, or the last one, is not on the platform (where there are three schools or more).
    - The first high school is spelled differently and has no identifier, so that a person must decide.
    - Schools without an identifier in the district have the same name but for case, accents, marks and spacing.
    - All others have the same identifier, some of them under an abbreviated name.
    """
    schools = [org for org in orgs if org.type == "school"]
    missing = _not_on_the_platform(schools)
    puzzle = next((school for school in schools if school.level == "high"), None)
    listed: list[PlatformSchool] = []
    for index, school in enumerate(schools):
        if school is missing:
            continue
        if school is puzzle:
            listed.append(PlatformSchool(_platform_id(school), _formal(school.name), None))
        elif school.identifier is None:
            listed.append(PlatformSchool(_platform_id(school), _respelled(school.name, index), None))
        else:
            name = school.name.replace(" Elementary School", " Elem.") if index % 4 == 3 else school.name
            listed.append(PlatformSchool(_platform_id(school), name, school.identifier))
    return listed


def _not_on_the_platform(schools: list[Org]) -> Org | None:
    if len(schools) < _SCHOOLS_NEEDED_TO_LACK_ONE:
        return None
    return next((school for school in schools if school.level == "virtual"), schools[-1])


def _platform_id(school: Org) -> str:
    """E.g. ``sch_lincoln_hs``."""
    stem = re.sub(r" (Elementary|Middle|High|K-8) School$| Virtual Academy$", "", school.name)
    words = [ascii_letters(word) for word in stem.split()]
    return "_".join(("sch", *filter(None, words), _LEVEL_SUFFIXES[school.level or "elementary"]))


def _formal(name: str) -> str:
    """ "Lincoln High School" -> "Abraham Lincoln Senior High"."""
    stem = name.removesuffix(" High School")
    return f"{NAMESAKES.get(stem, f'{stem} Memorial')} Senior High"


def _respelled(name: str, index: int) -> str:
    """Equal to ``name`` for whoever ignores case, accents, punctuation and spacing."""
    match index // 6 % 3:
        case 0:
            return name.upper()
        case 1:
            return f"{name.replace(' ', '  ', 1).replace(chr(39), _TYPOGRAPHIC_APOSTROPHE)}."
        case _:
            return name.lower()
