"""A namespace in memory, in which the operator's decisions are carried out.

It does what the edges do: shows objects as `controller.observe` does and writes as `controller.apply` does.
What is written is noted in `writes`, what is called in `calls`.
"""

import copy
import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from oneroster_operator.api import group
from oneroster_operator.api.category import Category
from oneroster_operator.api.conditions import Condition
from oneroster_operator.api.plan import Plan, decode_plan
from oneroster_operator.api.report import CategoryReport, Outcome, Report
from oneroster_operator.api.resource import Connection, parse
from oneroster_operator.api.status import Answer, CategoryStatus, ConnectionStatus
from oneroster_operator.api.times import rfc3339
from oneroster_operator.controller import events, runs
from oneroster_operator.controller.apply import as_written, covers
from oneroster_operator.controller.decide import Decision, decide
from oneroster_operator.controller.manifests import Manifest, plan_in, used_plan
from oneroster_operator.controller.observe import cron_job_view, job_view, secret_view
from oneroster_operator.controller.observed import Call, CallKind, JobView, Observed, Postponed
from oneroster_operator.controller.preview import Counted
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.take_in import Result
from tests.controller import build
from tests.controller.build import NAME, NOW, SETTINGS
from tests.controller.outside import GOOD, Outside

CREDENTIALS, PLATFORM = "springfield-oneroster", "oneroster-platform"
FIRST_RETRY, LONGEST_RETRY = dt.timedelta(seconds=10), dt.timedelta(minutes=10)


