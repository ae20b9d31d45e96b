"""The answers to requests: run, refused with why, or how it ended."""

from collections.abc import Iterable
from dataclasses import replace

from oneroster_operator.api.status import Answer
from oneroster_operator.controller import held, identity, requests
from oneroster_operator.controller.cron_jobs import Scheduling
from oneroster_operator.controller.observed import JobView, Observed
from oneroster_operator.controller.statement import Statement

PURPOSES = {"sync": "request", "approve": "approve"}
"""Of the Jobs that requests are answered by."""
_DOING = {
    "sync": "runs all selected categories once, in order",
    "approve": "runs the categories of these holds once, in order",
}
_GONE = {
    "sync": "its Job was deleted before it ended",
    "approve": "its Job was deleted before it ended; the next scheduled run applies it",
}


def answer_run(
    observed: Observed, scheduling: Scheduling, not_ready: Statement, kind: str, *, previewing: bool
) -> tuple[Observed, str | None]:
    """The same with a request for a run answered, and the token for which there must be a Job.

    `kind` is sync or approve. Without a plan in force a request waits for a preview that is under way. No call is
    due.
    """
    token = requests.asked(observed.connection, kind)
    if token is None:
        return observed, None
    status = observed.connection.status
    job = observed.job(PURPOSES[kind], token)
    if job is not None:
        return _with(observed, kind, token, *_progress(job, kind)), None
    old: Answer | None = getattr(status.requests, kind)
    if old is not None and old.token == token and old.outcome == requests.RUNNING:
        return _with(observed, kind, token, "Failed", _GONE[kind]), None
    if kind == "approve" and (why := held.unknown(status, token)):
        return _with(observed, kind, token, requests.REFUSED, why + identity.how(observed.connection)), None
    if scheduling.plan is not None and scheduling.suspend is None:
        return _with(observed, kind, token, requests.RUNNING, _DOING[kind]), token
    if previewing:
        return observed, None
    said = scheduling.suspend or not_ready
    return _with(observed, kind, token, requests.REFUSED, said.message), None


def answer_discard(observed: Observed) -> Observed:
    """The same with the request answered: it is the next run that does it."""
    token = requests.asked(observed.connection, "discard")
    if token is None:
        return observed
    if why := held.unknown(observed.connection.status, token):
        return _with(observed, "discard", token, requests.REFUSED, why)
    text = "stays withheld and is reported no more; the next run notes it, whatever else differs is judged alone"
    return _with(observed, "discard", token, "Done", text)


def refuse(observed: Observed, kinds: Iterable[str], why: Statement) -> Observed:
    """The same with what was asked of these kinds refused; a Job that runs is left to end."""
    for kind in kinds:
        token = requests.asked(observed.connection, kind)
        if token is not None and (kind not in PURPOSES or observed.job(PURPOSES[kind], token) is None):
            observed = _with(observed, kind, token, requests.REFUSED, why.message)
    return observed


def _progress(job: JobView, kind: str) -> tuple[str, str]:
    if job.finished is None:
        return requests.RUNNING, _DOING[kind]
    outcomes = [f"{c.name} {c.outcome}" for c in job.report.categories] if job.report else []
    text = ", ".join(outcomes) or job.failure or "ended"
    return ("Failed" if job.failure else "Done"), f"{text} (Job {job.name})"


def _with(observed: Observed, kind: str, token: str, outcome: str, message: str) -> Observed:
    status = observed.connection.status
    answers = requests.answered(status.requests, kind, token, outcome, message, observed.now)
    status = status.model_copy(update={"requests": answers})
    return replace(observed, connection=replace(observed.connection, status=status))
