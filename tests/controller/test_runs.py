"""Finished runs become what status says of each category."""

import datetime as dt

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import CategoryReport, Outcome, Pull
from oneroster_operator.api.status import CategoryStatus, ConnectionStatus
from oneroster_operator.api.times import rfc3339
from oneroster_operator.controller import runs
from oneroster_operator.controller.observed import JobView
from tests.controller.build import NAME, NOW, ROSTERS, STUDENTS, connection, report

GOOD, SKIPPED, HELD = Outcome.SUCCEEDED, Outcome.SKIPPED, Outcome.HELD
BAD = [Outcome.REFUSED, Outcome.DISTRICT_FAILED, Outcome.PLATFORM_FAILED, Outcome.FAILED]


def job(
    minutes: float,
    *said: CategoryReport,
    categories: tuple[str, ...] = (STUDENTS,),
    purpose: str = "schedule",
    name: str = "",
) -> JobView:
    """A Job that ended so many minutes after NOW."""
    ended = NOW + dt.timedelta(minutes=minutes)
    return JobView(
        name=name or f"job-{minutes}",
        owned=True,
        purpose=purpose,
        categories=categories,
        token="",
        plan="",
        created=NOW,
        finished=ended,
        report=report(*said) if said else None,
    )


def ran(minutes: float, outcome: Outcome, category: Category = STUDENTS, message: str = "") -> JobView:
    return job(minutes, CategoryReport(category, outcome, message=message), categories=(category,))


def after(*jobs: JobView, before: list[CategoryStatus] | None = None) -> CategoryStatus:
    (entry,) = runs.after_runs([STUDENTS], before or [], jobs, NAME)
    return entry


def at(minutes: float) -> str:
    return rfc3339(NOW + dt.timedelta(minutes=minutes))


class TestTakenIn:
    def test_each_selected_category_has_an_entry_before_it_ran(self) -> None:
        entries = runs.after_runs([STUDENTS, ROSTERS], [], [], NAME)
        assert [(e.name, e.cron_job) for e in entries] == [
            (STUDENTS, "springfield-students"),
            (ROSTERS, "springfield-rosters"),
        ]

    def test_the_counts_are_the_runs(self) -> None:
        said = CategoryReport(STUDENTS, GOOD, created=3, changed=2, removed=1, waiting=4, quarantined=5)
        last = after(job(1, said)).last_run
        assert last is not None
        counts = (last.created, last.changed, last.removed, last.waiting, last.quarantined)
        assert (last.job, last.time, counts) == ("job-1", at(1), (3, 2, 1, 4, 5))

    def test_of_many_rules_the_twelve_broken_most_are_there(self) -> None:
        broken = {f"Rule{letter}": ord(letter) for letter in "ABCDEFGHIJKLMNO"} | {"no rule": 1000}
        last = after(job(1, CategoryReport(STUDENTS, GOOD, quarantined_by_rule=broken))).last_run
        assert last is not None
        assert [one.rule for one in last.quarantined_by_rule] == [f"Rule{letter}" for letter in "ONMLKJIHGFED"]

    def test_how_much_was_asked_for_is_told_and_why(self) -> None:
        why = "The district's server passes over a filter by dateLastModified of users."
        last = after(job(1, CategoryReport(STUDENTS, GOOD, pull=Pull.FULL, pull_reason=why))).last_run
        assert last is not None
        assert (last.pull, last.pull_reason) == (Pull.FULL, why)
        last = after(job(1, CategoryReport(STUDENTS, GOOD, pull=Pull.DELTA))).last_run
        assert last is not None
        assert (last.pull, last.pull_reason) == (Pull.DELTA, "")

    def test_they_are_taken_in_the_order_in_which_they_ended(self) -> None:
        jobs = [ran(9, GOOD), ran(3, BAD[0]), ran(6, BAD[1])]
        entry = after(*jobs)
        assert (entry.failures, entry.last_success) == (0, at(9))
        entry = after(ran(1, GOOD), *jobs[1:])
        assert (entry.failures, entry.last_success) == (2, at(1))

    def test_two_that_ended_in_the_same_second_are_both_taken_in(self) -> None:
        both = [
            job(1, CategoryReport(STUDENTS, BAD[0]), name="b"),
            job(1, CategoryReport(STUDENTS, BAD[0]), name="a"),
        ]
        assert after(*both).failures == 2

    def test_one_that_was_taken_in_is_not_counted_again(self) -> None:
        once = after(ran(1, BAD[0]))
        assert after(ran(1, BAD[0]), before=[once]) == once
        assert after(ran(0.5, BAD[0]), before=[once]) == once

    def test_a_run_of_all_categories_counts_for_each(self) -> None:
        both = job(1, CategoryReport(STUDENTS, GOOD), CategoryReport(ROSTERS, BAD[0]))
        students, rosters = runs.after_runs([STUDENTS, ROSTERS], [], [both], NAME)
        assert (students.failures, rosters.failures) == (0, 1)

    def test_a_category_that_is_not_selected_any_more_has_no_entry(self) -> None:
        before = [after(ran(1, GOOD))]
        assert runs.after_runs([ROSTERS], before, [ran(2, GOOD)], NAME)[0].last_run is None

    def test_the_message_is_one_clean_line(self) -> None:
        last = after(ran(1, BAD[0], message="one\ntwo\x1b[0m " + "x" * 5000)).last_run
        assert last is not None
        assert last.message.isprintable()
        assert len(last.message) == 1024


