"""The district's schools in status, and what a person still has to decide."""

import datetime as dt
from typing import Any

import pytest

from oneroster_operator.api.status import Candidate, Link, SchoolItem, SchoolsStatus
from oneroster_operator.controller import review
from oneroster_operator.controller.review import Imported
from tests.controller.build import NOW, connection

MIB = 1024 * 1024


def item(sourced_id: str, link: Link, school_id: str | None = None, **more: Any) -> SchoolItem:
    return SchoolItem(sourced_id=sourced_id, name=f"School {sourced_id}", link=link, school_id=school_id, **more)


def imported(*items: SchoolItem, **spec: Any) -> SchoolsStatus:
    return review.after_import(Imported("hash", items, "1"), connection(**spec), NOW)


def said(schools: SchoolsStatus | None) -> str:
    statement = review.statement(schools, connection(), "support@platform.example")
    return f"{statement.status}/{statement.reason}"


def message(schools: SchoolsStatus) -> str:
    return review.statement(schools, connection(), "support@platform.example").message


class TestAfterImport:
    def test_schools_are_counted_by_what_became_of_them(self) -> None:
        schools = imported(
            item("1", Link.ASSIGNED, "a"),
            item("2", Link.EARLIER, "b"),
            item("3", Link.IDENTIFIER, "c"),
            item("4", Link.NAME, "d"),
            item("5", Link.PROPOSED, "e"),
            item("6", Link.OPEN),
            item("7", Link.INVALID, "gone"),
            item("8", Link.IGNORED),
        )
        counts = (schools.total, schools.linked, schools.proposed, schools.open, schools.ignored)
        assert counts == (8, 4, 1, 2, 1)

    def test_only_linked_schools_are_synced(self) -> None:
        schools = imported(item("1", Link.NAME, "a"), item("2", Link.PROPOSED, "b"), item("3", Link.INVALID, "c"))
        assert review.links(schools) == {"1": "a"}
        assert review.links(None) == {}

    def test_assignments_of_schools_that_the_district_does_not_list_are_told(self) -> None:
        assignments = [{"sourcedId": f"x{n}", "action": "Link", "schoolId": "s"} for n in range(25)]
        schools = imported(item("1", Link.NAME, "a"), schools={"assignments": assignments})
        assert len(schools.unknown_assignments) == 20
        assert said(schools) == "True/AllMatched"
        assert "The district lists no school x0, x1, x2, x3, x4: correct spec.schools.assignments." in message(
            schools
        )

    def test_names_are_one_clean_line(self) -> None:
        dirty = item(
            "1", Link.OPEN, identifier="00\x0701", candidates=[Candidate(school_id="X", name="A\tB\x1b", score=60)]
        )
        (shown,) = imported(dirty.model_copy(update={"name": "Lincoln\x1b[31m\nHigh"})).items
        assert (shown.name, shown.identifier, shown.candidates[0].name) == ("Lincoln [31m High", "00 01", "A B")

    def test_a_school_without_a_name_goes_by_its_id(self) -> None:
        nameless = item("1", Link.OPEN, candidates=[Candidate(school_id="X", name=" ", score=60)])
        (shown,) = imported(nameless.model_copy(update={"name": ""})).items
        assert (shown.name, shown.candidates[0].name) == ("1", "X")


class TestSize:
    def city(self, schools: int, name: str) -> list[SchoolItem]:
        """Open schools, each with three candidates of long names."""
        found = [Candidate(school_id=f"sch_{n:036}", name=f"{name} annex {n}" * 2, score=90) for n in range(3)]
        many = [item(f"{n:036}", Link.OPEN, identifier=f"{n:012}", candidates=found) for n in range(schools)]
        return [i.model_copy(update={"name": f"{name} {i.identifier}"}) for i in many]

    @pytest.mark.parametrize(
        "name", ["Public School of the Borough of Brooklyn", "Trường trung học phổ thông chuyên của thành phố"]
    )
    def test_1800_schools_with_candidates_stay_under_1_mib_and_say_so(self, name: str) -> None:
        items = self.city(1800, name)
        whole = SchoolsStatus(checked_time="", inputs_hash="", total=0, linked=0, items=items)
        assert len(whole.model_dump_json(by_alias=True).encode()) > MIB
        schools = imported(*items)
        assert schools.truncated
        assert len(schools.model_dump_json(by_alias=True, exclude_none=True).encode()) < 700 * 1024
        assert (len(schools.items), schools.open) == (1800, 1800)
        assert not any(i.candidates for i in schools.items)

    def test_letters_of_several_bytes_count_as_such(self) -> None:
        """Just below the bound in characters, above it in bytes."""
        candidates = [Candidate(school_id="X", name="Ờ" * 200, score=60)]
        assert imported(*(item(str(n), Link.OPEN, candidates=candidates) for n in range(2000))).truncated

    def test_a_usual_district_keeps_its_candidates(self) -> None:
        schools = imported(*self.city(300, "Public School"))
        assert not schools.truncated
        assert all(len(i.candidates) == 3 for i in schools.items)


class TestStatement:
    def test_nothing_is_known_before_the_import(self) -> None:
        assert said(None) == "Unknown/NotImported"

    def test_a_district_that_shares_no_school_has_to(self) -> None:
        assert said(imported()) == "False/NoSchools"

    def test_all_linked_or_ignored_is_true(self) -> None:
        schools = imported(item("1", Link.NAME, "a"), item("2", Link.IGNORED))
        assert said(schools) == "True/AllMatched"
        assert message(schools) == "1 of 2 schools are linked, 1 ignored."

    @pytest.mark.parametrize("link", [Link.OPEN, Link.PROPOSED, Link.INVALID])
    def test_each_that_waits_for_a_person_makes_it_false(self, link: Link) -> None:
        assert said(imported(item("1", Link.NAME, "a"), item("2", link, "b"))) == "False/NeedsReview"

    def test_the_message_says_which_where_and_who_has_what_is_missing(self) -> None:
        text = message(imported(*(item(str(n), Link.OPEN) for n in range(5)), item("x", Link.NAME, "a")))
        for part in (
            "5 of 6 schools wait",
            "0 (School 0), 1 (School 1), 2 (School 2) and 2 more",
            "kubectl -n districts get orc springfield -o yaml",
            "spec.schools.assignments",
            "support@platform.example",
        ):
            assert part in text

    def test_a_wrong_assignment_is_named(self) -> None:
        assert "2 is assigned to sch_lincon, which is no school" in message(
            imported(item("2", Link.INVALID, "sch_lincon"))
        )


class TestNextImport:
    SCHOOLS = imported(item("1", Link.NAME, "a"))

    def due(self, inputs: str = "hash", tested: dt.datetime | None = None) -> dt.datetime | None:
        given = tested.isoformat() if tested else None
        return review.next_import(self.SCHOOLS, inputs, tested=given, spread=0.5)

    def test_it_is_once_a_day(self) -> None:
        assert self.due() == NOW + dt.timedelta(hours=24)

    def test_it_is_at_once_for_what_is_new(self) -> None:
        assert review.next_import(None, "hash", tested=None, spread=0.5) is None
        assert self.due("another") is None

    def test_it_is_at_once_after_a_test_that_was_asked_for(self) -> None:
        assert self.due(tested=NOW + dt.timedelta(seconds=1)) is None
        assert self.due(tested=NOW) is not None
