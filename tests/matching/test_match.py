"""Which school of the platform a district's school is: by evidence, by a person, or open."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneroster_operator.api.spec import Action, Assignment
from oneroster_operator.api.status import Link, SchoolItem
from oneroster_operator.matching.match import match
from oneroster_operator.matching.names import normalised


@dataclass(frozen=True)
class Org:
    sourced_id: str
    name: str
    identifier: str | None = None
    type: str = "school"
    parent_sourced_id: str | None = None


@dataclass(frozen=True)
class School:
    id: str
    name: str
    identifier: str | None = None


LINCOLN, ROOSEVELT = Org("a", "Lincoln High School", "0001"), Org("b", "Roosevelt Elementary", "0002")


def link(school_id: str, to: str) -> Assignment:
    return Assignment(sourced_id=school_id, action=Action.LINK, school_id=to)


def ignore(school_id: str) -> Assignment:
    return Assignment(sourced_id=school_id, action=Action.IGNORE)


def decided(items: list[SchoolItem]) -> dict[str, tuple[str, str | None]]:
    return {item.sourced_id: (item.link.value, item.school_id) for item in items}


def candidates(item: SchoolItem) -> list[str]:
    return [candidate.school_id for candidate in item.candidates]


class TestEvidence:
    def test_an_equal_identifier_links_whatever_the_names(self) -> None:
        found = match([LINCOLN], [School("X", "Abraham Lincoln HS", " 0001 ")])
        assert decided(found) == {"a": ("Identifier", "X")}

    def test_an_equal_name_links_where_no_identifier_does(self) -> None:
        found = match([LINCOLN], [School("X", "LINCOLN high-school")])
        assert decided(found) == {"a": ("Name", "X")}

    def test_an_identifier_goes_before_a_name(self) -> None:
        platform = [School("byname", "Lincoln High School"), School("byid", "Something else", "0001")]
        assert decided(match([LINCOLN], platform)) == {"a": ("Identifier", "byid")}

    def test_a_school_linked_by_identifier_is_nobody_elses_by_name(self) -> None:
        namesake = Org("z", "Washington Middle School")
        platform = [School("X", "Washington Middle School", "0001")]
        assert decided(match([LINCOLN, namesake], platform)) == {"a": ("Identifier", "X"), "z": ("Open", None)}

    @pytest.mark.parametrize(
        "platform",
        [
            [School("X", "Lincoln"), School("Y", "Lincoln High")],
            [School("X", "Lincoln High School Annex")],
            [School("X", "Lincoln Hihg School")],
            [School("X", "School High Lincoln")],
        ],
    )
    def test_likeness_alone_links_nothing(self, platform: list[School]) -> None:
        (item,) = match([LINCOLN], platform)
        assert item.link is Link.OPEN
        assert candidates(item)

    def test_empty_names_and_identifiers_are_no_evidence(self) -> None:
        found = match([Org("a", "--", ""), Org("b", "", " ")], [School("X", "", ""), School("Y", "!!", None)])
        assert decided(found) == {"a": ("Open", None), "b": ("Open", None)}


class TestUniqueness:
    def test_an_identifier_that_two_of_the_districts_schools_have_links_neither(self) -> None:
        found = match([LINCOLN, Org("c", "Another", "0001")], [School("X", "No such name", "0001")])
        assert decided(found) == {"a": ("Open", None), "c": ("Open", None)}

    def test_an_identifier_that_two_of_the_platforms_schools_have_links_neither(self) -> None:
        found = match([LINCOLN], [School("X", "One", "0001"), School("Y", "Two", "0001")])
        assert decided(found) == {"a": ("Open", None)}

    def test_the_same_for_names(self) -> None:
        platform = [School("X", "Lincoln High School"), School("Y", "Lincoln high school")]
        assert decided(match([LINCOLN], platform)) == {"a": ("Open", None)}
        twins = [LINCOLN, Org("c", "LINCOLN HIGH SCHOOL")]
        assert decided(match(twins, platform[:1])) == {"a": ("Open", None), "c": ("Open", None)}

    def test_a_decided_namesake_still_makes_a_name_ambiguous(self) -> None:
        twins = [LINCOLN, Org("c", "LINCOLN HIGH SCHOOL")]
        found = match(twins, [School("X", "Lincoln High School")], assignments=[ignore("c")])
        assert decided(found) == {"a": ("Open", None), "c": ("Ignored", None)}


class TestAssignments:
    PLATFORM = (School("X", "Lincoln High School", "0001"), School("Y", "Roosevelt Elementary", "0002"))

    def test_a_person_goes_before_all_evidence(self) -> None:
        found = match([LINCOLN], self.PLATFORM, assignments=[link("a", "Y")], known={"a": "X"})
        assert decided(found) == {"a": ("Assigned", "Y")}

    def test_an_ignored_school_is_linked_to_nothing(self) -> None:
        (item,) = match([LINCOLN], self.PLATFORM, assignments=[ignore("a")], known={"a": "X"})
        assert (item.link, item.school_id, item.candidates) == (Link.IGNORED, None, [])

    def test_a_school_that_the_platform_lacks_makes_the_assignment_invalid(self) -> None:
        (item,) = match([LINCOLN], self.PLATFORM, assignments=[link("a", "gone")])
        assert (item.link, item.school_id) == (Link.INVALID, "gone")

    def test_an_assigned_school_is_taken_for_all_others(self) -> None:
        stranger = Org("z", "Zenith Academy")
        found = match([LINCOLN, ROOSEVELT, stranger], self.PLATFORM, assignments=[link("z", "X")])
        assert decided(found) == {"a": ("Open", None), "b": ("Identifier", "Y"), "z": ("Assigned", "X")}

    def test_an_assignment_of_a_school_that_is_not_listed_changes_nothing_else(self) -> None:
        plain = match([LINCOLN], self.PLATFORM)
        assert match([LINCOLN], self.PLATFORM, assignments=[ignore("elsewhere")]) == plain


class TestKnown:
    def test_a_known_link_stays_after_a_rename_on_either_side(self) -> None:
        found = match(
            [Org("a", "Obama High School")], [School("X", "Lincoln HS")], known={"a": "X"}, confirmed=True
        )
        assert decided(found) == {"a": ("Earlier", "X")}

    def test_it_is_named_by_the_evidence_that_still_speaks_for_it(self) -> None:
        found = match([LINCOLN], [School("X", "Lincoln High School", "0001")], known={"a": "X"}, confirmed=True)
        assert decided(found) == {"a": ("Identifier", "X")}

    def test_it_goes_before_other_evidence(self) -> None:
        platform = [School("X", "Old"), School("Y", "Lincoln High School", "0001")]
        assert decided(match([LINCOLN], platform, known={"a": "X"})) == {"a": ("Earlier", "X")}

    def test_a_known_school_is_taken_for_all_others(self) -> None:
        namesake = Org("z", "Lincoln HS", "0009")
        found = match([LINCOLN, namesake], [School("X", "Lincoln HS", "0009")], known={"a": "X"})
        assert decided(found) == {"a": ("Earlier", "X"), "z": ("Open", None)}

    def test_where_the_platform_lost_the_school_evidence_decides_anew(self) -> None:
        found = match([LINCOLN], [School("Y", "Lincoln High School")], known={"a": "gone"})
        assert decided(found) == {"a": ("Name", "Y")}


class TestAfterConfirmation:
    def test_a_name_is_only_proposed(self) -> None:
        found = match([LINCOLN], [School("X", "Lincoln High School")], confirmed=True)
        assert decided(found) == {"a": ("Proposed", "X")}

    def test_an_identifier_still_links(self) -> None:
        found = match([LINCOLN], [School("X", "Renamed", "0001")], confirmed=True)
        assert decided(found) == {"a": ("Identifier", "X")}

    def test_a_proposed_school_is_no_candidate_of_another(self) -> None:
        found = match(
            [LINCOLN, Org("c", "Lincoln Hi School")], [School("X", "Lincoln High School")], confirmed=True
        )
        assert [candidates(item) for item in found] == [[], []]


class TestCandidates:
    def test_an_open_school_gets_the_three_likest_free_ones_best_first(self) -> None:
        platform = [
            School("1", "Lincoln Middle School"),
            School("2", "Lincoln Highschool"),
            School("3", "Lincoln High Schools"),
            School("4", "Lincoln Elementary School"),
            School("5", "Zebra"),
        ]
        (item,) = match([LINCOLN], platform)
        assert set(candidates(item)[:2]) == {"2", "3"}
        assert len(item.candidates) == 3
        scores = [candidate.score for candidate in item.candidates]
        assert scores == sorted(scores, reverse=True)
        assert all(40 <= score <= 100 for score in scores)

    def test_what_is_unlike_is_no_candidate(self) -> None:
        (item,) = match([LINCOLN], [School("X", "Q")])
        assert item.candidates == []

    def test_a_linked_school_gets_none(self) -> None:
        found = match([LINCOLN], [School("X", "Lincoln High School"), School("Y", "Lincoln High Schools")])
        assert candidates(found[0]) == []


class TestText:
    def test_names_are_cut_to_what_status_holds(self) -> None:
        (item,) = match([Org("a", "N" * 400, "I" * 400)], [School("X", "N" * 399)])
        assert (len(item.name), len(item.identifier or "")) == (255, 255)
        assert [len(candidate.name) for candidate in item.candidates] == [255]

    def test_a_school_without_a_name_is_nobodys_candidate(self) -> None:
        (item,) = match([Org("a", "")], [School("X", ""), School("Y", "Lincoln")])
        assert item.candidates == []


WORDS = st.sampled_from(["Lincoln", "lincoln", "High", "Elementary", "PS 1", "José", "—"])
NAMES = st.lists(WORDS, max_size=3).map(" ".join)
IDENTIFIERS = st.one_of(st.none(), st.sampled_from(["", "1", "2", " 1", "A", "a"]))
ORGS = st.lists(st.builds(Org, st.sampled_from("abcdefgh"), NAMES, IDENTIFIERS), unique_by=lambda o: o.sourced_id)
SCHOOLS = st.lists(st.builds(School, st.sampled_from("STUVWX"), NAMES, IDENTIFIERS), unique_by=lambda s: s.id)
IDS = st.sampled_from("STUVWXYZ")
KNOWN = st.dictionaries(st.sampled_from("abcdefgh"), IDS, max_size=3)
ASSIGNMENTS = st.lists(
    st.one_of(st.builds(link, st.sampled_from("abcdefgh"), IDS), st.builds(ignore, st.sampled_from("abcdefgh"))),
    unique_by=lambda a: a.sourced_id,
    max_size=3,
)


class TestAlways:
    @given(ORGS, SCHOOLS, ASSIGNMENTS, KNOWN, st.booleans(), st.randoms(use_true_random=False))
    def test_the_same_answer_in_any_order(
        self,
        orgs: list[Org],
        schools: list[School],
        assignments: list[Assignment],
        known: dict[str, str],
        confirmed: bool,
        order: random.Random,
    ) -> None:
        first = match(orgs, schools, assignments=assignments, known=known, confirmed=confirmed)
        for side in (orgs, schools, assignments):
            order.shuffle(side)
        known = dict(reversed(known.items()))
        assert match(orgs, schools, assignments=assignments, known=known, confirmed=confirmed) == first

    @given(ORGS, SCHOOLS, ASSIGNMENTS, KNOWN, st.booleans())
    def test_what_links_by_itself_is_equal_and_alone_and_nobody_elses(
        self,
        orgs: list[Org],
        schools: list[School],
        assignments: list[Assignment],
        known: dict[str, str],
        confirmed: bool,
    ) -> None:
        items = match(orgs, schools, assignments=assignments, known=known, confirmed=confirmed)
        by_id, by_school = {o.sourced_id: o for o in orgs}, {s.id: s for s in schools}
        assert [item.sourced_id for item in items] == sorted(by_id)
        said = {a.sourced_id for a in assignments}
        uses = [item.school_id for item in items]
        for item in items:
            if item.school_id is None or item.sourced_id in said or known.get(item.sourced_id) in by_school:
                continue
            org, school = by_id[item.sourced_id], by_school[item.school_id]
            assert uses.count(school.id) == 1
            if item.link is Link.IDENTIFIER:
                assert (
                    (org.identifier or "").strip().casefold() == (school.identifier or "").strip().casefold() != ""
                )
            else:
                assert item.link is (Link.PROPOSED if confirmed else Link.NAME)
                assert normalised(org.name) == normalised(school.name) != ""

    @given(ORGS, SCHOOLS, ASSIGNMENTS, KNOWN, st.booleans())
    def test_only_open_schools_have_candidates_and_none_that_is_taken(
        self,
        orgs: list[Org],
        schools: list[School],
        assignments: list[Assignment],
        known: dict[str, str],
        confirmed: bool,
    ) -> None:
        items = match(orgs, schools, assignments=assignments, known=known, confirmed=confirmed)
        taken = {item.school_id for item in items}
        for item in items:
            assert not item.candidates or item.link is Link.OPEN
            assert not taken & set(candidates(item))
