"""A district that is another connection's, or that the platform's logins are not granted."""

import pytest

from oneroster_operator.api.report import Outcome
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import STUDENTS
from tests.controller.world import World, applied, in_use


@pytest.mark.parametrize("reason", ["DistrictTaken", "DistrictNotGranted"])
class TestNotOurs:
    def test_before_the_first_import_it_stalls_and_heals_by_itself(self, reason: str) -> None:
        world = applied(categories=["Students"], confirmed=True)
        world.outside.platform_outage = reason
        world.reconcile()
        assert world.says("Ready") == f"False/{reason}"
        assert world.says("Stalled") == f"True/{reason}"
        assert not world.jobs("preview")
        world.outside.platform_outage = ""
        world.wait(minutes=11)
        assert world.says("Ready") == "Unknown/Previewing"

    def test_a_run_that_finds_it_has_it_looked_at_again(self, reason: str) -> None:
        world = in_use()
        world.wait(hours=1)
        world.calls.clear()
        world.outside.platform_outage = reason
        world.run(STUDENTS, Outcome.PLATFORM_FAILED, reason=reason, message="...")
        world.reconcile()
        assert world.calls == [CallKind.IMPORT]
        assert world.says("Stalled") == f"True/{reason}"
        world.outside.platform_outage = ""
        world.wait(minutes=11)
        assert world.says("Ready") == "True/Scheduled"
        world.calls.clear()
        world.wait(minutes=11)
        assert CallKind.IMPORT not in world.calls, "once is enough"

    def test_meanwhile_its_cron_jobs_are_suspended_and_go_on_by_themselves(self, reason: str) -> None:
        world = lost(reason)
        assert world.suspended() == {True}
        assert world.says("Scheduled") == f"False/{reason}"
        assert world.message("Scheduled").startswith("All CronJobs are suspended. ")
        assert world.message("Ready") in world.message("Scheduled")
        assert world.category(STUDENTS).next_run is None
        world.wait(hours=30)
        assert world.suspended() == {True}
        world.outside.platform_outage = ""
        world.wait(minutes=11)
        assert world.suspended() == {False}
        assert world.says("Scheduled") == "True/Scheduled"
        assert world.not_before(STUDENTS) > "2026-11-25T22", "no slot that was missed runs"

    def test_an_operator_that_is_started_anew_lets_nothing_run_before_it_has_asked(self, reason: str) -> None:
        world = lost(reason)
        world.writes.clear()
        world.told.clear()
        world.postponed.clear()
        world.reconcile()
        assert world.calls[-1] is CallKind.IMPORT
        assert world.writes == []
        assert world.told == []

    def test_an_outage_of_the_platform_does_not_give_the_district_back(self, reason: str) -> None:
        world = lost(reason)
        world.outside.platform_outage = "PlatformUnreachable"
        world.wait(hours=1)
        assert world.suspended() == {True}
        assert world.says("Stalled") == f"True/{reason}"
        world.outside.platform_outage = ""
        world.wait(minutes=11)
        assert world.says("Ready") == "True/Scheduled"

    def test_neither_a_sync_nor_a_preview_runs_though_asked_for(self, reason: str) -> None:
        world = lost(reason)
        jobs = world.names("Job")
        world.ask("sync", "now")
        world.ask("preview", "now")
        world.edit(safety={"maxRemovedPercent": 20})
        world.wait(minutes=1)
        assert world.names("Job") == jobs
        for kind in ("sync", "preview"):
            answer = world.answer(kind)
            assert answer is not None
            assert answer.outcome == "Refused"
            assert answer.message == world.message("Ready")

    def test_a_pause_goes_before_it(self, reason: str) -> None:
        world = lost(reason)
        world.edit(paused=True)
        world.reconcile()
        assert world.says("Scheduled") == "False/Paused"
        world.edit(paused=False)
        assert world.says("Scheduled") == f"False/{reason}"
        assert world.suspended() == {True}


def lost(reason: str) -> World:
    """A world whose connection has found that the district is not its own."""
    world = in_use()
    world.wait(hours=1)
    world.outside.platform_outage = reason
    world.run(STUDENTS, Outcome.PLATFORM_FAILED, reason=reason, message="...")
    world.reconcile()
    return world


def test_a_plan_tells_its_pods_which_cluster_it_is_from() -> None:
    world = in_use()
    assert world.plan_of(world.objects["CronJob", "springfield-students"]).cluster == "uid-of-the-cluster"
