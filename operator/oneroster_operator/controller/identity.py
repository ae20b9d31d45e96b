"""Another endpoint than the confirmed one: nothing runs before a person has approved just this. Pure.

The same ids may be other schools and people at another address or version. A person approves it by an annotation
with the endpoint's fingerprint, or by setting `spec.confirmed` to false and to true again; either goes into the
plan, by which the sync knows that the district's rows may change over. The platform remembers what they are of:
where the status was lost, a run finds out and says so.
"""

from dataclasses import replace
from typing import Any

from oneroster_operator.api import group
from oneroster_operator.api.resource import Connection
from oneroster_operator.controller import hashes, held, preview, requests, review
from oneroster_operator.controller.observed import Observed
from oneroster_operator.controller.statement import FALSE, Statement

RECONFIRM = "ReconfirmNeeded"


def reconfirm(connection: Connection) -> Statement | None:
    """Set while the endpoint is another than the one that was confirmed, or that the platform's rows are of."""
    if not connection.spec.confirmed or not (review.moved(connection) or _was_refused(connection)):
        return None
    return Statement(
        FALSE,
        RECONFIRM,
        "spec.endpoint is another than before, and ids may all be other people's there. Review status.schools and "
        f"status.preview, then approve it: kubectl annotate {group.SINGULAR} -n {connection.namespace} "
        f"{connection.name} --overwrite {group.APPROVE_ANNOTATION}={hashes.endpoint(connection)} (or set "
        "spec.confirmed to false and to true again).",
    )


def approved(connection: Connection) -> str:
    """Fingerprint of the endpoint that a person approved after another one; to confirm anew approves as well."""
    status = connection.status
    if status.first_confirmed_time is not None and not status.confirmed_endpoint:
        return hashes.endpoint(connection)
    return status.approved_endpoint


def how(connection: Connection) -> str:
    """What is to be added to the refusal of an approval while the endpoint needs one."""
    if reconfirm(connection) is None:
        return ""
    return f"; the present endpoint is approved by {hashes.endpoint(connection)}"


def awaits_preview(connection: Connection) -> bool:
    """Whether the present endpoint was approved before anyone can have seen what it brings."""
    return _is_asked(connection) and not preview.good(connection)


def answer(observed: Observed) -> Observed:
    """The same with the approval of the present endpoint taken in, once this spec has been previewed."""
    connection = observed.connection
    if not _is_asked(connection) or not preview.good(connection):
        return observed
    endpoint = hashes.endpoint(connection)
    taken_in: dict[str, Any] = {}
    if connection.spec.confirmed:
        outcome = "Done"
        text = "this endpoint is approved: the next runs bring what the platform has of the district over to it"
        taken_in = {"confirmed_endpoint": endpoint, "approved_endpoint": endpoint}
    else:
        outcome, text = requests.REFUSED, "spec.confirmed is false: to confirm approves the endpoint as well"
    token = connection.annotations[group.APPROVE_ANNOTATION]
    answers = requests.answered(connection.status.requests, "approve", token, outcome, text, observed.now)
    status = connection.status.model_copy(update={"requests": answers, **taken_in})
    return replace(observed, connection=replace(connection, status=status))


def _is_asked(connection: Connection) -> bool:
    token = requests.asked(connection, "approve")
    return token is not None and held.fingerprints(token) == [hashes.endpoint(connection)]


def _was_refused(connection: Connection) -> bool:
    """Whether a run found rows of another endpoint on the platform, and nobody has approved this one."""
    runs = [entry.last_run for entry in connection.status.categories if entry.last_run is not None]
    return any(run.reason == RECONFIRM for run in runs) and approved(connection) != hashes.endpoint(connection)
