"""`Ready`: every row of the table in the design, and that the first row that applies wins."""

from typing import Any

import pytest

from oneroster_operator.controller.readiness import Circumstances, Progress, ready
from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement


def no(reason: str) -> Statement:
    return Statement(FALSE, reason, f"{reason}, so do this.")


def unknown(reason: str) -> Statement:
    return Statement(UNKNOWN, reason, f"{reason}, wait.")


def yes(reason: str) -> Statement:
    return Statement(TRUE, reason, f"{reason}.")


HEALTHY: dict[str, Any] = {
    "invalid": None,
    "secret": None,
    "credentials": yes("Accepted"),
    "reached_before": True,
    "import_trouble": None,
    "imported": True,
    "open_schools": 0,
    "linked": 10,
    "categories": 2,
    "preview": yes("Previewed"),
    "scheduled_before": True,
    "confirmed": True,
    "reconfirm": None,
    "paused": None,
    "suspended": None,
    "held": None,
    "failing": None,
    "late": None,
    "schedule": "daily, Etc/UTC",
    "confirm": "kubectl patch",
}
NEVER_SEEN: dict[str, Any] = {"reached_before": False, "imported": False, "linked": 0, "scheduled_before": False}

Row = tuple[str, dict[str, Any], str, str, str]
"""State, what of HEALTHY is otherwise, Ready, kstatus, Argo CD health."""

