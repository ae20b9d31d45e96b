"""What a test of the credentials found is seen in status, whatever the client's word for it."""

from typing import get_args

import pytest

from oneroster_operator.oneroster.errors import RefusedReason
from tests.controller.world import applied, in_use


@pytest.mark.parametrize("reason", get_args(RefusedReason))
def test_each_reason_of_the_client_stalls_a_new_connection_with_what_to_change(reason: str) -> None:
    world = applied()
    world.outside.refusal = reason
    world.reconcile()
    assert {world.says(c) for c in ("CredentialsValid", "Ready")} == {f"False/{reason}"}
    assert world.says("Stalled") == f"True/{reason}"
    assert "Change this and that." in world.message("Ready")
    assert world.told == [reason]


@pytest.mark.parametrize("reason", get_args(RefusedReason))
def test_what_worked_before_is_suspended_with_that_reason_once_it_is_refused_twice(reason: str) -> None:
    world = in_use()
    world.outside.refusal = reason
    world.ask("test", "now")
    assert world.says("CredentialsValid") == "True/RefusedOnce"
    world.wait(minutes=11)
    assert world.says("Scheduled") == f"False/{reason}"
    assert world.suspended() == {True}


def test_status_shows_how_we_authenticated_and_what_was_granted() -> None:
    world = applied()
    world.reconcile()
    written = world.status["credentials"]
    assert written["authentication"] == "OAuth2 (Basic)"
    assert written["grantedScopes"] == ["roster.readonly", "roster-core.readonly"]


def test_a_refusal_for_another_reason_than_the_scope_leaves_what_was_granted() -> None:
    world = in_use()
    world.outside.refusal = "ClockSkew"
    world.ask("test", "now")
    assert world.status["credentials"]["grantedScopes"] == ["roster.readonly", "roster-core.readonly"]
