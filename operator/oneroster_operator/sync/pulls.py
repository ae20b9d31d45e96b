"""What a category of a run is made from: all of it, or what changed and besides it what the platform has."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Plan
from oneroster_operator.api.report import Pull
from oneroster_operator.oneroster import Collection, DistrictError
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import fill, full_or_delta, watermarks
from oneroster_operator.sync.extract import Extract, Pulled
from oneroster_operator.sync.failures import PullFailed
from oneroster_operator.sync.full_or_delta import Watermark
from oneroster_operator.sync.needs import NEEDS
from oneroster_operator.sync.wanted import Owner

_WITH_ANOTHER = "Another category of the same run needs all of it."


@dataclass(slots=True)
class Pulls:
    """Stages what categories need, for an invocation whose categories share what is staged.

    Either each of them is given what changed, or, where one needs all, all of them.
    """

    plan: Plan
    connection: Connection
    extract: Extract
    categories: Sequence[Category]
    may_be_delta: bool
    """Whether the plan wants deltas, and this is no dry run, which shows everything."""
    _reasons: dict[Category, str] = field(default_factory=dict)
    _marks: dict[Collection, Watermark] = field(default_factory=dict)
    """Those by which is asked for changes; none where all is asked for."""
    _is_decided: bool = False

    @property
    def kind(self) -> Pull:
        """How the category in progress is pulled."""
        return Pull.DELTA if self._marks else Pull.FULL

    def reason(self, category: Category) -> str:
        """Why all of it is asked for, where a delta might have been."""
        if self._marks or not self.may_be_delta:
            return ""
        return self._reasons.get(category, _WITH_ANOTHER)

    async def pull(self, category: Category) -> dict[Collection, Pulled]:
        """Stage what the category needs. Raises `PullFailed`, psycopg's errors."""
        if self.may_be_delta and not self._is_decided:
            await self._decide()
        if not self._marks:
            return await self._all(category)
        try:
            pulled = await self._all(category)
        except PullFailed as failed:
            if not _may_be_the_question(failed.error):
                raise
            return await self.pull_whole(category, f"Asked for what changed, {failed.error.message}")
        for collection, one in pulled.items():
            if why := self._unproven(collection, one):
                return await self.pull_whole(category, why)
        owner = Owner(self.plan.district_id, category)
        await fill.fill(self.connection, owner, pulled, self.extract.scope.today)
        return pulled

    async def pull_whole(self, category: Category, why: str) -> dict[Collection, Pulled]:
        """Stage all of what the category needs in place of what changed. Raises `PullFailed`, psycopg's errors."""
        self._reasons[category] = why
        self._marks = {}
        self.extract.forget_changes()
        return await self._all(category)

    async def _decide(self) -> None:
        self._is_decided = True
        now, today = self.extract.now(), self.extract.scope.today
        marks: dict[Collection, list[Watermark]] = {}
        for category in self.categories:
            memory = await watermarks.read(self.connection, Owner(self.plan.district_id, category), now)
            if why := full_or_delta.why_full(self.plan, category, memory, now, today):
                self._reasons[category] = why
            for collection, mark in memory.watermarks.items():
                marks.setdefault(collection, []).append(mark)
        if not self._reasons:
            self._marks = {name: full_or_delta.earliest(of_name) for name, of_name in marks.items()}
            self.extract.since = {name: full_or_delta.since(mark) for name, mark in self._marks.items()}

    def _unproven(self, collection: Collection, one: Pulled) -> str:
        """Why what is said to have changed cannot be relied on."""
        if not one.is_whole:
            return f"What changed is not proven to be all that did; {collection}: {one.proof}."
        changed_since = one.outcome.next_since
        if changed_since is None or full_or_delta.was_set_back(self._marks[collection], changed_since, one.at):
            return "The clock of the district's server was set back."
        return ""

    async def _all(self, category: Category) -> dict[Collection, Pulled]:
        pulled = {}
        for collection in NEEDS[category]:
            try:
                pulled[collection] = await self.extract.pull(collection)
            except DistrictError as error:
                raise PullFailed(category, collection, error) from error
        return pulled


def _may_be_the_question(error: DistrictError) -> bool:
    """Whether it may be the filter that the server fails over, in whatever way."""
    return error.stage in {"call", "shape", "paging"} and error.reason != "RateLimited"
