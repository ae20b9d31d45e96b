"""What a finished Job did: its pod's termination message, else the platform's account, else Kubernetes'."""

import datetime as dt

import msgspec

from oneroster_operator.api.category import in_order
from oneroster_operator.api.report import CategoryReport, Outcome, Report, decode_report
from oneroster_operator.api.resource import Connection
from oneroster_operator.controller.calls import Caller, CallFailed
from oneroster_operator.controller.cluster import Cluster, Manifest
from oneroster_operator.controller.observed import JobView
from oneroster_operator.platform.runs import category_report


async def read_report(cluster: Cluster, caller: Caller, connection: Connection, job: JobView) -> Report:
    """The Job's report; always one, for a Job that has ended. Raises `ApiError`."""
    pods = await cluster.list("Pod", connection.namespace, {"batch.kubernetes.io/job-name": job.name})
    for pod in pods:
        message = _termination_message(pod)
        if message:
            try:
                return decode_report(message)
            except msgspec.MsgspecError:
                continue
    return await _from_platform(caller, connection, job) or _lost(connection, job)


def _termination_message(pod: Manifest) -> str:
    for container in pod.get("status", {}).get("containerStatuses", ()):
        message: str = container.get("state", {}).get("terminated", {}).get("message", "")
        if message:
            return message
    return ""


async def _from_platform(caller: Caller, connection: Connection, job: JobView) -> Report | None:
    try:
        records = [r for r in await caller.records(connection, job.name) if not r.dry_run]
    except CallFailed:
        return None
    if not records:
        return None
    return Report(
        started=min(r.started_at for r in records),
        finished=max(r.finished_at for r in records),
        categories=tuple(category_report(r) for r in records),
    )


def _lost(connection: Connection, job: JobView) -> Report:
    """The Job ended and nobody says how: out of memory, evicted, past its deadline."""
    outcome = Outcome.FAILED if job.failure else Outcome.SUCCEEDED
    concerned = [c for c in in_order(connection.spec.categories) if c in job.categories]
    text = f"the pod left no report; {job.failure}" if job.failure else "the pod left no report"
    finished = job.finished or dt.datetime.now(dt.UTC)
    return Report(
        started=job.created,
        finished=finished,
        categories=tuple(
            CategoryReport(name=c, outcome=outcome, reason="NoReport", message=text) for c in concerned
        ),
    )
