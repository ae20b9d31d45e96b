"""Requests by annotation: each is answered, also where the answer is no."""

from typing import Any

import pytest

from oneroster_operator.api.report import CategoryReport, Outcome
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import ROSTERS, STUDENTS
from tests.controller.world import CREDENTIALS, World, applied, in_use

KINDS = ["test", "sync", "preview"]
LONG = "x" * 65
IGNORE_ACADEMY = {"assignments": [{"sourcedId": "0099", "action": "Ignore"}]}


def answer(world: World, kind: str) -> tuple[str, str]:
    found = world.answer(kind)
    assert found is not None
    return found.token, found.outcome


def why(world: World, kind: str) -> str:
    found = world.answer(kind)
    assert found is not None
    return found.message


class TestTest:
    def test_it_tests_at_once_and_imports_the_schools_afresh(self) -> None:
        world = in_use()
        world.wait(minutes=5)
        world.ask("test", "t1")
        assert world.calls == [CallKind.TEST, CallKind.IMPORT]
        assert answer(world, "test") == ("t1", "Accepted")
        assert why(world, "test") == "The district's service answers."

    def test_the_answer_is_what_was_found(self) -> None:
        world = in_use()
        world.outside.district_outage = "Timeout"
        world.ask("test", "t1")
        assert answer(world, "test") == ("t1", "Unreachable")
        world.outside.district_outage, world.outside.accepted = "", "another"
        world.ask("test", "t2")
        assert answer(world, "test") == ("t2", "Refused")

    def test_a_paused_connection_can_be_tested(self) -> None:
        world = in_use()
        world.edit(paused=True)
        world.ask("test", "t1")
        assert answer(world, "test") == ("t1", "Accepted")
        assert world.suspended() == {True}


class TestSync:
    def test_it_runs_all_categories_once_in_order(self) -> None:
        world = in_use()
        world.ask("sync", "s1")
        (job,) = world.jobs("request")
        args = job["spec"]["template"]["spec"]["containers"][0]["args"]
        assert args == ["--category", "Students", "--category", "ClassRosters"]
        assert world.plan_of(job) == world.plan_of(world.cron_job(STUDENTS))
        assert answer(world, "sync") == ("s1", "Running")

    def test_the_answer_says_how_it_ended(self) -> None:
        world = in_use()
        world.ask("sync", "s1")
        world.finish_request(CategoryReport(STUDENTS, Outcome.SUCCEEDED), CategoryReport(ROSTERS, Outcome.HELD))
        assert answer(world, "sync") == ("s1", "Done")
        assert why(world, "sync").startswith("Students Succeeded, ClassRosters Held (Job springfield-sync-")
        world.writes.clear()
        world.wait(hours=1)
        assert world.writes == []
        assert len(world.jobs("request")) == 1

    def test_a_failed_one_is_answered_too(self) -> None:
        world = in_use()
        world.ask("sync", "s1")
        world.finish_request(CategoryReport(STUDENTS, Outcome.DISTRICT_FAILED))
        assert answer(world, "sync") == ("s1", "Failed")

    def test_one_whose_job_was_deleted_is_answered_and_not_run_again(self) -> None:
        world = in_use()
        world.ask("sync", "s1")
        (job,) = world.jobs("request")
        del world.objects["Job", job["metadata"]["name"]]
        world.reconcile()
        assert answer(world, "sync") == ("s1", "Failed")
        assert world.jobs("request") == []

    def test_another_token_runs_again(self) -> None:
        world = in_use()
        world.ask("sync", "s1")
        world.finish_request(CategoryReport(STUDENTS, Outcome.SUCCEEDED))
        world.ask("sync", "s2")
        assert len(world.jobs("request")) == 2
        assert answer(world, "sync") == ("s2", "Running")

    def test_it_is_refused_while_paused_with_why(self) -> None:
        world = in_use()
        world.edit(paused=True, pauseReason="new system")
        world.ask("sync", "s1")
        assert answer(world, "sync") == ("s1", "Refused")
        assert "spec.paused is true (new system)" in why(world, "sync")
        world.edit(paused=False)
        assert world.jobs("request") == []

    def test_it_is_refused_before_confirmation_with_why(self) -> None:
        world = applied(categories=["Students"], schools=IGNORE_ACADEMY)
        world.reconcile()
        world.finish_preview()
        world.ask("sync", "s1")
        assert answer(world, "sync") == ("s1", "Refused")
        assert "spec.confirmed is false" in why(world, "sync")

    def test_it_is_refused_while_the_district_refuses_us(self) -> None:
        world = in_use()
        world.put_secret(secret="wrong")
        world.ask("sync", "s1")
        assert answer(world, "sync") == ("s1", "Refused")
        assert why(world, "sync") == "The district refuses clientId and clientSecret."

    def test_it_is_refused_where_nothing_is_selected_or_linked(self) -> None:
        world = in_use()
        world.edit(categories=[])
        world.ask("sync", "s1")
        assert why(world, "sync") == "spec.categories is empty."

    def test_it_waits_for_a_preview_that_is_under_way_and_then_runs_with_the_new_plan(self) -> None:
        world = in_use()
        world.edit(categories=["Students"])
        world.ask("sync", "s1")
        assert world.answer("sync") is None
        world.finish_preview()
        assert answer(world, "sync") == ("s1", "Running")
        (job,) = world.jobs("request")
        assert world.plan_of(job).categories == (STUDENTS,)

    def test_it_is_refused_where_the_preview_failed(self) -> None:
        world = in_use()
        world.edit(categories=["Students"])
        world.finish_preview(Outcome.DISTRICT_FAILED, message="x")
        world.ask("sync", "s1")
        assert answer(world, "sync") == ("s1", "Refused")
        assert "The preview failed" in why(world, "sync")


