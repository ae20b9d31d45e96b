"""The Secrets: missing, not labelled, incomplete, rotated wrongly, mended. Nobody's account gets locked."""

from typing import Any

import pytest

from oneroster_operator.controller.observed import CallKind
from tests.controller.build import STUDENTS
from tests.controller.outside import WRONG
from tests.controller.world import CREDENTIALS, PLATFORM, World, applied, in_use


def rotated_wrongly() -> World:
    world = in_use()
    world.put_secret(secret=WRONG)
    world.reconcile()
    return world


class TestUnusable:
    @pytest.mark.parametrize(
        ("given", "reason", "mend"),
        [
            (
                None,
                "SecretMissing",
                "kubectl -n districts label secret {name} oneroster.masteryprep.com/credentials=true",
            ),
            (
                {"labelled": False},
                "SecretNotLabelled",
                "kubectl -n districts label secret {name} oneroster.masteryprep.com/credentials=true",
            ),
        ],
    )
    @pytest.mark.parametrize(("name", "prefix"), [(CREDENTIALS, ""), (PLATFORM, "Platform")])
    def test_it_is_said_how_to_mend_it(
        self, name: str, prefix: str, given: dict[str, Any] | None, reason: str, mend: str
    ) -> None:
        world = applied(categories=["Students"], confirmed=True)
        if given is None:
            del world.secrets[name]
        else:
            world.put_secret(name, **given)
        world.reconcile()
        assert world.says("Ready") == f"False/{prefix}{reason}"
        assert world.says("Stalled") == f"True/{prefix}{reason}"
        assert f"Secret districts/{name}" in world.message("Ready")
        assert mend.format(name=name) in world.message("Ready")
        tested = name == PLATFORM
        assert (world.calls, world.objects) == ([CallKind.TEST] if tested else [], {})
        assert sorted(world.told) == sorted([f"{prefix}{reason}", *(["CredentialsAccepted"] if tested else [])])

    @pytest.mark.parametrize(
        ("name", "key", "reason"),
        [
            (CREDENTIALS, "clientId", "SecretIncomplete"),
            (CREDENTIALS, "clientSecret", "SecretIncomplete"),
            (PLATFORM, "operatorUrl", "PlatformSecretIncomplete"),
            (PLATFORM, "syncUrl", "PlatformSecretIncomplete"),
        ],
    )
    def test_a_missing_key_is_named(self, name: str, key: str, reason: str) -> None:
        world = applied()
        world.put_secret(name, without=key)
        world.reconcile()
        assert world.says("Ready") == f"False/{reason}"
        assert world.message("Ready") == f"Secret districts/{name} lacks the key {key}: add it."

    @pytest.mark.parametrize("name", [CREDENTIALS, PLATFORM])
    def test_taken_away_from_a_connection_in_use_it_suspends_and_deletes_nothing(self, name: str) -> None:
        world = in_use()
        before = set(world.objects)
        del world.secrets[name]
        world.reconcile()
        assert world.suspended() == {True}
        assert set(world.objects) == before
        assert world.calls == []

    def test_put_back_everything_goes_on(self) -> None:
        world = in_use()
        del world.secrets[CREDENTIALS]
        world.wait(days=1)
        world.put_secret()
        world.reconcile()
        assert world.suspended() == {False}
        assert world.says("Ready") == "True/Scheduled"
        assert world.not_before(STUDENTS) == "2026-11-25T15:30:00Z"

    def test_the_platforms_secret_says_nothing_of_the_districts_credentials(self) -> None:
        world = in_use()
        del world.secrets[PLATFORM]
        world.reconcile()
        assert world.says("CredentialsValid") == "True/Accepted"


