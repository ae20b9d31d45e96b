"""The running operator: workers at the queue, one clock, watches of the children, handlers that feed them."""

import asyncio
import contextlib
import datetime as dt
import logging
import traceback
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from oneroster_operator.api import group
from oneroster_operator.controller.calls import Caller
from oneroster_operator.controller.cluster import ApiError, Cluster
from oneroster_operator.controller.queue import KeyedQueue
from oneroster_operator.controller.reconcile import Reconciler
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.watch import watch_children

logger = logging.getLogger(__name__)


class DefinitionMissing(Exception):
    """The cluster does not know the resource. The message says what to apply."""


class Operator:
    """Everything that lives as long as the process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._queue = KeyedQueue()
        self._secrets: dict[str, set[str]] = {}
        """Namespace/name of the Secrets that a connection names, by connection."""
        self._users: dict[str, set[str]] = defaultdict(set)
        """The same the other way round."""
        self._tasks: list[asyncio.Task[None]] = []
        self._cluster: Cluster | None = None

    async def start(self) -> None:
        """Connect and start all tasks."""
        self._cluster = await Cluster.connect()
        await self._require_definition(self._cluster)
        settings = replace(self.settings, cluster=await self._cluster.uid())
        caller = Caller(self._cluster, settings)
        reconciler = Reconciler(self._cluster, caller, settings, lambda: dt.datetime.now(dt.UTC))
        self._run(self._queue.run_clock())
        for _ in range(self.settings.workers):
            self._run(self._work(reconciler))
        for namespace in self.settings.namespaces or (None,):
            for kind in ("CronJob", "Job"):
                self._run(watch_children(self._cluster, kind, namespace, self._queue.add, self._look_at_all))

    async def _require_definition(self, cluster: Cluster) -> None:
        """Without it kopf would watch nothing, and look healthy; so the process ends and is started again."""
        try:
            await cluster.version_of(group.KIND, next(iter(self.settings.namespaces), None), "")
        except ApiError as error:
            if error.status == 404:
                text = f"the CustomResourceDefinition of {group.PLURAL}.{group.GROUP} is not installed; apply it"
                raise DefinitionMissing(text) from None
            raise

    async def stop(self) -> None:
        """End all tasks; what is unfinished is done again by the next process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._cluster is not None:
            await self._cluster.close()

    def alive(self) -> bool:
        """Whether every task still runs."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def connection_changed(self, key: str, secrets: set[str]) -> None:
        """A connection was added or changed; it names these Secrets, each as namespace/name."""
        for gone in self._secrets.get(key, set()) - secrets:
            self._users[gone].discard(key)
        for secret in secrets:
            self._users[secret].add(key)
        self._secrets[key] = secrets
        self._queue.add(key)

    def connection_deleted(self, key: str) -> None:
        """A connection is gone; Kubernetes collects its children."""
        for secret in self._secrets.pop(key, set()):
            self._users[secret].discard(key)
        self._queue.forget(key)
        self._queue.add(key)

    def secret_changed(self, secret: str) -> None:
        """A labelled Secret, as namespace/name, was added, changed or taken away."""
        for key in self._users.get(secret, ()):
            self._queue.add(key)

    def _look_at_all(self) -> None:
        for key in self._secrets:
            self._queue.add(key)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _work(self, reconciler: Reconciler) -> None:
        while True:
            key = await self._queue.get()
            failed = False
            try:
                seconds = await reconciler.reconcile(key)
                if seconds is not None:
                    self._queue.add_after(key, seconds)
            except ApiError as error:
                failed = True
                logger.warning("%s: the API server answered %s: %s", key, error.status, error.message)
            except Exception as error:  # noqa: BLE001 - one connection must not end the others' worker
                failed = True
                # Its text could carry data of a Secret or a person; where it happened cannot.
                where = "".join(traceback.format_tb(error.__traceback__))
                logger.error("%s: %s\n%s", key, type(error).__name__, where)  # noqa: TRY400
                with contextlib.suppress(ApiError):
                    await reconciler.report_failure(key, error)
            finally:
                self._queue.done(key, failed=failed)
