"""Events, for what a person should act on or will want to know."""

import pytest

from oneroster_operator.api.conditions import Condition
from oneroster_operator.controller import events
from oneroster_operator.controller.events import Event, worth_telling
from tests.controller.build import NOW, UID, connection


def condition(type_: str, said: str, message: str = "Do this.") -> Condition:
    status, _, reason = said.partition("/")
    return Condition.model_validate(
        {
            "type": type_,
            "status": status,
            "observedGeneration": 1,
            "lastTransitionTime": "2026-11-24T15:00:00Z",
            "reason": reason,
            "message": message,
        }
    )


def told(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    found = worth_telling(*([condition(t, s) for t, s in side.items()] for side in (before, after)))
    return [(event.type, event.reason) for event in found]


class TestWorthTelling:
    @pytest.mark.parametrize(
        ("type_", "before", "after", "event"),
        [
            ("CredentialsValid", "Unknown/Testing", "True/Accepted", ("Normal", "CredentialsAccepted")),
            ("CredentialsValid", "True/Accepted", "True/RefusedOnce", ("Warning", "RefusedOnce")),
            (
                "CredentialsValid",
                "True/RefusedOnce",
                "False/InvalidCredentials",
                ("Warning", "InvalidCredentials"),
            ),
            ("CredentialsValid", "False/SecretMissing", "False/NotFound", ("Warning", "NotFound")),
            ("SchoolsMatched", "Unknown/NotImported", "False/NeedsReview", ("Warning", "NeedsReview")),
            ("LastSyncSucceeded", "True/Succeeded", "False/DistrictFailed", ("Warning", "DistrictFailed")),
            ("ChangesHeld", "", "True/BeyondLimits", ("Warning", "BeyondLimits")),
            ("Ready", "Unknown/Previewing", "False/AwaitingConfirmation", ("Normal", "AwaitingConfirmation")),
            ("Ready", "False/AwaitingConfirmation", "True/Scheduled", ("Normal", "Scheduled")),
            ("Ready", "True/Scheduled", "True/Paused", ("Normal", "Paused")),
            ("Ready", "Unknown/Previewing", "False/PreviewFailed", ("Warning", "PreviewFailed")),
            ("Ready", "True/Scheduled", "False/SyncFailing", ("Warning", "SyncFailing")),
            ("Ready", "True/Scheduled", "False/SyncLate", ("Warning", "SyncLate")),
            ("Stalled", "", "True/NameTaken", ("Warning", "NameTaken")),
            ("Stalled", "", "True/PlatformSecretMissing", ("Warning", "PlatformSecretMissing")),
        ],
    )
    def test_a_turn_is_told_once(self, type_: str, before: str, after: str, event: tuple[str, str]) -> None:
        earlier = {type_: before} if before else {}
        assert told(earlier, {type_: after}) == [event]
        assert told({type_: after}, {type_: after}) == []

    @pytest.mark.parametrize(
        ("type_", "after"),
        [
            ("CredentialsValid", "Unknown/Timeout"),
            ("SchoolsMatched", "True/AllMatched"),
            ("LastSyncSucceeded", "True/Succeeded"),
            ("Scheduled", "True/Scheduled"),
            ("Paused", "True/Paused"),
            ("Ready", "Unknown/Testing"),
            ("Ready", "False/AwaitingCategories"),
            ("Reconciling", "True/Testing"),
        ],
    )
    def test_what_asks_nothing_of_anybody_is_not(self, type_: str, after: str) -> None:
        assert told({}, {type_: after}) == []

    def test_a_changed_message_is_not(self) -> None:
        earlier, later = (condition("SchoolsMatched", "False/NeedsReview", f"{n} schools wait.") for n in (3, 2))
        assert worth_telling([earlier], [later]) == []

    def test_the_same_trouble_is_told_once_though_three_conditions_have_it(self) -> None:
        refused = {
            "Ready": "False/InvalidCredentials",
            "CredentialsValid": "False/InvalidCredentials",
            "Stalled": "True/InvalidCredentials",
        }
        assert told({}, refused) == [("Warning", "InvalidCredentials")]


class TestManifest:
    def test_it_is_an_event_on_the_connection(self) -> None:
        made = events.manifest(connection(), Event("Warning", "NameTaken", "x" * 5000), NOW, "0123456789abcdef")
        assert made["metadata"] == {"name": "springfield.0123456789abcdef", "namespace": "districts"}
        assert made["involvedObject"]["uid"] == UID
        assert made["lastTimestamp"] == "2026-11-24T15:00:00Z"
        assert len(made["message"]) <= 1024
