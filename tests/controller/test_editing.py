"""A confirmed connection is edited: what runs goes on with what it has until the change has been previewed."""

from oneroster_operator.api.report import Outcome
from tests.controller.build import NAME, ROSTERS, STUDENTS, TEACHERS, Org
from tests.controller.world import World, in_use


def plan_name(world: World) -> str:
    volumes = world.cron_job(STUDENTS)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
    name: str = volumes[0]["configMap"]["name"]
    return name


class TestCategories:
    def test_an_added_one_is_previewed_before_it_gets_its_cron_job(self) -> None:
        world = in_use()
        before = plan_name(world)
        world.edit(categories=["Students", "TeacherAssignments", "ClassRosters"])
        assert world.names("CronJob") == ["springfield-rosters", "springfield-students"]
        assert plan_name(world) == before
        assert world.suspended() == {False}
        assert world.says("Ready") == "True/Scheduled"
        assert world.says("Scheduled") == "True/PreviewingChange"
        assert world.category(TEACHERS).next_run is None
        assert world.category(STUDENTS).next_run is not None
        world.finish_preview()
        assert len(world.names("CronJob")) == 3
        assert world.says("Scheduled") == "True/Scheduled"
        assert plan_name(world) != before
        assert world.plan_of(world.cron_job(STUDENTS)).categories == (STUDENTS, TEACHERS, ROSTERS)

    def test_an_added_one_whose_preview_fails_leaves_the_others_running(self) -> None:
        world = in_use()
        before = plan_name(world)
        world.edit(categories=["Students", "TeacherAssignments", "ClassRosters"])
        world.finish_preview(Outcome.REFUSED, message="403 on /enrollments")
        assert world.says("Ready") == "False/PreviewFailed"
        assert (world.suspended(), plan_name(world)) == ({False}, before)
        assert len(world.names("CronJob")) == 2

    def test_a_removed_one_loses_its_cron_job_at_once(self) -> None:
        world = in_use()
        world.edit(categories=["Students"])
        assert world.names("CronJob") == ["springfield-students"]
        assert [c.name for c in world.connection.status.categories] == [STUDENTS]
        world.finish_preview()
        assert world.plan_of(world.cron_job(STUDENTS)).categories == (STUDENTS,)

    def test_the_last_one_removed_leaves_nothing_scheduled(self) -> None:
        world = in_use()
        world.edit(categories=[])
        assert world.names("CronJob") == []
        assert world.names("ConfigMap") == []
        assert world.says("Ready") == "False/AwaitingCategories"


class TestFullPulls:
    def test_once_a_week_is_in_the_plan_of_the_next_run_and_needs_no_preview(self) -> None:
        world = in_use()
        before = plan_name(world)
        assert world.plan_of(world.cron_job(STUDENTS)).full == "Always"
        world.edit(sync={"full": "Weekly"})
        assert plan_name(world) != before
        assert world.plan_of(world.cron_job(STUDENTS)).full == "Weekly"
        assert world.says("Scheduled") == "True/Scheduled"
        assert world.says("Ready") == "True/Scheduled"


class TestSchools:
    def test_a_changed_assignment_is_imported_and_previewed_before_it_takes_effect(self) -> None:
        world = in_use()
        before = plan_name(world)
        world.calls.clear()
        assignments = [{"sourcedId": "0099", "action": "Link", "schoolId": "sch_virtual"}]
        world.edit(schools={"assignments": assignments})
        assert [str(call) for call in world.calls] == ["Import"]
        assert world.connection.status.summary.schools == "3/3"
        assert plan_name(world) == before
        assert "0099" not in world.plan_of(world.cron_job(STUDENTS)).links
        world.finish_preview()
        assert world.plan_of(world.cron_job(STUDENTS)).links["0099"] == "sch_virtual"

    def test_links_found_before_stay_when_names_change_afterwards(self) -> None:
        world = in_use()
        world.outside.orgs = [
            Org(o.sourced_id, f"New {o.name}", o.type, None, o.parent_sourced_id) for o in world.outside.orgs
        ]
        world.wait(hours=30)
        assert world.plan_of(world.cron_job(STUDENTS)).links == {"0042": "sch_lincoln", "0043": "sch_roosevelt"}
        assert world.connection.status.summary.schools == "2/2"

    def test_a_new_school_of_equal_name_waits_for_a_person_and_blocks_no_other(self) -> None:
        world = in_use()
        world.outside.orgs.append(Org("0100", "Springfield Online", parent_sourced_id="1"))
        world.wait(hours=30)
        assert world.says("SchoolsMatched") == "False/NeedsReview"
        assert world.connection.status.schools is not None
        assert world.connection.status.schools.proposed == 1
        assert "0100" not in world.plan_of(world.cron_job(STUDENTS)).links
        assert world.suspended() == {False}

    def test_the_last_link_removed_suspends_everything(self) -> None:
        world = in_use()
        ignored = [{"sourcedId": id_, "action": "Ignore"} for id_ in ("0042", "0043", "0099")]
        world.edit(schools={"assignments": ignored})
        assert world.suspended() == {True}
        assert world.says("Scheduled") == "False/NoSchoolLinked"
        assert world.says("Ready") == "False/AwaitingReview"


