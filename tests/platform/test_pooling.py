"""A pooler that hands each transaction to another session is refused with a sentence; others are not noticed."""

from typing import Any

import pytest

from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect
from oneroster_operator.platform.pooling import check_session
from tests.platform.databases import Database
from tests.platform.pooler import pooler

pytestmark = pytest.mark.database


async def check(url: str) -> None:
    async with await connect(url, application="tests") as connection:
        await check_session(connection, url)


async def test_postgresql_itself_is_taken_by_one_statement(database: Database) -> None:
    await check(database.sync_url)
    async with await connect(database.sync_url, application="tests") as connection:
        await check_session(connection, "postgresql://nobody@127.0.0.1:1/not-asked")


@pytest.mark.parametrize("round_robin", [False, True])
@pytest.mark.parametrize("sessions", [0, 1, 2, 5])
async def test_a_pool_by_transaction_is_refused(database: Database, sessions: int, round_robin: bool) -> None:
    async with pooler(database.sync_url, by_transaction=True, sessions=sessions, round_robin=round_robin) as url:
        with pytest.raises(PlatformError, match="use a URL that leads to PostgreSQL itself") as caught:
            await check(url)
    assert caught.value.reason == PlatformReason.POOLED


@pytest.mark.parametrize("sessions", [0, 1, 5])
async def test_a_pool_by_session_is_taken(database: Database, sessions: int) -> None:
    async with pooler(database.sync_url, by_transaction=False, sessions=sessions) as url:
        await check(url)


async def test_the_pooler_of_these_tests_hands_statements_to_different_sessions(database: Database) -> None:
    async with (
        pooler(database.sync_url, by_transaction=True, sessions=2, round_robin=True) as url,
        await connect(url, application="tests") as connection,
    ):
        seen = [await _one(connection.execute("SELECT pg_backend_pid()")) for _ in range(2)]
    assert seen[0] != seen[1]


async def _one(executing: Any) -> int:
    row = await (await executing).fetchone()
    return int(row[0])
