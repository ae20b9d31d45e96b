"""`oneroster-sync hold`: what was withheld, for who has to decide about it."""

import csv
import io
import json
from pathlib import Path

import psycopg
import pytest

from oneroster_operator.api.report import Outcome
from oneroster_operator.sync.main import main
from tests.platform.databases import Database, add_district
from tests.sync.setting import DISTRICT

pytestmark = pytest.mark.database

OPEN, CLEARED = "5f0c9a17be42", "81d2a6c003f7"
_HOLD = (
    "INSERT INTO roster.holds (district_id, fingerprint, rows_digest, category, parts, reason, message, counts,"
    " found_at, seen_at, state) VALUES (%s, %s, 'd', 'Students', '{absences}', 'RemovalsHeld', '2 would go.',"
    """ '{"user_roles": {"end": 2}}', '2026-11-24 08:13Z', '2026-11-24 09:13Z', %s)"""
)
_ROW = "INSERT INTO roster.hold_rows VALUES (%s, %s, 'user_roles', 'end', %s, 'sch_lincoln')"
_PERSON = (
    "INSERT INTO roster.users (district_id, sourced_id, given_name, family_name, enabled, active)"
    " VALUES (%s, 'u1', 'Ada', 'Byron', true, true)"
)


@pytest.fixture
def arguments(database: Database, tmp_path: Path) -> list[str]:
    """The options that name a district with an open and a cleared hold."""
    add_district(database.admin_url, DISTRICT)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(_PERSON, [DISTRICT])
        for fingerprint, state in ((OPEN, "open"), (CLEARED, "cleared")):
            connection.execute(_HOLD, [DISTRICT, fingerprint, state])
        for sourced_id in ("u1", "u\x1b2"):
            connection.execute(_ROW, [DISTRICT, OPEN, sourced_id])
    (tmp_path / "syncUrl").write_text(database.sync_url)
    return ["--district", DISTRICT, "--platform", str(tmp_path)]


def test_open_ones_are_listed_and_all_on_demand(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hold", "list", *arguments]) == 0
    assert capsys.readouterr().out.split() == [
        *(OPEN, "Students", "open", "2026-11-24T08:13Z", "2", "rows", "RemovalsHeld")
    ]
    assert main(["hold", "list", "--all", "--json", *arguments]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(hold["fingerprint"], hold["state"]) for hold in listed] == [(OPEN, "open"), (CLEARED, "cleared")]


def test_one_is_shown_with_counts_and_ids(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hold", "show", OPEN, *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "Students open: RemovalsHeld",
        "2 would go.",
        "found 2026-11-24T08:13Z, last seen 2026-11-24T09:13Z",
        "user_roles: 2 end",
    ]
    assert [line.split() for line in lines[4:]] == [
        ["user_roles", "end", "sch_lincoln", "u?2"],
        ["user_roles", "end", "sch_lincoln", "u1"],
    ]


def test_names_are_shown_to_who_asks_for_them(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hold", "show", OPEN, "--csv", *arguments]) == 0
    assert "Ada" not in capsys.readouterr().out
    assert main(["hold", "show", OPEN, "--show-names", "--csv", *arguments]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["sourcedId"]: row["name"] for row in rows} == {"u1": "Ada Byron", "u\x1b2": ""}


def test_of_a_cleared_one_it_is_told_why_there_are_no_rows(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hold", "show", CLEARED, *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "It did not occur again, so its rows are not kept."


def test_what_is_not_there_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hold", "show", "0" * 12, *arguments]) == Outcome.FAILED.exit_code
    assert "has no hold 000000000000" in capsys.readouterr().err
    other = ["--district", "nowhere", *arguments[2:]]
    assert main(["hold", "list", *other]) == Outcome.PLATFORM_FAILED.exit_code
    with pytest.raises(SystemExit) as usage:
        main(["hold", "show", OPEN])
    assert usage.value.code == 2
