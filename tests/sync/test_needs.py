"""Which roles an invocation fetches."""

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.oneroster import Collection, Version
from oneroster_operator.sync.needs import roles
from tests.platform.databases import Database
from tests.sync.setting import ROSTER, setting

STUDENTS, TEACHERS, ROSTERS, SCHOOL_ADMINS, DISTRICT_ADMINS = Category


@pytest.mark.parametrize(
    ("collection", "categories", "wanted"),
    [
        (Collection.USERS, [TEACHERS], ("teacher",)),
        (Collection.USERS, [SCHOOL_ADMINS, DISTRICT_ADMINS], ("administrator",)),
        (Collection.USERS, [TEACHERS, SCHOOL_ADMINS], ("administrator", "teacher")),
        (Collection.USERS, [TEACHERS, ROSTERS], ("teacher",)),
        (Collection.USERS, [STUDENTS], ()),
        (Collection.USERS, [STUDENTS, TEACHERS], ()),
        (Collection.USERS, [ROSTERS], ()),
        (Collection.ENROLLMENTS, [TEACHERS], ("teacher",)),
        (Collection.ENROLLMENTS, [TEACHERS, ROSTERS], ()),
        (Collection.ENROLLMENTS, [ROSTERS], ()),
        (Collection.CLASSES, [TEACHERS], ()),
    ],
)
def test_what_is_fetched(collection: Collection, categories: list[Category], wanted: tuple[str, ...]) -> None:
    assert roles(collection, categories) == wanted


@pytest.mark.database
@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_a_category_alone_fetches_less_and_finds_the_same(database: Database, version: Version) -> None:
    alone = (STUDENTS, TEACHERS, SCHOOL_ADMINS, DISTRICT_ADMINS)
    async with setting(database, version) as of:
        await of.sync()
        before = {table: of.count(f"SELECT count(*) FROM roster.{table}") for table in ROSTER}
        for category in alone:
            of.district.controls.forget_requests()
            writes, (record,) = await of.writes_of(category)
            assert writes == {}, category
            assert record.proof, category
            filters = {seen.endpoint: seen.query.get("filter") for seen in of.district.district.requests}
            narrowed = version == "1.1" and category in ROLE
            assert filters["users"] == (f"role='{ROLE[category]}'" if narrowed else None)
            if category is TEACHERS:
                assert filters["enrollments"] == "role='teacher'"
        assert before == {table: of.count(f"SELECT count(*) FROM roster.{table}") for table in ROSTER}


ROLE = {TEACHERS: "teacher", SCHOOL_ADMINS: "administrator", DISTRICT_ADMINS: "administrator"}
