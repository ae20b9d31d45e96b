"""What runs did, as status, conditions and columns say it."""

import pytest

from oneroster_operator.api.report import CategoryReport, Outcome
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import ROSTERS, STUDENTS
from tests.controller.world import World, in_use

GOOD, BAD, HELD, SKIPPED = Outcome.SUCCEEDED, Outcome.DISTRICT_FAILED, Outcome.HELD, Outcome.SKIPPED


def ran(world: World, *outcomes: Outcome, message: str = "") -> World:
    """Students ran once an hour, with these outcomes; the rosters ran well each time."""
    for outcome in outcomes:
        world.wait(hours=1)
        world.run(STUDENTS, outcome, message=message)
        world.run(ROSTERS)
        world.reconcile()
    return world


class TestInStatus:
    def test_a_run_is_taken_in_when_its_job_ends(self) -> None:
        world = in_use()
        world.wait(hours=1)
        name = world.run(STUDENTS, created=812, changed=3, removed=1, waiting=2, quarantined=4)
        world.reconcile()
        last = world.category(STUDENTS).last_run
        assert last is not None
        assert (last.job, last.outcome, last.created, last.removed) == (name, GOOD, 812, 1)
        assert world.category(STUDENTS).last_success == "2026-11-24T16:30:00Z"
        assert world.says("LastSyncSucceeded") == "True/Succeeded"
        assert world.connection.status.summary.last_sync == "2026-11-24T10:30:00-06:00"

    def test_several_that_ended_unseen_are_counted_in_the_order_in_which_they_ended(self) -> None:
        world = in_use()
        for outcome in (GOOD, BAD, BAD):
            world.now = world.now.replace(hour=world.now.hour + 1)
            world.run(STUDENTS, outcome)
        world.reconcile()
        entry = world.category(STUDENTS)
        assert (entry.failures, entry.last_success) == (2, "2026-11-24T16:30:00Z")

    def test_a_run_is_taken_in_once(self) -> None:
        world = ran(in_use(), BAD)
        world.writes.clear()
        world.reconcile()
        assert world.category(STUDENTS).failures == 1
        assert world.writes == []

    def test_it_stays_when_the_job_is_gone(self) -> None:
        world = ran(in_use(), GOOD)
        before = world.category(STUDENTS)
        for kind, name in list(world.objects):
            if kind == "Job":
                del world.objects[kind, name]
        world.reconcile()
        assert world.category(STUDENTS) == before


class TestFailing:
    def test_once_is_said_of_the_last_sync_and_leaves_ready(self) -> None:
        world = ran(in_use(), GOOD, BAD, message="page 3 came twice")
        assert world.says("LastSyncSucceeded") == "False/DistrictFailed"
        assert "Students: page 3 came twice (Job springfield-students-" in world.message("LastSyncSucceeded")
        assert world.says("Ready") == "True/Scheduled"

    def test_twice_is_failing(self) -> None:
        world = ran(in_use(), GOOD, BAD, BAD, message="page 3 came twice")
        assert world.says("Ready") == "False/SyncFailing"
        assert "Students failed 2 times in a row: page 3 came twice" in world.message("Ready")
        assert world.suspended() == {False}

    @pytest.mark.parametrize("outcome", [GOOD, HELD])
    def test_a_good_run_ends_it(self, outcome: Outcome) -> None:
        assert ran(in_use(), BAD, BAD, outcome).says("LastSyncSucceeded") == "True/Succeeded"

    def test_a_skipped_run_does_not(self) -> None:
        world = ran(in_use(), BAD, BAD, SKIPPED)
        assert world.says("Ready") == "False/SyncFailing"
        assert world.says("LastSyncSucceeded").startswith("False/")


