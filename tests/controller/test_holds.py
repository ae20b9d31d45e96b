"""What runs withheld: how it is told, approved and discarded."""

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.conditions import MAX_MESSAGE
from oneroster_operator.api.report import CategoryReport, Outcome
from tests.controller.build import NAMESPACE, ROSTERS, STUDENTS
from tests.controller.world import World, in_use

FIRST, SECOND = "5f0c9a17be42", "81d2a6c003f7"
HELD = Outcome.HELD


def holding(fingerprint: str = FIRST, category: Category = STUDENTS) -> World:
    """A connection in use, of which a run withheld something."""
    return held(in_use(), fingerprint, category)


def held(world: World, fingerprint: str, category: Category = STUDENTS) -> World:
    world.wait(hours=1)
    world.run(
        category, HELD, withheld=140, hold=fingerprint, reason="RemovalsHeld", message="140 of 1020 would go."
    )
    world.wait(minutes=5)
    return world


def answer(world: World, kind: str = "approve") -> tuple[str, str]:
    found = world.answer(kind)
    assert found is not None
    return found.outcome, found.message


class TestTold:
    def test_status_has_the_fingerprint_and_the_condition_the_command(self) -> None:
        world = holding()
        hold = world.category(STUDENTS).hold
        assert hold is not None
        assert (hold.fingerprint, hold.count, hold.since) == (FIRST, 140, "2026-11-24T16:30:00Z")
        assert world.message("ChangesHeld") == (
            "Students: 140 of 1020 would go. To let it through once: kubectl annotate onerosterconnection "
            f"-n {NAMESPACE} springfield --overwrite oneroster.masteryprep.com/approve={FIRST}"
        )
        assert world.message("Ready") == world.message("ChangesHeld")

    def test_however_long_the_message_the_command_is_whole(self) -> None:
        world = holding()
        world.wait(hours=1)
        world.run(STUDENTS, HELD, hold=FIRST, message="x" * 1000)
        world.run(ROSTERS, HELD, hold=SECOND, message="y" * 1000)
        world.reconcile()
        assert len(world.message("ChangesHeld")) == MAX_MESSAGE
        assert world.message("ChangesHeld").endswith(f"approve={FIRST},{SECOND}")


