"""The words that school names are made of, besides names: how they are shortened, and what each of them tells.

General knowledge of how schools are named in English, written down by hand; nothing in here is learned from a list
of schools.
"""

from enum import Enum
from typing import Final


class Sort(Enum):
    """What a word tells. `matched` is its weight where both names have it, `alone` where only one has."""

    NAME = (1.0, 1.0)
    """Whatever is in no list: whose or of which place the school is."""
    GIVEN = (1.0, 0.35)
    """A name before the one by which people call the school: `Theodore` of Roosevelt High School."""
    INITIAL = (0.6, 0.4)
    NUMBER = (1.3, 1.3)
    CODE = (1.3, 0.15)
    """A number of two digits or more at the end, where the other name has none: an office's."""
    TITLE = (0.1, 0.1)
    LEVEL = (0.3, 0.12)
    DIRECTION = (1.0, 1.01)
    """Tells schools of one place apart."""
    PROGRAMME = (0.6, 0.9)
    """Makes another school of it: an academy is no high school, an alternative school not its namesake."""
    SUBJECT = (0.8, 0.8)
    NEUTRAL = (0.4, 0.3)
    """Comes and goes in the same school's name."""

    @property
    def matched(self) -> float:
        """Weight of the word where both names have it."""
        return self.value[0]

    @property
    def alone(self) -> float:
        """Weight of the word where only one name has it."""
        return self.value[1]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IGNORED: Final = _words("the of and for at in a an to on by school")

LEVELS: Final = {
    "elementary": "elementary",
    "primary": "elementary",
    "kindergarten": "elementary",
    "intermediate": "intermediate",
    "middle": "middle",
    "junior": "junior",
    "high": "high",
    "senior": "high",
}
"""The level that a word tells. Names of which both tell one, and not the same, are of two schools."""

_SORTS: Final = {
    Sort.LEVEL: frozenset(LEVELS),
    Sort.TITLE: _words("dr mr mrs ms rev msgr sgt gen honorable hon father bishop president"),
    Sort.NEUTRAL: _words(
        "area community county public township regional union consolidated district unified "
        "comprehensive joint town village independent campus center program system secondary attendance "
        "rural dod american united"
    ),
    Sort.DIRECTION: _words(
        "north south east west northeast northwest southeast southwest northern southern eastern western "
        "upper lower central old midwest city"
    ),
    Sort.PROGRAMME: _words(
        "academy alternative adult career charter college collegiate continuation detention early "
        "evening extension institute juvenile learning magnet memorial night online opportunity options "
        "preparatory technical technology virtual vocational"
    ),
    Sort.SUBJECT: _words(
        "advanced aerospace agricultural applied art automotive aviation biomedical biotechnology "
        "business communication computer creative culinary design economics education energy engineering "
        "environmental fashion film finance fine global government health history hospitality human "
        "humanities industrial information innovation international justice language law leadership "
        "liberal life management marine mathematics media medical military music natural occupational "
        "performing political profession religious research science service social study "
        "telecommunication tourism trade visual"
    ),
}
_SORT_OF: Final = {word: sort for sort, words in _SORTS.items() for word in words}


def sort_of(word: str) -> Sort:
    """What a word tells, wherever it stands."""
    if word.isdigit():
        return Sort.NUMBER
    return _SORT_OF.get(word) or (Sort.INITIAL if len(word) == 1 else Sort.NAME)


_SHORTENED: Final = {
    "high school": "hs hgh highschool",
    "high schools": "hss",
    "senior high school": "shs",
    "junior high school": "jhs",
    "junior senior high school": "jshs jrsrhs",
    "middle school": "ms",
    "elementary school": "es",
    "charter school": "cs",
    "public school": "ps",
    "early college high school": "echs",
    "vocational technical": "votech votec",
    "elementary": "elem elementry ele",
    "school": "sch schl schls schools scl schoo scho",
    "senior": "sr",
    "junior": "jr",
    "intermediate": "int inter intermed",
    "academy": "acad acdmy acdy acdm aca academies",
    "adult": "adlt",
    "agricultural": "agri ag agriculture",
    "alternative": "alt altern",
    "art": "arts",
    "boulevard": "blvd",
    "campus": "cmps camp",
    "career": "careers",
    "center": "ctr cntr centre cen cntre cent ctrs centers",
    "central": "ctl cntrl centrl",
    "charter": "chtr char chrtr",
    "college": "coll col",
    "communication": "communications",
    "community": "comty cmty commty",
    "consolidated": "cons consol",
    "county": "co cnty cty",
    "department": "dept",
    "development": "devl dev",
    "district": "dist sd usd isd cusd csd ccsd",
    "education": "educ ed edu educational",
    "engineering": "engr engrg eng",
    "fort": "ft",
    "government": "govt",
    "health": "hlth",
    "heights": "hts hgts",
    "incorporated": "inc",
    "industrial": "ind",
    "institute": "inst ins",
    "international": "intl internatl intnl",
    "joint": "jt",
    "laboratory": "lab",
    "leadership": "ldrshp",
    "magnet": "mag mgnt",
    "management": "mgmt",
    "mathematics": "math maths",
    "medical": "med",
    "mount": "mt mnt",
    "mountain": "mtn",
    "opportunity": "opp",
    "performing": "perf",
    "point": "pt",
    "preparatory": "prep",
    "profession": "professions prof",
    "program": "prog prgm programme",
    "regional": "reg regl rgnl",
    "research": "resrch",
    "saint": "st ste sainte",
    "science": "sci sciences scis scie",
    "springs": "spgs",
    "study": "studies stud",
    "technical": "tech",
    "technology": "technol technologies",
    "telecommunication": "telecommunications telecomm",
    "township": "twp",
    "university": "univ",
    "valley": "vly",
    "vocational": "voc vo vocatl",
    "north": "no",
    "south": "so",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
    "1": "one first",
    "2": "two second ii",
    "3": "three third iii",
    "4": "four fourth iv",
    "5": "five fifth",
    "6": "six sixth vi",
    "7": "seven seventh vii",
    "8": "eight eighth viii",
    "9": "nine ninth ix",
    "10": "ten tenth",
}
FULL: Final = {short: tuple(full.split()) for full, shorts in _SHORTENED.items() for short in shorts.split()}
"""The words that a short or other form stands for."""

VOCABULARY: Final = frozenset(_SORT_OF) | {word for words in FULL.values() for word in words}
"""Words of which a misspelling is nothing else: two different ones are never alike."""

KIN: Final = frozenset(
    frozenset(pair.split())
    for pair in (
        "college collegiate",
        "technical technology",
        "technical vocational",
        "north northern",
        "south southern",
        "east eastern",
        "west western",
    )
)
"""Pairs that stand for each other now and then."""
