"""When what changed is enough, and when all of a category is asked for."""

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Endpoint, Limits, Plan
from oneroster_operator.oneroster import Collection, Enrollment, Ref, Role, User
from oneroster_operator.sync import begins, full_or_delta
from oneroster_operator.sync.full_or_delta import (
    Memory,
    Watermark,
    earliest,
    inputs,
    since,
    was_set_back,
    why_full,
)
from oneroster_operator.sync.needs import NEEDS

NOW = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
TODAY = NOW.date()
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
PLAN = Plan(
    connection="districts/springfield",
    district_id="springfield-usd",
    endpoint=Endpoint("https://sis.springfield.example/ims/oneroster/rostering/v1p2", "1.2", "OAuth2"),
    links={"0042": "sch_lincoln"},
    categories=(Category.STUDENTS,),
    limits=Limits(10, 20, 75, 5),
    time_zone="America/Chicago",
    run_seconds=60,
    lock_wait_seconds=5,
    full="Weekly",
)
YESTERDAY = Watermark(NOW - DAY - HOUR, NOW - DAY, NOW - 3 * DAY, inputs(PLAN), None, "")


def told(plan: Plan = PLAN, *, held: bool = False, lacking: bool = False, **fields: Any) -> str:
    """Of Students on the day after a delta, but for what is said otherwise."""
    marks = {Collection.USERS: replace(YESTERDAY, **fields)}
    return why_full(plan, Category.STUDENTS, Memory(marks, held, lacking), NOW, TODAY)


class TestWhyFull:
    def test_what_changed_is_enough_on_the_day_after(self) -> None:
        assert told() == ""

    def test_what_was_never_written_is_asked_for(self) -> None:
        assert why_full(PLAN, Category.STUDENTS, Memory({}, False, False), NOW, TODAY).startswith(
            "All of it has not"
        )

    @pytest.mark.parametrize("category", list(Category))
    def test_each_collection_of_a_category_has_to_have_been(self, category: Category) -> None:
        marks = dict.fromkeys(NEEDS[category], YESTERDAY)
        assert why_full(PLAN, category, Memory(marks, False, False), NOW, TODAY) == ""
        for collection in NEEDS[category]:
            fewer = {name: mark for name, mark in marks.items() if name is not collection}
            assert why_full(PLAN, category, Memory(fewer, False, False), NOW, TODAY) != ""
            other = marks | {collection: replace(YESTERDAY, unfit="It cannot tell.")}
            assert why_full(PLAN, category, Memory(other, False, False), NOW, TODAY) == "It cannot tell."

    @pytest.mark.parametrize(
        ("ago", "is_full"),
        [
            (6 * DAY, False),
            (6 * DAY + 11 * HOUR, False),
            (6 * DAY + 13 * HOUR, True),
            (7 * DAY, True),
            (-HOUR, True),
        ],
    )
    def test_a_week_after_the_last_time_all_is_asked_for(self, ago: dt.timedelta, is_full: bool) -> None:
        assert (told(full_at=NOW - ago) == "All of it was last asked for a week ago.") == is_full
        assert bool(told(full_at=NOW - ago)) == is_full

    @pytest.mark.parametrize("frequency", [1, 2, 7])
    def test_a_run_at_about_the_same_hour_gets_all_on_the_same_day_of_the_week(self, frequency: int) -> None:
        full_at = NOW
        for day in range(0, 70, frequency):
            run = NOW + day * DAY + dt.timedelta(minutes=(17 * day) % 59 - 29)
            mark = replace(YESTERDAY, full_at=full_at)
            if day and why_full(
                PLAN, Category.STUDENTS, Memory({Collection.USERS: mark}, False, False), run, TODAY
            ):
                assert 6 <= (run - full_at) / DAY < 8.1
                full_at = run
        assert (run - full_at) / DAY <= 8

    @pytest.mark.parametrize(
        "changed",
        [
            {"links": {"0042": "sch_lincoln", "0043": "sch_roosevelt"}},
            {"links": {"0042": "sch_roosevelt"}},
            {"categories": (Category.STUDENTS, Category.SCHOOL_ADMINS)},
            {"endpoint": Endpoint("https://other.example/ims/oneroster/rostering/v1p2", "1.2", "OAuth2")},
            {"endpoint": Endpoint(PLAN.endpoint.url, "1.1", "OAuth2")},
            {"district_org": "1"},
            {"time_zone": "America/Denver"},
            {"limits": Limits(10, 20, 75, 5, additions_only=True)},
        ],
    )
    def test_who_judges_records_otherwise_reads_them_all_anew(self, changed: dict[str, Any]) -> None:
        assert told(msgspec.structs.replace(PLAN, **changed)).startswith(
            "Schools, categories, endpoint, time zone"
        )

    @pytest.mark.parametrize(
        "changed",
        [
            {"limits": Limits(100, 0, 100, 1000)},
            {"run_seconds": 61},
            {"approvals": ("0123456789ab",)},
            {"endpoint": Endpoint(PLAN.endpoint.url, "1.2", "OAuth2", scopes=("x",))},
        ],
    )
    def test_what_changes_nothing_about_records_does_not(self, changed: dict[str, Any]) -> None:
        assert told(msgspec.structs.replace(PLAN, **changed)) == ""

    def test_another_reading_of_records_reads_them_all_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(full_or_delta, "READING", full_or_delta.READING + 1)
        assert told() != ""

    def test_a_server_without_a_clock_cannot_be_asked_for_what_changed(self) -> None:
        assert told(changed_since=None).startswith("The district's server does not say what time it is")

    def test_what_is_unsettled_is_settled_by_all_of_it(self) -> None:
        assert told(held=True).startswith("Something is withheld")
        assert told(lacking=True).startswith("Enrollments lack")

    @pytest.mark.parametrize(("day", "is_full"), [(-1, True), (0, True), (1, False)])
    def test_what_comes_into_force_was_not_written_before(self, day: int, is_full: bool) -> None:
        assert bool(told(next_begin=TODAY + day * DAY)) == is_full