class TestConfirmation:
    def test_taken_back_it_ends_all_schedules_and_remembers_the_first(self) -> None:
        world = in_use()
        world.edit(confirmed=False)
        assert world.names("CronJob") == []
        assert world.names("ConfigMap") == []
        assert world.says("Ready") == "False/AwaitingConfirmation"
        status = world.connection.status
        assert (status.confirmed_time, status.first_confirmed_time) == (None, "2026-11-24T15:00:00Z")

    def test_given_again_it_schedules_at_once_from_now_on(self) -> None:
        world = in_use()
        world.edit(confirmed=False)
        world.wait(hours=3)
        world.edit(confirmed=True)
        assert len(world.names("CronJob")) == 2
        assert world.not_before(STUDENTS) == world.connection.status.confirmed_time == "2026-11-24T18:30:00Z"
        assert world.connection.status.first_confirmed_time == "2026-11-24T15:00:00Z"

    def test_a_change_of_the_schedule_is_no_change_of_what_was_confirmed(self) -> None:
        world = in_use()
        previews = len(world.jobs("preview"))
        world.edit(schedule={"frequency": "Weekly", "timeZone": "America/Chicago"})
        assert len(world.jobs("preview")) == previews
        assert world.cron_job(STUDENTS)["spec"]["schedule"] == world.category(STUDENTS).schedule
        assert world.category(STUDENTS).schedule.split()[-1] != "*"


class TestPlans:
    def test_an_old_plan_goes_when_nothing_uses_it(self) -> None:
        world = in_use()
        before = plan_name(world)
        world.edit(safety={"maxRemovedPercent": 20})
        assert before in world.names("ConfigMap")
        assert len(world.names("ConfigMap")) == 2
        world.finish_preview()
        assert world.names("ConfigMap") == [plan_name(world)]
        assert plan_name(world) != before

    def test_one_that_an_unfinished_job_mounts_stays_until_it_has_ended(self) -> None:
        world = in_use()
        before = plan_name(world)
        job = world.objects["Job", world.run(STUDENTS)]
        ended = job.pop("status")
        world.edit(safety={"maxRemovedPercent": 20})
        world.finish_preview()
        assert before in world.names("ConfigMap")
        job["status"] = ended
        world.reconcile()
        assert world.names("ConfigMap") == [plan_name(world)]

    def test_a_plan_that_is_used_is_never_missing(self) -> None:
        """Every look, every child that runs or may run finds its plan."""
        world = in_use()
        for change in ({"safety": {"maxNewAdmins": 1}}, {"categories": ["Students"]}, {"paused": True}):
            world.edit(**change)
            for cron_job in [m for (kind, _), m in world.objects.items() if kind == "CronJob"]:
                assert world.plan_of(cron_job).links
            for job in world.jobs("preview"):
                assert "status" in job or world.plan_of(job).links

    def test_a_preview_whose_counts_cannot_be_read_yet_writes_nothing_meanwhile(self) -> None:
        world = in_use()
        world.edit(safety={"maxRemovedPercent": 20})
        world.outside.platform_outage = "PlatformUnreachable"
        world.finish_preview()
        world.writes.clear()
        world.wait(minutes=5)
        assert [w for w in world.writes if w != "status"] == []
        world.outside.platform_outage = ""
        world.wait(minutes=1)
        assert world.says("Scheduled") == "True/Scheduled"


def test_children_are_named_after_the_connection() -> None:
    world = in_use()
    assert all(name.startswith(f"{NAME}-") for _, name in world.objects)
