"""Look at a connection, its Secrets and its children, as the API server has them now."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping

from oneroster_operator.api import group
from oneroster_operator.api.plan import CLIENT_ID_KEY, CLIENT_SECRET_KEY, OPERATOR_URL_KEY, SYNC_URL_KEY
from oneroster_operator.api.report import Report
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.times import instant
from oneroster_operator.controller import manifests, runs
from oneroster_operator.controller.cluster import Cluster, Manifest
from oneroster_operator.controller.observed import (
    CallKind,
    CronJobView,
    JobView,
    Observed,
    Postponed,
    SecretState,
    SecretView,
)

ReadReport = Callable[[Connection, JobView], Awaitable[Report | None]]


async def observe(
    cluster: Cluster,
    connection: Connection,
    now: dt.datetime,
    postponed: Mapping[CallKind, Postponed],
    read_report: ReadReport,
) -> Observed:
    """Everything that a decision needs. Raises `ApiError`."""
    namespace, spec = connection.namespace, connection.spec
    ours = {group.CONNECTION_LABEL: connection.name}
    credentials, platform, cron_jobs, jobs, plans = await asyncio.gather(
        cluster.get("Secret", namespace, spec.auth.secret_ref.name),
        cluster.get("Secret", namespace, spec.platform_ref.name),
        cluster.list("CronJob", namespace, ours),
        cluster.list("Job", namespace, ours),
        cluster.list("ConfigMap", namespace, ours, metadata_only=True),
    )
    cron_job_views = tuple(cron_job_view(manifest, connection) for manifest in cron_jobs)
    return Observed(
        connection=connection,
        now=now,
        credentials=secret_view(spec.auth.secret_ref.name, credentials, (CLIENT_ID_KEY, CLIENT_SECRET_KEY)),
        platform=secret_view(spec.platform_ref.name, platform, (OPERATOR_URL_KEY, SYNC_URL_KEY)),
        cron_jobs=cron_job_views,
        jobs=await _with_reports((job_view(m, connection) for m in jobs), connection, read_report),
        plans=tuple(sorted(m["metadata"]["name"] for m in plans if _owned(m, connection))),
        foreign=await _foreign(cluster, connection, cron_job_views),
        postponed=postponed,
    )


def secret_view(name: str, manifest: Manifest | None, keys: Iterable[str]) -> SecretView:
    """What may be known of the Secret, which needs these keys."""
    if manifest is None:
        return SecretView(name, SecretState.MISSING, missing_keys=tuple(keys))
    metadata = manifest["metadata"]
    if (metadata.get("labels") or {}).get(group.CREDENTIALS_LABEL) != "true":
        return SecretView(name, SecretState.NOT_LABELLED)
    data = manifest.get("data") or {}
    missing = tuple(key for key in keys if not data.get(key))
    version = f"{metadata['uid']}/{metadata['resourceVersion']}"
    state = SecretState.INCOMPLETE if missing else SecretState.USABLE
    return SecretView(name, state, version, missing)


def cron_job_view(manifest: Manifest, connection: Connection) -> CronJobView:
    """A CronJob with the connection's label, whoever owns it."""
    metadata = manifest["metadata"]
    return CronJobView(
        name=metadata["name"],
        owned=_owned(manifest, connection),
        category=metadata["labels"].get(group.CATEGORY_LABEL, ""),
        suspended=bool(manifest["spec"].get("suspend")),
        plan=manifests.used_plan(manifest),
        not_before=manifests.not_before(manifest),
        manifest=manifest,
    )


def job_view(manifest: Manifest, connection: Connection) -> JobView:
    """A Job with the connection's label, without its report."""
    metadata = manifest["metadata"]
    ended = {c["type"]: c for c in manifest.get("status", {}).get("conditions", ()) if c["status"] == "True"}
    condition = ended.get("Complete") or ended.get("Failed")
    failed = ended.get("Failed")
    return JobView(
        name=metadata["name"],
        owned=_owned(manifest, connection) or bool(metadata["labels"].get(group.CATEGORY_LABEL)),
        purpose=metadata["labels"].get(group.PURPOSE_LABEL, ""),
        categories=manifests.categories_in(manifest["spec"]),
        token=(metadata.get("annotations") or {}).get(group.TOKEN_ANNOTATION, ""),
        plan=manifests.plan_in(manifest["spec"]),
        created=instant(metadata["creationTimestamp"]),
        finished=instant(condition["lastTransitionTime"]) if condition else None,
        failure=f"{failed.get('reason', 'Failed')}: {failed.get('message', '')}" if failed else "",
    )


async def _with_reports(
    jobs: Iterable[JobView], connection: Connection, read_report: ReadReport
) -> tuple[JobView, ...]:
    seen = []
    for job in jobs:
        report = None
        if runs.uncounted(job, connection):
            report = await read_report(connection, job)
        seen.append(job if report is None else job.with_report(report))
    return tuple(seen)


def _owned(manifest: Manifest, connection: Connection) -> bool:
    owners = manifest["metadata"].get("ownerReferences") or ()
    return any(owner["uid"] == connection.uid for owner in owners)


async def _foreign(
    cluster: Cluster, connection: Connection, cron_jobs: tuple[CronJobView, ...]
) -> tuple[str, ...]:
    """CronJobs of others that have a name which one of ours needs."""
    if not connection.spec.confirmed:
        return ()
    ours = {c.name for c in cron_jobs if c.owned}
    names = [f"{connection.name}-{category.suffix}" for category in connection.spec.categories]
    missing = [name for name in names if name not in ours]
    found = await asyncio.gather(*(cluster.get("CronJob", connection.namespace, n) for n in missing))
    return tuple(
        f"CronJob {name}"
        for name, manifest in zip(missing, found, strict=True)
        if manifest is not None and not _owned(manifest, connection)
    )