class TestHeld:
    def test_what_is_held_is_told_until_a_run_holds_nothing(self) -> None:
        world = ran(in_use(), HELD, message="140 of 1020 would go")
        assert world.says("ChangesHeld") == "True/BeyondLimits"
        assert world.says("Ready") == "False/ChangesHeld"
        assert world.message("Ready") == "Students: 140 of 1020 would go"
        assert world.says("LastSyncSucceeded") == "True/Succeeded"
        ran(world, GOOD)
        assert world.says("ChangesHeld") == ""
        assert world.says("Ready") == "True/Scheduled"

    @pytest.mark.parametrize("outcome", [SKIPPED, BAD])
    def test_a_run_that_compared_nothing_leaves_it(self, outcome: Outcome) -> None:
        world = ran(in_use(), HELD, outcome, message="140 of 1020 would go")
        assert world.says("ChangesHeld") == "True/BeyondLimits"

    def test_held_goes_before_failing(self) -> None:
        world = ran(in_use(), BAD, BAD)
        world.wait(minutes=1)
        world.run(ROSTERS, HELD, message="x")
        world.reconcile()
        assert world.says("Ready") == "False/ChangesHeld"


class TestRefusedRun:
    def test_the_credentials_are_tested_at_once_and_not_over_and_over(self) -> None:
        world = in_use()
        world.wait(hours=1)
        world.run(STUDENTS, Outcome.REFUSED, reason="InvalidCredentials")
        world.reconcile()
        world.reconcile()
        assert world.calls == [CallKind.TEST]


class TestLate:
    def test_two_missed_intervals_are_late(self) -> None:
        world = in_use()
        world.run(STUDENTS)
        world.run(ROSTERS)
        world.wait(days=2)
        assert world.says("Ready") == "True/Scheduled"
        world.wait(hours=2)
        assert world.says("Ready") == "False/SyncLate"
        assert "has not synced since 2026-11-24T15:30:00Z" in world.message("Ready")
        assert world.told[-1] == "SyncLate"

    def test_it_is_noticed_though_nothing_happens(self) -> None:
        world = in_use()
        wakes = [world.reconcile().wake]
        for _ in range(20):
            wake = wakes[-1]
            assert wake is not None
            world.now = wake
            wakes.append(world.reconcile().wake)
            if world.says("Ready") == "False/SyncLate":
                break
        assert world.now.isoformat() == "2026-11-26T16:00:00+00:00"

    def test_one_category_that_does_not_run_is_enough(self) -> None:
        world = in_use()
        for _ in range(3):
            world.wait(days=1)
            world.run(STUDENTS)
        world.reconcile()
        assert world.says("Ready") == "False/SyncLate"
        assert world.message("Ready").startswith("ClassRosters has not synced since")

    def test_a_run_ends_it(self) -> None:
        world = in_use()
        world.wait(days=3)
        ran(world, GOOD)
        assert world.says("Ready") == "True/Scheduled"

    def test_a_weekend_without_school_is_not_late(self) -> None:
        """Friday 27 to Monday 30 November."""
        schooldays = {"cron": "15 2 * * 1-5", "timeZone": "America/Chicago"}
        world = in_use(schedule=schooldays)
        world.wait(days=2, hours=16)
        ran(world, GOOD)
        assert world.now.strftime("%A %H:%M") == "Friday 08:30"
        world.told.clear()
        world.wait(days=2, hours=23)
        assert world.now.strftime("%A %H:%M") == "Monday 07:30"
        assert world.says("Ready") == "True/Scheduled"
        assert "SyncLate" not in world.told
        world.wait(days=1, hours=3)
        assert world.says("Ready") == "False/SyncLate"


class TestRunOnRequest:
    def test_it_counts_for_every_category(self) -> None:
        world = in_use()
        world.ask("sync", "now")
        world.wait(minutes=2)
        world.finish_request(CategoryReport(STUDENTS, GOOD, created=7), CategoryReport(ROSTERS, BAD, message="x"))
        assert world.category(STUDENTS).last_success == "2026-11-24T15:32:00Z"
        assert world.category(ROSTERS).failures == 1
