"""The mornings on which a district's server answers with half a roster."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.district.population import Population
from tests.district.records import Class, Enrollment, Role, User
from tests.platform.databases import Database
from tests.sync.bent import bent
from tests.sync.setting import LOOSE, STRICT, TODAY, Setting, setting

pytestmark = pytest.mark.database

ENDED = "SELECT count(*) FROM roster.{} WHERE ended_at IS NOT NULL"


async def test_an_empty_answer_removes_nothing_at_any_limit(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()

        def nobody(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            records.clear()
            headers["X-Total-Count"] = "0"

        async with bent(s, nobody):
            writes, records = await s.writes_of()
        assert writes == {}
        assert [(r.outcome, r.reason, r.removed) for r in records] == [(Outcome.HELD, "EmptyAnswer", 0)] * 5
        assert all(r.withheld > 0 for r in records)
        assert "listed no users at all" in records[0].message


async def test_half_a_roster_with_an_honest_total_is_held_and_additions_flow(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        students = [u for u in population.users.values() if u.roles[0].name == "student"]
        for student in students[::2]:
            population.remove(student)
        s.district.controls.add_student()
        writes, (record,) = await s.writes_of(Category.STUDENTS)
        assert (record.outcome, record.reason) == (Outcome.HELD, "RemovalsHeld")
        assert record.removed == 0
        assert record.withheld > 20
        assert record.created == 2
        assert writes == {"users": 1, "user_roles": 1}
        assert "raise spec.safety.maxRemovedPercent" in record.message
        assert record.total == s.count(
            "SELECT count(DISTINCT user_id) FROM roster.user_roles WHERE role = 'student' AND ended_at IS NULL"
        )


async def test_half_a_roster_whose_total_says_so_is_the_districts_fault(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.add_student()
        s.district.controls.withdraw_student("0102")

        async with bent(s, too_few):
            writes, (record,) = await s.writes_of(Category.STUDENTS)
        assert (record.outcome, record.reason) == (Outcome.DISTRICT_FAILED, "PullIncomplete")
        assert record.message.startswith(
            "Nothing was removed because the district's answer is not proven complete"
        )
        assert record.proof
        assert record.removed == record.withheld == 0
        assert writes == {"users": 1, "user_roles": 1}, "the new student came"
        assert record.created == 2


async def test_one_school_of_many_that_is_gone_is_held(database: Database) -> None:
    population = Population.generate(7, today=TODAY, schools=16, students_per_school=40)
    async with setting(database, population=population) as s:
        await s.sync()
        students = s.per_school("user_roles", "role = 'student' AND ended_at IS NULL")
        small = [school for school, count in students.items() if count * 10 < sum(students.values())]
        school = max(small, key=lambda one: students[one])
        assert students[school] > s.plan.limits.removed_floor
        for user in [u for u in population.users.values() if u.roles == (Role("student", school),)]:
            population.remove(user)
        writes, (record,) = await s.writes_of(Category.STUDENTS)
        assert writes == {}
        assert (record.outcome, record.reason) == (Outcome.HELD, "SchoolRemovalsHeld")
        assert f"student memberships of school sch_{school} would go" in record.message


@pytest.mark.parametrize("leaving", ["absent", "tobedeleted"])
async def test_a_school_may_empty_within_the_floor_where_its_records_say_so(
    database: Database, leaving: str
) -> None:
    async with setting(database, limits=msgspec.structs.replace(STRICT, removed_floor=10_000)) as s:
        await s.sync()
        population = s.district.population
        at_school: list[User | Class | Enrollment] = [
            *(u for u in population.users.values() if ("student", "0102") in [(r.name, r.org) for r in u.roles]),
            *(class_ for class_ in population.classes.values() if class_.school == "0102"),
            *(enrollment for enrollment in population.enrollments.values() if enrollment.school == "0102"),
        ]
        for record in at_school:
            if leaving == "absent":
                population.remove(record)
            else:
                population.put(replace(record, status="tobedeleted"))
        records = await s.sync(Category.STUDENTS, Category.CLASS_ROSTERS)
        if leaving == "absent":
            assert [(r.outcome, r.reason, r.removed) for r in records] == [(Outcome.HELD, "SchoolEmptied", 0)] * 2
        else:
            assert {r.outcome for r in records} == {Outcome.SUCCEEDED}
            assert [r.schools["0102"] for r in records] == [0, 0]


async def test_a_raised_limit_lets_it_through(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        students = [u for u in population.users.values() if u.roles[0].name == "student"]
        for student in students[::2]:
            population.remove(student)
        assert (await s.one(Category.STUDENTS)).outcome is Outcome.HELD
        s.change(limits=LOOSE)
        record = await s.one(Category.STUDENTS)
        assert record.outcome is Outcome.SUCCEEDED
        assert record.removed > 20
        assert s.count(ENDED.format("user_roles")) == record.removed


async def test_a_hold_clears_itself_when_the_district_mends_it(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        students = [u for u in population.users.values() if u.roles[0].name == "student"]
        for student in students:
            population.remove(student)
        assert (await s.one(Category.STUDENTS)).outcome is Outcome.HELD
        for student in students:
            population.put(student)
        writes, records = await s.writes_of()
        assert writes == {}
        assert {r.outcome for r in records} == {Outcome.SUCCEEDED}


async def test_blank_usernames_are_held_and_new_students_flow(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.add_student()

        def blank(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            for record in records:
                record["username"] = ""

        async with bent(s, blank):
            writes, (record,) = await s.writes_of(Category.STUDENTS)
        assert (record.outcome, record.reason) == (Outcome.HELD, "ChangesHeld")
        assert (record.created, record.changed) == (2, 0)
        assert record.withheld > 100
        assert writes == {"users": 1, "user_roles": 1}


async def test_a_new_grade_for_all_is_no_mass_change(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        for user in list(population.users.values()):
            if user.roles[0].name == "student":
                population.put(replace(user, grades=("10", "11")))
        record = await s.one(Category.STUDENTS)
        assert record.outcome is Outcome.SUCCEEDED
        assert record.changed > 100


class TestAdmins:
    async def test_all_staff_as_administrators_is_held(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            s.change(accepted_admins={Category.SCHOOL_ADMINS: 5, Category.DISTRICT_ADMINS: 3})
            population = s.district.population
            for user in list(population.users.values()):
                if user.roles[0].name == "teacher":
                    office = Role("siteAdministrator", user.roles[0].org)
                    population.put(replace(user, roles=(*user.roles, office)))
            writes, (record,) = await s.writes_of(Category.SCHOOL_ADMINS)
            assert writes == {}
            assert (record.outcome, record.reason) == (Outcome.HELD, "NewAdminsHeld")
            assert record.created == 0
            assert record.withheld == record.new_admins > 5

    async def test_an_admin_who_becomes_one_at_every_school_is_held(self, database: Database) -> None:
        async with setting(database) as s:
            before = await s.one(Category.SCHOOL_ADMINS)
            s.change(accepted_admins={Category.SCHOOL_ADMINS: before.total})
            spread_principals(s)
            writes, (record,) = await s.writes_of(Category.SCHOOL_ADMINS)
            assert writes == {}
            assert (record.outcome, record.reason, record.created) == (Outcome.HELD, "NewAdminsHeld", 0)
            assert record.withheld == record.new_admins > 5
            assert (record.total, record.schools) == (before.total, before.schools)

    async def test_an_admin_who_moves_to_another_school_is_one_new_one_there(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            population = s.district.population
            principal = next(u for u in population.users.values() if [r.name for r in u.roles] == ["principal"])
            elsewhere = next(school for school in s.plan.links if school != principal.roles[0].org)
            population.put(replace(principal, roles=(replace(principal.roles[0], org=elsewhere),)))
            record = await s.one(Category.SCHOOL_ADMINS)
            assert (record.outcome, record.created, record.removed) == (Outcome.SUCCEEDED, 1, 1)
            assert record.new_admins == 1

    async def test_the_first_sync_brings_what_the_preview_showed_and_no_role_more(
        self, database: Database
    ) -> None:
        async with setting(database) as s:
            spread_principals(s)
            s.change(limits=msgspec.structs.replace(STRICT, max_new_admins=0))
            preview = await s.sync(Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS, dry_run=True)
            assert [r.total for r in preview] == [r.new_admins for r in preview]
            assert all(r.total == sum(r.schools.values()) for r in preview)
            for too_few, outcome in ((1, Outcome.HELD), (0, Outcome.SUCCEEDED)):
                s.change(accepted_admins={r.category: r.total - too_few for r in preview})
                records = await s.sync(Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS)
                assert {r.outcome for r in records} == {outcome}
            assert [(r.total, r.schools) for r in records] == [(r.total, r.schools) for r in preview]
            assert s.count("SELECT count(*) FROM roster.user_roles") == sum(r.total for r in preview)

    async def test_a_held_admin_does_not_come_in_by_another_way(self, database: Database) -> None:
        """People whom the platform has never seen are not created either."""
        async with setting(database) as s:
            s.change(accepted_admins={}, limits=msgspec.structs.replace(STRICT, max_new_admins=0))
            writes, (record,) = await s.writes_of(Category.SCHOOL_ADMINS)
            assert set(writes) == {"school_links"}
            assert record.total == 0

    async def test_one_of_three_who_is_dismissed_goes_at_once(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            population = s.district.population
            admin = next(u for u in population.users.values() if u.roles[0].name == "districtAdministrator")
            population.put(replace(admin, status="tobedeleted"))
            record = await s.one(Category.DISTRICT_ADMINS)
            assert (record.outcome, record.removed) == (Outcome.SUCCEEDED, 1)

    async def test_one_of_three_who_is_missing_is_held(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            population = s.district.population
            admin = next(u for u in population.users.values() if u.roles[0].name == "districtAdministrator")
            population.remove(admin)
            record = await s.one(Category.DISTRICT_ADMINS)
            assert (record.outcome, record.removed, record.withheld) == (Outcome.HELD, 0, 1)

    async def test_a_dismissed_one_goes_even_when_the_list_is_incomplete(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            population = s.district.population
            admin = next(u for u in population.users.values() if u.roles[0].name == "districtAdministrator")
            population.put(replace(admin, status="tobedeleted"))

            async with bent(s, too_few):
                record = await s.one(Category.DISTRICT_ADMINS)
            assert (record.outcome, record.removed) == (Outcome.DISTRICT_FAILED, 1)

    async def test_the_last_one_is_kept(self, database: Database) -> None:
        async with setting(database) as s:
            await s.sync()
            population = s.district.population
            for user in list(population.users.values()):
                if any(role.name == "districtAdministrator" for role in user.roles):
                    population.put(replace(user, status="tobedeleted"))
            record = await s.one(Category.DISTRICT_ADMINS)
            assert (record.outcome, record.reason, record.removed) == (Outcome.HELD, "CategoryEmptied", 0)
            assert record.withheld == 3


def too_few(collection: str, records: list[Any], headers: dict[str, str]) -> None:
    """The server says itself that there are more."""
    headers["X-Total-Count"] = str(int(headers["X-Total-Count"]) + 100)


def spread_principals(s: Setting) -> None:
    """Every principal becomes one of every school."""
    everywhere = tuple(Role("principal", school) for school in s.plan.links)
    for user in list(s.district.population.users.values()):
        if user.roles[0].name == "principal":
            s.district.population.put(replace(user, roles=everywhere))
