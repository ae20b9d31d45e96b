"""The preview: once for each spec, again where it failed, and never in place of a person's word."""

import datetime as dt

import pytest

from oneroster_operator.api.report import CategoryReport, Outcome
from oneroster_operator.api.status import Preview
from oneroster_operator.controller import preview
from oneroster_operator.controller.preview import Counted
from tests.controller.build import NOW, SCHOOL_ADMINS, STUDENTS, School, connection, counted
from tests.controller.world import World, applied

IGNORE_ACADEMY = {"assignments": [{"sourcedId": "0099", "action": "Ignore"}]}


def after(*counts: Counted, lost: str = "", selected: list[str] | None = None) -> Preview:
    """The preview in status; by default of the categories that were counted."""
    categories = [c.report.name for c in counts] if selected is None else selected
    result = preview.previewed("spec.links", counts, lost=lost)
    return preview.after_preview(result, connection(categories=categories), NOW)


def previewing() -> World:
    world = applied(categories=["Students"], schools=IGNORE_ACADEMY)
    world.reconcile()
    return world


class TestOnce:
    def test_one_job_for_each_spec(self) -> None:
        world = previewing()
        world.finish_preview()
        world.wait(days=3)
        assert len(world.jobs("preview")) == 1

    def test_a_changed_spec_is_previewed_again(self) -> None:
        world = previewing()
        world.finish_preview()
        world.edit(safety={"maxRemovedPercent": 50})
        assert len(world.jobs("preview")) == 2
        assert world.says("Ready") == "Unknown/Previewing"

    @pytest.mark.parametrize(
        "change", [{"schedule": {"frequency": "Hourly"}}, {"paused": True}, {"pauseReason": "x"}]
    )
    def test_what_is_not_reviewed_does_not_count(self, change: dict[str, object]) -> None:
        world = previewing()
        world.finish_preview()
        world.edit(**change)
        assert len(world.jobs("preview")) == 1
        assert world.says("Ready") == "False/AwaitingConfirmation"

    def test_a_job_that_was_deleted_before_it_was_read_is_made_again(self) -> None:
        world = previewing()
        (job,) = world.jobs("preview")
        del world.objects["Job", job["metadata"]["name"]]
        world.reconcile()
        assert len(world.jobs("preview")) == 1
        world.finish_preview()
        assert world.says("Ready") == "False/AwaitingConfirmation"


class TestFailure:
    def test_it_is_tried_again_ten_minutes_later_and_then_good(self) -> None:
        world = previewing()
        world.finish_preview(Outcome.DISTRICT_FAILED, message="page 3 came twice")
        world.wait(minutes=9)
        assert len(world.jobs("preview")) == 1
        world.wait(minutes=2)
        assert len(world.jobs("preview")) == 2
        assert world.says("Ready") == "False/PreviewFailed"
        world.finish_preview()
        assert world.says("Ready") == "False/AwaitingConfirmation"

    def test_each_try_is_another_job(self) -> None:
        world = previewing()
        for tries in range(1, 4):
            assert len(world.jobs("preview")) == tries
            world.finish_preview(Outcome.PLATFORM_FAILED)
            world.wait(minutes=11)

    def test_a_job_that_left_no_counts_has_failed_and_says_so(self) -> None:
        lost = after(lost="Job springfield-preview-1 left no counts")
        assert (lost.outcome, lost.message) == ("Failed", "Job springfield-preview-1 left no counts")


class TestAfterPreview:
    def test_what_each_category_would_bring_is_shown_by_school(self) -> None:
        made = after(counted(STUDENTS, 30, b=10, a=20))
        (students,) = made.categories
        assert (made.outcome, made.time, students.total) == ("Succeeded", "2026-11-24T15:00:00Z", 30)
        assert [(s.sourced_id, s.count) for s in students.schools] == [("a", 20), ("b", 10)]

    def test_only_the_first_hundred_schools_are_listed(self) -> None:
        many = {f"s{n:04}": 1 for n in range(1800)}
        made = after(counted(STUDENTS, 1800, **many))
        assert [s.sourced_id for s in made.categories[0].schools] == [f"s{n:04}" for n in range(100)]
        assert made.categories[0].total == 1800

    def test_what_would_be_held_is_no_failure(self) -> None:
        held = Counted(CategoryReport(SCHOOL_ADMINS, Outcome.HELD), 12, 12, {})
        assert after(held).outcome == "Succeeded"

    def test_one_category_that_failed_is_named(self) -> None:
        failed = Counted(CategoryReport(SCHOOL_ADMINS, Outcome.REFUSED, message="403 on\n/users"), 0, 0, {})
        made = after(counted(STUDENTS, 5), failed)
        assert (made.outcome, made.message) == ("Refused", "SchoolAdmins: 403 on /users")

    def test_a_category_that_was_not_counted_makes_it_a_failure(self) -> None:
        made = after(counted(STUDENTS, 5), selected=["Students", "SchoolAdmins"])
        assert (made.outcome, made.message) == ("Failed", "SchoolAdmins not counted: its pod ended before")


class TestLinks:
    def test_links_that_change_before_confirming_are_previewed_anew(self) -> None:
        world = previewing()
        world.finish_preview()
        assert world.says("Ready") == "False/AwaitingConfirmation"
        world.edit(schools={"assignments": []})
        world.edit(schools=IGNORE_ACADEMY)
        assert world.says("Ready") == "False/AwaitingConfirmation", "there and back is what was previewed"
        world.outside.schools.append(School("sch_academy", "Lakeside Academy"))
        world.edit(schools={"assignments": [{"sourcedId": "0099", "action": "Link", "schoolId": "sch_academy"}]})
        assert world.says("Ready") == "Unknown/Previewing"


class TestRetryTime:
    def test_it_is_known_only_after_a_failure(self) -> None:
        world = previewing()
        assert preview.retry_time(world.connection) is None
        world.finish_preview(Outcome.FAILED)
        assert preview.retry_time(world.connection) == NOW + dt.timedelta(minutes=10)
        world.wait(minutes=11)
        world.finish_preview()
        assert preview.retry_time(world.connection) is None
