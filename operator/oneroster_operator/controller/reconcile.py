"""Reconcile one connection: observe, decide, apply; call the outside where the decision asks for it."""

import datetime as dt
import logging
from collections.abc import Callable
from uuid import uuid4

from oneroster_operator.api import group
from oneroster_operator.api.report import Report
from oneroster_operator.api.resource import Connection, InvalidSpec, parse, parse_status
from oneroster_operator.api.status import ConnectionStatus
from oneroster_operator.controller import events
from oneroster_operator.controller.apply import apply_children, as_written
from oneroster_operator.controller.calls import Caller, CallFailed
from oneroster_operator.controller.cluster import ApiError, Cluster, Manifest
from oneroster_operator.controller.conditions import stalled
from oneroster_operator.controller.decide import Decision, decide
from oneroster_operator.controller.job_reports import read_report
from oneroster_operator.controller.observe import observe
from oneroster_operator.controller.observed import Call, CallKind, JobView, Observed, Postponed
from oneroster_operator.controller.runs import uncounted
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.take_in import Result

logger = logging.getLogger(__name__)

_MOST_CALLS = 4
"""In one pass: test, import, read a preview, and one more."""
_REPORT_RETRY = dt.timedelta(minutes=1)
"""While the platform, which has the report of a Job whose pod is gone, is away."""
_FIRST_POSTPONEMENT, _LONGEST_POSTPONEMENT = dt.timedelta(seconds=10), dt.timedelta(minutes=10)


class Reconciler:
    """Reconciles connections, one call of `reconcile` each time something may have changed."""

    def __init__(
        self, cluster: Cluster, caller: Caller, settings: Settings, now: Callable[[], dt.datetime]
    ) -> None:
        self._cluster = cluster
        self._caller = caller
        self._settings = settings
        self._now = now
        self._postponed: dict[str, dict[CallKind, Postponed]] = {}
        self._failures: dict[tuple[str, CallKind, str], int] = {}

    async def reconcile(self, key: str) -> float | None:
        """Bring the connection to what its spec says; seconds until it is to be looked at again, if any.

        Looks at the connection anew after each call: what a call brought for another spec is dropped. Raises
        `ApiError` where the API server is to blame.
        """
        result: Result | None = None
        asked_for = ("", 0)
        for _ in range(_MOST_CALLS):
            body = await self._connection(key)
            if body is None:
                self.forget(key)
                return None
            try:
                connection = parse(body)
            except InvalidSpec as error:
                await self._report(body, "InvalidSpec", str(error))
                return None
            spec = (connection.uid, connection.generation)
            decision, observed = await self._pass(connection, body, result if spec == asked_for else None)
            if decision.call is None:
                return self._seconds_until(decision.wake, observed)
            result, asked_for = await self._perform(decision.call, observed), spec
        return 0.0

    async def report_failure(self, key: str, error: Exception) -> None:
        """Say in status that the operator itself failed on this connection, and where to look."""
        body = await self._connection(key)
        if body is not None:
            text = f"The operator failed here ({type(error).__name__}); its log says where. It tries again."
            await self._report(body, "InternalError", text)

    async def _connection(self, key: str) -> Manifest | None:
        """The object, None where it is gone or going."""
        namespace, _, name = key.partition("/")
        body = await self._cluster.get(group.KIND, namespace, name)
        return None if body is None or "deletionTimestamp" in body["metadata"] else body

    async def _pass(
        self, connection: Connection, body: Manifest, result: Result | None
    ) -> tuple[Decision, Observed]:
        """Observe, decide, apply, once."""
        postponed = self._postponed.get(connection.key, {})
        observed = await observe(self._cluster, connection, self._now(), postponed, self._read_report)
        decision = decide(observed, self._settings, result)
        try:
            await apply_children(self._cluster, observed, decision)
        except ApiError as error:
            text = f"The API server refused a child of this connection; it is tried again: {error.message}"
            await self._report(body, "ChildRejected", text)
            raise
        await self._write(connection, body.get("status"), decision.status)
        return decision, observed

    def _seconds_until(self, wake: dt.datetime | None, observed: Observed) -> float | None:
        unread = any(job.report is None and uncounted(job, observed.connection) for job in observed.jobs)
        times = [wake, self._now() + _REPORT_RETRY if unread else None]
        due = min((time for time in times if time is not None), default=None)
        return None if due is None else max((due - self._now()).total_seconds(), 0.0) + 0.5

    async def _report(self, body: Manifest, reason: str, message: str) -> None:
        """Say why nothing can be decided; what is known, and what runs, stays as it is."""
        metadata = body["metadata"]
        before = parse_status(body.get("status"))
        status = stalled(before, reason, message, metadata["generation"], self._now())
        if as_written(status) != body.get("status"):
            await self._cluster.put_status(
                metadata["namespace"], metadata["name"], metadata["uid"], as_written(status)
            )

    def forget(self, key: str) -> None:
        """Drop what is remembered of a connection that is gone."""
        self._postponed.pop(key, None)
        for remembered in [f for f in self._failures if f[0] == key]:
            del self._failures[remembered]

    async def _write(self, connection: Connection, written: Manifest | None, status: ConnectionStatus) -> None:
        wanted = as_written(status)
        if wanted == written:
            return
        await self._cluster.put_status(connection.namespace, connection.name, connection.uid, wanted)
        for event in events.worth_telling(connection.status.conditions, status.conditions):
            logger.info("%s: %s %s", connection.key, event.reason, event.message)
            suffix = uuid4().hex[:16]
            await self._cluster.create(events.manifest(connection, event, self._now(), suffix))

    async def _perform(self, call: Call, observed: Observed) -> Result | None:
        """The call's result; None where it failed, which is then remembered for a while."""
        connection = observed.connection
        remembered = (connection.key, call.kind, call.inputs)
        try:
            result = await self._caller.perform(call, connection)
        except CallFailed as error:
            failures = self._failures.get(remembered, 0)
            self._failures[remembered] = failures + 1
            delay = min(_FIRST_POSTPONEMENT * (1 << min(failures, 10)), _LONGEST_POSTPONEMENT)
            postponed = Postponed(call.inputs, self._now() + delay, error.reason, error.message)
            self._postponed.setdefault(connection.key, {})[call.kind] = postponed
            return None
        self._failures.pop(remembered, None)
        self._postponed.get(connection.key, {}).pop(call.kind, None)
        return result

    async def _read_report(self, connection: Connection, job: JobView) -> Report | None:
        return await read_report(self._cluster, self._caller, connection, job)
