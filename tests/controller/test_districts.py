"""A district that is another connection's, or that the platform's logins are not granted."""

import pytest

from oneroster_operator.api.report import Outcome
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import STUDENTS
from tests.controller.world import applied, in_use


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


def test_a_plan_tells_its_pods_which_cluster_it_is_from() -> None:
    world = in_use()
    assert world.plan_of(world.objects["CronJob", "springfield-students"]).cluster == "uid-of-the-cluster"