class TestPreview:
    def test_it_counts_afresh_and_leaves_schedules_alone(self) -> None:
        world = in_use()
        before = world.cron_job(STUDENTS)
        world.wait(minutes=5)
        world.ask("preview", "p1")
        assert world.answer("preview") is None
        world.wait(minutes=1)
        world.finish_preview()
        assert answer(world, "preview") == ("p1", "Succeeded")
        assert world.connection.status.preview is not None
        assert world.connection.status.preview.time == "2026-11-24T15:36:00Z"
        assert world.cron_job(STUDENTS)["spec"]["suspend"] == before["spec"]["suspend"]
        assert (
            world.not_before(STUDENTS) == before["metadata"]["annotations"]["oneroster.masteryprep.com/not-before"]
        )
        world.wait(hours=1)
        assert len(world.jobs("preview")) == 2

    def test_a_failed_one_is_answered_with_why(self) -> None:
        world = in_use()
        world.ask("preview", "p1")
        world.finish_preview(Outcome.DISTRICT_FAILED, message="page 3 came twice")
        assert answer(world, "preview") == ("p1", "DistrictFailed")
        assert why(world, "preview") == "Students: page 3 came twice"

    @pytest.mark.parametrize(
        ("spec", "text"),
        [({}, "spec.categories is empty."), ({"categories": ["Students"], "schools": {}}, "No school is linked.")],
    )
    def test_it_is_refused_where_there_is_nothing_to_count(self, spec: dict[str, Any], text: str) -> None:
        world = applied(**spec)
        world.outside.schools = world.outside.schools if not spec else []
        world.reconcile()
        world.ask("preview", "p1")
        assert answer(world, "preview") == ("p1", "Refused")
        assert why(world, "preview") == text

    def test_it_is_refused_while_the_district_refuses_us(self) -> None:
        world = in_use()
        world.put_secret(secret="wrong")
        world.ask("preview", "p1")
        assert answer(world, "preview") == ("p1", "Refused")


class TestAnyRequest:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_token_that_came_with_the_object_is_recorded_and_never_run(self, kind: str) -> None:
        world = applied(categories=["Students"], schools=IGNORE_ACADEMY)
        world.annotations[f"oneroster.masteryprep.com/{kind}-requested-at"] = "from-git"
        world.reconcile()
        assert answer(world, kind) == ("from-git", "Recorded")
        world.finish_preview()
        world.edit(confirmed=True)
        world.wait(hours=1)
        assert answer(world, kind) == ("from-git", "Recorded")
        assert world.jobs("request") == []
        assert len(world.jobs("preview")) == 1
        assert world.calls.count(CallKind.TEST) == 1

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_token_that_is_too_long_is_refused(self, kind: str) -> None:
        world = in_use()
        world.ask(kind, LONG)
        assert answer(world, kind) == (LONG[:64], "Refused")
        assert why(world, kind) == "the token has more than 64 characters"
        assert world.calls == []
        world.wait(minutes=30)
        assert (world.jobs("request"), len(world.jobs("preview"))) == ([], 1)

    @pytest.mark.parametrize("kind", KINDS)
    def test_one_of_64_characters_is_not(self, kind: str) -> None:
        world = in_use()
        world.ask(kind, LONG[:64])
        if kind == "preview":
            world.finish_preview()
        assert answer(world, kind) in {(LONG[:64], outcome) for outcome in ("Accepted", "Running", "Succeeded")}

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_token_that_was_answered_is_not_answered_again(self, kind: str) -> None:
        world = in_use()
        world.edit(paused=True)
        world.ask(kind, "once")
        if kind == "preview":
            world.finish_preview()
        first = world.answer(kind)
        assert first is not None
        world.edit(paused=False)
        world.calls.clear()
        world.wait(minutes=10)
        assert (world.answer(kind), world.calls) == (first, [])

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_is_refused_while_a_secret_cannot_be_used(self, kind: str) -> None:
        world = in_use()
        del world.secrets[CREDENTIALS]
        world.ask(kind, "r1")
        assert answer(world, kind) == ("r1", "Refused")
        assert "Secret districts/springfield-oneroster does not exist" in why(world, kind)

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_is_refused_while_the_spec_cannot_work(self, kind: str) -> None:
        world = in_use()
        world.edit(schedule={"timeZone": "America/Springfield"})
        world.ask(kind, "r1")
        assert answer(world, kind) == ("r1", "Refused")
        assert "spec.schedule.timeZone" in why(world, kind)

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_empty_annotation_asks_nothing(self, kind: str) -> None:
        world = in_use()
        world.writes.clear()
        world.ask(kind, "")
        assert (world.answer(kind), world.writes) == (None, [])
