"""A category ends what it owns and nothing else."""

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.platform.databases import Database
from tests.sync.setting import LOOSE, setting

pytestmark = pytest.mark.database

CLAIMS = "SELECT DISTINCT claimed_by, ended_at IS NULL FROM roster.{} ORDER BY 1"
BOTH = ["ClassRosters", "TeacherAssignments"]


async def test_what_two_categories_claim_ends_with_the_last(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        assert s.query(CLAIMS.format("classes")) == s.query(CLAIMS.format("courses")) == [(BOTH, True)]
        population = s.district.population
        for class_ in [c for c in population.classes.values() if c.school == "0101"]:
            population.remove(class_)
        for table in ("classes", "courses"):
            await s.sync(Category.TEACHER_ASSIGNMENTS)
            assert s.query(CLAIMS.format(table)) == [(["ClassRosters"], True), (BOTH, True)]
        await s.sync(Category.CLASS_ROSTERS)
        for table in ("classes", "courses"):
            assert s.query(CLAIMS.format(table)) == [([], False), (BOTH, True)]
        assert (
            s.count("SELECT count(*) FROM roster.classes WHERE (school_id = 'sch_0101') <> (ended_at IS NOT NULL)")
            == 0
        )
        writes, _ = await s.writes_of(Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS)
        assert writes == {}


async def test_only_classes_that_someone_teaches_come_with_the_teachers(database: Database) -> None:
    async with setting(database) as s:
        population = s.district.population
        untaught = next(c for c in population.classes.values() if c.status == "active")
        for enrollment in [e for e in population.enrollments.values() if e.class_ == untaught.sourced_id]:
            population.remove(enrollment)
        await s.sync()
        assert s.query("SELECT claimed_by FROM roster.classes WHERE sourced_id = %s", untaught.sourced_id) == [
            (["ClassRosters"],)
        ]


async def test_a_claim_that_comes_back_revives_the_row(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        population = s.district.population
        classes = [c for c in population.classes.values() if c.school == "0102"]
        for class_ in classes:
            population.remove(class_)
        await s.sync()
        assert s.count("SELECT count(*) FROM roster.classes WHERE ended_at IS NOT NULL") == len(classes)
        for class_ in classes:
            population.put(class_)
        await s.sync()
        assert s.query(CLAIMS.format("classes")) == [(BOTH, True)]


async def test_a_school_that_is_no_longer_linked_is_frozen(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        links = {k: v for k, v in s.plan.links.items() if k != "0103"}
        s.change(links=links)
        population = s.district.population
        for enrollment in [e for e in population.enrollments.values() if e.school == "0103"]:
            population.remove(enrollment)
        for class_ in [c for c in population.classes.values() if c.school == "0103"]:
            population.remove(class_)
        for user in [u for u in population.users.values() if {r.org for r in u.roles} == {"0103"}]:
            population.remove(user)
        writes, records = await s.writes_of()
        assert writes == {}
        assert [r.outcome for r in records] == [Outcome.SUCCEEDED] * 5
        assert "0103" not in records[0].schools


async def test_a_school_that_joins_brings_its_rows(database: Database) -> None:
    async with setting(database, unlinked=["0104"]) as s:
        await s.sync()
        s.change(links=s.plan.links | {"0104": "sch_0104"})
        records = await s.sync()
        assert records[0].schools["0104"] > 0
        assert records[0].removed == 0
        assert s.query("SELECT sourced_id, school_id FROM roster.school_links ORDER BY 1") == sorted(
            s.plan.links.items()
        )


async def test_students_and_teachers_leave_each_others_people_alone(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        population = s.district.population
        for user in [u for u in population.users.values() if u.roles[0].name == "student"]:
            population.remove(user)
        writes, (students,) = await s.writes_of(Category.STUDENTS)
        assert students.outcome is Outcome.SUCCEEDED
        assert set(writes) == {"users", "user_roles"}
        assert (
            s.count("SELECT count(*) FROM roster.user_roles WHERE role = 'teacher' AND ended_at IS NOT NULL") == 0
        )
        assert s.count("SELECT count(*) FROM roster.enrollments WHERE ended_at IS NOT NULL") == 0
