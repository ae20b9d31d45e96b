"""One category from the district into the platform: extract, diff, limits, merge, account.

A dry run takes the same way up to the diff and writes nothing but its row of `sync_runs`.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Plan
from oneroster_operator.api.report import Outcome, Pull
from oneroster_operator.oneroster import Collection
from oneroster_operator.platform.connection import Connection
from oneroster_operator.platform.directory import earlier_schools, links, save_links
from oneroster_operator.platform.runs import RunRecord, record_run
from oneroster_operator.sync import (
    accounts,
    diff,
    full_or_delta,
    identity,
    lock,
    peaks,
    quarantine,
    relink,
    totals,
    wanted,
    watermarks,
)
from oneroster_operator.sync.changes import Changes
from oneroster_operator.sync.doubt import doubt
from oneroster_operator.sync.extract import Extract, Pulled
from oneroster_operator.sync.failures import Failure
from oneroster_operator.sync.holds import PULL_INCOMPLETE
from oneroster_operator.sync.judge import Judged, judge
from oneroster_operator.sync.merge import Written, merge
from oneroster_operator.sync.pulls import Pulls
from oneroster_operator.sync.rehearsal import rehearsal
from oneroster_operator.sync.roles import GRANTED_BY
from oneroster_operator.sync.settle import Decisions, settle
from oneroster_operator.sync.stage import KINDS
from oneroster_operator.sync.take_out import put_back
from oneroster_operator.sync.tally import Differences, Kind
from oneroster_operator.sync.wanted import ENROLLED_BY, Owner


@dataclass(frozen=True, slots=True)
class Invocation:
    """What all categories of one invocation share."""

    plan: Plan
    job: str
    dry_run: bool
    now: Callable[[], dt.datetime]
    changes: Changes | None = None
    """Where a dry run lists what it found, if anywhere."""

    @property
    def may_be_delta(self) -> bool:
        """Whether what changed may be enough. A dry run shows what all of it would bring."""
        return self.plan.full == "Weekly" and not self.dry_run

    def account(self, category: Category, started: dt.datetime, failure: Failure) -> RunRecord:
        """The row of a category that came to no merge."""
        return RunRecord(
            district_id=self.plan.district_id,
            connection=self.plan.connection,
            job=self.job,
            category=category,
            dry_run=self.dry_run,
            started_at=started,
            finished_at=self.now(),
            outcome=failure.outcome,
            reason=failure.reason,
            message=failure.message,
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """What a category's pull and diff brought to light."""

    pulled: dict[Collection, Pulled]
    unusable: quarantine.Unusable
    differences: Differences


