"""The platform's list of schools: what a matcher finds by itself, what it cannot, what is not there."""

import re
import unicodedata
from datetime import date

import pytest

from tests.district.platform_schools import platform_schools
from tests.district.schools import district_and_schools

TODAY = date(2026, 11, 24)


def normalised(name: str) -> str:
    """Without case, accents, marks and doubled spaces: the least that any matcher does."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(re.sub(r"[^a-z0-9 ]", "", letters).split())


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("schools", [3, 12, 60])
def test_one_needs_a_person_one_is_missing_and_all_others_match(seed: int, schools: int) -> None:
    district = district_and_schools(seed, schools, TODAY)[1:]
    platform = platform_schools(district)
    assert len(platform) == schools - 1
    assert len({school.id for school in platform}) == len(platform)
    by_identifier = {school.identifier: school for school in platform if school.identifier}
    by_name = {normalised(school.name): school for school in platform}
    found, by_name_only = [], 0
    for org in district:
        if org.identifier in by_identifier:
            found.append(by_identifier[org.identifier])
        elif normalised(org.name) in by_name:
            assert org.identifier is None
            found.append(by_name[normalised(org.name)])
            by_name_only += 1
    assert len({school.id for school in found}) == len(found) == schools - 2
    assert by_name_only >= 1 or schools == 3
    assert len(by_identifier) > len(platform) / 2 or schools == 3
    (puzzle,) = (school for school in platform if school not in found)
    assert puzzle.name.endswith(" Senior High")


def test_the_list_of_the_default_district() -> None:
    platform = platform_schools(district_and_schools(7, 12, TODAY))
    assert [(school.id, school.name) for school in platform[:3]] == [
        ("sch_lincoln_hs", "Abraham Lincoln Senior High"),
        ("sch_lincoln_ms", "Lincoln Middle School"),
        ("sch_lincoln_es", "LINCOLN ELEMENTARY SCHOOL"),
    ]
    assert "sch_oneill_road_va" not in [school.id for school in platform]
