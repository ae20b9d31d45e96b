"""A confirmed connection at another endpoint: nothing runs before a person has approved just that one."""

import pytest

from oneroster_operator.api.plan import identity_fingerprint
from oneroster_operator.api.report import CategoryReport, Outcome
from tests.controller.build import NAMESPACE, ROSTERS, STUDENTS
from tests.controller.test_holds import FIRST, answer, held
from tests.controller.world import World, in_use

URL = "https://other.example/ims/oneroster/rostering/v1p2"
PRESENT = identity_fingerprint(URL, "1.2")


def moved(*, previewed: bool = True) -> World:
    """A connection in use whose endpoint is another by now."""
    world = in_use()
    world.edit(endpoint=world.spec["endpoint"] | {"url": URL})
    if previewed:
        world.finish_preview()
    return world


def test_the_message_has_the_whole_command() -> None:
    world = moved()
    command = (
        f"kubectl annotate onerosterconnection -n {NAMESPACE} springfield --overwrite "
        f"oneroster.masteryprep.com/approve={PRESENT}"
    )
    for condition in ("Ready", "Scheduled"):
        assert world.says(condition) == "False/ReconfirmNeeded"
        assert command in world.message(condition)
    assert world.suspended() == {True}


@pytest.mark.parametrize("field", [{"version": "1.1"}, {"url": URL}])
def test_another_version_is_another_endpoint_too(field: dict[str, str]) -> None:
    world = in_use()
    world.edit(endpoint=world.spec["endpoint"] | field)
    assert world.says("Ready") == "False/ReconfirmNeeded"
    assert world.suspended() == {True}


def test_another_certificate_is_not() -> None:
    world = in_use()
    bundle = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
    world.edit(endpoint=world.spec["endpoint"] | {"caBundle": bundle})
    assert world.suspended() == {False}


class TestApproved:
    def test_it_goes_on_with_the_approval_in_every_plan(self) -> None:
        world = moved()
        assert world.plan_of(world.cron_job(STUDENTS)).approved_identity == ""
        world.decide("approve", PRESENT)
        assert answer(world)[0] == "Done"
        assert (world.says("Ready"), world.suspended()) == ("True/Scheduled", {False})
        for category in (STUDENTS, ROSTERS):
            plan = world.plan_of(world.cron_job(category))
            assert (plan.endpoint.url, plan.approved_identity) == (URL, PRESENT)

    def test_it_is_remembered_when_the_operator_was_started_anew(self) -> None:
        world = moved()
        world.decide("approve", PRESENT)
        world.annotations.clear()
        world.writes.clear()
        world.wait(hours=30)
        assert world.plan_of(world.cron_job(STUDENTS)).approved_identity == PRESENT
        assert [write for write in world.writes if write != "status"] == []

    def test_the_preview_of_it_has_no_approval(self) -> None:
        world = moved(previewed=False)
        (job,) = [job for job in world.jobs("preview") if "status" not in job]
        assert (world.plan_of(job).endpoint.url, world.plan_of(job).approved_identity) == (URL, "")

    def test_before_it_has_been_previewed_it_waits_for_that(self) -> None:
        world = moved(previewed=False)
        world.decide("approve", PRESENT)
        assert world.answer("approve") is None
        assert world.suspended() == {True}
        world.finish_preview()
        assert answer(world)[0] == "Done"
        assert world.suspended() == {False}

    def test_while_paused_it_is_taken_in_and_nothing_runs(self) -> None:
        world = moved()
        world.edit(paused=True)
        world.decide("approve", PRESENT)
        assert answer(world)[0] == "Done"
        assert world.suspended() == {True}
        world.edit(paused=False)
        assert world.suspended() == {False}

    def test_it_is_no_approval_of_yet_another_endpoint(self) -> None:
        world = moved()
        world.decide("approve", PRESENT)
        world.edit(endpoint=world.spec["endpoint"] | {"version": "1.1"})
        world.finish_preview()
        assert (world.says("Ready"), world.suspended()) == ("False/ReconfirmNeeded", {True})

    def test_to_confirm_anew_approves_as_well(self) -> None:
        world = moved()
        world.edit(confirmed=False)
        world.edit(confirmed=True)
        assert world.says("Ready") == "True/Scheduled"
        assert world.plan_of(world.cron_job(STUDENTS)).approved_identity == PRESENT
        world.writes.clear()
        world.wait(hours=1)
        assert [write for write in world.writes if write != "status"] == [], "it is in the first plan already"

    def test_to_confirm_for_the_first_time_approves_nothing(self) -> None:
        """The platform may have the district's rows of elsewhere: that is for a person to see."""
        world = in_use()
        assert world.plan_of(world.cron_job(STUDENTS)).approved_identity == ""


