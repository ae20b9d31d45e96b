"""Whose a district is: a run writes what its login is granted and its connection owns, in a session of its own."""

from dataclasses import replace

import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.owners import DistrictOwner, transfer
from oneroster_operator.platform.reactivation import reactivate
from oneroster_operator.platform.runs import RunRecord
from tests.platform.databases import Database
from tests.platform.pooler import pooler
from tests.sync.setting import DISTRICT, LOOSE, Setting, setting

pytestmark = pytest.mark.database

PEOPLE = "SELECT sourced_id, active FROM roster.users ORDER BY 1"
ROLES = "SELECT user_id, role, school_id, ended_at IS NULL FROM roster.user_roles ORDER BY 1, 2, 3"
CLASSES = "SELECT sourced_id, ended_at IS NULL FROM roster.classes ORDER BY 1"
ENROLLMENTS = "SELECT sourced_id, ended_at IS NULL FROM roster.enrollments ORDER BY 1"


def refused(records: list[RunRecord], reason: str) -> None:
    assert {(r.outcome, r.reason) for r in records} == {(Outcome.PLATFORM_FAILED, reason)}


async def test_a_district_that_is_not_granted_is_not_asked_for(database: Database) -> None:
    async with setting(database) as s:
        with psycopg.connect(database.admin_url) as admin:
            admin.execute("DELETE FROM roster.district_grants")
        records = await s.sync()
        refused(records, "DistrictNotGranted")
        assert f"oneroster-platform grant --district {DISTRICT} --to ROLE" in records[0].message
        assert s.district.district.counts["users"] == 0


async def test_only_the_owner_writes_a_district(database: Database) -> None:
    async with setting(database) as s:
        await hand_over(s, "uid-1", "springfield")
        s.change(cluster="uid-1")
        assert (await s.one(Category.STUDENTS)).outcome is Outcome.SUCCEEDED
        for cluster, name in (("uid-1", "shelbyville"), ("uid-2", "springfield")):
            await hand_over(s, cluster, name)
            records = await s.sync()
            refused(records, "DistrictTaken")
            assert f"--district {DISTRICT} --to uid-1/districts/springfield" in records[0].message


async def hand_over(s: Setting, cluster: str, name: str) -> None:
    async with await connect(s.database.admin_url, application="tests") as admin:
        await transfer(admin, DISTRICT, DistrictOwner(cluster, "districts", name))


async def test_a_pool_by_transaction_is_refused_before_anything_is_asked(database: Database) -> None:
    async with setting(database) as s, pooler(database.sync_url, by_transaction=True, sessions=2) as url:
        s.access = replace(s.access, sync_url=url)
        refused(await s.sync(), "PlatformPooled")
        assert s.district.district.counts["users"] == 0
        assert s.count("SELECT count(*) FROM roster.users") == 0


async def test_a_pool_by_session_does_as_well_as_none(database: Database) -> None:
    async with setting(database) as s, pooler(database.sync_url, by_transaction=False) as url:
        s.access = replace(s.access, sync_url=url)
        assert {r.outcome for r in await s.sync()} == {Outcome.SUCCEEDED}


@pytest.mark.parametrize("category", [Category.STUDENTS, Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS])
async def test_what_a_run_removed_comes_back(database: Database, category: Category) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        before = shown(s)
        population = s.district.population
        kind, people = ("teacher", 2) if category is Category.TEACHER_ASSIGNMENTS else ("student", 30)
        gone = [u for u in population.users.values() if {r.name for r in u.roles} == {kind}][:people]
        enrolled = [e for e in population.enrollments.values() if e.user in {u.sourced_id for u in gone}]
        for enrollment in enrolled:
            population.put(replace(enrollment, status="tobedeleted"))
        for person in () if category is Category.CLASS_ROSTERS else gone:
            population.put(replace(person, status="tobedeleted"))
        record = await s.one(category)
        assert record.removed > 0
        after = shown(s)
        assert after != before
        run = s.count("SELECT max(id) FROM roster.sync_runs")
        async with await connect(database.admin_url, application="tests") as admin:
            _, counted = await reactivate(admin, run, dry_run=True)
        assert shown(s) == after
        async with await connect(database.admin_url, application="tests") as admin:
            assert (await reactivate(admin, run, dry_run=False))[1] == counted
        assert shown(s) == before
        async with await connect(database.admin_url, application="tests") as admin:
            assert not any((await reactivate(admin, run, dry_run=False))[1].values()), "once"
        again = await s.one(category)
        assert again.removed > 0, "the district has not changed its mind"
        assert shown(s) == after


def shown(s: Setting) -> list[list[tuple[object, ...]]]:
    return [s.query(statement) for statement in (PEOPLE, ROLES, CLASSES, ENROLLMENTS)]
