"""What counts as a difference, and how status is written."""

from typing import Any

import pytest

from oneroster_operator.api.resource import parse_status
from oneroster_operator.api.status import Candidate, Link, SchoolItem, SchoolsStatus
from oneroster_operator.controller.apply import as_written, covers
from tests.controller.world import in_use

WANTED: dict[str, Any] = {
    "spec": {"suspend": False, "args": ["--category", "Students"], "volumes": [{"name": "plan"}]}
}


class TestCovers:
    @pytest.mark.parametrize(
        "live",
        [
            WANTED,
            {"spec": WANTED["spec"] | {"defaulted": 3}, "status": {"active": 1}},
            {"spec": WANTED["spec"] | {"volumes": [{"name": "plan", "defaultMode": 420}]}},
        ],
    )
    def test_what_the_server_adds_is_no_difference(self, live: Any) -> None:
        assert covers(live, WANTED)

    @pytest.mark.parametrize(
        "changes",
        [
            {"suspend": True},
            {"args": ["--category", "ClassRosters"]},
            {"args": ["Students", "--category"]},
            {"args": ["--category", "Students", "--dry-run"]},
            {"args": ["--category"]},
            {"volumes": []},
            {"volumes": {"name": "plan"}},
            {"volumes": None},
        ],
    )
    def test_what_somebody_changed_is(self, changes: dict[str, Any]) -> None:
        assert not covers({"spec": WANTED["spec"] | changes}, WANTED)

    @pytest.mark.parametrize(("wanted", "live"), [("1024Mi", "1Gi"), ("0.1", "100m"), ("256Mi", "256Mi")])
    def test_the_servers_spelling_of_an_amount_is_no_difference(self, wanted: str, live: str) -> None:
        assert covers({"resources": {"limits": {"x": live}}}, {"resources": {"limits": {"x": wanted}}})
        assert not covers({"resources": {"limits": {"x": "7"}}}, {"resources": {"limits": {"x": wanted}}})

    def test_what_somebody_took_away_is(self) -> None:
        assert not covers({"spec": {"suspend": False}}, WANTED)
        assert not covers({}, WANTED)


class TestAsWritten:
    def test_what_is_empty_is_left_out_and_a_count_of_nothing_is_not(self) -> None:
        written = as_written(parse_status({"observedGeneration": 0, "summary": {"schools": ""}, "categories": []}))
        assert written == {"observedGeneration": 0}
        item = SchoolItem(sourced_id="1", name="x", link=Link.OPEN)
        schools = SchoolsStatus(
            checked_time="2026-11-24T15:00:00Z", inputs_hash="h", total=1, linked=0, items=[item]
        )
        written = as_written(parse_status({}).model_copy(update={"schools": schools}))["schools"]
        assert written["linked"] == 0
        assert written["items"] == [{"sourcedId": "1", "name": "x", "link": "Open"}]

    def test_what_is_written_is_read_as_the_same(self) -> None:
        status = in_use().connection.status
        candidates = [Candidate(school_id="X", name="y", score=0)]
        assert status.schools is not None
        items = [item.model_copy(update={"candidates": candidates}) for item in status.schools.items]
        status = status.model_copy(update={"schools": status.schools.model_copy(update={"items": items})})
        assert parse_status(as_written(status)) == status
