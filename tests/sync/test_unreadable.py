"""Records that cannot be used: they take nothing from anybody, and are told."""

import re
from dataclasses import replace
from typing import Any

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.platform.databases import Database
from tests.sync.bent import Bend, bent
from tests.sync.setting import LOOSE, setting

pytestmark = pytest.mark.database

ENDED = "SELECT count(*) FROM roster.{} WHERE ended_at IS NOT NULL"


async def test_a_record_that_cannot_be_read_is_not_absent(database: Database) -> None:
    """Rows of rejected records stay, and so does what they belong to."""
    async with setting(database, limits=LOOSE) as s:
        await s.sync()

        def spoil(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            for record in records:
                if re.search("[37]$", record["sourcedId"]):
                    record["status"] = "perhaps"

        async with bent(s, spoil):
            writes, records = await s.writes_of()
        assert writes == {}
        assert {r.outcome for r in records} == {Outcome.SUCCEEDED}
        assert all(r.quarantined > 0 for r in records)


async def test_where_a_record_has_no_id_nobody_is_absent(database: Database) -> None:
    """Whose record it is cannot be told, so it may be anybody's who seems to be missing."""
    async with setting(database) as s:
        await s.sync()
        s.district.controls.add_student()
        s.district.controls.withdraw_student("0102", leaving="tobedeleted")

        async with bent(s, without_ids("users", 10)):
            records = await s.sync()
        of_people = [r for r in records if r.category is not Category.CLASS_ROSTERS]
        assert {(r.outcome, r.reason, r.removed) for r in of_people} == {
            (Outcome.DISTRICT_FAILED, "PullIncomplete", 0)
        }
        assert "users: 10 records came without a usable sourcedId" in of_people[0].message
        assert "10 records came without a usable sourcedId" in of_people[0].proof
        assert of_people[0].quarantined == 10
        assert of_people[0].created == 2, "the new student came"
        assert s.count(ENDED.format("user_roles")) == 0
        rosters = records[2]
        assert (rosters.category, rosters.outcome) == (Category.CLASS_ROSTERS, Outcome.SUCCEEDED)


async def test_a_preview_counts_what_has_an_id_and_says_what_has_none(database: Database) -> None:
    """It removes nothing, so one bad record does not keep a district from going live."""
    async with setting(database) as s:
        async with bent(s, without_ids("users", 10)):
            record = await s.one(Category.STUDENTS, dry_run=True)
        assert (record.outcome, record.quarantined) == (Outcome.SUCCEEDED, 10)
        assert "10 records came without a usable sourcedId" in record.proof
        assert record.total > 0


@pytest.mark.parametrize("collection", ["academicSessions", "courses", "classes", "enrollments"])
async def test_a_class_or_enrollment_without_an_id_ends_none_and_no_person_is_kept_for_it(
    database: Database, collection: str
) -> None:
    async with setting(database) as s:
        await s.sync()
        s.district.controls.withdraw_student("0102")

        async with bent(s, without_ids(collection, 3)):
            records = await s.sync()
        assert [(r.category, r.removed) for r in records if r.reason == "PullIncomplete"] == [
            (Category.TEACHER_ASSIGNMENTS, 0),
            (Category.CLASS_ROSTERS, 0),
        ]
        assert {r.outcome for r in records if r.reason != "PullIncomplete"} == {Outcome.SUCCEEDED}
        assert records[0].removed == 1
        assert s.count(ENDED.format("enrollments")) == s.count(ENDED.format("classes")) == 0


async def test_an_admins_own_loss_goes_through_where_another_record_has_no_id(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        population = s.district.population
        admin = next(u for u in population.users.values() if u.roles[0].name == "districtAdministrator")
        population.put(replace(admin, status="tobedeleted"))

        async with bent(s, without_ids("users", 1)):
            record = await s.one(Category.DISTRICT_ADMINS)
        assert (record.outcome, record.removed) == (Outcome.DISTRICT_FAILED, 1)


async def test_a_district_all_of_whose_records_cannot_be_read_keeps_everybody(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        before = await s.sync()

        def spoil(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            for record in records:
                record["status"] = "perhaps"

        async with bent(s, spoil):
            writes, records = await s.writes_of()
        assert writes == {}
        assert [(r.outcome, r.removed, r.total) for r in records] == [
            (Outcome.SUCCEEDED, 0, r.total) for r in before
        ]


async def test_a_word_of_no_vocabulary_is_counted_and_grants_nothing(database: Database) -> None:
    async with setting(database) as s:

        def rename(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            for record in records:
                for role in record.get("roles", ()):
                    if role["role"] == "aide":
                        role["role"] = "superintendent"

        async with bent(s, rename):
            record = await s.one(Category.SCHOOL_ADMINS)
        aides = [u for u in s.district.population.users.values() if u.roles[0].name == "aide"]
        assert record.quarantined == len(aides) > 0
        assert record.outcome is Outcome.SUCCEEDED


def without_ids(wanted: str, count: int) -> Bend:
    """Some records of a collection lose their sourcedIds, but not the last of a page, by which pages overlap."""

    def bend(collection: str, records: list[Any], headers: dict[str, str]) -> None:
        if collection == wanted:
            for record in records[-count - 1 : -1]:
                record["sourcedId"] = None

    return bend
