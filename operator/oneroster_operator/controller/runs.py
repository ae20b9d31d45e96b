"""Finished runs become what status says of each category."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import CategoryReport, Outcome, most_frequent
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.status import CategoryStatus, Hold, LastRun, RuleCount
from oneroster_operator.api.times import instant, rfc3339
from oneroster_operator.controller.observed import JobView
from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement, clean

_REASON_LENGTH = 64
_WORD = re.compile("[A-Za-z][A-Za-z0-9]*")
"""What a pod gives as a reason, where it may be one of a condition."""

GOOD = frozenset({Outcome.SUCCEEDED, Outcome.HELD})
BAD = frozenset({Outcome.REFUSED, Outcome.DISTRICT_FAILED, Outcome.PLATFORM_FAILED, Outcome.FAILED})


def uncounted(job: JobView, connection: Connection) -> bool:
    """Whether the Job has ended and status has not taken in its result yet."""
    if job.finished is None or job.purpose == "preview":
        return False
    entries = {entry.name: entry for entry in connection.status.categories}
    concerned = [c for c in connection.spec.categories if c in job.categories]
    return any(_newer(entries.get(category), job.name, job.finished) for category in concerned)


def _newer(entry: CategoryStatus | None, job: str, finished: dt.datetime) -> bool:
    last = entry.last_run if entry else None
    return last is None or (finished, job) > (instant(last.time), last.job)


def after_runs(
    categories: Sequence[Category], previous: Sequence[CategoryStatus], jobs: Iterable[JobView], connection: str
) -> list[CategoryStatus]:
    """One entry for each selected category, with the newest of the given runs taken in, oldest first."""
    before = {entry.name: entry for entry in previous}
    entries = {
        name: before.get(name) or CategoryStatus(name=name, cron_job=f"{connection}-{name.suffix}")
        for name in categories
    }
    ended = sorted((j for j in jobs if j.finished and j.report), key=lambda j: (j.finished, j.name))
    for job in ended:
        for report in job.report.categories if job.report else ():
            if report.name in entries and job.finished is not None:
                entries[report.name] = _after_run(entries[report.name], job.name, job.finished, report)
    return list(entries.values())


def _after_run(entry: CategoryStatus, job: str, finished: dt.datetime, report: CategoryReport) -> CategoryStatus:
    if not _newer(entry, job, finished):
        return entry
    time = rfc3339(finished)
    run = LastRun(
        time=time,
        job=job,
        outcome=report.outcome,
        created=report.created,
        changed=report.changed,
        removed=report.removed,
        withheld=report.withheld,
        waiting=report.waiting,
        quarantined=report.quarantined,
        quarantined_by_rule=_rules(report),
        pull=report.pull,
        pull_reason=clean(report.pull_reason),
        reason=clean(report.reason, _REASON_LENGTH),
        message=clean(report.message),
    )
    failures = entry.failures
    if report.outcome in GOOD:
        failures = 0
    elif report.outcome in BAD:
        failures += 1
    return entry.model_copy(
        update={
            "last_run": run,
            "last_success": time if report.outcome in GOOD else entry.last_success,
            "failures": failures,
            "hold": _hold_after(entry, run, clean(report.hold, _REASON_LENGTH)),
        }
    )


def _rules(report: CategoryReport) -> list[RuleCount]:
    words = {
        rule: count
        for rule, count in report.quarantined_by_rule.items()
        if _WORD.fullmatch(rule) and len(rule) <= _REASON_LENGTH
    }
    return [RuleCount(rule=rule, count=count) for rule, count in most_frequent(words).items()]


def _hold_after(entry: CategoryStatus, run: LastRun, fingerprint: str) -> Hold | None:
    """A run that did not get as far as comparing changes nothing about what is held."""
    if run.outcome is not Outcome.HELD:
        return None if run.outcome is Outcome.SUCCEEDED else entry.hold
    known = entry.hold is not None and entry.hold.fingerprint == fingerprint
    return Hold(
        fingerprint=fingerprint,
        reason=run.reason,
        count=run.withheld,
        since=entry.hold.since if entry.hold and known else run.time,
        message=run.message,
    )


def statement(categories: Sequence[CategoryStatus]) -> Statement:
    """`LastSyncSucceeded`, over all selected categories. A skipped run changes nothing."""
    for entry in categories:
        run = entry.last_run
        if run is not None and entry.failures:
            word = run.reason if _WORD.fullmatch(run.reason) else run.outcome
            reason = word if run.outcome in BAD else "FailedBefore"
            return Statement(FALSE, reason, f"{entry.name}: {run.message or run.outcome} (Job {run.job}).")
    succeeded = [c for c in categories if c.last_success]
    if not succeeded:
        return Statement(UNKNOWN, "NeverRan", "No sync has run yet.")
    return Statement(TRUE, "Succeeded", f"The last run of each of {len(succeeded)} categories succeeded.")
