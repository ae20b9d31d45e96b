"""Records that cannot be used: each is there by its rule, counted, and gone when it comes good."""

import datetime as dt
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.quarantine import Quarantined, quarantined
from oneroster_operator.sync.roles import in_force
from tests.district.records import Enrollment
from tests.platform.databases import Database
from tests.sync.bent import Bend, bent
from tests.sync.setting import TODAY, Setting, noon, setting
from tests.sync.test_changes import someone

pytestmark = pytest.mark.database

ROWS = "SELECT category, collection, sourced_id, rule, job FROM roster.quarantine ORDER BY 1, 2, 3"
VERSIONS_OF_ROWS = "SELECT sourced_id, category, xmin::text FROM roster.quarantine ORDER BY 1, 2"


def bending(collection: str, sourced_id: str, **fields: Any) -> Bend:
    """The record is sent with these fields."""

    def bend(sent: str, records: list[Any], headers: dict[str, str]) -> None:
        for record in records:
            if sent == collection and record["sourcedId"] == sourced_id:
                record.update(fields)

    return bend


async def listed(s: Setting) -> list[Quarantined]:
    async with await connect(s.database.sync_url, application="tests") as connection:
        return [one async for one in quarantined(connection, s.plan.district_id, s.clock())]


def days_pass(s: Setting, days: float) -> None:
    now = s.clock() + dt.timedelta(days=days)
    s.clock = lambda: now


def current(s: Setting, role: str) -> list[Enrollment]:
    """The enrollments that hold today."""
    return [
        e
        for e in s.district.population.enrollments.values()
        if e.role == role and e.status == "active" and in_force(e.begin, e.end, TODAY)
    ]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"status": "perhaps"}, "UnknownStatus"),
        ({"enabledUser": "perhaps"}, "InvalidBoolean"),
        (
            {"roles": [{"role": "superintendent", "roleType": "primary", "org": {"sourcedId": "0101"}}]},
            "UnknownRole",
        ),
        ({"roles": []}, "MissingRole"),
        ({"givenName": "\0"}, "ControlCharacter"),
    ],
)
async def test_a_person_of_no_use_is_there_by_the_rule_until_the_record_is_good(
    database: Database, fields: dict[str, Any], rule: str
) -> None:
    async with setting(database) as s:
        student = someone(s, "student")
        async with bent(s, bending("users", student, **fields)):
            spoilt = await s.one(Category.STUDENTS)
        assert (spoilt.outcome, spoilt.quarantined) == (Outcome.SUCCEEDED, 1)
        assert spoilt.quarantined_by_rule == {rule: 1}
        assert await listed(s) == [Quarantined(Category.STUDENTS, "users", student, rule, noon(), "job-1")]
        good = await s.one(Category.STUDENTS)
        assert (good.created, good.quarantined, good.quarantined_by_rule) == (2, 0, {})
        assert s.query(ROWS) == []


async def test_what_stays_as_it_was_is_not_written(database: Database) -> None:
    async with setting(database) as s, bent(s, bending("users", someone(s, "teacher"), status="perhaps")):
        await s.sync()
        before = s.query(VERSIONS_OF_ROWS)
        days_pass(s, 1)
        await s.sync()
        assert s.query(VERSIONS_OF_ROWS) == before
        assert len({category for _, category, _ in before}) == 4, "each category that reads people has it"
        assert len(before) > 4, "the teacher's enrollments wait"


async def test_another_rule_is_seen_for_the_first_time(database: Database) -> None:
    async with setting(database) as s:
        student = someone(s, "student")
        async with bent(s, bending("users", student, status="perhaps")):
            await s.one(Category.STUDENTS)
        days_pass(s, 1)
        async with bent(s, bending("users", student, enabledUser="perhaps")):
            await s.one(Category.STUDENTS)
        assert await listed(s) == [
            Quarantined(Category.STUDENTS, "users", student, "InvalidBoolean", s.clock(), "job-2")
        ]


async def test_a_record_that_is_listed_no_more_goes_when_the_pull_is_complete(database: Database) -> None:
    async with setting(database) as s:
        student = someone(s, "student")
        async with bent(s, bending("users", student, status="perhaps")):
            await s.one(Category.STUDENTS)
        population = s.district.population
        population.remove(population.users[student])
        another = someone(s, "teacher")
        async with bent(s, bending("users", another, sourcedId=None)):
            record = await s.one(Category.STUDENTS)
        assert record.quarantined_by_rule == {"MissingSourcedId": 1}
        assert [one.sourced_id for one in await listed(s)] == [student], "it may be the one without an id"
        await s.one(Category.STUDENTS)
        assert s.query(ROWS) == []


async def test_an_id_that_no_index_takes_is_counted_and_not_kept(database: Database) -> None:
    async with setting(database) as s:
        async with bent(s, bending("users", someone(s, "student"), sourcedId="0" * 4000)):
            record = await s.one(Category.STUDENTS)
        assert (record.outcome, record.quarantined_by_rule) == (Outcome.SUCCEEDED, {"SourcedIdTooLong": 1})
        assert s.query(ROWS) == []


async def test_a_dry_run_counts_and_writes_none(database: Database) -> None:
    async with setting(database) as s, bent(s, bending("users", someone(s, "student"), status="perhaps")):
        record = await s.one(Category.STUDENTS, dry_run=True)
        assert record.quarantined_by_rule == {"UnknownStatus": 1}
        assert s.query(ROWS) == []


