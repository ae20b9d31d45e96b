"""An outage of the district or the platform makes things unknown and undoes nothing."""

import datetime as dt

import pytest

from oneroster_operator.controller.observed import CallKind
from tests.controller.build import STUDENTS
from tests.controller.outside import WRONG
from tests.controller.world import World, applied, in_use


def day_of_outage(reason: str) -> World:
    """A connection in use whose district is tested, and found away, a day after it went live."""
    world = in_use()
    world.wait(hours=20)
    world.outside.district_outage = reason
    world.run(STUDENTS)
    world.wait(hours=8)
    return world


class TestDistrict:
    @pytest.mark.parametrize("reason", ["Timeout", "DistrictUnreachable", "RateLimited", "DistrictError"])
    def test_it_undoes_nothing(self, reason: str) -> None:
        world = day_of_outage(reason)
        assert CallKind.TEST in world.calls
        assert world.says("CredentialsValid") == f"Unknown/{reason}"
        assert world.says("Ready") == "True/Scheduled"
        assert world.suspended() == {False}
        assert [write for write in world.writes if write != "status"] == []

    def test_it_is_over_when_the_district_answers(self) -> None:
        world = day_of_outage("Timeout")
        world.outside.district_outage = ""
        world.wait(hours=7)
        assert world.says("CredentialsValid") == "True/Accepted"

    def test_before_the_first_contact_it_is_said_and_tried_again(self) -> None:
        world = applied()
        world.outside.district_outage = "DistrictUnreachable"
        world.reconcile()
        assert world.says("Ready") == "False/DistrictUnreachable"
        assert world.says("Reconciling") == "True/DistrictUnreachable"
        assert world.says("CredentialsValid") == "Unknown/DistrictUnreachable"
        world.outside.district_outage = ""
        world.wait(minutes=6)
        assert world.says("CredentialsValid") == "True/Accepted"
        assert world.says("Reconciling") == ""

    def test_one_refusal_of_what_worked_suspends_nothing_and_a_second_one_does(self) -> None:
        world = in_use()
        world.outside.accepted = "another"
        world.ask("test", "t1")
        assert world.says("CredentialsValid") == "True/RefusedOnce"
        assert world.suspended() == {False}
        world.wait(minutes=11)
        assert world.says("CredentialsValid") == "False/InvalidCredentials"
        assert world.suspended() == {True}

    def test_it_does_not_resume_what_a_refusal_suspended(self) -> None:
        world = in_use()
        world.put_secret(secret=WRONG)
        world.reconcile()
        world.outside.district_outage = "Timeout"
        world.wait(hours=3)
        assert world.suspended() == {True}
        assert world.says("Ready") == "False/InvalidCredentials"

    def test_a_change_is_not_previewed_against_a_district_that_is_away(self) -> None:
        world = in_use()
        previews = len(world.jobs("preview"))
        world.outside.district_outage = "Timeout"
        world.put_secret()
        world.edit(categories=["Students"])
        assert len(world.jobs("preview")) == previews
        world.outside.district_outage = ""
        world.wait(minutes=6)
        assert len(world.jobs("preview")) == previews + 1


class TestPlatform:
    def test_before_the_first_import_it_is_said_and_tried_again(self) -> None:
        world = applied(categories=["Students"], confirmed=True)
        world.outside.platform_outage = "PlatformUnreachable"
        world.reconcile()
        assert world.says("Ready") == "False/PlatformUnreachable"
        assert world.says("Reconciling") == "True/PlatformUnreachable"
        assert world.says("SchoolsMatched") == "False/PlatformUnreachable"
        assert world.says("CredentialsValid") == "True/Accepted"
        world.outside.platform_outage = ""
        world.wait(minutes=1)
        assert world.says("Ready") == "Unknown/Previewing"

    def test_afterwards_it_undoes_nothing(self) -> None:
        world = in_use()
        world.wait(hours=20)
        world.run(STUDENTS)
        world.outside.platform_outage = "PlatformUnreachable"
        world.wait(hours=8)
        assert CallKind.IMPORT in world.calls
        assert world.says("Ready") == "True/Scheduled"
        assert world.says("SchoolsMatched") == "True/AllMatched"
        assert world.suspended() == {False}

    def test_a_finished_preview_waits_for_it(self) -> None:
        world = applied(categories=["Students"], confirmed=True)
        world.reconcile()
        world.outside.platform_outage = "PlatformUnreachable"
        world.finish_preview()
        assert world.says("Ready") == "Unknown/Previewing"
        assert "its counts cannot be read" in world.message("Ready")
        world.outside.platform_outage = ""
        world.wait(minutes=1)
        assert world.says("Ready") == "True/Scheduled"
        assert len(world.jobs("preview")) == 1


def test_a_clock_that_was_set_back_does_not_put_off_what_is_due() -> None:
    world = in_use()
    world.now -= dt.timedelta(days=30)
    world.reconcile()
    assert world.calls == [CallKind.TEST, CallKind.IMPORT]
