"""How alike the names of schools are: spellings of one school come before its neighbours, near misses stay low."""

from random import Random

import pytest

from oneroster_operator.matching.likeness import Likeness
from oneroster_operator.matching.names import parsed

LINK = 71
"""From here on likeness was measured to be right; what is less alike is for a person to say."""

PLATFORM = (
    "Abraham Lincoln High School",
    "Lincoln Middle School",
    "Lincoln Elementary School",
    "Saint Mary Academy",
    "Mount Vernon High School",
    "Mount Vernon Alternative High School",
    "Roosevelt High School",
    "Washington East High School",
    "Washington West High School",
    "Public School 118",
    "Public School 18",
    "Martin Luther King Junior High School",
    "International School of Science and Technology",
    "Long View Elementary School",
)
NAMES = [parsed(name) for name in PLATFORM]
LIKENESS = Likeness(NAMES)


def best(name: str) -> tuple[str, float]:
    scores = [LIKENESS.score(parsed(name), candidate) for candidate in NAMES]
    place = max(range(len(scores)), key=scores.__getitem__)
    return PLATFORM[place], scores[place]


@pytest.mark.parametrize(
    ("spelling", "school"),
    [
        ("LINCOLN HS", "Abraham Lincoln High School"),
        ("lincoln ms", "Lincoln Middle School"),
        ("Lincoln Elem.", "Lincoln Elementary School"),
        ("St. Mary's Acad", "Saint Mary Academy"),
        ("Mt Vernon H S", "Mount Vernon High School"),
        ("mt. vernon alt high sch", "Mount Vernon Alternative High School"),
        ("T Roosevelt High School", "Roosevelt High School"),
        ("Washington E High School", "Washington East High School"),
        ("P.S. 118", "Public School 118"),
        ("M L King Jr. High School", "Martin Luther King Junior High School"),
        ("Int'l School of Sci & Tech", "International School of Science and Technology"),
        ("Longview Elementary", "Long View Elementary School"),
        ("international school of scien", "International School of Science and Technology"),
    ],
)
def test_a_spelling_is_likest_to_its_school_and_alike_enough(spelling: str, school: str) -> None:
    found, score = best(spelling)
    assert found == school
    assert score >= LINK


@pytest.mark.parametrize(
    ("name", "near_miss"),
    [
        ("Jones College Prep", "Hope College Prep High School"),
        ("Molokai High Intermediate Sch", "Olomana High And Intermediate"),
        ("Lincoln High School", "Lincoln Academy"),
        ("Lincoln High School", "Lincoln Middle School"),
        ("Lincoln High School", "Lincoln Opportunity Center"),
        ("Lincoln High School", "Lincoln Alternative High School"),
        ("Hillcrest High School", "Richmond Hill High School"),
        ("Public School 12", "Public School 112"),
        ("Western Hills High School", "Eastern Hills High School"),
    ],
)
def test_a_near_miss_is_not_alike_enough(name: str, near_miss: str) -> None:
    platform = [parsed(near_miss), parsed("Roosevelt Elementary School"), parsed("Grant High School")]
    assert Likeness(platform).score(parsed(name), platform[0]) < LINK


def test_the_same_name_is_wholly_alike() -> None:
    for name in NAMES:
        assert LIKENESS.score(name, name) == pytest.approx(100)


STEMS = ("Ashby", "Birch Creek", "Carver", "Del Oro", "Everett T Moss", "Fox Hollow", "Grand Prairie", "Hawthorne")
SHORT = {
    "Elementary School": ("Elem", "ES", "Elementary", "Elem Sch"),
    "Middle School": ("MS", "Middle", "Mid Sch", "Middle Sch"),
    "High School": ("HS", "High", "High Sch", "H.S.", "Hi School"),
}


@pytest.mark.parametrize("seed", range(40))
def test_of_schools_with_one_stem_the_level_tells_which(seed: int) -> None:
    random = Random(seed)
    platform = [f"{stem} {level}" for stem in STEMS for level in SHORT]
    names = [parsed(name) for name in platform]
    likeness = Likeness(names)
    for stem in STEMS:
        for level, shorts in SHORT.items():
            spelling = corrupted(f"{stem} {random.choice(shorts)}", random)
            scores = [likeness.score(parsed(spelling), name) for name in names]
            assert platform[scores.index(max(scores))] == f"{stem} {level}", spelling


def corrupted(name: str, random: Random) -> str:
    """Another case, and one letter of the stem left out, doubled or turned round with its neighbour."""
    letters = list(name)
    place = random.randrange(1, 4)
    letters[place : place + 2] = random.choice(
        [
            letters[place : place + 1],
            [letters[place], *letters[place : place + 2]],
            letters[place : place + 2][::-1],
        ]
    )
    return random.choice([str.upper, str.lower, str.title])("".join(letters))
