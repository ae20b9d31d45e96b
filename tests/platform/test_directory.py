"""The platform's schools, and the links by which runs wrote."""

import pytest

from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.directory import (
    DistrictUnknown,
    PlatformSchool,
    SchoolUnknown,
    links,
    save_links,
    schools,
)
from tests.platform.databases import Database, add_district, add_schools

pytestmark = pytest.mark.database

LINCOLN = PlatformSchool("sch_lincoln", "Lincoln High School", "061234500001")
MADISON = PlatformSchool("sch_madison", "Madison Elementary", None)
ELSEWHERE = PlatformSchool("sch_elsewhere", "Lincoln High School", "061234500001")


@pytest.fixture
def springfield(database: Database) -> Database:
    add_district(database.admin_url, "springfield-usd", "Springfield USD")
    add_schools(database.admin_url, "springfield-usd", [MADISON, LINCOLN])
    add_district(database.admin_url, "shelbyville-usd", "Shelbyville USD")
    add_schools(database.admin_url, "shelbyville-usd", [ELSEWHERE])
    return database


async def test_a_districts_schools_are_its_own(springfield: Database) -> None:
    async with await connect(springfield.operator_url, application="tests") as connection:
        assert await schools(connection, "springfield-usd") == [LINCOLN, MADISON]


async def test_a_district_without_schools_is_known_all_the_same(springfield: Database) -> None:
    add_district(springfield.admin_url, "new-usd")
    async with await connect(springfield.operator_url, application="tests") as connection:
        assert await schools(connection, "new-usd") == []


async def test_a_district_that_the_platform_does_not_have_is_unknown(springfield: Database) -> None:
    async with await connect(springfield.operator_url, application="tests") as connection:
        with pytest.raises(DistrictUnknown, match="The platform has no district gotham-usd"):
            await schools(connection, "gotham-usd")


async def save(database: Database, wanted: dict[str, str]) -> int:
    async with await connect(database.sync_url, application="tests") as connection, connection.transaction():
        return await save_links(connection, "springfield-usd", wanted)


async def stored(database: Database) -> dict[str, str]:
    async with await connect(database.operator_url, application="tests") as connection:
        return await links(connection, "springfield-usd")


async def test_links_are_written_once_corrected_and_never_lost(springfield: Database) -> None:
    assert await stored(springfield) == {}
    assert await save(springfield, {}) == 0
    assert await save(springfield, {"0042": LINCOLN.id, "0043": MADISON.id}) == 2
    assert await save(springfield, {"0042": LINCOLN.id, "0043": MADISON.id}) == 0
    assert await save(springfield, {"0042": MADISON.id}) == 1
    assert await stored(springfield) == {"0042": MADISON.id, "0043": MADISON.id}


async def test_a_link_to_another_districts_school_is_refused_and_nothing_is_written(springfield: Database) -> None:
    with pytest.raises(SchoolUnknown, match="has no school sch_elsewhere, sch_none: correct the links") as caught:
        await save(springfield, {"0042": LINCOLN.id, "0043": ELSEWHERE.id, "0044": "sch_none"})
    assert caught.value.school_ids == (ELSEWHERE.id, "sch_none")
    assert await stored(springfield) == {}


async def test_links_are_part_of_the_callers_transaction(springfield: Database) -> None:
    async with (
        await connect(springfield.sync_url, application="tests") as connection,
        connection.transaction(force_rollback=True),
    ):
        assert await save_links(connection, "springfield-usd", {"0042": LINCOLN.id}) == 1
    assert await stored(springfield) == {}
