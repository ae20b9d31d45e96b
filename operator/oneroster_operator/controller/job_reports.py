"""What a finished Job did: its pod's termination message, else the platform's account, else Kubernetes'."""

from collections.abc import Sequence

import msgspec

from oneroster_operator.api.category import in_order
from oneroster_operator.api.report import CategoryReport, Outcome, Report, decode_report
from oneroster_operator.api.resource import Connection
from oneroster_operator.controller.calls import Caller, CallFailed
from oneroster_operator.controller.cluster import Cluster, Manifest
from oneroster_operator.controller.observed import JobView
from oneroster_operator.platform.runs import RunRecord, category_report


async def read_report(cluster: Cluster, caller: Caller, connection: Connection, job: JobView) -> Report | None:
    """The report of a Job that has ended; None while the platform, which has it, is away. Raises `ApiError`."""
    pods = await cluster.list("Pod", connection.namespace, {"batch.kubernetes.io/job-name": job.name})
    for pod in pods:
        message = _termination_message(pod)
        if message:
            try:
                return _whole(decode_report(message), connection, job)
            except msgspec.MsgspecError:
                continue
    try:
        records = [r for r in await caller.records(connection, job.name) if not r.dry_run]
    except CallFailed:
        return None
    return _whole(_from_platform(records, job), connection, job)


def _termination_message(pod: Manifest) -> str:
    for container in pod.get("status", {}).get("containerStatuses", ()):
        message: str = container.get("state", {}).get("terminated", {}).get("message", "")
        if message:
            return message
    return ""


def _from_platform(records: Sequence[RunRecord], job: JobView) -> Report:
    return Report(
        started=min((r.started_at for r in records), default=job.created),
        finished=max((r.finished_at for r in records), default=job.created),
        categories=tuple(category_report(r) for r in records),
    )


def _whole(report: Report, connection: Connection, job: JobView) -> Report:
    """The report with an entry for each category that the Job was to run and left nothing of.

    Out of memory, evicted, past its deadline: then they failed. A Job that is complete and left nothing says
    neither that something was synced nor that it was not.
    """
    told = {entry.name for entry in report.categories}
    outcome = Outcome.FAILED if job.failure else Outcome.SKIPPED
    text = f"the pod left no report; {job.failure}" if job.failure else "the pod left no report"
    lost = tuple(
        CategoryReport(name=category, outcome=outcome, reason="NoReport", message=text)
        for category in in_order(connection.spec.categories)
        if category in job.categories and category not in told
    )
    return msgspec.structs.replace(report, categories=(*report.categories, *lost))
