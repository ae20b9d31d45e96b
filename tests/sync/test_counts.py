"""What the platform holds after a sync is what the district has, by the district's own account."""

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.district.expected import expected
from tests.district.fields import Version
from tests.platform.databases import Database
from tests.sync.setting import ROSTER, held, setting

pytestmark = pytest.mark.database

VERSIONS = pytest.mark.parametrize("version", ["1.1", "1.2"])
ADMINS = "role = 'districtAdmin' AND ended_at IS NULL"


@VERSIONS
async def test_rows_equal_the_districts_own_count(database: Database, version: Version) -> None:
    async with setting(database, version) as s:
        records = await s.sync()
        assert [(r.outcome, r.waiting, r.withheld, r.quarantined) for r in records] == [
            (Outcome.SUCCEEDED, 0, 0, 0)
        ] * 5
        assert held(s) == expected(s.district.population, list(s.plan.links), version)


@VERSIONS
async def test_a_school_that_is_not_linked_is_passed_over(database: Database, version: Version) -> None:
    async with setting(database, version, unlinked=["0101"]) as s:
        records = await s.sync()
        assert [r.outcome for r in records] == [Outcome.SUCCEEDED] * 5
        assert held(s) == expected(s.district.population, list(s.plan.links), version)
        assert s.count("SELECT count(*) FROM roster.classes WHERE school_id = 'sch_0101'") == 0
        assert s.count("SELECT count(*) FROM roster.user_roles WHERE school_id = 'sch_0101'") == 0


@VERSIONS
async def test_a_preview_counts_what_the_sync_then_brings_and_writes_no_roster(
    database: Database, version: Version
) -> None:
    async with setting(database, version) as s:
        preview = await s.sync(dry_run=True)
        assert s.written() == dict.fromkeys(ROSTER, 0)
        records = await s.sync()
        assert [(r.category, r.total, r.schools, r.new_admins) for r in preview] == [
            (r.category, r.total, r.schools, r.new_admins) for r in records
        ]
        assert [r.dry_run for r in preview] == [True] * 5
        assert s.query("SELECT category, dry_run, total FROM roster.sync_runs ORDER BY id") == [
            (r.category, r.dry_run, r.total) for r in (*preview, *records)
        ]


async def test_totals_are_people_and_of_admins_roles_and_for_rosters_enrollments(database: Database) -> None:
    async with setting(database) as s:
        totals = {record.category: record for record in await s.sync()}
        right = expected(s.district.population, list(s.plan.links), "1.2")
        students = totals[Category.STUDENTS]
        assert students.schools == right.students
        assert students.total == sum(right.students.values()) - 1, "one student is at two schools"
        assert totals[Category.CLASS_ROSTERS].total == sum(right.student_enrollments.values())
        assert totals[Category.CLASS_ROSTERS].schools == right.student_enrollments
        assert totals[Category.TEACHER_ASSIGNMENTS].schools == right.teachers
        assert totals[Category.SCHOOL_ADMINS].schools == right.school_admins
        assert totals[Category.SCHOOL_ADMINS].total == sum(right.school_admins.values())
        assert totals[Category.DISTRICT_ADMINS].schools == {"1": right.district_admins}


@VERSIONS
async def test_the_counts_of_the_report_are_the_rows_that_postgresql_saw_written(
    database: Database, version: Version
) -> None:
    async with setting(database, version) as s:
        writes, records = await s.writes_of()
        reported = sum(record.created + record.changed + record.removed for record in records)
        assert reported == sum(writes.values()) - writes["school_links"]


@VERSIONS
async def test_a_second_run_over_unchanged_data_writes_no_row(database: Database, version: Version) -> None:
    async with setting(database, version) as s:
        first = await s.sync()
        writes, second = await s.writes_of()
        assert writes == {}
        assert [(r.created, r.changed, r.removed) for r in second] == [(0, 0, 0)] * 5
        assert [r.unchanged for r in second] == [r.created + r.unchanged for r in first]
        assert [(r.total, r.schools) for r in second] == [(r.total, r.schools) for r in first]


async def test_categories_may_run_alone_and_in_any_order(database: Database) -> None:
    async with setting(database) as s:
        for category in (Category.DISTRICT_ADMINS, Category.STUDENTS, Category.CLASS_ROSTERS):
            assert (await s.one(category)).outcome is Outcome.SUCCEEDED
        await s.sync(Category.SCHOOL_ADMINS, Category.TEACHER_ASSIGNMENTS)
        assert held(s) == expected(s.district.population, list(s.plan.links), "1.2")


async def test_a_small_page_brings_the_same(database: Database) -> None:
    async with setting(database) as s:
        s.district.controls.set_page_size(17)
        record = (await s.sync())[0]
        assert record.pages > 10
        assert held(s) == expected(s.district.population, list(s.plan.links), "1.2")


async def test_each_collection_is_asked_for_once_in_an_invocation(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        assert {name: s.district.district.counts[name] for name in ("users", "enrollments", "classes")} == {
            "users": 2,
            "enrollments": 2,
            "classes": 2,
        }, "a page, and an empty one that proves it the last"


async def test_what_nobody_has_a_use_for_is_not_stored(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        for table in ROSTER:
            text = s.query(f"SELECT string_agg(row::text, '') FROM roster.{table} AS row")[0][0]
            assert "CANARY" not in text
        guardians = [u.sourced_id for u in s.district.population.users.values() if u.roles[0].name == "guardian"]
        assert guardians
        assert s.count("SELECT count(*) FROM roster.users WHERE sourced_id = ANY (%s)", guardians) == 0


async def test_people_are_stored_as_the_district_writes_them(database: Database) -> None:
    async with setting(database) as s:
        await s.sync(Category.STUDENTS)
        person = next(
            u
            for u in s.district.population.users.values()
            if u.roles[0].name == "student" and u.preferred_given_name and u.email and u.status == "active"
        )
        assert s.query(
            "SELECT given_name, middle_name, family_name, preferred_first_name, username, email, identifier,"
            " user_master_identifier, grades, enabled, active FROM roster.users WHERE sourced_id = %s",
            person.sourced_id,
        ) == [
            (
                person.given_name,
                person.middle_name,
                person.family_name,
                person.preferred_given_name,
                person.username,
                person.email,
                person.identifier,
                person.master_identifier,
                list(person.grades),
                True,
                True,
            )
        ]


async def test_a_disabled_account_is_disabled_and_stays_a_student(database: Database) -> None:
    async with setting(database) as s:
        await s.sync(Category.STUDENTS)
        assert s.query(
            "SELECT enabled, active FROM roster.users WHERE sourced_id = %s",
            s.district.population.cases.disabled_student,
        ) == [(False, True)]
