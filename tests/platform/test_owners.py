"""A district has one owner; another connection is told whose it is, and takes it over by transfer alone."""

import psycopg
import pytest

from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect
from oneroster_operator.platform.owners import DistrictOwner, check_owner, claim, owner_of, transfer
from tests.platform.databases import Database, add_district

pytestmark = pytest.mark.database

DISTRICT = "springfield-usd"
FIRST = DistrictOwner("uid-of-a-cluster", "districts", "springfield")
SECOND = DistrictOwner("uid-of-a-cluster", "districts", "springfield-2")
ELSEWHERE = DistrictOwner("uid-of-another", "districts", "springfield")


@pytest.fixture(autouse=True)
def district(database: Database) -> None:
    add_district(database.admin_url, DISTRICT)


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (SECOND, "belongs to the connection districts/springfield: delete"),
        (ELSEWHERE, "belongs to the connection districts/springfield of the cluster uid-of-a-cluster: delete"),
    ],
)
async def test_the_second_is_told_who_was_first(database: Database, second: DistrictOwner, told: str) -> None:
    async with await connect(database.operator_url, application="tests") as operator:
        await claim(operator, DISTRICT, FIRST)
        await claim(operator, DISTRICT, FIRST)
        with pytest.raises(PlatformError, match=told) as caught:
            await claim(operator, DISTRICT, second)
    assert caught.value.reason == PlatformReason.DISTRICT_TAKEN
    assert caught.value.message.endswith(f"oneroster-platform transfer --district {DISTRICT} --to {second}")


async def test_a_district_is_handed_over_by_the_administrator_alone(database: Database) -> None:
    async with await connect(database.operator_url, application="tests") as operator:
        await claim(operator, DISTRICT, FIRST)
        with pytest.raises(PlatformError) as caught:
            await transfer(operator, DISTRICT, SECOND)
        assert caught.value.reason == PlatformReason.REFUSED
        async with await connect(database.admin_url, application="tests") as admin:
            assert await transfer(admin, DISTRICT, SECOND) == FIRST
        await claim(operator, DISTRICT, SECOND)
        with pytest.raises(PlatformError, match="springfield-2"):
            await claim(operator, DISTRICT, FIRST)


async def test_the_sync_sees_the_owner_and_makes_none(database: Database) -> None:
    async with await connect(database.sync_url, application="tests") as sync:
        await check_owner(sync, DISTRICT, SECOND)
        with pytest.raises(PlatformError):
            await claim(sync, DISTRICT, SECOND)
        async with await connect(database.operator_url, application="tests") as operator:
            await claim(operator, DISTRICT, FIRST)
        assert await owner_of(sync, DISTRICT) == FIRST
        await check_owner(sync, DISTRICT, FIRST._replace(cluster=""))
        for other in (SECOND, ELSEWHERE):
            with pytest.raises(PlatformError):
                await check_owner(sync, DISTRICT, other)


def test_the_operator_changes_no_owner(database: Database) -> None:
    with psycopg.connect(database.operator_url, autocommit=True) as operator:
        for statement in ("UPDATE roster.district_owners SET name = 'x'", "DELETE FROM roster.district_owners"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                operator.execute(statement.encode())
