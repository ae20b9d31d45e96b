"""Staging keeps each record once: the last modified, or else the last received."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from oneroster_operator.oneroster import Collection
from oneroster_operator.platform.connection import Connection, connect
from oneroster_operator.sync import stage
from tests.platform.databases import Database

pytestmark = pytest.mark.database

MONDAY, TUESDAY = (dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in (23, 24))


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with await connect(database.sync_url, application="tests") as connection:
        await stage.create(connection)
        yield connection


def course(sourced_id: str, modified: dt.datetime | None, title: str, state: str = "wanted") -> tuple[Any, ...]:
    return (sourced_id, modified, state, None, title, None, "{}", "{}")


async def staged(connection: Connection, *pages: list[tuple[Any, ...]]) -> tuple[int, list[tuple[Any, ...]]]:
    for page in pages:
        await stage.copy(connection, Collection.COURSES, page)
    repeated = await stage.settle(connection, Collection.COURSES)
    cursor = await connection.execute("SELECT sourced_id, title, state FROM stage_courses ORDER BY 1")
    return repeated, await cursor.fetchall()


async def test_the_last_modified_stays(connection: Connection) -> None:
    assert await staged(
        connection,
        [course("a", TUESDAY, "new"), course("b", MONDAY, "only")],
        [course("a", MONDAY, "old"), course("a", None, "undated")],
    ) == (2, [("a", "new", "wanted"), ("b", "only", "wanted")])


async def test_of_equals_the_last_received_stays(connection: Connection) -> None:
    assert (await staged(connection, [course("a", MONDAY, "1")], [course("a", MONDAY, "2")]))[1] == [
        ("a", "2", "wanted")
    ]


async def test_a_newer_tombstone_stays(connection: Connection) -> None:
    assert (await staged(connection, [course("a", TUESDAY, "", "left out"), course("a", MONDAY, "1")]))[1] == [
        ("a", "", "left out")
    ]


async def test_what_can_be_read_goes_before_what_cannot(connection: Connection) -> None:
    assert (await staged(connection, [course("a", MONDAY, "1"), course("a", None, "", "rejected")]))[1] == [
        ("a", "1", "wanted")
    ]


async def test_text_with_tabs_and_backslashes_arrives_whole(connection: Connection) -> None:
    title = "Art\tand \\N music\r\n\\."
    assert (await staged(connection, [course("a", None, title)]))[1] == [("a", title, "wanted")]
