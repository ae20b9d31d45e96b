"""Which of the orgs that a server lists are our district and its schools."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from oneroster_operator.matching import district as matching
from oneroster_operator.matching.district import DistrictOrgUnclear, district_of, schools_of


@dataclass(frozen=True)
class Org:
    sourced_id: str
    type: str = "school"
    parent_sourced_id: str | None = None
    name: str = ""
    identifier: str | None = None


DISTRICT = Org("d1", "district", name="Springfield USD")
COUNTY = [
    Org("state", "state"),
    Org("d1", "district", "state", "Springfield USD"),
    Org("d2", "district", "state", "Shelbyville USD"),
    Org("north", "department", "d1"),
    Org("s1", parent_sourced_id="d1"),
    Org("s2", parent_sourced_id="north"),
    Org("s3", parent_sourced_id="d2"),
    Org("orphan"),
]


def ids(orgs: Sequence[matching.Org]) -> list[str]:
    return [org.sourced_id for org in orgs]


class TestDistrict:
    def test_the_only_district_is_ours(self) -> None:
        found = district_of([Org("s1"), DISTRICT, Org("s2")], None)
        assert found == DISTRICT

    def test_a_server_without_a_district_has_none(self) -> None:
        assert district_of([Org("s1"), Org("local", "local")], None) is None

    def test_several_districts_have_to_be_told_apart_by_a_person(self) -> None:
        with pytest.raises(DistrictOrgUnclear) as unclear:
            district_of(COUNTY, None)
        assert str(unclear.value) == (
            "the server lists 2 districts; set spec.schools.districtOrg to the sourcedId of ours: "
            "d1 (Springfield USD), d2 (Shelbyville USD)"
        )

    def test_many_districts_are_not_all_named(self) -> None:
        with pytest.raises(DistrictOrgUnclear) as unclear:
            district_of([Org(f"d{n:02}", "district", name="USD") for n in range(40)], None)
        assert "lists 40 districts" in str(unclear.value)
        assert str(unclear.value).count("USD") == 5

    def test_the_one_that_the_spec_names_is_ours(self) -> None:
        found = district_of(COUNTY, "d2")
        assert found is not None
        assert found.name == "Shelbyville USD"

    def test_one_that_the_server_does_not_list_is_refused(self) -> None:
        with pytest.raises(
            DistrictOrgUnclear, match=r"spec\.schools\.districtOrg is 'd3', which .* does not list"
        ):
            district_of(COUNTY, "d3")


class TestSchools:
    def test_without_a_district_org_every_school_is_ours(self) -> None:
        assert ids(schools_of(COUNTY, None)) == ["orphan", "s1", "s2", "s3"]

    def test_with_one_only_what_lies_below_it_however_deep(self) -> None:
        assert ids(schools_of(COUNTY, "d1")) == ["s1", "s2"]

    def test_what_is_no_school_is_none(self) -> None:
        assert schools_of([DISTRICT, Org("dept", "department", "d1")], None) == []

    def test_a_parent_that_is_not_listed_ends_the_line(self) -> None:
        assert schools_of([DISTRICT, Org("s1", parent_sourced_id="elsewhere")], "d1") == []

    @pytest.mark.parametrize(
        "circle",
        [
            [Org("s1", parent_sourced_id="s1")],
            [Org("s1", parent_sourced_id="a"), Org("a", "local", "b"), Org("b", "local", "a")],
            [Org("s1", parent_sourced_id="a"), Org("a", "local", "s1")],
        ],
    )
    def test_parents_in_a_circle_end(self, circle: list[Org]) -> None:
        assert schools_of([DISTRICT, *circle], "d1") == []

    def test_a_circle_above_the_district_does_not_matter(self) -> None:
        orgs = [Org("s1", parent_sourced_id="d1"), Org("d1", "district", "state"), Org("state", "state", "d1")]
        assert ids(schools_of(orgs, "d1")) == ["s1"]

    def test_a_school_that_is_listed_twice_is_one(self) -> None:
        assert ids(schools_of([Org("s1"), Org("s1")], None)) == ["s1"]