class TestRefused:
    @pytest.mark.parametrize("token", ["0123456789", f"{PRESENT},{FIRST}"])
    def test_what_is_not_the_present_endpoint_is_refused_with_why(self, token: str) -> None:
        world = moved()
        world.decide("approve", token)
        outcome, message = answer(world)
        assert outcome == "Refused"
        assert message.endswith(f"the present endpoint is approved by {PRESENT}")
        assert world.suspended() == {True}

    def test_the_fingerprint_of_the_endpoint_before_is(self) -> None:
        world = in_use()
        before = world.connection.status.confirmed_endpoint
        world.edit(endpoint=world.spec["endpoint"] | {"url": URL})
        world.finish_preview()
        world.decide("approve", before)
        assert answer(world)[0] == "Refused"
        assert world.suspended() == {True}

    def test_unless_it_is_confirmed(self) -> None:
        world = moved()
        world.edit(confirmed=False)
        world.decide("approve", PRESENT)
        assert answer(world) == ("Refused", "spec.confirmed is false: to confirm approves the endpoint as well")
        assert world.connection.status.approved_endpoint == ""


def test_a_hold_is_approved_as_before_where_the_endpoint_was() -> None:
    world = moved()
    world.decide("approve", PRESENT)
    held(world, FIRST)
    world.decide("approve", FIRST)
    (job,) = world.jobs("approve")
    plan = world.plan_of(job)
    assert (plan.approvals, plan.approved_identity) == ((FIRST,), PRESENT)


class TestWhereStatusWasLost:
    """The platform remembers whose ids it has, and a run says so."""

    def refused(self) -> World:
        world = in_use()
        world.wait(hours=1)
        world.run(STUDENTS, Outcome.FAILED, reason="ReconfirmNeeded", message="Nothing was asked or written.")
        world.reconcile()
        return world

    def test_all_is_suspended_and_the_command_told(self) -> None:
        world = self.refused()
        present = world.connection.status.confirmed_endpoint
        assert (world.says("Ready"), world.suspended()) == ("False/ReconfirmNeeded", {True})
        assert f"approve={present} " in world.message("Ready")

    @pytest.mark.parametrize("way", ["approve", "confirm anew"])
    def test_approved_it_goes_on(self, way: str) -> None:
        world = self.refused()
        present = world.connection.status.confirmed_endpoint
        if way == "approve":
            world.decide("approve", present)
        else:
            world.edit(confirmed=False)
            world.edit(confirmed=True)
        assert world.suspended() == {False}
        assert world.plan_of(world.cron_job(STUDENTS)).approved_identity == present
        world.wait(hours=1)
        world.run(STUDENTS)
        world.reconcile()
        assert world.says("Ready") == "True/Scheduled"

    def test_a_request_is_refused_with_the_command(self) -> None:
        world = self.refused()
        world.ask("sync", "now")
        found = world.answer("sync")
        assert found is not None
        assert found.outcome == "Refused"
        assert "oneroster.masteryprep.com/approve=" in found.message

    def test_the_one_that_ran_into_it_by_request_tells_it_too(self) -> None:
        world = in_use()
        world.ask("sync", "now")
        world.finish_request(
            *(CategoryReport(c, Outcome.FAILED, reason="ReconfirmNeeded") for c in (STUDENTS, ROSTERS))
        )
        assert world.says("Ready") == "False/ReconfirmNeeded"
