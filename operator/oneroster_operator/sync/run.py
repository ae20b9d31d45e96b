"""A run: the categories of one invocation, one after the other, each with its own outcome."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import psycopg

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import OneRosterClient
from oneroster_operator.platform.connection import Connection, PlatformError, connect, platform_errors
from oneroster_operator.platform.directory import SchoolUnknown, schools
from oneroster_operator.platform.grants import check_granted
from oneroster_operator.platform.owners import DistrictOwner, check_owner
from oneroster_operator.platform.pooling import check_session
from oneroster_operator.platform.runs import RunRecord, record_run, runs_of_job
from oneroster_operator.platform.schema import check_schema
from oneroster_operator.sync import accounts, diff, identity, lock, quarantine, stage, take_out, wanted
from oneroster_operator.sync.extract import Extract
from oneroster_operator.sync.failures import (
    INTERRUPTED,
    Failure,
    deadline_exceeded,
    foreseen,
    lock_held,
    lost_for_good,
    unforeseen,
)
from oneroster_operator.sync.mounted import Access
from oneroster_operator.sync.pipeline import Invocation, Pipeline
from oneroster_operator.sync.reconnect import Reconnecting
from oneroster_operator.sync.roles import Scope

log = logging.getLogger(__name__)

_APPLICATION = "oneroster-sync"
_NOTE_SECONDS = 3.0
"""For the rows of what failed: a stopping pod has little time left."""

# Plans for half a million joined rows profit from memory and not from JIT; neither a forgotten transaction nor
# a reader's lock may hold up the platform. While a district comes for the first time nothing has analysed the
# roster's tables, and this login may not: nested loops would be planned for the few rows that are expected there.
# ANALYZE is asked for after each step, and a sample of a tenth tells enough of how large a temporary table is.
# A server that lost its client without a word would keep the district's lock for hours: it is to look in a minute.
_SETTINGS = """
SET TimeZone = 'UTC';
SET jit = off;
SET enable_nestloop = off;
SET work_mem = '64MB';
SET default_statistics_target = 10;
SET lock_timeout = '60s';
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 30;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 3;
"""


class Run:
    """The categories of one invocation; `records` has those that ended so far, in the order in which they ran.

    A category that fails stops no other, unless the failure would be the same for all of them. A session that is
    lost takes its lock and all that was staged with it: another one begins the category in progress again.
    """

    def __init__(
        self,
        invocation: Invocation,
        access: Access,
        zone: ZoneInfo,
        categories: Sequence[Category],
        reconnecting: Reconnecting | None = None,
    ) -> None:
        self.records: list[RunRecord] = []
        self._invocation = invocation
        self._plan = invocation.plan
        self._access = access
        self._today = invocation.now().astimezone(zone).date()
        self._categories = categories
        self._reconnecting = reconnecting or Reconnecting()
        self._started = invocation.now()
        self._clock = asyncio.get_running_loop().time
        self._deadline = self._clock() + self._plan.run_seconds

    async def work(self) -> None:
        """Run all categories. Whatever goes wrong becomes a record, except that it is cancelled."""
        try:
            connection = await self._connect()
        except PlatformError as error:
            self._fail_the_rest(_failure(error))
            return
        failure = await self._session(connection, lost=None)
        try:
            for _ in range(self._reconnecting.most):
                if failure is None:
                    return
                log.warning("The session was lost: %s", failure.message)
                connection = await self._reconnecting(self._connect, self._deadline, self._clock)
                failure = await self._session(connection, lost=failure)
        except PlatformError as error:
            failure = _failure(error)
        if failure is not None:
            await self._end_with(lost_for_good(failure))

    async def interrupted(self) -> None:
        """Account for what `work` had not done when it was cancelled."""
        await self._end_with(INTERRUPTED)

    async def _end_with(self, failure: Failure) -> None:
        """Account for what is not done, in a session of its own where there is one to be had in time."""
        with contextlib.suppress(PlatformError, TimeoutError):
            async with asyncio.timeout(_NOTE_SECONDS), await self._connect() as connection:
                await self._take_in_written(connection)
                await _note(connection, self._fail_the_rest(failure))
        self._fail_the_rest(failure)

    async def _session(self, connection: Connection, lost: Failure | None) -> Failure | None:
        """Do all that is not done; what broke the session off, where that was so and there is time for another.

        `lost` is what broke the one before it off.
        """
        async with connection:
            failure = await self._prepare(connection)
            if lost is not None and failure is not None and failure.outcome is Outcome.SKIPPED:
                failure = lost_for_good(lost)  # of which "nothing was done" would be untrue
            failure = failure or await self._sync(connection)
            if failure is None:
                return None
            # A list of changes that was begun cannot be taken back.
            if connection.closed and self._clock() < self._deadline and self._invocation.changes is None:
                return failure
            await _note(connection, self._fail_the_rest(failure))
            return None

    async def _take_in_written(self, connection: Connection) -> None:
        """Whether the category in progress was committed, where its session broke off before that was told.

        Whoever holds the district's lock knows that it will not be any more. Raises `PlatformError`.
        """
        for category in self._categories[len(self.records) :][:1]:
            for record in await runs_of_job(connection, self._plan.district_id, self._invocation.job):
                if (record.category, record.started_at) == (category, self._started):
                    self.records.append(record)

    async def _connect(self) -> Connection:
        return await connect(
            self._access.sync_url, application=_APPLICATION, statement_timeout=float(self._plan.run_seconds)
        )

    async def _prepare(self, connection: Connection) -> Failure | None:
        """Check the platform, take the district's lock, make the temporary tables; or why that was not to be."""
        linked = set(self._plan.links.values())
        wait = min(self._plan.lock_wait_seconds, max(0, round(self._deadline - self._clock())))
        try:
            with platform_errors(connection):
                await check_session(connection, self._access.sync_url)
                await check_schema(connection)
                await self._check_schools(connection, linked)
                await check_granted(connection, self._plan.district_id)
                await connection.execute(_SETTINGS)
                acquired = await lock.acquire(connection, self._plan.district_id, wait)
                await self._take_in_written(connection)
                if not acquired:
                    return lock_held(wait)
                await check_owner(connection, self._plan.district_id, self._owner())
                if not self._invocation.dry_run:
                    await identity.check(connection, self._plan)
                await stage.create(connection)
                await wanted.create(connection, linked)
                await accounts.create(connection)
                await quarantine.create(connection)
                await diff.create(connection)
                await take_out.create(connection)
        except Exception as error:  # noqa: BLE001 - becomes the outcome of every category
            return _failure(error)
        return None

    def _owner(self) -> DistrictOwner:
        namespace, _, name = self._plan.connection.partition("/")
        return DistrictOwner(self._plan.cluster, namespace, name)

    async def _check_schools(self, connection: Connection, linked: set[str]) -> None:
        known = {school.id for school in await schools(connection, self._plan.district_id)}
        if unknown := sorted(linked - known):
            raise SchoolUnknown(self._plan.district_id, tuple(unknown))

    async def _sync(self, connection: Connection) -> Failure | None:
        scope = Scope(self._plan.endpoint.version, self._plan.links, self._plan.district_org, self._today)
        access = self._access
        async with OneRosterClient(
            access.endpoint, access.credentials, allowed_networks=access.allowed_networks
        ) as client:
            invocation, left = self._invocation, self._categories[len(self.records) :]
            extract = Extract(
                client,
                connection,
                scope,
                self._categories,
                now=invocation.now,
                district_id=self._plan.district_id,
                for_deltas=invocation.may_be_delta,
            )
            pipeline = Pipeline(invocation, connection, extract, left)
            for category in left:
                failure = await self._category(pipeline, connection, category)
                if failure is not None and failure.final:
                    return failure
        return None

    async def _category(self, pipeline: Pipeline, connection: Connection, category: Category) -> Failure | None:
        self._started = self._invocation.now()
        pulling = True
        deadline = asyncio.timeout_at(self._deadline)
        try:
            async with deadline:
                with platform_errors(connection):
                    pulled = await pipeline.pull(category)
                    pulling = False
                    record = await pipeline.write(category, self._started, pulled)
        except Exception as error:  # noqa: BLE001 - becomes the outcome of the category
            expired = isinstance(error, TimeoutError) and deadline.expired()
            failure = deadline_exceeded(self._plan.run_seconds, pulling=pulling) if expired else _failure(error)
            if connection.closed and not expired:
                return replace(failure, final=True)
            record = self._invocation.account(category, self._started, failure)
            self.records.append(record)
            await _note(connection, [record])
            return failure
        self.records.append(record)
        return None

    def _fail_the_rest(self, failure: Failure) -> list[RunRecord]:
        """Records for every category that has none yet, all of the same failure."""
        missing = [
            self._invocation.account(category, self._started, failure)
            for category in self._categories[len(self.records) :]
        ]
        self.records += missing
        return missing


async def _note(connection: Connection, records: Iterable[RunRecord]) -> None:
    """Store the records if the database still answers; the report has them in any case."""
    with contextlib.suppress(PlatformError, psycopg.Error, TimeoutError):
        async with asyncio.timeout(_NOTE_SECONDS):
            for record in records:
                await record_run(connection, record)


def _failure(error: Exception) -> Failure:
    return foreseen(error) or log_unforeseen(error)


def log_unforeseen(error: Exception) -> Failure:
    """The failure that an unforeseen error is. The log gets its class and where it was raised, and no more:
    its own text may hold a value from the district."""
    state = getattr(error, "sqlstate", None)
    name = type(error).__name__ + (f" (SQLSTATE {state})" if state else "")
    log.error("%s\n%s", name, "".join(traceback.format_tb(error.__traceback__)))
    return unforeseen(error)