class TestFailures:
    @pytest.mark.parametrize("outcome", BAD)
    def test_they_add_up(self, outcome: Outcome) -> None:
        assert after(ran(1, outcome), ran(2, outcome)).failures == 2

    @pytest.mark.parametrize("outcome", [GOOD, HELD])
    def test_a_good_run_begins_anew(self, outcome: Outcome) -> None:
        entry = after(ran(1, BAD[0]), ran(2, outcome))
        assert (entry.failures, entry.last_success) == (0, at(2))

    def test_a_skipped_run_neither_adds_nor_clears(self) -> None:
        entry = after(ran(1, BAD[0]), ran(2, SKIPPED))
        assert (entry.failures, entry.last_success) == (1, None)
        assert after(ran(1, GOOD), ran(2, SKIPPED)).last_success == at(1)


class TestUncounted:
    """Reports are read only where status lacks them."""

    FINISHED = ran(5, GOOD)

    def counted(self, *jobs: JobView) -> ConnectionStatus:
        return ConnectionStatus(observed_generation=1, categories=[after(*jobs)])

    def test_a_finished_job_is_read_until_it_is_taken_in(self) -> None:
        selected = connection(categories=["Students"])
        assert runs.uncounted(self.FINISHED, selected)
        selected = connection(categories=["Students"], status=self.counted(self.FINISHED))
        assert not runs.uncounted(self.FINISHED, selected)

    def test_a_running_job_a_preview_and_another_category_are_not(self) -> None:
        selected = connection(categories=["Students"])
        preview = job(5, purpose="preview")
        assert not runs.uncounted(preview, selected)
        assert not runs.uncounted(ran(5, GOOD, ROSTERS), selected)


class TestStatement:
    def said(self, *jobs: JobView, categories: tuple[Category, ...] = (STUDENTS, ROSTERS)) -> str:
        statement = runs.statement(runs.after_runs(categories, [], jobs, NAME))
        return f"{statement.status}/{statement.reason}"

    def test_nothing_is_known_before_the_first_run(self) -> None:
        assert self.said() == "Unknown/NeverRan"
        assert self.said(ran(1, SKIPPED)) == "Unknown/NeverRan"

    def test_one_failed_category_makes_it_false_and_is_named(self) -> None:
        jobs = [ran(1, GOOD), ran(2, Outcome.DISTRICT_FAILED, ROSTERS, "the district sent no page 3")]
        assert self.said(*jobs) == "False/DistrictFailed"
        statement = runs.statement(runs.after_runs([STUDENTS, ROSTERS], [], jobs, NAME))
        assert statement.message == "ClassRosters: the district sent no page 3 (Job job-2)."

    def test_a_skipped_run_does_not_hide_a_failure(self) -> None:
        assert self.said(ran(1, BAD[0]), ran(2, SKIPPED)).startswith("False/")

    def test_a_held_run_is_a_good_one(self) -> None:
        assert self.said(ran(1, HELD)) == "True/Succeeded"


class TestHold:
    def held(self, minute: int, fingerprint: str) -> JobView:
        report = CategoryReport(STUDENTS, HELD, withheld=140, hold=fingerprint, reason="RemovalsHeld", message="x")
        return job(minute, report)

    def test_it_is_there_from_a_held_run_to_the_next_that_holds_nothing(self) -> None:
        hold = after(self.held(1, "aa")).hold
        assert hold is not None
        assert (hold.fingerprint, hold.reason, hold.count, hold.since) == ("aa", "RemovalsHeld", 140, at(1))
        assert after(self.held(1, "aa"), ran(2, BAD[0]), ran(3, SKIPPED)).hold == hold
        assert after(self.held(1, "aa"), ran(2, GOOD)).hold is None

    @pytest.mark.parametrize(("second", "since"), [("aa", 1), ("bb", 2)])
    def test_the_same_changes_are_the_same_hold(self, second: str, since: int) -> None:
        hold = after(self.held(1, "aa"), self.held(2, second)).hold
        assert hold is not None
        assert (hold.fingerprint, hold.since) == (second, at(since))
