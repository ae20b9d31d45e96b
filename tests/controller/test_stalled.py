"""What a person has to mend in the cluster: children are left as they are meanwhile."""

import copy
from typing import Any

import pytest

from oneroster_operator.controller.conditions import stalled
from tests.controller.build import NOW, ROSTERS, STUDENTS
from tests.controller.world import World, applied, in_use


def taken(world: World, name: str, **labels: str) -> None:
    """Somebody else has a CronJob of this name."""
    template: dict[str, Any] = {"spec": {"template": {"spec": {"containers": []}}}}
    metadata = {"name": name, "labels": labels, "uid": "another", "creationTimestamp": "2026-01-01T00:00:00Z"}
    spec = {"schedule": "0 0 * * *", "jobTemplate": template}
    world.objects["CronJob", name] = {"kind": "CronJob", "metadata": metadata, "spec": spec}


class TestNameTaken:
    @pytest.mark.parametrize("labels", [{}, {"oneroster.masteryprep.com/connection": "springfield"}])
    def test_another_ones_cron_job_is_never_adopted(self, labels: dict[str, str]) -> None:
        world = applied(categories=["Students", "ClassRosters"])
        world.reconcile()
        world.finish_preview()
        taken(world, "springfield-rosters", **labels)
        before = copy.deepcopy(world.cron_job(ROSTERS))
        world.edit(confirmed=True)
        assert world.cron_job(ROSTERS) == before
        assert world.says("Ready") == "False/NameTaken"
        assert world.says("Stalled") == "True/NameTaken"
        assert "CronJob springfield-rosters in namespace districts" in world.message("Ready")
        assert world.told[-1] == "NameTaken"

    def test_the_other_children_are_made_and_paused_as_ever(self) -> None:
        world = applied(categories=["Students", "ClassRosters"])
        world.reconcile()
        world.finish_preview()
        taken(world, "springfield-rosters")
        world.edit(confirmed=True)
        assert not world.cron_job(STUDENTS)["spec"]["suspend"]
        world.edit(paused=True)
        assert world.cron_job(STUDENTS)["spec"]["suspend"]
        assert world.says("Ready") == "False/NameTaken"

    def test_it_is_over_when_the_name_is_free(self) -> None:
        world = applied(categories=["Students"])
        world.reconcile()
        world.finish_preview()
        taken(world, "springfield-students")
        world.edit(confirmed=True)
        del world.objects["CronJob", "springfield-students"]
        world.reconcile()
        assert world.says("Ready") == "True/Scheduled"
        assert world.says("Stalled") == ""

    def test_before_confirmation_it_does_not_matter(self) -> None:
        world = applied(categories=["Students"])
        taken(world, "springfield-students")
        world.reconcile()
        assert world.says("Ready") == "Unknown/Previewing"

    def test_a_stranger_with_our_label_is_never_deleted(self) -> None:
        world = in_use()
        taken(world, "nightly-report", **{"oneroster.masteryprep.com/connection": "springfield"})
        world.edit(categories=[], confirmed=False)
        assert world.names("CronJob") == ["nightly-report"]


class TestInvalidSchedule:
    @pytest.mark.parametrize(
        "schedule", [{"timeZone": "America/Springfield"}, {"timeZone": "America"}, {"cron": "0 0 30 2 *"}]
    )
    def test_it_is_stalled_and_children_are_left_alone(self, schedule: dict[str, Any]) -> None:
        world = in_use()
        before = copy.deepcopy(world.objects)
        world.edit(schedule=schedule)
        assert world.says("Ready") == "False/InvalidSchedule"
        assert world.says("Stalled") == "True/InvalidSchedule"
        assert "spec.schedule." in world.message("Ready")
        assert world.objects == before
        assert world.calls == []
        world.writes.clear()
        world.wait(days=2)
        assert (world.writes, world.calls) == ([], [])

    def test_mended_it_goes_on(self) -> None:
        world = in_use()
        world.edit(schedule={"timeZone": "America/Springfield"})
        world.edit(schedule={"timeZone": "America/Denver"})
        assert world.says("Ready") == "True/Scheduled"
        assert world.cron_job(STUDENTS)["spec"]["timeZone"] == "America/Denver"


class TestUnforeseen:
    def test_what_nobody_foresaw_stalls_and_leaves_the_other_conditions(self) -> None:
        before = in_use().connection.status
        after = stalled(before, "ChildRejected", "The API server refused a child.", 7, NOW)
        said = {c.type.value: f"{c.status}/{c.reason}" for c in after.conditions}
        assert said["Ready"] == "False/ChildRejected"
        assert said["Stalled"] == "True/ChildRejected"
        assert said["CredentialsValid"] == "True/Accepted"
        assert after.observed_generation == 7
        assert {c.observed_generation for c in after.conditions} == {7}
        assert after.model_dump(exclude={"conditions", "observed_generation"}) == before.model_dump(
            exclude={"conditions", "observed_generation"}
        )

    def test_said_again_it_changes_nothing(self) -> None:
        once = stalled(in_use().connection.status, "ChildRejected", "No.", 7, NOW)
        assert stalled(once, "ChildRejected", "No.", 7, NOW.replace(year=2027)) == once
