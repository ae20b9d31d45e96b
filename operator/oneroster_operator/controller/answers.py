"""The answers to requests: run, refused with why, or how it ended."""

from collections.abc import Iterable
from dataclasses import replace

from oneroster_operator.api.status import Answer
from oneroster_operator.controller import requests
from oneroster_operator.controller.cron_jobs import Scheduling
from oneroster_operator.controller.observed import JobView, Observed
from oneroster_operator.controller.statement import Statement


def answer_sync(
    observed: Observed, scheduling: Scheduling, not_ready: Statement, *, previewing: bool
) -> tuple[Observed, str | None]:
    """The same with the request answered, and the token for which there must be a Job.

    Without a plan in force a request waits for a preview that is under way. No call is due.
    """
    token = requests.asked(observed.connection, "sync")
    if token is None:
        return observed, None
    job = observed.job("request", token)
    if job is not None:
        return _with(observed, token, *_progress(job)), None
    old: Answer | None = observed.connection.status.requests.sync
    if old is not None and old.token == token and old.outcome == requests.RUNNING:
        return _with(observed, token, "Failed", "its Job was deleted before it ended"), None
    if scheduling.plan is not None and scheduling.suspend is None:
        return _with(observed, token, requests.RUNNING, "runs all selected categories once, in order"), token
    if previewing:
        return observed, None
    why = scheduling.suspend or not_ready
    return _with(observed, token, requests.REFUSED, why.message), None


def refuse(observed: Observed, kinds: Iterable[str], why: Statement) -> Observed:
    """The same with what was asked of these kinds refused; a Job that runs is left to end."""
    connection = observed.connection
    answers = connection.status.requests
    for kind in kinds:
        token = requests.asked(connection, kind)
        if token is not None and (kind != "sync" or observed.job("request", token) is None):
            answers = requests.answered(answers, kind, token, requests.REFUSED, why.message, observed.now)
    status = connection.status.model_copy(update={"requests": answers})
    return replace(observed, connection=replace(connection, status=status))


def _progress(job: JobView) -> tuple[str, str]:
    if job.finished is None:
        return requests.RUNNING, "runs all selected categories once, in order"
    outcomes = [f"{c.name} {c.outcome}" for c in job.report.categories] if job.report else []
    text = ", ".join(outcomes) or job.failure or "ended"
    return ("Failed" if job.failure else "Done"), f"{text} (Job {job.name})"


def _with(observed: Observed, token: str, outcome: str, message: str) -> Observed:
    status = observed.connection.status
    answers = requests.answered(status.requests, "sync", token, outcome, message, observed.now)
    status = status.model_copy(update={"requests": answers})
    return replace(observed, connection=replace(observed.connection, status=status))
