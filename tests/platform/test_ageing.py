"""Old accounts of runs and holds go; what something depends on stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from oneroster_operator.platform import ageing, removal
from oneroster_operator.platform.main import main
from oneroster_operator.sync.holds import PEAK_DAYS
from tests.platform.databases import Database, add_district

pytestmark = pytest.mark.database

DISTRICTS = ("springfield-usd", "shelbyville-usd")
Command = Callable[..., int]

RUN = """
INSERT INTO roster.sync_runs
    (district_id, connection, job, category, dry_run, started_at, finished_at, outcome, removed)
SELECT %(district)s, 'districts/x', %(job)s, %(category)s, %(dry)s, now(), now() - make_interval(days => %(ago)s),
       %(outcome)s, %(removed)s
"""
HOLD = """
INSERT INTO roster.holds
    (district_id, fingerprint, rows_digest, category, parts, reason, message, counts, found_at, seen_at, state,
     decided_at)
SELECT %(district)s, %(name)s, '', 'Students', '{absences}', 'TooManyRemoved', '', '{}', seen, seen, %(state)s,
       CASE WHEN %(decided)s THEN seen END
FROM (SELECT now() - make_interval(days => %(ago)s) AS seen) AS time
"""
HOLD_ROWS = """
INSERT INTO roster.hold_rows (district_id, fingerprint, kind, action, sourced_id)
SELECT %(district)s, %(name)s, 'users', 'end', number::text FROM generate_series(1, 3) AS number
"""


@pytest.fixture
def platform(database: Database) -> Database:
    for district in DISTRICTS:
        add_district(database.admin_url, district)
    return database


@pytest.fixture
def command(platform: Database, tmp_path: Path) -> Command:
    file = tmp_path / "url"
    file.write_text(platform.admin_url)
    return lambda name, *arguments: main([name, "--url-file", str(file), *map(str, arguments)])


def add(database: Database, statement: str, **values: Any) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(statement.encode(), {"district": DISTRICTS[0], **values})


def add_run(database: Database, job: str, ago: int, **otherwise: Any) -> None:
    usual: dict[str, Any] = {"category": "Students", "dry": False, "outcome": "Succeeded", "removed": 0}
    add(database, RUN, job=job, ago=ago, **usual | otherwise)


def add_hold(database: Database, name: str, ago: int, state: str, *, decided: bool, rows: bool = True) -> None:
    add(database, HOLD, name=name, ago=ago, state=state, decided=decided)
    if rows:
        add(database, HOLD_ROWS, name=name)


def left(database: Database, statement: str) -> set[str]:
    with psycopg.connect(database.admin_url) as connection:
        return {name for (name,) in connection.execute(statement.encode())}


def jobs(database: Database) -> set[str]:
    return left(database, "SELECT job FROM roster.sync_runs")


def test_runs_are_kept_for_their_time(platform: Database, command: Command) -> None:
    add_run(platform, "old", 401)
    add_run(platform, "younger", 399)
    assert command("retention", "--days", 30) == 0
    assert jobs(platform) == {"younger"}
    assert command("retention", "--days", 30, "--runs-days", 100) == 0
    assert jobs(platform) == {"younger"}, "the last one that wrote is kept whatever its age"


def test_the_last_run_that_wrote_is_kept_of_each_category(platform: Database, command: Command) -> None:
    add_run(platform, "before", 900)
    add_run(platform, "held", 800, outcome="Held")
    add_run(platform, "failed", 700, outcome="DistrictFailed")
    add_run(platform, "preview", 600, dry=True)
    add_run(platform, "rosters", 900, category="ClassRosters")
    add_run(platform, "elsewhere", 900, district=DISTRICTS[1])
    assert command("retention", "--days", 30) == 0
    assert jobs(platform) == {"held", "rosters", "elsewhere"}


def test_what_can_still_be_undone_is_kept_as_long_as_the_people(platform: Database, command: Command) -> None:
    add_run(platform, "removed", 500, removed=7)
    add_run(platform, "removed in a preview", 500, removed=7, dry=True)
    add_run(platform, "last", 1)
    assert command("retention", "--days", 600) == 0
    assert jobs(platform) == {"removed", "last"}
    assert command("retention", "--days", 499) == 0
    assert jobs(platform) == {"last"}


def test_holds_that_cleared_go_and_of_applied_ones_the_rows(platform: Database, command: Command) -> None:
    add_hold(platform, "cleared", 401, "cleared", decided=False, rows=False)
    add_hold(platform, "cleared lately", 399, "cleared", decided=False, rows=False)
    add_hold(platform, "discarded once", 401, "cleared", decided=True, rows=False)
    add_hold(platform, "open", 401, "open", decided=False)
    add_hold(platform, "discarded", 401, "discarded", decided=True)
    add_hold(platform, "applied", 401, "applied", decided=True)
    add_hold(platform, "applied lately", 399, "applied", decided=True)
    assert command("retention", "--days", 30) == 0
    assert left(platform, "SELECT fingerprint FROM roster.holds") == {
        *("cleared lately", "discarded once", "open", "discarded", "applied", "applied lately")
    }
    assert left(platform, "SELECT fingerprint FROM roster.hold_rows") == {"open", "discarded", "applied lately"}


def test_it_is_done_in_batches_and_counted(
    platform: Database, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "BATCH", 2)
    for number in range(5):
        add_run(platform, f"old {number}", 500, outcome="Skipped")
    add_hold(platform, "applied", 401, "applied", decided=True)
    expected = "sync_runs: 5 rows {0}\nhold_rows: 3 rows {0}\n"
    assert command("retention", "--days", 30, "--dry-run") == 0
    assert capsys.readouterr().out == expected.format("would be deleted")
    assert len(jobs(platform)) == 5
    assert command("retention", "--days", 30) == 0
    assert capsys.readouterr().out == expected.format("deleted")
    assert not jobs(platform)
    assert command("retention", "--days", 30) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"


def test_the_counts_by_which_removals_are_judged_are_out_of_reach(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ageing.LEAST_DAYS > PEAK_DAYS
    with pytest.raises(SystemExit) as ended:
        command("retention", "--days", 30, "--runs-days", ageing.LEAST_DAYS - 1)
    assert ended.value.code == 2
    assert "keep at least 30" in capsys.readouterr().err


def test_neither_login_of_the_cluster_may_do_it(platform: Database) -> None:
    for url in (platform.operator_url, platform.sync_url):
        for table in ("sync_runs", "holds"):
            with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"DELETE FROM roster.{table}".encode())
