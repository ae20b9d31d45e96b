"""What a reconcile sees: the connection, its Secrets, its children, at one instant."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Report
from oneroster_operator.api.resource import Connection


class SecretState(StrEnum):
    """Whether a Secret can be used. Its values are no part of what is observed."""

    USABLE = "Usable"
    MISSING = "SecretMissing"
    NOT_LABELLED = "SecretNotLabelled"
    INCOMPLETE = "SecretIncomplete"


@dataclass(frozen=True, slots=True)
class SecretView:
    """A Secret by name, state and version."""

    name: str
    state: SecretState
    version: str = ""
    """Changes whenever the Secret does."""
    missing_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CronJobView:
    """A CronJob with our label."""

    name: str
    owned: bool
    """By this very connection."""
    category: str
    suspended: bool
    plan: str
    """Name of the ConfigMap with its plan."""
    not_before: str
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobView:
    """A Job with our label. `report` is there when it has ended and has not been counted yet."""

    name: str
    owned: bool
    purpose: str
    categories: tuple[str, ...]
    """That its pods were told to run."""
    token: str
    plan: str
    created: dt.datetime
    finished: dt.datetime | None
    failure: str = ""
    """Why the Job failed, as Kubernetes says; empty for a complete one."""
    report: Report | None = None

    def with_report(self, report: Report) -> "JobView":
        """The same with what its pod left."""
        return replace(self, report=report)


@dataclass(frozen=True, slots=True)
class Postponed:
    """A call that failed and is not to be made again before `until`."""

    inputs: str
    until: dt.datetime
    reason: str
    message: str


class CallKind(StrEnum):
    """The calls to the outside that a decision can ask for."""

    TEST = "Test"
    IMPORT = "Import"
    READ_PREVIEW = "ReadPreview"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the outside, and the hash of what goes into it."""

    kind: CallKind
    inputs: str
    job: str = ""
    """The Job whose preview is to be read."""


@dataclass(frozen=True, slots=True)
class Observed:
    """All that a decision is made of."""

    connection: Connection
    now: dt.datetime
    credentials: SecretView
    platform: SecretView
    cron_jobs: tuple[CronJobView, ...] = ()
    jobs: tuple[JobView, ...] = ()
    plans: tuple[str, ...] = ()
    """Names of the ConfigMaps with plans."""
    foreign: tuple[str, ...] = ()
    """Names that a child of ours needs and an object of somebody else has."""
    postponed: Mapping[CallKind, Postponed] = field(default_factory=dict)

    def cron_job(self, category: Category) -> CronJobView | None:
        """The connection's own CronJob of the category."""
        return next((c for c in self.cron_jobs if c.owned and c.category == category), None)

    def job(self, purpose: str, token: str) -> JobView | None:
        """The connection's own Job for what the token asked."""
        return next((j for j in self.jobs if j.owned and j.purpose == purpose and j.token == token), None)
