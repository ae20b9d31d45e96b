"""From an applied connection to CronJobs: nothing is imported untested, nothing scheduled unconfirmed."""

import pytest

from oneroster_operator.api.report import Outcome
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import DISTRICT_ADMINS, ROSTERS, SCHOOL_ADMINS, STUDENTS, counted
from tests.controller.world import World, applied

TEST, IMPORT, READ_PREVIEW = CallKind.TEST, CallKind.IMPORT, CallKind.READ_PREVIEW
ALL = ["Students", "TeacherAssignments", "ClassRosters", "SchoolAdmins", "DistrictAdmins"]
IGNORE_ACADEMY = {"assignments": [{"sourcedId": "0099", "action": "Ignore"}]}


class TestStepByStep:
    def test_an_applied_connection_is_tested_then_its_schools_are_imported(self) -> None:
        world = applied()
        world.reconcile()
        assert world.calls == [TEST, IMPORT]
        assert world.says("CredentialsValid") == "True/Accepted"
        assert world.says("SchoolsMatched") == "False/NeedsReview"
        assert world.says("Ready") == "False/AwaitingCategories"
        assert world.connection.status.summary.schools == "2/3"
        assert world.objects == {}

    def test_every_condition_that_is_always_there_is_there_after_the_first_visit(self) -> None:
        world = applied()
        world.outside.district_outage = "DistrictUnreachable"
        world.reconcile()
        present = [c.type.value for c in world.connection.status.conditions]
        always = ["Ready", "CredentialsValid", "SchoolsMatched", "Scheduled", "LastSyncSucceeded", "Paused"]
        assert present == [*always, "Reconciling"]

    def test_where_no_school_is_linked_a_person_has_to_look(self) -> None:
        world = applied(categories=["Students"])
        world.outside.schools = []
        world.reconcile()
        assert world.says("Ready") == "False/AwaitingReview"
        assert world.objects == {}

    def test_a_category_leads_to_a_preview_which_writes_nothing(self) -> None:
        world = applied(categories=["Students"], schools=IGNORE_ACADEMY)
        world.reconcile()
        (job,) = world.jobs("preview")
        assert job["spec"]["template"]["spec"]["containers"][0]["args"][-1] == "--dry-run"
        assert world.says("Ready") == "Unknown/Previewing"
        assert world.plan_of(job).links == {"0042": "sch_lincoln", "0043": "sch_roosevelt"}

    def test_the_preview_is_shown_and_waits_for_a_person(self) -> None:
        world = applied(categories=["SchoolAdmins", "Students"], schools=IGNORE_ACADEMY)
        world.reconcile()
        world.finish_preview(
            Outcome.SUCCEEDED,
            counted(STUDENTS, 812, north=500, south=312),
            counted(SCHOOL_ADMINS, 7, new_admins=7),
        )
        assert world.says("Ready") == "False/AwaitingConfirmation"
        preview = world.connection.status.preview
        assert preview is not None
        students, admins = preview.categories
        assert (students.total, [(s.sourced_id, s.count) for s in students.schools]) == (
            812,
            [("north", 500), ("south", 312)],
        )
        assert admins.new_admins == 7
        world.wait(days=3)
        assert world.names("CronJob") == []

    def test_confirming_makes_one_cron_job_for_each_category(self) -> None:
        world = applied(categories=ALL, schools=IGNORE_ACADEMY)
        world.reconcile()
        world.finish_preview(
            Outcome.SUCCEEDED, counted(SCHOOL_ADMINS, 7, new_admins=7), counted(DISTRICT_ADMINS, 2, new_admins=2)
        )
        world.wait(hours=2)
        world.edit(confirmed=True)
        assert len(world.names("CronJob")) == 5
        assert world.says("Ready") == "True/Scheduled"
        assert world.says("Scheduled") == "True/Scheduled"
        status = world.connection.status
        assert status.confirmed_time == status.first_confirmed_time == "2026-11-24T17:00:00Z"
        plan = world.plan_of(world.cron_job(STUDENTS))
        assert plan.accepted_admins == {SCHOOL_ADMINS: 7, DISTRICT_ADMINS: 2}
        assert {
            world.cron_job(c)["metadata"]["annotations"]["oneroster.masteryprep.com/not-before"]
            for c in plan.categories
        } == {"2026-11-24T17:00:00Z"}

    def test_status_says_what_runs_when(self) -> None:
        world = applied(categories=["Students", "ClassRosters"], schools=IGNORE_ACADEMY)
        world.reconcile()
        world.finish_preview()
        world.edit(confirmed=True)
        students = world.category(STUDENTS)
        assert (students.cron_job, students.schedule) == ("springfield-students", "32 2 * * *")
        assert students.next_run == "2026-11-25T08:32:00Z"
        summary = world.connection.status.summary
        assert (summary.schools, summary.categories) == ("2/2", "Students, ClassRosters")
        assert summary.next_sync == "2026-11-25T02:32:00-06:00"