TABLE: list[Row] = [
    ("spec cannot work", {"invalid": no("InvalidSchedule")}, "False/InvalidSchedule", "Stalled", "Degraded"),
    ("name taken", {"invalid": no("NameTaken")}, "False/NameTaken", "Stalled", "Degraded"),
    ("Secret missing", {"secret": no("SecretMissing")}, "False/SecretMissing", "Stalled", "Degraded"),
    ("refused", {"credentials": no("InvalidCredentials")}, "False/InvalidCredentials", "Stalled", "Degraded"),
    ("wrong path", {"credentials": no("NotFound")}, "False/NotFound", "Stalled", "Degraded"),
    (
        "never reached yet",
        NEVER_SEEN | {"credentials": unknown("DistrictUnreachable")},
        "False/DistrictUnreachable",
        "Reconciling",
        "Progressing",
    ),
    (
        "platform away before the first import",
        {"imported": False, "linked": 0, "import_trouble": no("PlatformUnreachable")},
        "False/PlatformUnreachable",
        "Reconciling",
        "Progressing",
    ),
    (
        "import that a person has to mend",
        {"import_trouble": no("DistrictOrgNeeded")},
        "False/DistrictOrgNeeded",
        "Stalled",
        "Degraded",
    ),
    ("tested", NEVER_SEEN | {"credentials": unknown("Testing")}, "Unknown/Testing", "Reconciling", "Progressing"),
    ("imported", {"imported": False, "linked": 0}, "Unknown/Importing", "Reconciling", "Progressing"),
    (
        "another address, not reached yet",
        {
            "scheduled_before": False,
            "preview": unknown("Previewing"),
            "credentials": unknown("DistrictUnreachable"),
        },
        "False/DistrictUnreachable",
        "Reconciling",
        "Progressing",
    ),
    (
        "another address, being tested",
        {"scheduled_before": False, "preview": unknown("Previewing"), "credentials": unknown("Testing")},
        "Unknown/Testing",
        "Reconciling",
        "Progressing",
    ),
    (
        "previewed",
        {"scheduled_before": False, "preview": unknown("Previewing")},
        "Unknown/Previewing",
        "Reconciling",
        "Progressing",
    ),
    ("preview failed", {"preview": no("PreviewFailed")}, "False/PreviewFailed", "", "Degraded"),
    ("no school linked", {"linked": 0}, "False/AwaitingReview", "", "Suspended"),
    ("no category", {"categories": 0}, "False/AwaitingCategories", "", "Suspended"),
    ("not confirmed", {"confirmed": False}, "False/AwaitingConfirmation", "", "Suspended"),
    ("address changed", {"reconfirm": no("ReconfirmNeeded")}, "False/ReconfirmNeeded", "", "Suspended"),
    ("paused", {"paused": yes("Paused"), "suspended": yes("Paused")}, "True/Paused", "", "Suspended"),
    (
        "new credentials while suspended",
        {"credentials": unknown("Testing"), "suspended": unknown("Testing")},
        "Unknown/Testing",
        "Reconciling",
        "Progressing",
    ),
    ("held", {"held": yes("BeyondLimits")}, "False/ChangesHeld", "", "Degraded"),
    ("failing", {"failing": no("SyncFailing")}, "False/SyncFailing", "", "Degraded"),
    ("late", {"late": no("SyncLate")}, "False/SyncLate", "", "Degraded"),
    ("runs fine", {}, "True/Scheduled", "", "Healthy"),
]
ROWS = pytest.mark.parametrize(
    ("otherwise", "expected", "kstatus", "argo"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)


def judged(otherwise: dict[str, Any]) -> tuple[str, str]:
    statement, progress = ready(Circumstances(**HEALTHY | otherwise))
    return f"{statement.status}/{statement.reason}", progress.value


def argo_health(said: str, kstatus: str) -> str:
    """What a health check of Argo CD makes of the conditions."""
    status, _, reason = said.partition("/")
    if kstatus == "Stalled":
        return "Degraded"
    if kstatus == "Reconciling":
        return "Progressing"
    if reason.startswith("Awaiting") or reason in {"Paused", "ReconfirmNeeded"}:
        return "Suspended"
    return "Healthy" if status == "True" else "Degraded"


@ROWS
def test_row(otherwise: dict[str, Any], expected: str, kstatus: str, argo: str) -> None:
    assert judged(otherwise) == (expected, kstatus)


@ROWS
def test_argo_cd_can_tell_health_from_the_conditions_alone(
    otherwise: dict[str, Any], expected: str, kstatus: str, argo: str
) -> None:
    assert argo_health(*judged(otherwise)) == argo


LADDER = ["spec cannot work", "Secret missing", "refused", "import that a person has to mend", "no school linked"]
LADDER += ["no category", "preview failed", "not confirmed", "paused", "held", "failing", "late"]


@pytest.mark.parametrize("first", range(len(LADDER)))
def test_the_first_row_that_applies_wins(first: int) -> None:
    rows = {state: (otherwise, expected) for state, otherwise, expected, _, _ in TABLE}
    everything: dict[str, Any] = {}
    for state in reversed(LADDER[first:]):
        everything |= rows[state][0]
    assert judged(everything)[0] == rows[LADDER[first]][1]


class TestWhatChangesNothing:
    @pytest.mark.parametrize("reason", ["DistrictUnreachable", "Timeout", "RateLimited", "DistrictError"])
    def test_an_outage_of_a_district_that_was_reached_before(self, reason: str) -> None:
        assert judged({"credentials": unknown(reason)}) == ("True/Scheduled", "")

    def test_an_outage_of_the_platform_after_the_first_import(self) -> None:
        assert judged({"import_trouble": no("PlatformUnreachable")}) == ("True/Scheduled", "")

    def test_an_unmatched_school(self) -> None:
        assert judged({"open_schools": 3}) == ("True/Scheduled", "")

    def test_a_changed_spec_that_is_previewed_while_runs_go_on(self) -> None:
        assert judged({"preview": unknown("Previewing")}) == ("True/Scheduled", "")


class TestMessages:
    def message(self, **otherwise: Any) -> str:
        return ready(Circumstances(**HEALTHY | otherwise))[0].message

    def test_it_says_when_it_syncs(self) -> None:
        assert self.message() == "Syncs daily, Etc/UTC."

    @pytest.mark.parametrize("missing", [{"categories": 0}, {"confirmed": False}])
    def test_open_schools_are_called_to_mind_before_confirming(self, missing: dict[str, Any]) -> None:
        assert "Schools still open: 2;" in self.message(open_schools=2, **missing)
        assert "still open" not in self.message(**missing)

    def test_what_is_wrong_keeps_its_own_words(self) -> None:
        assert self.message(failing=no("SyncFailing")) == "SyncFailing, so do this."


def test_kstatus_has_no_other_words() -> None:
    assert {progress.value for progress in Progress} == {"", "Reconciling", "Stalled"}