async def test_the_account_of_a_run_has_the_counts_by_rule(database: Database) -> None:
    async with setting(database) as s, bent(s, bending("users", someone(s, "student"), status="perhaps")):
        await s.one(Category.STUDENTS)
        assert s.query("SELECT quarantined, quarantined_by_rule FROM roster.sync_runs") == [
            (1, {"UnknownStatus": 1})
        ]


async def test_an_enrollment_waits_fourteen_days_for_its_user(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.add_student("0101")
        first = await s.one(Category.CLASS_ROSTERS)
        assert first.waiting > 0
        days_pass(s, 13.9)
        assert await listed(s) == []
        assert (await s.one(Category.CLASS_ROSTERS)).waiting == first.waiting
        days_pass(s, 0.1)
        assert {one.rule for one in await listed(s)} == {"DanglingUser"}
        late = await s.one(Category.CLASS_ROSTERS)
        assert (late.waiting, late.quarantined_by_rule) == (0, {"DanglingUser": first.waiting})
        assert (late.outcome, late.created) == (Outcome.SUCCEEDED, 0)
        _, at_last = await s.sync(Category.STUDENTS, Category.CLASS_ROSTERS)
        assert (at_last.created, at_last.waiting, at_last.quarantined) == (first.waiting, 0, 0)
        assert s.query(ROWS) == []


async def test_a_user_whom_a_complete_list_of_all_lacks_is_not_waited_for(database: Database) -> None:
    async with setting(database) as s:
        enrollment = current(s, "teacher")[0]
        bend = bending("enrollments", enrollment.sourced_id, user={"sourcedId": "nobody", "type": "user"})
        async with bent(s, bend):
            record = await s.one(Category.TEACHER_ASSIGNMENTS)
        assert (record.waiting, record.quarantined_by_rule) == (0, {"DanglingUser": 1})
        assert s.query(ROWS) == [
            ("TeacherAssignments", "enrollments", enrollment.sourced_id, "DanglingUser", "job-1")
        ]
        await s.one(Category.TEACHER_ASSIGNMENTS)
        assert s.query(ROWS) == []


async def test_of_1p1_where_only_teachers_are_asked_for_it_is(database: Database) -> None:
    """Who is not among the teachers may still be somebody."""
    async with setting(database, "1.1") as s:
        population = s.district.population
        enrollment = current(s, "teacher")[0]
        population.put(replace(enrollment, user="nobody"))
        record = await s.one(Category.TEACHER_ASSIGNMENTS)
        assert (record.waiting, record.quarantined) == (1, 0)


async def test_a_class_that_a_complete_list_lacks_is_not_waited_for(database: Database) -> None:
    async with setting(database) as s:
        await s.one(Category.STUDENTS)
        enrollment = current(s, "student")[0]
        bend = bending("enrollments", enrollment.sourced_id, **{"class": {"sourcedId": "none", "type": "class"}})
        async with bent(s, bend):
            record = await s.one(Category.CLASS_ROSTERS)
        assert (record.waiting, record.quarantined_by_rule) == (0, {"DanglingClass": 1})
        good = await s.one(Category.CLASS_ROSTERS)
        assert (good.created, s.query(ROWS)) == (1, [])


async def test_a_class_that_may_be_the_one_without_an_id_is(database: Database) -> None:
    async with setting(database) as s:
        await s.one(Category.STUDENTS)
        class_id = current(s, "student")[0].class_
        async with bent(s, bending("classes", class_id, sourcedId=None)):
            record = await s.one(Category.CLASS_ROSTERS)
        enrolled = [e for e in current(s, "student") if e.class_ == class_id]
        assert (record.waiting, record.quarantined_by_rule) == (len(enrolled), {"MissingSourcedId": 1})


async def test_enrollments_of_a_class_that_cannot_be_read_wait_for_it(database: Database) -> None:
    async with setting(database) as s:
        await s.one(Category.STUDENTS)
        async with bent(s, bending("classes", current(s, "student")[0].class_, status="perhaps")):
            record = await s.one(Category.CLASS_ROSTERS)
        assert record.quarantined_by_rule == {"UnknownStatus": 1}
        assert record.waiting > 0
        assert (await s.one(Category.CLASS_ROSTERS)).waiting == 0
        assert s.query(ROWS) == []


async def test_an_enrollment_of_another_role_waits_for_the_category_that_has_it(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        enrollment = current(s, "teacher")[0]
        student = someone(s, "student", enrollment.school)
        s.district.population.put(replace(enrollment, user=student, role="student", primary=None))
        assert (await s.one(Category.CLASS_ROSTERS)).waiting == 1
        days_pass(s, 14)
        assert [one.rule for one in await listed(s)] == ["RoleChanged"]
        await s.sync()
        assert s.query(ROWS) == []


def test_the_operator_cannot_read_it(database: Database) -> None:
    with psycopg.connect(database.operator_url) as operator, pytest.raises(psycopg.errors.InsufficientPrivilege):
        operator.execute("SELECT FROM roster.quarantine")


async def test_who_is_not_granted_the_district_sees_none_of_it(database: Database) -> None:
    async with setting(database) as s, bent(s, bending("users", someone(s, "student"), status="perhaps")):
        await s.one(Category.STUDENTS)
        assert len(await listed(s)) == 1
        with psycopg.connect(s.database.admin_url) as connection:
            connection.execute("DELETE FROM roster.district_grants")
        assert await listed(s) == []
