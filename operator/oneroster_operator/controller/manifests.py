"""The connection's children as plain manifests: the plan's ConfigMap, CronJobs, Jobs."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from oneroster_operator.api import group
from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import (
    ALLOWED_HOSTS_KEY,
    CLIENT_ID_KEY,
    CLIENT_SECRET_KEY,
    CREDENTIALS_DIRECTORY,
    JOB_NAME_VARIABLE,
    PLAN_FILE,
    PLATFORM_DIRECTORY,
    SYNC_URL_KEY,
    Plan,
    digest,
    encode_plan,
)
from oneroster_operator.api.resource import Connection
from oneroster_operator.controller.settings import Settings
from oneroster_operator.oneroster.addresses import Networks

Manifest = dict[str, Any]

STARTING_DEADLINE = 600
"""Seconds after its slot in which a run may still start; a later one waits for the next slot."""
POD_GRACE, JOB_GRACE = 60, 120
"""Seconds by which the pod's and the Job's deadline are behind the run's own."""
_RUN = 2 * 3600
"""Seconds that a run has after its wait, where the interval allows."""
REQUEST_KEPT = 24 * 3600
"""Seconds for which the Job of a request or preview is kept after its end."""
_USER = 10001
_DIRECTORY_MODE = 0o440


def plan_name(connection: str, plan: Plan) -> str:
    """The ConfigMap's name: another plan, another name."""
    return f"{connection}-plan-{digest(encode_plan(plan))}"


def plan_config_map(connection: Connection, plan: Plan) -> Manifest:
    """The plan, immutable."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(connection, plan_name(connection.name, plan), "plan"),
        "immutable": True,
        "data": {PLAN_FILE.rpartition("/")[2]: encode_plan(plan)},
    }


def cron_job(
    connection: Connection,
    category: Category,
    settings: Settings,
    *,
    plan: str,
    run_seconds: int,
    schedule: str,
    suspend: bool,
    not_before: str,
) -> Manifest:
    """The category's CronJob. `plan` names its ConfigMap; a slot before `not_before` does not run."""
    args = ["--category", category.value, "--not-before", not_before]
    metadata = _metadata(connection, f"{connection.name}-{category.suffix}", "schedule", category)
    metadata["annotations"] = {group.NOT_BEFORE_ANNOTATION: not_before}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {
            "schedule": schedule,
            "timeZone": connection.spec.schedule.time_zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": STARTING_DEADLINE,
            "suspend": suspend,
            "successfulJobsHistoryLimit": 2,
            "failedJobsHistoryLimit": 2,
            "jobTemplate": {
                "metadata": {"labels": _labels(connection, "schedule", category)},
                "spec": _job_spec(connection, settings, plan, run_seconds, args, "schedule", category),
            },
        },
    }


def job(
    connection: Connection,
    settings: Settings,
    *,
    purpose: str,
    token: str,
    plan: Plan,
    categories: Sequence[Category] = (),
) -> Manifest:
    """The Job of a request (`purpose` "request"), of an approval ("approve") or of a preview ("preview").

    It runs the categories once, in order; by default all of the plan.
    """
    args = [arg for category in categories or plan.categories for arg in ("--category", category.value)]
    if purpose == "preview":
        args.append("--dry-run")
    metadata = _metadata(connection, job_name(connection.name, purpose, token), purpose)
    metadata["annotations"] = {group.TOKEN_ANNOTATION: token}
    spec = _job_spec(connection, settings, plan_name(connection.name, plan), plan.run_seconds, args, purpose)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {**spec, "ttlSecondsAfterFinished": REQUEST_KEPT},
    }


def job_name(connection: str, purpose: str, token: str) -> str:
    """Name of the Job that answers the token."""
    return f"{connection}-{'sync' if purpose == 'request' else purpose}-{digest(token)}"


def _job_spec(
    connection: Connection,
    settings: Settings,
    plan: str,
    run_seconds: int,
    args: list[str],
    purpose: str,
    category: Category | None = None,
) -> Manifest:
    return {
        "backoffLimit": 0,
        "activeDeadlineSeconds": run_seconds + JOB_GRACE,
        "template": {
            "metadata": {"labels": _labels(connection, purpose, category)},
            "spec": _pod_spec(connection, settings, plan, run_seconds, args),
        },
    }


