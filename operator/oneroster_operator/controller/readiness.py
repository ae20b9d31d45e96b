"""`Ready`, from everything else: the first row that applies, and what kstatus and Argo CD are told with it.

| state                                                        | Ready                          | kstatus     |
|--------------------------------------------------------------|--------------------------------|-------------|
| the spec cannot work, a child's name is taken                | False, its reason              | Stalled     |
| a Secret cannot be used, the district refuses us             | False, that reason             | Stalled     |
| another connection has the district, or it is not granted   | False, DistrictTaken or -NotGranted | Stalled     |
| the district not reached yet, or the platform away at first  | False, that reason             | Reconciling |
| tested, imported, previewed for the first time               | Unknown, Testing ... Previewing | Reconciling |
| no school linked, no category chosen                         | False, AwaitingReview, AwaitingCategories | - |
| the preview failed                                           | False, PreviewFailed           | -           |
| not confirmed, or the endpoint changed since                 | False, AwaitingConfirmation, ReconfirmNeeded | - |
| paused                                                       | True, Paused                   | -           |
| new credentials that have not worked yet                     | Unknown, Testing               | Reconciling |
| something is held                                            | False, ChangesHeld             | -           |
| a category failed twice in a row, or missed two slots        | False, SyncFailing, SyncLate   | -           |
| scheduled; a run, an unmatched school, a short outage change nothing | True, Scheduled        | -           |
"""

from dataclasses import dataclass
from enum import StrEnum

from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement

TRANSIENT = frozenset(
    {
        "DistrictUnreachable",
        "DistrictError",
        "Timeout",
        "RateLimited",
        "PermissionsChanged",
        "PlatformUnreachable",
        "Unproven",
    }
)
"""Reasons that go away without anyone's doing."""

_NEVER_REACHED = "If it stays so, check spec.endpoint.url and spec.auth.tokenUrl; it is tried again by itself."

FAILURES_TO_REPORT = 2


class Progress(StrEnum):
    """What kstatus is told besides Ready."""

    NONE = ""
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides over Ready."""

    invalid: Statement | None
    """The spec cannot work, or a child's name is taken."""
    secret: Statement | None
    """A Secret cannot be used."""
    credentials: Statement
    reached_before: bool
    import_trouble: Statement | None
    """The last import failed."""
    imported: bool
    """The schools were imported, for this or an earlier spec."""
    open_schools: int
    linked: int
    categories: int
    preview: Statement
    scheduled_before: bool
    """CronJobs are there: a changed spec is previewed while they go on."""
    confirmed: bool
    reconfirm: Statement | None
    """The endpoint is another than the confirmed one."""
    paused: Statement | None
    suspended: Statement | None
    """Why every CronJob is suspended: paused, or credentials that have not worked yet."""
    held: Statement | None
    failing: Statement | None
    late: Statement | None
    schedule: str
    """In words."""
    confirm: str
    """The command that confirms."""


def ready(c: Circumstances) -> tuple[Statement, Progress]:
    """`Ready`, and whether kstatus calls the connection reconciling or stalled."""
    return _usable(c) or _reachable(c) or _reviewed(c) or _running(c)


def _usable(c: Circumstances) -> tuple[Statement, Progress] | None:
    for problem in (c.invalid, c.secret):
        if problem is not None:
            return Statement(FALSE, problem.reason, problem.message), Progress.STALLED
    if c.credentials.status == FALSE:
        return c.credentials, Progress.STALLED
    return None


def _reachable(c: Circumstances) -> tuple[Statement, Progress] | None:
    if c.credentials.status == UNKNOWN and c.credentials.reason != "Testing" and not c.reached_before:
        return _not_reached(c), Progress.RECONCILING
    trouble = c.import_trouble
    if trouble is not None and (not c.imported or trouble.reason not in TRANSIENT):
        progress = Progress.RECONCILING if trouble.reason in TRANSIENT else Progress.STALLED
        return Statement(FALSE, trouble.reason, trouble.message), progress
    if c.imported:
        return None
    if c.credentials.status == UNKNOWN and c.credentials.reason == "Testing":
        return c.credentials, Progress.RECONCILING
    return Statement(UNKNOWN, "Importing", "The district's schools are being imported."), Progress.RECONCILING


def _reviewed(c: Circumstances) -> tuple[Statement, Progress] | None:
    if c.linked == 0:
        text = "No school is linked, so there is nothing to sync; SchoolsMatched says what to do."
        return Statement(FALSE, "AwaitingReview", text), Progress.NONE
    if c.categories == 0:
        text = "Choose the data to sync in spec.categories."
        return Statement(FALSE, "AwaitingCategories", text + _still_open(c)), Progress.NONE
    if c.preview.status == FALSE:
        return c.preview, Progress.NONE
    if c.preview.status == UNKNOWN and not c.scheduled_before:
        return _previewing(c), Progress.RECONCILING
    if not c.confirmed:
        text = (
            "Nothing is written before spec.confirmed is true. Review status.schools and status.preview, then: "
            f"{c.confirm}"
        )
        return Statement(FALSE, "AwaitingConfirmation", text + _still_open(c)), Progress.NONE
    if c.reconfirm is not None:
        return c.reconfirm, Progress.NONE
    return None


def _previewing(c: Circumstances) -> Statement:
    """A preview waits for a district that answers: then that is what is to be told."""
    if c.credentials.status != UNKNOWN:
        return c.preview
    return c.credentials if c.credentials.reason == "Testing" else _not_reached(c)


def _not_reached(c: Circumstances) -> Statement:
    return Statement(FALSE, c.credentials.reason, f"{c.credentials.message} {_NEVER_REACHED}")


def _still_open(c: Circumstances) -> str:
    return f" Schools still open: {c.open_schools}; SchoolsMatched names them." if c.open_schools else ""


def _running(c: Circumstances) -> tuple[Statement, Progress]:
    if c.paused is not None:
        return Statement(TRUE, c.paused.reason, c.paused.message), Progress.NONE
    if c.suspended is not None:
        return Statement(UNKNOWN, c.suspended.reason, c.suspended.message), Progress.RECONCILING
    if c.held is not None:
        return Statement(FALSE, "ChangesHeld", c.held.message), Progress.NONE
    for problem in (c.failing, c.late):
        if problem is not None:
            return problem, Progress.NONE
    return Statement(TRUE, "Scheduled", f"Syncs {c.schedule}."), Progress.NONE