@dataclass
class World:
    """What there is outside of the operator. Times pass only by `wait`."""

    spec: dict[str, Any] = field(default_factory=build.spec)
    annotations: dict[str, str] = field(default_factory=dict)
    generation: int = 1
    status: dict[str, Any] = field(default_factory=lambda: {"observedGeneration": -1})
    now: dt.datetime = NOW
    secrets: dict[str, Manifest] = field(default_factory=dict)
    objects: dict[tuple[str, str], Manifest] = field(default_factory=dict)
    """CronJobs, Jobs and ConfigMaps by kind and name."""
    reports: dict[str, Report] = field(default_factory=dict)
    previews: dict[str, list[Counted]] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    settings: Settings = SETTINGS
    """The installation's; other ones take an operator that was started anew."""
    postponed: dict[CallKind, Postponed] = field(default_factory=dict)
    failures: int = 0
    """Calls in a row that failed."""
    versions: int = 0
    """Of Secrets: each change has a higher one."""
    writes: list[str] = field(default_factory=list)
    calls: list[CallKind] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """Reasons of the events."""

    # What people do

    def edit(self, **changes: Any) -> None:
        """Change fields at the top of the spec, and let the operator see it."""
        self.spec = self.spec | copy.deepcopy(changes)
        self.generation += 1
        self.reconcile()

    def ask(self, kind: str, token: str) -> None:
        """Annotate the connection, and let the operator see it."""
        self.annotations[f"{group.GROUP}/{kind}-requested-at"] = token
        self.reconcile()

    def decide(self, kind: str, fingerprints: str) -> None:
        """Approve or discard holds, and let the operator see it."""
        self.annotations[f"{group.GROUP}/{kind}"] = fingerprints
        self.reconcile()

    def put_secret(
        self, name: str = CREDENTIALS, *, secret: str = GOOD, labelled: bool = True, without: str = ""
    ) -> None:
        """Create or replace a Secret; `secret` says whether the district will take it."""
        keys = {
            "clientId": "client",
            "clientSecret": secret,
            "operatorUrl": "postgresql://o",
            "syncUrl": "postgresql://s",
        }
        self.versions += 1
        metadata: Manifest = {"uid": f"uid-{name}", "resourceVersion": str(self.versions)}
        if labelled:
            metadata["labels"] = {group.CREDENTIALS_LABEL: "true"}
        self.secrets[name] = {"metadata": metadata, "data": {k: v for k, v in keys.items() if k != without}}

    def wait(self, **duration: float) -> None:
        """Let time pass; the operator looks whenever it meant to, and at the end."""
        end = self.now + dt.timedelta(**duration)
        while (wake := self.reconcile().wake) is not None and wake < end:
            assert wake > self.now, "the operator would look again at once"
            self.now = wake
        self.now = end
        self.reconcile()

    # What Kubernetes and the pods do

    def finish_preview(self, outcome: Outcome = Outcome.SUCCEEDED, *counts: Counted, message: str = "") -> None:
        """The one preview Job that runs ends, with these counts and some for its other categories."""
        (job,) = [j for j in self.jobs("preview") if "status" not in j]
        failed = CategoryReport(Category.STUDENTS, outcome, message=message)
        given = {counted.report.name: counted for counted in counts}
        found = [given.get(c) or build.counted(c, 10) for c in self.plan_of(job).categories]
        if outcome is not Outcome.SUCCEEDED:
            found = [Counted(failed, 0, 0, {})]
        self.previews[job["metadata"]["name"]] = found
        self._end(job, outcome)
        self.reconcile()

    def finish_request(self, *categories: CategoryReport, purpose: str = "request") -> None:
        """The one Job of a request that runs ends, with this report."""
        (job,) = [j for j in self.jobs(purpose) if "status" not in j]
        self.reports[job["metadata"]["name"]] = build.report(*categories, at=self.now)
        worst = next((c.outcome for c in categories if c.outcome.exit_code), Outcome.SUCCEEDED)
        self._end(job, worst)
        self.reconcile()

    def run(self, category: Category, outcome: Outcome = Outcome.SUCCEEDED, **said: Any) -> str:
        """The category's CronJob makes a Job now, and it has ended. Its name; the operator has not looked yet."""
        cron_job = self.objects["CronJob", f"{NAME}-{category.suffix}"]
        template = cron_job["spec"]["jobTemplate"]
        name = f"{cron_job['metadata']['name']}-{int(self.now.timestamp()) // 60}"
        job: Manifest = {
            "kind": "Job",
            "metadata": {
                "name": name,
                "labels": template["metadata"]["labels"],
                "ownerReferences": [{"uid": cron_job["metadata"]["uid"]}],
                "creationTimestamp": rfc3339(self.now),
            },
            "spec": template["spec"],
        }
        self.reports[name] = build.report(CategoryReport(category, outcome, **said), at=self.now)
        self.objects["Job", name] = job
        self._end(job, outcome)
        return name

    def _end(self, job: Manifest, outcome: Outcome) -> None:
        failed = outcome.exit_code != 0
        condition = {
            "type": "Failed" if failed else "Complete",
            "status": "True",
            "reason": "BackoffLimitExceeded" if failed else "CompletionsReached",
            "message": "Job has reached the specified backoff limit" if failed else "",
            "lastTransitionTime": rfc3339(self.now),
        }
        job["status"] = {"conditions": [condition]}

    # The operator

    def reconcile(self) -> Decision:
        """One look at the connection, with all calls that it leads to."""
        result: Result | None = None
        for _ in range(4):
            seen = self.observe()
            decision = decide(seen, self.settings, result)
            self._carry_out(seen, decision)
            if decision.call is None:
                return decision
            result = self._perform(decision.call, seen.connection)
        raise AssertionError(f"the operator does not stop calling: {self.calls}")

    def observe(self) -> Observed:
        """What the operator sees."""
        connection = self.connection
        cron_jobs = tuple(cron_job_view(m, connection) for m in self._ours("CronJob"))
        needed = [f"{NAME}-{c.suffix}" for c in connection.spec.categories] if connection.spec.confirmed else []
        owned = {c.name for c in cron_jobs if c.owned}
        return Observed(
            connection=connection,
            now=self.now,
            credentials=secret_view(CREDENTIALS, self.secrets.get(CREDENTIALS), ("clientId", "clientSecret")),
            platform=secret_view(PLATFORM, self.secrets.get(PLATFORM), ("operatorUrl", "syncUrl")),
            cron_jobs=cron_jobs,
            jobs=tuple(self._with_report(job_view(m, connection)) for m in self._ours("Job")),
            plans=tuple(sorted(m["metadata"]["name"] for m in self._ours("ConfigMap"))),
            foreign=tuple(f"CronJob {n}" for n in needed if ("CronJob", n) in self.objects and n not in owned),
            postponed=dict(self.postponed),
        )

    def _ours(self, kind: str) -> list[Manifest]:
        label = group.CONNECTION_LABEL
        return [
            m
            for (k, _), m in self.objects.items()
            if k == kind and m["metadata"].get("labels", {}).get(label) == NAME
        ]

    def _with_report(self, job: JobView) -> JobView:
        found = self.reports.get(job.name)
        return job.with_report(found) if found and runs.uncounted(job, self.connection) else job

    def _carry_out(self, seen: Observed, decision: Decision) -> None:
        for manifest in decision.apply:
            key = (manifest["kind"], manifest["metadata"]["name"])
            live = self.objects.get(key)
            if live is None or not covers(live, manifest):
                self.objects[key] = self._as_served(manifest, live)
                self.writes.append(f"apply {key[1]}")
        for manifest in decision.create:
            key = (manifest["kind"], manifest["metadata"]["name"])
            assert key not in self.objects, f"{key} would be refused"
            self.objects[key] = self._as_served(manifest, None)
            self.writes.append(f"create {key[1]}")
        for kind, name in decision.delete:
            gone = self.objects.pop((kind, name))
            self._collect(gone["metadata"]["uid"])
            self.writes.append(f"delete {name}")
        written = as_written(decision.status)
        ConnectionStatus.model_validate(written)
        if written != self.status:
            told = events.worth_telling(seen.connection.status.conditions, decision.status.conditions)
            self.told += [event.reason for event in told]
            self.status = written
            self.writes.append("status")

    def _as_served(self, manifest: Manifest, live: Manifest | None) -> Manifest:
        """The object as the API server has it, with what it adds."""
        served = copy.deepcopy(manifest)
        kept = (
            live["metadata"]
            if live
            else {"uid": f"uid-{len(self.writes)}", "creationTimestamp": rfc3339(self.now)}
        )
        served["metadata"] |= {key: kept[key] for key in ("uid", "creationTimestamp")}
        served.get("spec", {}).setdefault("podReplacementPolicy", "TerminatingOrFailed")
        return served

    def _collect(self, owner: str) -> None:
        owned = [
            key
            for key, m in self.objects.items()
            if any(o["uid"] == owner for o in m["metadata"].get("ownerReferences", ()))
        ]
        for key in owned:
            del self.objects[key]

    def _perform(self, call: Call, connection: Connection) -> Result | None:
        self.calls.append(call.kind)
        result = self.outside.answer(call, connection, self.secrets[CREDENTIALS], self.previews)
        if isinstance(result, str):
            self.failures += 1
            until = self.now + min(FIRST_RETRY * 2 ** min(self.failures - 1, 10), LONGEST_RETRY)
            self.postponed[call.kind] = Postponed(call.inputs, until, result, f"{result}, try later")
            return None
        self.failures = 0
        self.postponed.pop(call.kind, None)
        return result

    # What a person sees

    @property
    def connection(self) -> Connection:
        """The object, with a status that has to be understood."""
        read = parse(
            build.body(self.spec, generation=self.generation, annotations=self.annotations, status=self.status)
        )
        return replace(read, status=ConnectionStatus.model_validate(self.status))

    def condition(self, type_: str) -> Condition | None:
        """The condition of this type, where there is one."""
        return next((c for c in self.connection.status.conditions if c.type == type_), None)

    def says(self, type_: str) -> str:
        """Status and reason of a condition, such as "False/AwaitingReview"; empty where it is not there."""
        found = self.condition(type_)
        return f"{found.status}/{found.reason}" if found else ""

    def message(self, type_: str) -> str:
        """The condition's message."""
        found = self.condition(type_)
        return found.message if found else ""

    def answer(self, kind: str) -> Answer | None:
        """The answer to the last request of this kind."""
        found: Answer | None = getattr(self.connection.status.requests, kind)
        return found

    def category(self, category: Category) -> CategoryStatus:
        """The category's entry in status."""
        return next(c for c in self.connection.status.categories if c.name == category)

    def names(self, kind: str) -> list[str]:
        """Names of the objects of this kind."""
        return sorted(name for k, name in self.objects if k == kind)

    def jobs(self, purpose: str) -> list[Manifest]:
        """The Jobs that are there for this purpose."""
        return [m for m in self._ours("Job") if m["metadata"]["labels"][group.PURPOSE_LABEL] == purpose]

    def cron_job(self, category: Category) -> Manifest:
        """The category's CronJob."""
        return self.objects["CronJob", f"{NAME}-{category.suffix}"]

    def suspended(self) -> set[bool]:
        """Whether the CronJobs are suspended: all, none, or some of them."""
        return {m["spec"]["suspend"] for m in self._ours("CronJob")}

    def not_before(self, category: Category) -> str:
        """The instant before which no slot of the category runs."""
        found: str = self.cron_job(category)["metadata"]["annotations"][group.NOT_BEFORE_ANNOTATION]
        return found

    def plan_of(self, child: Manifest) -> Plan:
        """The plan that a CronJob or Job mounts; it has to be there."""
        name = used_plan(child) if child["kind"] == "CronJob" else plan_in(child["spec"])
        return decode_plan(self.objects["ConfigMap", name]["data"]["plan.json"], Plan)


def applied(**changes: Any) -> World:
    """A world in which both Secrets are there and a connection has just been applied; nobody has looked at it."""
    world = World(spec=build.spec(**changes))
    world.put_secret(CREDENTIALS)
    world.put_secret(PLATFORM)
    return world


def in_use(**changes: Any) -> World:
    """A world with a connection that was confirmed a while ago and whose schools are all decided."""
    world = applied(
        categories=["Students", "ClassRosters"],
        schools={"assignments": [{"sourcedId": "0099", "action": "Ignore"}]},
        **changes,
    )
    world.reconcile()
    world.finish_preview()
    world.edit(confirmed=True)
    world.wait(minutes=30)
    world.writes.clear()
    world.calls.clear()
    world.told.clear()
    return world
