"""A wrong link that is corrected: what was at the wrong school moves, whole and within one run."""

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.sync.relink import reassigned
from tests.district.expected import expected
from tests.platform.databases import Database
from tests.sync.setting import STRICT, Setting, held, setting

STRICTEST = msgspec.structs.replace(STRICT, max_removed_percent=0, removed_floor=0, max_new_admins=0)
SHARED = "SELECT count(*) FROM roster.{} WHERE school_id = %s AND ended_at IS NULL"


@pytest.mark.parametrize(
    ("stored", "planned", "moves"),
    [
        ({"1": "a"}, {"1": "a"}, {}),
        ({"1": "a"}, {"1": "b"}, {"a": "b"}),
        ({"1": "a", "2": "b"}, {"1": "b", "2": "a"}, {"a": "b", "b": "a"}),
        ({"1": "a", "2": "b"}, {"1": "c", "2": "c"}, {"a": "c", "b": "c"}),
        ({"1": "a", "2": "a"}, {"1": "b", "2": "a"}, {}),
        ({"1": "a"}, {}, {}),
        ({}, {"1": "a"}, {}),
    ],
)
def test_a_school_moves_where_its_rows_are_its_own(
    stored: dict[str, str], planned: dict[str, str], moves: dict[str, str]
) -> None:
    assert reassigned(stored, planned) == moves


@pytest.mark.database
async def test_everything_of_a_school_that_was_linked_wrongly_moves_in_the_first_run_of_any_category(
    database: Database,
) -> None:
    async with setting(database, unlinked=["0104"], limits=STRICTEST) as s:
        first = await s.sync()
        s.change(links=s.plan.links | {"0103": "sch_0104"})
        (students,) = await s.sync(Category.STUDENTS)
        assert students.outcome is Outcome.SUCCEEDED
        assert students.changed > 0
        assert (students.created, students.removed) == (0, 0)
        assert students.schools == first[0].schools
        for table in ("user_roles", "enrollments", "classes"):
            assert s.count(SHARED.format(table), "sch_0103") == 0
            assert s.count(SHARED.format(table), "sch_0104") > 0
        equals_the_district(s)
        writes, records = await s.writes_of()
        assert writes == {}
        assert {r.outcome for r in records} == {Outcome.SUCCEEDED}


@pytest.mark.database
async def test_two_schools_that_were_taken_for_each_other_change_places(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        s.change(links=s.plan.links | {"0102": "sch_0103", "0103": "sch_0102"})
        records = await s.sync()
        assert {r.outcome for r in records} == {Outcome.SUCCEEDED}
        equals_the_district(s)
        writes, _ = await s.writes_of()
        assert writes == {}


@pytest.mark.database
async def test_a_school_that_joins_another_leaves_nobody_at_the_wrong_one(database: Database) -> None:
    """Who is at both schools has the role once; nothing is left behind or twice."""
    async with setting(database) as s:
        await s.sync()
        s.change(links=s.plan.links | {"0102": "sch_0103"})
        records = await s.sync()
        assert {r.outcome for r in records} == {Outcome.SUCCEEDED}
        for table in ("user_roles", "enrollments", "classes"):
            assert s.count(SHARED.format(table), "sch_0102") == 0
        writes, _ = await s.writes_of()
        assert writes == {}


@pytest.mark.database
async def test_a_dry_run_moves_nothing(database: Database) -> None:
    async with setting(database, unlinked=["0104"]) as s:
        await s.sync()
        s.change(links=s.plan.links | {"0103": "sch_0104"})
        before = s.written()
        await s.sync(dry_run=True)
        assert s.written() == before


def equals_the_district(s: Setting) -> None:
    assert held(s) == expected(s.district.population, list(s.plan.links), s.version)
