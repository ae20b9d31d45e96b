"""Requests by annotation: each token is answered once, in status."""

import datetime as dt

from oneroster_operator.api import group
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.status import Answer, Requests
from oneroster_operator.api.times import rfc3339
from oneroster_operator.controller.statement import clean

ANNOTATIONS = {
    "test": group.TEST_REQUESTED_ANNOTATION,
    "sync": group.SYNC_REQUESTED_ANNOTATION,
    "preview": group.PREVIEW_REQUESTED_ANNOTATION,
    "approve": group.APPROVE_ANNOTATION,
    "discard": group.DISCARD_ANNOTATION,
}
MOST_TOKEN = 64
RUNNING, REFUSED, RECORDED = "Running", "Refused", "Recorded"


def asked(connection: Connection, kind: str) -> str | None:
    """The token that asks for `kind`, where it has not been answered; cut to the length that status holds."""
    token = connection.annotations.get(ANNOTATIONS[kind], "")
    if not token:
        return None
    answer: Answer | None = getattr(connection.status.requests, kind)
    shown = token[:MOST_TOKEN]
    return None if answer is not None and answer.token == shown and answer.outcome != RUNNING else shown


def answered(requests: Requests, kind: str, token: str, outcome: str, message: str, now: dt.datetime) -> Requests:
    """The answers with one more. An answer that says the same keeps its time."""
    old: Answer | None = getattr(requests, kind)
    if old is not None and (old.token, old.outcome, old.message) == (token, outcome, clean(message)):
        return requests
    answer = Answer(token=token, outcome=outcome, message=clean(message), time=rfc3339(now))
    return requests.model_copy(update={kind: answer})


def without_too_long(connection: Connection, now: dt.datetime) -> Requests:
    """The answers, with a refusal of each token that is longer than it may be."""
    requests = connection.status.requests
    for kind, annotation in ANNOTATIONS.items():
        token = asked(connection, kind)
        if token is not None and len(connection.annotations[annotation]) > MOST_TOKEN:
            text = f"the token has more than {MOST_TOKEN} characters"
            requests = answered(requests, kind, token, REFUSED, text, now)
    return requests


def recorded(connection: Connection, now: dt.datetime) -> Requests:
    """On the first visit: tokens that came with the object, from Git or a backup, are noted and never run."""
    requests = connection.status.requests
    for kind in ANNOTATIONS:
        token = asked(connection, kind)
        if token is not None:
            requests = answered(requests, kind, token, RECORDED, "came with the object, not run", now)
    return requests