def _pod_spec(
    connection: Connection, settings: Settings, plan: str, run_seconds: int, args: list[str]
) -> Manifest:
    spec = connection.spec
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": run_seconds + POD_GRACE,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "sync",
                "image": settings.image,
                "imagePullPolicy": settings.image_pull_policy,
                "command": ["oneroster-sync"],
                "args": [*args, *_allowed(settings.allowed_networks)],
                "env": [
                    {
                        "name": JOB_NAME_VARIABLE,
                        "valueFrom": {
                            "fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}
                        },
                    }
                ],
                "resources": {
                    "requests": {"cpu": settings.cpu_request, "memory": settings.memory_limit},
                    "limits": {"memory": settings.memory_limit},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "terminationMessagePolicy": "File",
                "volumeMounts": [
                    _mount("plan", PLAN_FILE.rpartition("/")[0]),
                    _mount("credentials", CREDENTIALS_DIRECTORY),
                    _mount("platform", PLATFORM_DIRECTORY),
                ],
            }
        ],
        "volumes": [
            {"name": "plan", "configMap": {"name": plan, "optional": True}},
            _secret("credentials", spec.auth.secret_ref.name, CLIENT_ID_KEY, CLIENT_SECRET_KEY, ALLOWED_HOSTS_KEY),
            _secret("platform", spec.platform_ref.name, SYNC_URL_KEY),
        ],
    }


def _allowed(networks: Networks) -> list[str]:
    """An argument and no part of the plan: the installation decides it, so it needs no preview of its own."""
    return [arg for network in networks for arg in ("--allowed-network", str(network))]


def _mount(name: str, path: str) -> Manifest:
    return {"name": name, "mountPath": path, "readOnly": True}


def _secret(volume: str, name: str, *keys: str) -> Manifest:
    """Optional, so that a missing Secret or key is reported by the pod rather than hung in its creation."""
    items = [{"key": key, "path": key} for key in keys]
    return {
        "name": volume,
        "secret": {
            "secretName": name,
            "optional": True,
            "defaultMode": _DIRECTORY_MODE,
            "items": items,
        },
    }


def _metadata(connection: Connection, name: str, purpose: str, category: Category | None = None) -> Manifest:
    return {
        "name": name,
        "namespace": connection.namespace,
        "labels": _labels(connection, purpose, category),
        "ownerReferences": [
            {
                "apiVersion": group.API_VERSION,
                "kind": group.KIND,
                "name": connection.name,
                "uid": connection.uid,
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }


def _labels(connection: Connection, purpose: str, category: Category | None = None) -> dict[str, str]:
    labels = {
        "app.kubernetes.io/managed-by": group.FIELD_MANAGER,
        group.CONNECTION_LABEL: connection.name,
        group.PURPOSE_LABEL: purpose,
    }
    return labels | ({group.CATEGORY_LABEL: category.value} if category else {})


def time_limits(window: int | None, interval: dt.timedelta) -> tuple[int, int]:
    """A run's own deadline and its wait for the district's lock, in seconds.

    The wait lasts until the window's end, 30 minutes where there is none; the whole stays below the interval.
    """
    wait = window * 60 if window is not None else 1800
    total = int(min(wait + _RUN, max(interval.total_seconds() - JOB_GRACE - 60, 600)))
    return total, min(wait, max(total - _RUN, total // 2))


def categories_in(job_spec: Manifest) -> tuple[str, ...]:
    """The categories that the Job's pods were told to run."""
    (container,) = job_spec["template"]["spec"]["containers"]
    args: list[str] = container.get("args", [])
    return tuple(value for flag, value in pairwise(args) if flag == "--category")


def used_plan(cron_job: Manifest) -> str:
    """Name of the ConfigMap that the CronJob's pods mount."""
    return plan_in(cron_job["spec"]["jobTemplate"]["spec"])


def not_before(cron_job: Manifest) -> str:
    """The instant before which no slot of the CronJob runs; its creation where nobody says."""
    annotations = cron_job["metadata"].get("annotations") or {}
    said: str = annotations.get(group.NOT_BEFORE_ANNOTATION) or cron_job["metadata"]["creationTimestamp"]
    return said


def plan_in(job_spec: Manifest) -> str:
    """Name of the ConfigMap that the Job's pods mount; empty where there is none."""
    volumes = job_spec["template"]["spec"].get("volumes", ())
    return next((v["configMap"]["name"] for v in volumes if v["name"] == "plan"), "")