class TestWatermarks:
    def test_the_earliest_is_enough_for_all_and_a_day_more_is_asked_for(self) -> None:
        later = replace(YESTERDAY, changed_since=NOW)
        assert earliest([later, YESTERDAY, later]) == YESTERDAY
        assert since(YESTERDAY) == NOW - 2 * DAY - HOUR

    @pytest.mark.parametrize(("hours", "is_back"), [(24, False), (13, False), (11, True), (-1, True), (30, False)])
    def test_a_clock_that_went_on_by_much_less_than_ours_was_set_back(self, hours: int, is_back: bool) -> None:
        assert YESTERDAY.changed_since is not None
        assert was_set_back(YESTERDAY, YESTERDAY.changed_since + hours * HOUR, NOW) == is_back


class TestBegins:
    def test_the_first_day_to_come_counts_of_enrollments(self) -> None:
        assert begins.earliest(None, [enrolled(None), enrolled(-3), enrolled(0)], TODAY) is None
        coming = [enrolled(9), enrolled(4), enrolled(1, status="tobedeleted")]
        assert begins.earliest(None, coming, TODAY) == TODAY + 4 * DAY
        assert begins.earliest(TODAY + 2 * DAY, coming, TODAY) == TODAY + 2 * DAY
        assert begins.earliest(TODAY + 5 * DAY, coming, TODAY) == TODAY + 4 * DAY

    def test_each_role_of_a_person_counts(self) -> None:
        org = Ref(sourced_id="0042")
        roles = (Role(role="student", org=org), Role(role="teacher", org=org, begin_date=TODAY + DAY))
        assert begins.earliest(None, [User(sourced_id="u", roles=roles)], TODAY) == TODAY + DAY


def enrolled(days: int | None, **fields: Any) -> Enrollment:
    """From so many days after today on."""
    return Enrollment(
        sourced_id="e",
        user=Ref(sourced_id="u"),
        class_=Ref(sourced_id="c"),
        role="student",
        begin_date=None if days is None else TODAY + days * DAY,
        **fields,
    )