class TestRotation:
    def test_a_wrong_one_is_noticed_and_suspends_at_once(self) -> None:
        world = rotated_wrongly()
        assert world.calls == [CallKind.TEST]
        assert world.says("CredentialsValid") == "False/InvalidCredentials"
        assert world.says("Ready") == "False/InvalidCredentials"
        assert world.suspended() == {True}
        assert world.told == ["InvalidCredentials"]

    def test_mended_it_goes_on_from_now(self) -> None:
        world = rotated_wrongly()
        world.wait(hours=1)
        world.put_secret()
        world.reconcile()
        assert world.says("CredentialsValid") == "True/Accepted"
        assert world.says("Ready") == "True/Scheduled"
        assert world.suspended() == {False}
        assert world.not_before(STUDENTS) == "2026-11-24T16:30:00Z"

    def test_a_good_one_changes_nothing(self) -> None:
        world = in_use()
        before = world.not_before(STUDENTS)
        world.put_secret()
        world.reconcile()
        assert world.calls == [CallKind.TEST]
        assert (world.suspended(), world.not_before(STUDENTS)) == ({False}, before)
        assert set(world.writes) == {"status"}

    @pytest.mark.parametrize("outage", ["", "Timeout"])
    def test_another_wrong_one_does_not_let_anything_run_while_it_is_tested(self, outage: str) -> None:
        world = rotated_wrongly()
        world.outside.district_outage = outage
        world.writes.clear()
        world.told.clear()
        world.put_secret(secret="wrong-again")
        world.reconcile()
        assert world.suspended() == {True}
        assert set(world.writes) == {"status"}
        assert "Scheduled" not in world.told

    def test_a_wrong_one_after_a_missing_one_neither(self) -> None:
        world = in_use()
        del world.secrets[CREDENTIALS]
        world.reconcile()
        world.writes.clear()
        world.put_secret(secret=WRONG)
        world.reconcile()
        assert set(world.writes) == {"status"}

    def test_new_ones_that_cannot_be_tested_yet_wait_and_it_is_said_why(self) -> None:
        world = rotated_wrongly()
        world.put_secret()
        world.outside.district_outage = "Timeout"
        world.reconcile()
        assert world.says("Ready") == "Unknown/Timeout"
        assert world.says("Scheduled") == "False/Timeout"
        world.outside.district_outage = ""
        world.wait(minutes=6)
        assert world.says("Ready") == "True/Scheduled"
        assert world.suspended() == {False}

    def test_no_preview_asks_a_district_that_refuses_us(self) -> None:
        world = rotated_wrongly()
        previews = len(world.jobs("preview"))
        world.edit(categories=["Students"])
        world.wait(hours=3)
        assert len(world.jobs("preview")) == previews
        world.put_secret()
        world.reconcile()
        assert len(world.jobs("preview")) == previews + 1


class TestHealing:
    def test_a_district_that_mends_itself_is_noticed_without_anyones_doing(self) -> None:
        world = rotated_wrongly()
        world.outside.accepted = WRONG
        world.wait(minutes=6)
        assert world.says("Ready") == "True/Scheduled"
        assert world.suspended() == {False}

    def test_a_refused_district_is_asked_less_and_less(self) -> None:
        world = rotated_wrongly()
        world.calls.clear()
        world.wait(days=2)
        assert 9 <= len(world.calls) <= 16
        assert set(world.calls) == {CallKind.TEST}


def test_a_pin_that_is_added_is_noticed_at_once_and_the_secret_is_named() -> None:
    world = in_use()
    pin(world, "elsewhere.example")
    world.outside.refusal = "HostNotAllowed"
    world.reconcile()
    assert world.calls == [CallKind.TEST]
    assert world.says("Ready") == world.says("CredentialsValid") == "False/HostNotAllowed"
    assert f"Secret districts/{CREDENTIALS}" in world.message("Ready")
    assert world.suspended() == {True}
    pin(world, "sis.springfield.example")
    world.outside.refusal = ""
    world.reconcile()
    assert world.says("Ready") == "True/Scheduled"
    assert world.suspended() == {False}


def pin(world: World, hosts: str) -> None:
    world.put_secret()
    world.secrets[CREDENTIALS]["data"]["allowedHosts"] = hosts
