"""Who may read and write what runs withheld."""

import psycopg
import pytest

from tests.platform.databases import Database, add_district

pytestmark = pytest.mark.database

OURS, THEIRS = "springfield-usd", "shelbyville-usd"
HOLD = (
    "INSERT INTO roster.holds (district_id, fingerprint, rows_digest, category, parts, reason, message, counts,"
    " found_at, seen_at, state) VALUES (%s, 'f', 'd', 'Students', '{absences}', 'RemovalsHeld', '', '{}',"
    " now(), now(), 'open')"
)
ROW = "INSERT INTO roster.hold_rows VALUES (%s, 'f', 'users', 'change', 'u1', NULL)"
READ = "SELECT district_id FROM roster.holds JOIN roster.hold_rows USING (district_id, fingerprint)"


@pytest.fixture
def two_districts(database: Database) -> Database:
    """Each has a hold; one of them is granted to both logins."""
    add_district(database.admin_url, OURS)
    add_district(database.admin_url, THEIRS, granted=False)
    with psycopg.connect(database.admin_url) as connection:
        for district in (OURS, THEIRS):
            connection.execute(HOLD, [district])
            connection.execute(ROW, [district])
    return database


def test_both_logins_read_those_of_districts_that_are_granted(two_districts: Database) -> None:
    for url in (two_districts.operator_url, two_districts.sync_url):
        with psycopg.connect(url) as connection:
            assert connection.execute(READ).fetchall() == [(OURS,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE roster.holds SET state = 'applied'",
        "DELETE FROM roster.holds",
        "INSERT INTO roster.hold_rows VALUES ('springfield-usd', 'f', 'users', 'end', 'u2', NULL)",
        "DELETE FROM roster.hold_rows",
    ],
)
def test_the_operator_decides_nothing_in_the_database(two_districts: Database, statement: str) -> None:
    with (
        psycopg.connect(two_districts.operator_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_sync_writes_holds_of_its_districts_and_deletes_none(two_districts: Database) -> None:
    with psycopg.connect(two_districts.sync_url, autocommit=True) as connection:
        assert connection.execute("UPDATE roster.holds SET state = 'cleared'").rowcount == 1
        assert connection.execute("DELETE FROM roster.hold_rows").rowcount == 1
        for statement, values in ((HOLD.replace("'f'", "'g'"), [THEIRS]), ("DELETE FROM roster.holds", [])):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode(), values)
