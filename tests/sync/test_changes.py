"""What a change in the district writes, and that it writes nothing else."""

from dataclasses import replace

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.district.records import Role
from tests.platform.databases import Database
from tests.sync.setting import Setting, setting

pytestmark = pytest.mark.database


def someone(s: Setting, role: str, school: str = "0101") -> str:
    """An ordinary person of the school."""
    cases = vars_of(s.district.population.cases)
    return next(
        user.sourced_id
        for user in s.district.population.users.values()
        if [held.name for held in user.roles] == [role]
        and user.roles[0].org == school
        and user.status == "active"
        and user.sourced_id not in cases
    )


def vars_of(cases: object) -> set[str]:
    return {getattr(cases, name) for name in cases.__slots__}  # type: ignore[attr-defined]


@pytest.mark.parametrize("leaving", ["absent", "tobedeleted"])
async def test_a_student_who_leaves_is_ended_and_nothing_else_is_written(database: Database, leaving: str) -> None:
    async with setting(database) as s:
        await s.sync()
        student = someone(s, "student")
        enrolled = s.count(
            "SELECT count(*) FROM roster.enrollments e JOIN roster.users u ON u.id = e.user_id"
            " WHERE u.sourced_id = %s AND e.ended_at IS NULL",
            student,
        )
        assert enrolled > 0
        s.district.controls.withdraw_student(student=student, leaving=leaving)  # type: ignore[arg-type]
        writes, records = await s.writes_of()
        assert writes == {"users": 1, "user_roles": 1, "enrollments": enrolled}
        assert [(r.created, r.changed, r.removed) for r in records] == [
            (0, 1, 1),
            (0, 0, 0),
            (0, 0, enrolled),
            (0, 0, 0),
            (0, 0, 0),
        ]
        assert s.query(
            "SELECT u.active, bool_and(r.ended_at IS NOT NULL), bool_and(e.ended_at IS NOT NULL)"
            " FROM roster.users u JOIN roster.user_roles r ON r.user_id = u.id"
            " JOIN roster.enrollments e ON e.user_id = u.id WHERE u.sourced_id = %s GROUP BY u.id",
            student,
        ) == [(False, True, True)]


async def test_who_comes_back_is_the_same_person_again(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        student = someone(s, "student")
        population = s.district.population
        person = population.users[student]
        enrollments = [e for e in population.enrollments.values() if e.user == student]
        row = s.query("SELECT id FROM roster.users WHERE sourced_id = %s", student)
        s.district.controls.withdraw_student(student=student)
        await s.sync()
        population.put(person)
        for enrollment in enrollments:
            population.put(enrollment)
        writes, records = await s.writes_of()
        current = s.count(
            "SELECT count(*) FROM roster.enrollments WHERE user_id = %s AND ended_at IS NULL", row[0][0]
        )
        assert writes == {"users": 1, "user_roles": 1, "enrollments": current}
        assert records[0].created == 2
        assert s.query("SELECT id, active FROM roster.users WHERE sourced_id = %s", student) == [(row[0][0], True)]


async def test_a_changed_grade_is_one_changed_row(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.change_grade("12", student=someone(s, "student"))
        writes, records = await s.writes_of()
        assert writes == {"users": 1}
        assert (records[0].created, records[0].changed, records[0].removed) == (0, 1, 0)


async def test_a_new_student_is_there_with_all_classes(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.add_student("0101")
        writes, records = await s.writes_of()
        assert writes["users"] == writes["user_roles"] == 1
        assert records[2].created == writes["enrollments"]


async def test_a_role_that_ended_ends_alone(database: Database) -> None:
    """A principal who also taught gives up teaching and stays a principal."""
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        principal = population.users[population.cases.teaching_principal or ""]
        population.put(replace(principal, roles=principal.roles[:1]))
        writes, _ = await s.writes_of(Category.TEACHER_ASSIGNMENTS, Category.SCHOOL_ADMINS)
        assert writes == {"user_roles": 1, "enrollments": 1}
        assert s.query(
            "SELECT r.role FROM roster.user_roles r JOIN roster.users u ON u.id = r.user_id"
            " WHERE u.sourced_id = %s AND r.ended_at IS NULL AND u.active",
            principal.sourced_id,
        ) == [("schoolAdmin",)]


async def test_a_student_who_changes_school_moves(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        person = population.users[someone(s, "student")]
        population.put(replace(person, roles=(Role("student", "0103"),)))
        writes, records = await s.writes_of(Category.STUDENTS)
        assert writes == {"user_roles": 2}
        assert (records[0].created, records[0].removed) == (1, 1)


async def test_an_enrollment_waits_for_its_user_and_is_written_when_the_user_comes(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.add_student("0101")
        early = await s.one(Category.CLASS_ROSTERS)
        assert early.outcome is Outcome.SUCCEEDED
        assert early.waiting > 0
        assert early.created == 0
        _, late = await s.sync(Category.STUDENTS, Category.CLASS_ROSTERS)
        assert late.waiting == 0
        assert late.created == early.waiting


async def test_an_enrollment_makes_nobody_a_teacher(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        student = someone(s, "student")
        enrollment = next(e for e in population.enrollments.values() if e.role == "teacher")
        population.put(replace(enrollment, user=student))
        record = await s.one(Category.TEACHER_ASSIGNMENTS)
        assert record.waiting == 1
        assert (
            s.count(
                "SELECT count(*) FROM roster.enrollments e JOIN roster.users u ON u.id = e.user_id"
                " WHERE u.sourced_id = %s AND e.role = 'teacher'",
                student,
            )
            == 0
        )


async def test_an_enrollment_whose_role_changed_passes_to_the_other_category(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        enrollment = next(
            e for e in population.enrollments.values() if e.role == "teacher" and e.status == "active"
        )
        student = someone(s, "student", enrollment.school)
        population.put(replace(enrollment, user=student, role="student", primary=None))
        await s.sync()
        assert s.query(
            "SELECT category, role, ended_at IS NULL FROM roster.enrollments WHERE sourced_id = %s",
            enrollment.sourced_id,
        ) == [("ClassRosters", "student", True)]
        writes, _ = await s.writes_of()
        assert writes == {}


async def test_in_1p1_an_administrator_of_both_is_a_school_admin(database: Database) -> None:
    async with setting(database, "1.1") as s:
        population = s.district.population
        principal = population.users[population.cases.principal_and_district_administrator or ""]
        await s.sync(Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS)
        assert s.query(
            "SELECT DISTINCT r.role FROM roster.user_roles r JOIN roster.users u ON u.id = r.user_id"
            " WHERE u.family_name = %s AND u.given_name = %s",
            principal.family_name,
            principal.given_name,
        ) == [("schoolAdmin",)]