class Pipeline:
    """The steps of a category, over a session that holds the district's lock and the temporary tables."""

    def __init__(
        self, invocation: Invocation, connection: Connection, extract: Extract, categories: Sequence[Category]
    ) -> None:
        self._invocation = invocation
        self._plan = invocation.plan
        self._connection = connection
        self._extract = extract
        self._pulls = Pulls(self._plan, connection, extract, categories, may_be_delta=invocation.may_be_delta)
        self._places = totals.Places(self._plan.links, self._plan.district_org)

    async def pull(self, category: Category) -> dict[Collection, Pulled]:
        """Stage what the category needs. Raises `PullFailed`."""
        return await self._pulls.pull(category)

    async def write(self, category: Category, started: dt.datetime, pulled: dict[Collection, Pulled]) -> RunRecord:
        """Compare, and write what may be written; the category's row of `sync_runs`, which is written too."""
        owner = Owner(self._plan.district_id, category)
        if self._invocation.dry_run:
            return await self._rehearse(owner, started, pulled)
        await identity.follow(self._connection, self._plan)
        moved = await self._follow_links()
        if self._pulls.kind is Pull.DELTA and await self._may_be_known(owner):
            pulled = await self._pulls.pull_whole(category, "Somebody new may have an account already.")
        found = await self._find(owner, pulled)
        now = self._invocation.now()
        judged = await judge(self._connection, owner, self._plan, found.differences, now)
        if self._pulls.kind is Pull.DELTA:
            why = await doubt(self._connection, owner, self._plan.limits, found.differences, judged)
            if why:
                found = await self._find(owner, await self._pulls.pull_whole(category, why))
                judged = await judge(self._connection, owner, self._plan, found.differences, now)
        async with self._connection.transaction():
            await lock.retake(self._connection, self._plan.district_id)
            hold = await self._settle(owner, found, judged)
            written = moved + await merge(self._connection, owner)
            await save_links(self._connection, self._plan.district_id, self._plan.links)
            await quarantine.write(self._connection, owner, found.pulled, self._invocation.job, now)
            if self._invocation.may_be_delta:
                await watermarks.write(self._connection, owner, found.pulled, full_or_delta.inputs(self._plan))
            held = await totals.held(self._connection, owner, self._places)
            record = msgspec.structs.replace(
                self._account(owner, started, found, judged, written, held),
                hold=hold,
                counts=peaks.counts(await diff.held(self._connection, owner)),
                rebased=judged.rebased,
            )
            await record_run(self._connection, record)
        return record

    async def _rehearse(self, owner: Owner, started: dt.datetime, pulled: dict[Collection, Pulled]) -> RunRecord:
        async with rehearsal(self._connection, self._plan):
            found = await self._find(owner, pulled)
            if self._invocation.changes is not None:
                await self._invocation.changes.add(self._connection, owner)
            expected = await totals.wanted(self._connection, owner, self._places)
        record = self._account(owner, started, found, Judged(), Written(), expected)
        await record_run(self._connection, record)
        return record

    async def _settle(self, owner: Owner, found: Findings, judged: Judged) -> str:
        """What becomes of holds, and what is held now; an answer that is not proven complete decides neither."""
        hold = ""
        if not found.differences.incomplete:
            decisions = Decisions(self._plan.approvals, self._plan.discards)
            hold = await settle(
                self._connection, owner, judged.holds, judged.held, decisions, self._invocation.now()
            )
        await put_back(self._connection)
        return hold

    async def _follow_links(self) -> Written:
        """Move what the platform has of schools that are linked to another of its schools by now."""
        schools = relink.reassigned(
            await links(self._connection, self._plan.district_id),
            self._plan.links,
            await earlier_schools(self._connection, self._plan.district_id),
        )
        if not schools:
            return Written()
        async with self._connection.transaction():
            await lock.retake(self._connection, self._plan.district_id)
            moved = await relink.move(self._connection, self._plan.district_id, schools)
            await save_links(self._connection, self._plan.district_id, self._plan.links)
        return Written(changed=moved)

    async def _find(self, owner: Owner, pulled: dict[Collection, Pulled]) -> Findings:
        # Before the first sync the platform has nobody: a preview counts enrollments by the people it staged.
        staged_people = owner.category is Category.TEACHER_ASSIGNMENTS or (
            self._invocation.dry_run and self._extract.has(Collection.USERS)
        )
        await self._recognise(owner, staged_people=staged_people)
        await wanted.work_out(self._connection, owner, staged_people=staged_people)
        unusable = await quarantine.find(self._connection, owner, pulled, self._invocation.now())
        await diff.find(self._connection, owner)
        differences = Differences(
            await diff.tallies(self._connection, owner),
            empty=_empty(pulled),
            incomplete=self._unproven(pulled),
            waiting=unusable.waiting,
        )
        return Findings(pulled, unusable, differences)

    async def _recognise(self, owner: Owner, *, staged_people: bool) -> None:
        """See to it that people who have an account come as who they are."""
        await accounts.clear(self._connection)
        role = GRANTED_BY.get(owner.category) or (ENROLLED_BY[owner.category] if staged_people else None)
        if role and await accounts.any_without_source(self._connection, owner.district_id):
            await accounts.link(self._connection, self._newcomers(owner, role))

    async def _may_be_known(self, owner: Owner) -> bool:
        role = GRANTED_BY.get(owner.category)
        return (
            role is not None
            and await accounts.any_without_source(self._connection, owner.district_id)
            and await accounts.may_be_known(self._connection, self._newcomers(owner, role))
        )

    def _newcomers(self, owner: Owner, role: str) -> accounts.Newcomers:
        return accounts.Newcomers(owner, role, nothing_ends=self._plan.limits.additions_only)

    def _unproven(self, pulled: dict[Collection, Pulled]) -> tuple[str, ...]:
        """Why collections prove nothing, a sentence each. A preview removes nothing: absence may stay unproven."""
        return tuple(
            f"{collection}: {one.proof}."
            for collection, one in pulled.items()
            if not (one.outcome.complete if self._invocation.dry_run else one.is_whole)
        )

    def _account(
        self,
        owner: Owner,
        started: dt.datetime,
        found: Findings,
        judged: Judged,
        written: Written,
        held: totals.Totals,
    ) -> RunRecord:
        differences, pulled = found.differences, found.pulled.values()
        all_kinds = differences.all
        outcome, reason, message = _outcome(differences, judged)
        return RunRecord(
            district_id=owner.district_id,
            connection=self._plan.connection,
            job=self._invocation.job,
            category=owner.category,
            dry_run=self._invocation.dry_run,
            started_at=started,
            finished_at=self._invocation.now(),
            outcome=outcome,
            reason=reason,
            message=message,
            created=written.created,
            changed=written.changed,
            removed=written.removed,
            unchanged=all_kinds.active - all_kinds.changed - all_kinds.removed,
            withheld=judged.withheld,
            waiting=found.unusable.waiting,
            quarantined=found.unusable.quarantined,
            quarantined_by_rule=found.unusable.by_rule,
            new_admins=differences.of(Kind.ROLES).created if owner.category.grants_admin else 0,
            total=held.total,
            schools=held.schools,
            records=sum(one.outcome.records for one in pulled),
            pages=sum(one.outcome.pages for one in pulled),
            retries=sum(one.outcome.retries for one in pulled),
            pull=self._pulls.kind,
            pull_reason=self._pulls.reason(owner.category),
            proof=" ".join(f"{collection}: {one.proof}." for collection, one in found.pulled.items()),
        )


def _empty(pulled: dict[Collection, Pulled]) -> frozenset[Kind]:
    kinds = {KINDS[collection] for collection, one in pulled.items() if one.empty}
    return frozenset(kinds | ({Kind.ROLES} if Kind.USERS in kinds else set()))


def _outcome(differences: Differences, judged: Judged) -> tuple[Outcome, str, str]:
    message = " ".join([*(hold.message for hold in judged.holds), judged.note]).strip()
    if differences.incomplete:
        why = f"The district's answer is not proven complete: {differences.incomplete[0]}"
        return Outcome.DISTRICT_FAILED, PULL_INCOMPLETE, message or why
    if judged.holds:
        return Outcome.HELD, judged.holds[0].reason, message
    return Outcome.SUCCEEDED, "", message
