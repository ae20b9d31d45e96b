"""An object whose status was lost, as after a restore: what runs goes on while everything is found out anew."""

import copy
from typing import Any

import pytest

from oneroster_operator.api.resource import parse_status
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import STUDENTS
from tests.controller.world import World, in_use


def restored() -> World:
    world = in_use()
    world.wait(hours=1)
    world.run(STUDENTS, created=812)
    world.reconcile()
    world.status = {"observedGeneration": -1}
    return world


def cron_jobs(world: World) -> dict[str, object]:
    return {name: copy.deepcopy(m) for (kind, name), m in world.objects.items() if kind == "CronJob"}


class TestStatusLost:
    def test_its_cron_jobs_stay_as_they_are_all_the_while(self) -> None:
        world = restored()
        before = cron_jobs(world)
        world.reconcile()
        assert world.calls[:2] == [CallKind.TEST, CallKind.IMPORT]
        assert cron_jobs(world) == before
        world.wait(minutes=3)
        assert cron_jobs(world) == before

    def test_its_plan_stays_too(self) -> None:
        world = restored()
        world.reconcile()
        assert world.plan_of(world.cron_job(STUDENTS)).links

    @pytest.mark.parametrize("outage", ["district", "platform"])
    def test_an_outage_at_that_time_undoes_nothing(self, outage: str) -> None:
        world = restored()
        before = cron_jobs(world)
        setattr(world.outside, f"{outage}_outage", "Timeout" if outage == "district" else "PlatformUnreachable")
        world.wait(hours=3)
        assert cron_jobs(world) == before

    def test_it_is_confirmed_again_when_it_has_been_previewed(self) -> None:
        world = restored()
        name = world.cron_job(STUDENTS)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"][0][
            "configMap"
        ]
        world.wait(minutes=5)
        assert world.says("Scheduled") == "True/Scheduled"
        assert (
            world.cron_job(STUDENTS)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"][0]["configMap"]
            == name
        )
        assert world.connection.status.first_confirmed_time is not None

    def test_the_runs_whose_jobs_are_still_there_are_taken_in_again(self) -> None:
        world = restored()
        world.reconcile()
        last = world.category(STUDENTS).last_run
        assert last is not None
        assert last.created == 812

    def test_a_paused_one_stays_paused(self) -> None:
        world = in_use()
        world.edit(paused=True)
        world.status = {"observedGeneration": -1}
        world.wait(minutes=5)
        assert world.suspended() == {True}
        assert world.says("Paused") == "True/Paused"


@pytest.mark.parametrize("status", [None, {}, {"conditions": "many"}, {"observedGeneration": "three"}])
def test_a_status_that_is_not_understood_counts_as_lost(status: dict[str, Any] | None) -> None:
    assert parse_status(status).observed_generation == -1


class TestChildrenLost:
    def test_cron_jobs_come_back_without_running_what_was_missed(self) -> None:
        world = in_use()
        for kind, name in list(world.objects):
            if kind in {"CronJob", "ConfigMap"}:
                del world.objects[kind, name]
        world.wait(hours=2)
        assert len(world.names("CronJob")) == 2
        assert world.plan_of(world.cron_job(STUDENTS)).links
        assert world.not_before(STUDENTS) == "2026-11-24T15:30:00Z"