class TestConfirmedFromTheStart:
    """`confirmed: true` in the first manifest takes effect when there is something to confirm."""

    def world(self) -> World:
        return applied(categories=["Students"], confirmed=True, schools=IGNORE_ACADEMY)

    def test_it_waits_for_the_test(self) -> None:
        world = self.world()
        world.outside.accepted = "another"
        world.wait(hours=2)
        assert world.names("CronJob") == []

    def test_it_waits_for_the_schools(self) -> None:
        world = self.world()
        world.outside.platform_outage = "PlatformUnreachable"
        world.wait(minutes=1)
        assert world.objects == {}
        assert world.says("Scheduled") == "False/NotPreviewed"

    def test_it_waits_for_the_preview(self) -> None:
        world = self.world()
        world.reconcile()
        assert world.names("CronJob") == []
        assert world.connection.status.confirmed_time is None
        world.wait(minutes=5)
        world.finish_preview()
        assert world.names("CronJob") == ["springfield-students"]
        assert world.connection.status.confirmed_time == "2026-11-24T15:05:00Z"

    def test_it_waits_for_a_category_and_a_linked_school(self) -> None:
        world = self.world()
        world.outside.schools = []
        world.reconcile()
        assert world.says("Ready") == "False/AwaitingReview"
        assert world.objects == {}

    def test_a_failed_preview_schedules_nothing(self) -> None:
        world = self.world()
        world.reconcile()
        world.finish_preview(Outcome.DISTRICT_FAILED, message="page 3 came twice")
        assert world.names("CronJob") == []
        assert world.says("Ready") == "False/PreviewFailed"
        assert "Students: page 3 came twice" in world.message("Ready")


class TestSettled:
    """A second look at a settled world writes nothing and asks nobody."""

    def worlds(self) -> dict[str, World]:
        reviewed = applied(schools=IGNORE_ACADEMY)
        previewing = applied(categories=["Students"], schools=IGNORE_ACADEMY)
        confirmed = applied(categories=ALL, confirmed=True, schools=IGNORE_ACADEMY)
        refused = applied(categories=["Students"], confirmed=True)
        refused.outside.accepted = "another"
        missing = World()
        unknown = applied()
        unknown.outside.district_outage = "Timeout"
        invalid = applied(schedule={"timeZone": "America/Springfield"})
        paused = applied(categories=ALL, confirmed=True, paused=True, schools=IGNORE_ACADEMY)
        worlds = {
            "reviewed": reviewed,
            "previewing": previewing,
            "confirmed": confirmed,
            "refused": refused,
            "missing": missing,
            "unknown": unknown,
            "invalid": invalid,
            "paused": paused,
        }
        for name, world in worlds.items():
            world.reconcile()
            if name in {"confirmed", "paused"}:
                world.finish_preview()
            world.reconcile()
        confirmed.run(STUDENTS)
        confirmed.run(ROSTERS, Outcome.FAILED, message="x")
        confirmed.reconcile()
        return worlds

    @pytest.mark.parametrize(
        "name", ["reviewed", "previewing", "confirmed", "refused", "missing", "unknown", "invalid", "paused"]
    )
    def test_nothing_is_written_and_nobody_asked(self, name: str) -> None:
        world = self.worlds()[name]
        assert world.writes
        world.writes.clear()
        world.calls.clear()
        decision = world.reconcile()
        assert (world.writes, world.calls) == ([], [])
        assert (decision.create, decision.delete, decision.call) == ((), (), None)
        assert {manifest["kind"] for manifest in decision.apply} <= {"CronJob"}

    @pytest.mark.parametrize("name", ["reviewed", "confirmed", "paused"])
    def test_nor_when_some_time_has_passed(self, name: str) -> None:
        world = self.worlds()[name]
        world.writes.clear()
        world.calls.clear()
        world.wait(hours=6)
        assert (world.writes, world.calls) == ([], [])

    def test_once_a_day_credentials_and_schools_are_asked_again_and_only_their_time_is_written(self) -> None:
        world = self.worlds()["reviewed"]
        world.writes.clear()
        world.calls.clear()
        before = world.connection.status
        world.wait(hours=30)
        assert sorted(world.calls) == [IMPORT, TEST]
        assert set(world.writes) == {"status"}
        after = world.connection.status
        assert after.conditions == before.conditions
        assert after.credentials != before.credentials

    def test_what_somebody_changed_in_a_child_is_put_right(self) -> None:
        world = self.worlds()["confirmed"]
        world.writes.clear()
        world.cron_job(STUDENTS)["spec"]["schedule"] = "* * * * *"
        world.reconcile()
        assert world.writes == ["apply springfield-students"]
        assert world.cron_job(STUDENTS)["spec"]["schedule"] == "32 2 * * *"

    def test_what_somebody_deleted_comes_back(self) -> None:
        world = self.worlds()["confirmed"]
        plan = world.cron_job(STUDENTS)
        del world.objects["CronJob", "springfield-students"]
        (name,) = world.names("ConfigMap")
        del world.objects["ConfigMap", name]
        world.reconcile()
        assert world.cron_job(STUDENTS)["spec"] == plan["spec"]
        assert world.names("ConfigMap") == [name]
