"""The installation's `allowedNetworks`: another value is obeyed at the next start, and undoes nothing."""

from dataclasses import replace
from ipaddress import ip_network

from oneroster_operator.controller.manifests import Manifest
from oneroster_operator.controller.observed import CallKind
from tests.controller.build import ROSTERS, SETTINGS, STUDENTS
from tests.controller.world import World, applied, in_use

ALLOWED = replace(SETTINGS, allowed_networks=(ip_network("10.20.0.0/16"),))


def arguments(child: Manifest) -> list[str]:
    """Of the CronJob's container."""
    (container,) = child["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    found: list[str] = container["args"]
    return found


def refused() -> World:
    """A connection to a private address, in an installation that allows none."""
    world = applied()
    world.outside.refusal = "AddressRefused"
    world.reconcile()
    return world


class TestAllowed:
    def test_what_was_refused_is_tested_again_at_once(self) -> None:
        world = refused()
        assert world.says("Ready") == "False/AddressRefused"
        world.wait(hours=30)
        world.calls.clear()
        world.settings, world.outside.refusal = ALLOWED, ""
        world.reconcile()
        assert world.calls[0] is CallKind.TEST
        assert world.says("CredentialsValid") == "True/Accepted"

    def test_a_restart_with_the_same_value_asks_nobody(self) -> None:
        world = refused()
        world.calls.clear()
        world.settings = replace(SETTINGS)
        world.reconcile()
        assert world.calls == []

    def test_existing_cron_jobs_are_told_and_keep_plan_and_slot(self) -> None:
        world = in_use()
        before = {c: world.cron_job(c) for c in (STUDENTS, ROSTERS)}
        world.settings = ALLOWED
        world.reconcile()
        for category, old in before.items():
            assert arguments(world.cron_job(category)) == [*arguments(old), "--allowed-network", "10.20.0.0/16"]
            assert world.plan_of(world.cron_job(category)) == world.plan_of(old)
            assert (
                world.not_before(category)
                == old["metadata"]["annotations"]["oneroster.masteryprep.com/not-before"]
            )

    def test_a_confirmed_connection_stays_as_it_is_without_another_preview(self) -> None:
        world = in_use()
        before = world.connection.status
        world.settings = ALLOWED
        world.reconcile()
        assert world.calls == [CallKind.TEST]
        assert set(world.writes) == {"apply springfield-students", "apply springfield-rosters", "status"}
        assert world.says("Ready") == "True/Scheduled"
        after = world.connection.status
        assert (after.preview, after.confirmed_time, after.schools) == (
            before.preview,
            before.confirmed_time,
            before.schools,
        )
        assert [c for c in after.conditions if c.type != "CredentialsValid"] == [
            c for c in before.conditions if c.type != "CredentialsValid"
        ]
        world.writes.clear()
        world.reconcile()
        assert world.writes == []

    def test_an_outage_meanwhile_suspends_nothing(self) -> None:
        world = in_use()
        world.settings, world.outside.district_outage = ALLOWED, "Timeout"
        world.reconcile()
        assert world.says("Ready") == "True/Scheduled"
        assert world.suspended() == {False}


class TestNoLongerAllowed:
    def test_it_is_refused_and_suspended_at_once_though_it_worked(self) -> None:
        world = in_use()
        world.settings = ALLOWED
        world.reconcile()
        world.settings, world.outside.refusal = SETTINGS, "AddressRefused"
        world.reconcile()
        assert world.says("CredentialsValid") == "False/AddressRefused"
        assert world.suspended() == {True}
        assert "--allowed-network" not in arguments(world.cron_job(STUDENTS))