class TestApprove:
    def test_it_runs_the_category_with_the_fingerprint_in_its_plan(self) -> None:
        world = holding()
        world.decide("approve", FIRST)
        (job,) = world.jobs("approve")
        args = job["spec"]["template"]["spec"]["containers"][0]["args"]
        assert args == ["--category", "Students"]
        assert world.plan_of(job).approvals == (FIRST,)
        assert answer(world)[0] == "Running"
        assert world.jobs("preview")[1:] == []

    def test_when_it_is_applied_no_plan_names_it_any_more(self) -> None:
        world = holding()
        world.decide("approve", FIRST)
        assert world.plan_of(world.cron_job(STUDENTS)).approvals == (FIRST,)
        world.finish_request(CategoryReport(STUDENTS, Outcome.SUCCEEDED, removed=140), purpose="approve")
        assert answer(world)[0] == "Done"
        assert answer(world)[1].startswith("Students Succeeded (Job springfield-approve-")
        assert world.says("ChangesHeld") == ""
        assert world.plan_of(world.cron_job(STUDENTS)).approvals == ()
        world.writes.clear()
        world.wait(hours=1)
        assert world.writes == []

    def test_where_its_own_run_failed_the_next_one_applies_it(self) -> None:
        world = holding()
        world.decide("approve", FIRST)
        world.finish_request(CategoryReport(STUDENTS, Outcome.DISTRICT_FAILED), purpose="approve")
        assert answer(world)[0] == "Failed"
        assert world.plan_of(world.cron_job(STUDENTS)).approvals == (FIRST,)
        world.wait(hours=1)
        world.run(STUDENTS)
        world.reconcile()
        assert world.plan_of(world.cron_job(STUDENTS)).approvals == ()

    def test_several_at_once_are_one_run(self) -> None:
        world = held(holding(), SECOND, ROSTERS)
        world.decide("approve", f"{FIRST}, {SECOND}")
        (job,) = world.jobs("approve")
        assert job["spec"]["template"]["spec"]["containers"][0]["args"][1::2] == ["Students", "ClassRosters"]
        assert world.plan_of(job).approvals == (FIRST, SECOND)

    @pytest.mark.parametrize("token", [SECOND, f"{FIRST},{SECOND}", ",", "all of it"])
    @pytest.mark.parametrize("kind", ["approve", "discard"])
    def test_what_is_not_held_is_refused_and_told_what_is(self, kind: str, token: str) -> None:
        world = holding()
        world.decide(kind, token)
        outcome, message = answer(world, kind)
        assert outcome == "Refused"
        assert message.endswith(f"held now: {FIRST} (Students)")
        assert world.jobs("approve") == []
        plan = world.plan_of(world.cron_job(STUDENTS))
        assert (plan.approvals, plan.discards) == ((), ())

    def test_what_was_replaced_by_another_hold_is_refused(self) -> None:
        world = held(holding(), SECOND)
        world.decide("approve", FIRST)
        assert answer(world)[0] == "Refused"

    def test_while_paused_it_is_refused_with_why(self) -> None:
        world = holding()
        world.edit(paused=True)
        world.decide("approve", FIRST)
        assert answer(world) == ("Refused", "spec.paused is true; set it to false to go on.")

    def test_what_came_with_a_restored_object_is_recorded_and_not_run(self) -> None:
        world = holding()
        world.annotations["oneroster.masteryprep.com/approve"] = FIRST
        world.status = {"observedGeneration": -1}
        world.reconcile()
        assert answer(world)[0] == "Recorded"
        held(world, FIRST)
        assert world.jobs("approve") == []
        assert world.plan_of(world.cron_job(STUDENTS)).approvals == ()

    def test_the_same_fingerprint_that_is_found_later_is_not_told_again_by_an_old_answer(self) -> None:
        """The run knows that it has been applied; a plan that still names it does no harm."""
        world = holding()
        world.decide("approve", FIRST)
        world.finish_request(CategoryReport(STUDENTS, Outcome.SUCCEEDED), purpose="approve")
        held(world, SECOND)
        assert world.plan_of(world.cron_job(STUDENTS)).approvals == ()
        assert world.says("ChangesHeld") == "True/BeyondLimits"


class TestDiscard:
    def test_it_is_told_no_more_and_the_next_run_is_told_to_note_it(self) -> None:
        world = holding()
        world.decide("discard", FIRST)
        assert answer(world, "discard")[0] == "Done"
        assert world.says("ChangesHeld") == ""
        assert world.says("Ready") == "True/Scheduled"
        assert world.plan_of(world.cron_job(STUDENTS)).discards == (FIRST,)
        assert world.jobs("approve") == world.jobs("request") == []

    def test_once_a_run_has_noted_it_no_plan_names_it(self) -> None:
        world = holding()
        world.decide("discard", FIRST)
        world.wait(hours=1)
        world.run(STUDENTS, withheld=140)
        world.reconcile()
        assert world.plan_of(world.cron_job(STUDENTS)).discards == ()

    def test_other_changes_are_another_hold(self) -> None:
        world = holding()
        world.decide("discard", FIRST)
        held(world, SECOND)
        assert world.says("ChangesHeld") == "True/BeyondLimits"
        assert world.message("ChangesHeld").endswith(f"approve={SECOND}")

    def test_what_was_discarded_can_be_approved_later(self) -> None:
        world = holding()
        world.decide("discard", FIRST)
        world.wait(hours=1)
        world.run(STUDENTS, withheld=140)
        world.reconcile()
        world.decide("approve", FIRST)
        (job,) = world.jobs("approve")
        assert world.plan_of(job).approvals == (FIRST,)
        assert answer(world)[0] == "Running"


class TestMode:
    @pytest.mark.parametrize(("mode", "only"), [("Normal", False), ("AdditionsOnly", True)])
    def test_it_is_a_part_of_the_limits(self, mode: str, only: bool) -> None:
        world = in_use(safety={"mode": mode})
        assert world.plan_of(world.cron_job(STUDENTS)).limits.additions_only is only
