"""Pause and resume: nothing is lost, and nothing runs because it was resumed."""

from oneroster_operator.api import group
from oneroster_operator.controller.decide import decide
from tests.controller.build import ROSTERS, SETTINGS, STUDENTS
from tests.controller.world import World, in_use


def paused() -> World:
    world = in_use()
    world.wait(hours=1)
    world.edit(paused=True, pauseReason="the district changes its system")
    world.reconcile()
    return world


class TestPause:
    def test_it_suspends_every_cron_job(self) -> None:
        assert paused().suspended() == {True}

    def test_status_turns_only_when_all_are_seen_suspended(self) -> None:
        world = in_use()
        world.spec["paused"] = True
        decision = decide(world.observe(), SETTINGS)
        assert {m["spec"]["suspend"] for m in decision.apply if m["kind"] == "CronJob"} == {True}
        said = {c.type.value: f"{c.status}/{c.reason}" for c in decision.status.conditions}
        assert said["Paused"] == "False/Suspending"
        world.reconcile()
        world.cron_job(ROSTERS)["spec"]["suspend"] = False
        world.reconcile()
        assert world.says("Paused") == "False/Suspending"
        assert "springfield-rosters" in world.message("Paused")
        assert "springfield-students" not in world.message("Paused")
        world.reconcile()
        assert world.says("Paused") == "True/Paused"

    def test_the_reason_is_told_to_whoever_finds_it_paused(self) -> None:
        world = paused()
        assert world.says("Ready") == "True/Paused"
        assert world.says("Scheduled") == "False/Paused"
        for type_ in ("Ready", "Paused", "Scheduled"):
            assert "the district changes its system" in world.message(type_)

    def test_no_next_run_is_promised(self) -> None:
        world = paused()
        assert world.category(STUDENTS).next_run is None
        assert world.connection.status.summary.next_sync == ""

    def test_it_is_no_change_of_what_was_confirmed(self) -> None:
        world = paused()
        assert world.jobs("preview") == in_use().jobs("preview")
        assert world.connection.status.confirmed_time == in_use().connection.status.confirmed_time

    def test_a_paused_world_keeps_when_slots_count_from(self) -> None:
        world = paused()
        before = world.not_before(STUDENTS)
        world.wait(hours=5)
        world.edit(safety={"maxRemovedPercent": 20})
        world.finish_preview()
        assert world.not_before(STUDENTS) == before
        assert world.suspended() == {True}

    def test_data_that_is_not_synced_meanwhile_is_not_late(self) -> None:
        world = paused()
        world.wait(days=30)
        assert world.says("Ready") == "True/Paused"


class TestResume:
    def test_slots_count_from_now_so_that_a_missed_one_does_not_run(self) -> None:
        world = paused()
        world.wait(days=3)
        world.edit(paused=False)
        for category in (STUDENTS, ROSTERS):
            cron_job = world.cron_job(category)
            assert cron_job["spec"]["suspend"] is False
            assert world.not_before(category) == "2026-11-27T16:30:00Z"
            args = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"]
            assert args[-2:] == ["--not-before", "2026-11-27T16:30:00Z"]
        assert world.says("Ready") == "True/Scheduled"
        assert world.says("Paused") == "False/NotPaused"

    def test_a_world_that_nobody_changes_keeps_when_slots_count_from(self) -> None:
        world = in_use()
        before = world.not_before(STUDENTS)
        world.wait(days=2)
        world.edit(pauseReason="not paused at all")
        assert world.not_before(STUDENTS) == before

    def test_lateness_counts_from_the_resume(self) -> None:
        world = paused()
        world.wait(days=10)
        world.edit(paused=False)
        world.wait(days=2)
        assert world.says("Ready") == "True/Scheduled"
        world.wait(hours=2)
        assert world.says("Ready") == "False/SyncLate"

    def test_a_changed_time_too_counts_from_now(self) -> None:
        world = in_use()
        world.wait(hours=1)
        world.edit(schedule={"cron": "0 4 * * *", "timeZone": "America/Chicago"})
        assert world.cron_job(STUDENTS)["spec"]["schedule"] == "0 4 * * *"
        assert world.not_before(STUDENTS) == "2026-11-24T16:30:00Z"

    def test_an_annotation_lost_by_hand_comes_back(self) -> None:
        world = in_use()
        del world.cron_job(STUDENTS)["metadata"]["annotations"][group.NOT_BEFORE_ANNOTATION]
        world.reconcile()
        assert world.not_before(STUDENTS) <= "2026-11-24T15:30:00Z"
