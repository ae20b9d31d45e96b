"""Lets a history happen to the engine and to the model, and compares the two after each run."""

import psycopg
from hypothesis import currently_in_test_context, event

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.removal import release
from oneroster_operator.platform.runs import RunRecord, runs_of_job
from tests.sync.cuts import broken_off
from tests.sync.decisions import Release
from tests.sync.histories import Chapter, History
from tests.sync.holding import StoredHold, holding, quarantined, stored_holds
from tests.sync.model import Platform, Told
from tests.sync.model.listing import listing
from tests.sync.setting import Setting
from tests.sync.world import World

_BROKEN_OFF = {Outcome.FAILED, Outcome.PLATFORM_FAILED}


class Teller:
    """Of one history."""

    def __init__(self, setting: Setting, world: World) -> None:
        self.setting = setting
        self.world = world
        self.fingerprints: dict[int, str] = {}
        """Of holds, by number."""

    async def tell(self, history: History) -> None:
        await self.chapter(Chapter((), None, history.first))
        history.limit.apply(self.world)
        for chapter in history.chapters:
            await self.chapter(chapter)
        for hold in self.world.platform.holds.stored:
            note_event(f"a hold was {hold.state}")

    async def chapter(self, chapter: Chapter) -> None:
        for step in chapter.before:
            step.apply(self.world)
        if isinstance(chapter.decision, Release):
            await self.release(chapter.decision)
        elif chapter.decision:
            chapter.decision.apply(self.world)
        self.plan()
        run = self.setting.run(*chapter.run)
        if chapter.cut is None:
            await run.work()
            records = run.records
        else:
            await broken_off(run, chapter.cut, self.setting.database.admin_url)
            records = await self.written()
        self.follow(chapter, records)
        self.compare()

    async def release(self, decision: Release) -> None:
        """A person lets go of what a category left that is not run for some time."""
        self.world.platform.release(decision.category)
        async with await connect(self.setting.database.admin_url, application="tests") as connection:
            await release(connection, self.setting.plan.district_id, decision.category, dry_run=False)

    def plan(self) -> None:
        """What the next run is told."""
        world = self.world
        self.setting.change(
            links=dict(world.links),
            limits=world.limits,
            accepted_admins=dict(world.accepted_admins),
            approvals=tuple(self.fingerprints[number] for number in sorted(world.approvals)),
            discards=tuple(self.fingerprints[number] for number in sorted(world.discards)),
        )

    async def written(self) -> list[RunRecord]:
        """What a run that was broken off had done with, by the database's own account."""
        async with await psycopg.AsyncConnection.connect(self.setting.database.admin_url) as connection:
            job = f"job-{self.setting.jobs}"
            records = await runs_of_job(connection, self.setting.plan.district_id, job)
        return [record for record in records if record.outcome not in _BROKEN_OFF]

    def follow(self, chapter: Chapter, records: list[RunRecord]) -> None:
        """The model does what the run did: all of it, or so many categories, or after them the move of links."""
        lost = chapter.cut is None or chapter.cut.how == "lost"
        done = chapter.run if lost else chapter.run[: len(records)]
        expected = [self.sync(category, chapter.run) for category in done]
        for one in expected:
            note_event(f"{one.outcome} {one.reason}")
        said = [told(record) for record in records]
        assert said == expected, (said, expected)
        if len(done) == len(chapter.run) or self.differing(self.world.platform) == {}:
            return
        moved = self.world.platform.copy()
        moved.follow(self.world.links)
        if self.differing(moved) == {}:
            note_event("broken off behind the move of links")
            self.world.platform = moved

    def sync(self, category: Category, run: tuple[Category, ...]) -> Told:
        world = self.world
        seen = listing(world.population, self.setting.version, world.links, run, honest_totals=world.honest_totals)
        refused = {"academic_sessions" if name == "academicSessions" else name for name in world.refused}
        return world.platform.sync(category, seen, world.order, refused, world.now)

    def differing(self, model: Platform) -> dict[str, dict[str, object]]:
        """Rows that are on one side only."""
        held = holding(self.setting.database.admin_url, self.setting.plan.district_id)
        return {
            table: {"held": sorted(map(str, held[table] - rows)), "model": sorted(map(str, rows - held[table]))}
            for table, rows in model.tables.holding().items()
            if held[table] != rows
        }

    def compare(self) -> None:
        url, district = self.setting.database.admin_url, self.setting.plan.district_id
        model = self.world.platform
        differing = self.differing(model)
        assert differing == {}, differing
        known = {
            (category, kind, key): (entry.rule, entry.since, entry.waits)
            for (category, kind, key), entry in model.quarantine.items()
        }
        found = quarantined(url, district)
        assert found == known, set(found.items()) ^ set(known.items())
        self.name_holds(stored_holds(url, district))

    def name_holds(self, stored: dict[str, StoredHold]) -> None:
        """A hold has its rows, its state, and one fingerprint all the time."""
        left = dict(stored)
        for hold in self.world.platform.holds.stored:
            wanted = (hold.category, hold.state, frozenset() if hold.state == "cleared" else hold.rows)
            fingerprint = self.fingerprints.get(hold.number) or next(
                (one for one, found in left.items() if found == wanted), None
            )
            assert fingerprint is not None, (wanted, stored)
            assert left.pop(fingerprint, None) == wanted, (wanted, stored)
            self.fingerprints[hold.number] = fingerprint
        assert left == {}, "holds that should not be"


def note_event(what: str) -> None:
    """For `--hypothesis-show-statistics`."""
    if currently_in_test_context():
        event(what)


def told(record: RunRecord) -> Told:
    refused = record.outcome is Outcome.REFUSED
    return Told(
        record.outcome,
        "" if refused else record.reason,
        record.withheld,
        record.waiting,
        record.quarantined_by_rule,
        bool(record.hold),
    )
