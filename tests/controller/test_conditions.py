"""The strings of the columns, and the schedule in words."""

import pytest

from oneroster_operator.api.report import Outcome
from tests.controller.build import ROSTERS, STUDENTS
from tests.controller.world import applied, in_use


class TestSummary:
    def test_schools_are_the_linked_ones_of_those_to_be_linked(self) -> None:
        assert in_use().connection.status.summary.schools == "2/2"
        world = applied()
        world.reconcile()
        assert world.connection.status.summary.schools == "2/3"

    def test_nothing_is_said_before_the_import(self) -> None:
        world = applied()
        world.outside.platform_outage = "PlatformUnreachable"
        world.reconcile()
        assert world.connection.status.summary.schools == ""

    def test_categories_are_in_the_order_in_which_they_run(self) -> None:
        world = applied(categories=["DistrictAdmins", "ClassRosters", "Students"])
        world.reconcile()
        assert world.connection.status.summary.categories == "Students, ClassRosters, DistrictAdmins"

    def test_next_sync_is_the_first_of_all_in_the_districts_time(self) -> None:
        world = in_use()
        assert world.connection.status.summary.next_sync == "2026-11-25T02:32:00-06:00"
        world.wait(hours=17, minutes=3)
        assert world.now.isoformat() == "2026-11-25T08:33:00+00:00"
        assert world.connection.status.summary.next_sync == "2026-11-25T02:38:00-06:00"

    def test_last_sync_is_the_last_of_all_whatever_came_of_it(self) -> None:
        world = in_use()
        assert world.connection.status.summary.last_sync == ""
        world.run(STUDENTS)
        world.wait(minutes=5)
        world.run(ROSTERS, Outcome.FAILED)
        world.reconcile()
        assert world.connection.status.summary.last_sync == "2026-11-24T09:35:00-06:00"

    def test_an_invalid_time_zone_does_not_stop_it(self) -> None:
        world = in_use()
        world.run(STUDENTS)
        world.edit(schedule={"timeZone": "America/Springfield"})
        assert world.connection.status.summary.last_sync == "2026-11-24T15:30:00+00:00"


class TestSchedule:
    @pytest.mark.parametrize(
        ("schedule", "frequency", "words"),
        [
            ({}, "Daily", "daily, Etc/UTC"),
            ({"frequency": "Hourly"}, "Hourly", "hourly, Etc/UTC"),
            (
                {"cron": "15 2 * * 1-5", "timeZone": "America/Chicago"},
                None,
                'cron "15 2 * * 1-5", America/Chicago',
            ),
        ],
    )
    def test_it_is_resolved_in_status(self, schedule: dict[str, str], frequency: str | None, words: str) -> None:
        world = applied(schedule=schedule)
        world.reconcile()
        said = world.connection.status.schedule
        assert said is not None
        assert (said.frequency, said.description) == (frequency, words)


class TestConfirmedTime:
    def test_it_moves_with_each_change_that_takes_effect_and_the_first_one_stays(self) -> None:
        world = in_use()
        world.wait(hours=1)
        world.edit(safety={"maxRemovedPercent": 20})
        assert world.connection.status.confirmed_time == "2026-11-24T15:00:00Z"
        world.finish_preview()
        assert world.connection.status.confirmed_time == "2026-11-24T16:30:00Z"
        assert world.connection.status.first_confirmed_time == "2026-11-24T15:00:00Z"

    def test_pausing_does_not_move_it(self) -> None:
        world = in_use()
        world.wait(hours=1)
        world.edit(paused=True)
        world.edit(paused=False)
        assert world.connection.status.confirmed_time == "2026-11-24T15:00:00Z"
