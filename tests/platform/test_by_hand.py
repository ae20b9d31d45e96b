"""What was made by hand on the platform outlives every command that is about what the roster brought."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from oneroster_operator.platform.main import main
from tests.platform.databases import Database, add_district

pytestmark = pytest.mark.database

DISTRICT = "springfield-usd"

# Made by hand: bare (without a role), own, off; and the roster's by now: taken over (with roles of both), once
# (whose own role has ended). The roster brought all others, former in an earlier identity.
ACCOUNTS = """
INSERT INTO roster.users (district_id, given_name, family_name, enabled, active, username, sourced_id,
    former_sourced_id, former_epoch, changed_at)
    SELECT 'springfield-usd', 'A', 'B', true, active, username, sourced_id, former, epoch,
           now() - interval '400 days'
    FROM (VALUES ('bare', NULL, NULL, NULL, true), ('own', NULL, NULL, NULL, true),
    ('taken over', 't', NULL, NULL, true), ('gone', 'g', NULL, NULL, false), ('brought', 'b', NULL, NULL, true),
    ('former', NULL, 'f', 1, false), ('once', 'o', NULL, NULL, false), ('off', NULL, NULL, NULL, false))
        AS account (username, sourced_id, former, epoch, active);
INSERT INTO roster.user_roles (district_id, user_id, role, by_hand, ended_at)
    SELECT 'springfield-usd', id, 'districtAdmin', by_hand, CASE WHEN ended THEN now() END FROM roster.users
    JOIN (VALUES ('own', true, false), ('taken over', true, false), ('taken over', false, false),
    ('brought', false, false), ('gone', false, true), ('former', false, true), ('once', true, true))
        AS held (username, by_hand, ended) USING (username);
"""


@pytest.fixture
def url(database: Database, tmp_path: Path) -> Path:
    add_district(database.admin_url, DISTRICT)
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(ACCOUNTS.encode())
    file = tmp_path / "url"
    file.write_text(database.admin_url)
    return file


def query(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_a_released_category_ends_the_rosters_roles_alone(database: Database, url: Path) -> None:
    assert main(["release", "--url-file", str(url), "--district", DISTRICT, "DistrictAdmins"]) == 0
    roles = "SELECT username, by_hand FROM roster.user_roles JOIN roster.users AS person ON person.id = user_id"
    assert query(database, f"{roles} WHERE ended_at IS NULL ORDER BY 1") == [("own", True), ("taken over", True)]
    active = query(database, "SELECT username FROM roster.users WHERE active ORDER BY 1")
    assert active == [("bare",), ("own",), ("taken over",)], "who never was the roster's needs no role"


def test_a_purge_leaves_what_was_made_by_hand_without_a_source(
    database: Database, url: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    purge = ["purge", "--url-file", str(url), "--district", DISTRICT, "--confirm", DISTRICT]
    untouched = "SELECT xmin::text, users.* FROM roster.users WHERE username IN ('bare', 'own', 'off') ORDER BY id"
    before = query(database, untouched)
    assert main([*purge, "--dry-run"]) == 0
    expected = "user_roles: 4 rows {0}\nusers: 3 rows {0}\n"
    assert capsys.readouterr().out == expected.format("would be deleted")
    assert main(purge) == 0
    assert capsys.readouterr().out.endswith(expected.format("deleted"))
    assert query(
        database, "SELECT username, sourced_id, former_sourced_id, active FROM roster.users ORDER BY username"
    ) == [
        ("bare", None, None, True),
        ("off", None, None, False),
        ("once", None, None, False),
        ("own", None, None, True),
        ("taken over", None, None, True),
    ]
    assert query(database, untouched) == before
    assert {row[0] for row in query(database, "SELECT by_hand FROM roster.user_roles")} == {True}


def test_retention_erases_only_whom_the_roster_alone_has_had(database: Database, url: Path) -> None:
    assert main(["retention", "--url-file", str(url), "--days", "365"]) == 0
    left = query(database, "SELECT username FROM roster.users ORDER BY 1")
    assert left == [("bare",), ("brought",), ("off",), ("once",), ("own",), ("taken over",)]
