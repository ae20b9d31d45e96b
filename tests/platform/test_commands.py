"""`oneroster-platform` on a database that has been synced: what each command changes, and what it says."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from oneroster_operator.platform import removal
from oneroster_operator.platform.district_lock import lock_key
from oneroster_operator.platform.main import main
from tests.platform.databases import Database, add_district

pytestmark = pytest.mark.database

DISTRICT, OTHER = "springfield-usd", "shelbyville-usd"
Command = Callable[..., int]

# Ada is a student, Charles a teacher, Grace both; a class that both categories claim, and one that only
# TeacherAssignments does.
ROSTER = """
INSERT INTO public.schools (id, district_id, name) VALUES ('sch-{d}', '{d}', 'Lincoln');
INSERT INTO roster.school_links VALUES ('{d}', '1', 'sch-{d}');
INSERT INTO roster.users (district_id, sourced_id, given_name, family_name, enabled, active)
    SELECT '{d}', sourced_id, 'A', 'B', true, true FROM unnest(ARRAY['ada', 'charles', 'grace']) AS sourced_id;
INSERT INTO roster.user_roles (district_id, user_id, role, school_id, by_hand)
    SELECT '{d}', id, role, 'sch-{d}', false FROM roster.users
    JOIN (VALUES ('ada', 'student'), ('charles', 'teacher'), ('grace', 'student'), ('grace', 'teacher'))
        AS held (sourced_id, role) USING (sourced_id)
    WHERE district_id = '{d}';
INSERT INTO roster.classes (district_id, sourced_id, school_id, title, claimed_by)
    VALUES ('{d}', 'both', 'sch-{d}', 'Algebra', ARRAY['ClassRosters', 'TeacherAssignments']),
    ('{d}', 'one', 'sch-{d}', 'Biology', ARRAY['TeacherAssignments']);
INSERT INTO roster.enrollments (district_id, sourced_id, category, role, user_id, class_id, school_id)
    SELECT '{d}', person.sourced_id || class.sourced_id, category, role, person.id, class.id, 'sch-{d}'
    FROM (VALUES ('ada', 'both', 'ClassRosters', 'student'), ('charles', 'both', 'TeacherAssignments', 'teacher'))
        AS enrolled (who, what, category, role)
    JOIN roster.users AS person ON person.sourced_id = who AND person.district_id = '{d}'
    JOIN roster.classes AS class ON class.sourced_id = what AND class.district_id = '{d}';
INSERT INTO roster.quarantine (district_id, category, collection, sourced_id, rule, job, first_seen_at)
    VALUES ('{d}', 'TeacherAssignments', 'users', 'charles', 'unknown-role', 'job', now()),
    ('{d}', 'Students', 'users', 'ada', 'unknown-role', 'job', now());
INSERT INTO roster.holds
    (district_id, fingerprint, rows_digest, category, parts, reason, message, counts, found_at, seen_at, state)
    SELECT '{d}', 'of' || c, '', c, '{{absences}}', 'TooManyRemoved', '', '{{}}', now(), now(), 'open'
    FROM unnest(ARRAY['Students', 'TeacherAssignments']) AS c;
INSERT INTO roster.hold_rows (district_id, fingerprint, kind, action, sourced_id)
    VALUES ('{d}', 'ofTeacherAssignments', 'users', 'end', 'charles'),
    ('{d}', 'ofStudents', 'users', 'end', 'ada');
INSERT INTO roster.sync_runs
    (district_id, connection, job, category, dry_run, started_at, finished_at, outcome, written_at)
    VALUES ('{d}', 'districts/x', 'job', 'TeacherAssignments', false, now() - interval '9 days',
    now() - interval '9 days', 'Succeeded', now() - interval '9 days');
"""


@pytest.fixture
def synced(database: Database) -> Database:
    for district in (DISTRICT, OTHER):
        add_district(database.admin_url, district)
        with psycopg.connect(database.admin_url) as admin:
            admin.execute(ROSTER.format(d=district).encode())
    return database


@pytest.fixture
def command(synced: Database, tmp_path: Path) -> Command:
    file = tmp_path / "url"
    file.write_text(synced.admin_url)
    return lambda name, *arguments: main([name, "--url-file", str(file), *map(str, arguments)])


def query(database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def everything(database: Database, district: str = DISTRICT) -> dict[str, list[tuple[Any, ...]]]:
    tables = (
        *("users", "user_roles", "classes", "enrollments", "school_links", "sync_runs"),
        *("quarantine", "holds", "hold_rows"),
    )
    return {
        t: query(database, f"SELECT * FROM roster.{t} WHERE district_id = %s ORDER BY 1, 2", district)
        for t in tables
    }


@contextmanager
def a_sync(database: Database) -> Iterator[None]:
    """Another session that has the district's lock."""
    with psycopg.connect(database.sync_url, autocommit=True) as sync:
        sync.execute("SELECT pg_advisory_lock(%s)", [lock_key(DISTRICT)])
        yield


def test_release_ends_what_the_category_left_and_nothing_else(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    other = everything(synced, OTHER)
    before = everything(synced)
    assert command("release", "--district", DISTRICT, "--dry-run", "TeacherAssignments") == 0
    expected = "user_roles: 2 rows {0}\nusers: 1 rows {0}\nenrollments: 1 rows {0}\nclasses: 2 rows {0}\n"
    expected += "quarantine: 1 rows {0}\nholds: 1 rows {0}\n"
    assert capsys.readouterr().out == expected.format("would be ended or given up")
    assert everything(synced) == before
    assert command("release", "--district", DISTRICT, "TeacherAssignments") == 0
    assert capsys.readouterr().out == expected.format("ended or given up")
    active = "SELECT sourced_id, active FROM roster.users WHERE district_id = %s ORDER BY 1"
    assert query(synced, active, DISTRICT) == [("ada", True), ("charles", False), ("grace", True)]
    claims = (
        "SELECT sourced_id, claimed_by, ended_at IS NULL FROM roster.classes WHERE district_id = %s ORDER BY 1"
    )
    assert query(synced, claims, DISTRICT) == [("both", ["ClassRosters"], True), ("one", [], False)]
    held = "SELECT sourced_id FROM roster.enrollments WHERE ended_at IS NULL AND district_id = %s"
    assert query(synced, held, DISTRICT) == [("adaboth",)]
    assert query(synced, "SELECT sourced_id FROM roster.quarantine WHERE district_id = %s", DISTRICT) == [("ada",)]
    assert query(synced, "SELECT sourced_id FROM roster.hold_rows WHERE district_id = %s", DISTRICT) == [("ada",)]
    assert everything(synced, OTHER) == other
    assert command("release", "--district", DISTRICT, "TeacherAssignments") == 0
    assert capsys.readouterr().out == "Nothing to do.\n"


def test_who_is_selected_again_after_a_release_is_asked_for_anew(synced: Database, command: Command) -> None:
    with psycopg.connect(synced.admin_url) as admin:
        admin.execute(
            "INSERT INTO roster.watermarks (district_id, category, collection, pulled_at, full_at, inputs)"
            " SELECT %s, category, 'users', now(), now(), '' FROM unnest(ARRAY['Students', 'TeacherAssignments'])"
            " AS category",
            [DISTRICT],
        )
    assert command("release", "--district", DISTRICT, "TeacherAssignments") == 0
    assert query(synced, "SELECT category FROM roster.watermarks") == [("Students",)]


def test_a_category_that_ran_yesterday_is_not_released(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(synced.admin_url) as admin:
        admin.execute("UPDATE roster.sync_runs SET finished_at = now() - interval '25 hours'")
    before = everything(synced)
    assert command("release", "--district", DISTRICT, "TeacherAssignments") == 6
    assert "take it out of spec.categories, and release it 2 days after" in capsys.readouterr().err
    assert everything(synced) == before
    assert command("release", "--district", DISTRICT, "Students") == 0, "which has not run"


@pytest.mark.parametrize("name", ["release", "purge", "reactivate"])
def test_no_command_writes_beside_a_sync(
    name: str, synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(synced.admin_url) as admin:
        admin.execute("UPDATE roster.sync_runs SET removed = 1")
    arguments = {
        "release": ("--district", DISTRICT, "Students"),
        "purge": ("--district", DISTRICT, "--confirm", DISTRICT),
        "reactivate": query(synced, "SELECT id FROM roster.sync_runs WHERE district_id = %s", DISTRICT)[0],
    }
    before = everything(synced)
    with a_sync(synced):
        assert command(name, *arguments[name]) == 3
    assert "is being written by a sync of the district springfield-usd: try again" in capsys.readouterr().err
    assert everything(synced) == before


def test_purge_wants_the_districts_id_again(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(synced)
    for wrong in ((), ("--confirm", OTHER)):
        with pytest.raises(SystemExit) as ended:
            command("purge", "--district", DISTRICT, *wrong)
        assert ended.value.code == 2
        assert f"say its id again: --confirm {DISTRICT}" in capsys.readouterr().err
    assert everything(synced) == before


def test_purge_removes_all_of_the_district_in_batches_and_nothing_of_another(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "BATCH", 2)
    other, before = everything(synced, OTHER), everything(synced)
    confirmed = ("--district", DISTRICT, "--confirm", DISTRICT)
    assert command("purge", "--dry-run", *confirmed) == 0
    said = capsys.readouterr().out
    assert "users: 3 rows would be deleted\n" in said
    assert everything(synced) == before
    assert command("purge", *confirmed) == 0
    said = capsys.readouterr().out
    assert "users: 2 rows deleted\nusers: 3 rows deleted\n" in said, "as it goes on"
    assert not any(everything(synced).values())
    assert everything(synced, OTHER) == other
    assert query(synced, "SELECT count(*) FROM roster.district_grants WHERE district_id = %s", DISTRICT) == [(2,)]
    assert command("purge", *confirmed) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"


def test_a_table_of_the_platforms_own_that_refers_to_people_is_named(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(synced.admin_url) as admin:
        admin.execute("CREATE TABLE public.results (user_id bigint REFERENCES roster.users (id))")
        admin.execute("INSERT INTO public.results SELECT id FROM roster.users WHERE sourced_id = 'ada'")
    assert command("purge", "--district", DISTRICT, "--confirm", DISTRICT) == 6
    assert "public.results still refers to rows that were to be deleted" in capsys.readouterr().err


def test_retention_erases_who_has_been_gone_for_so_long(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "BATCH", 1)
    with psycopg.connect(synced.admin_url) as admin:
        for who, days in (("charles", 40), ("ada", 20)):
            admin.execute(
                "UPDATE roster.user_roles SET ended_at = now() FROM roster.users AS person"
                " WHERE person.id = user_id AND person.sourced_id = %s",
                [who],
            )
            admin.execute(
                "UPDATE roster.users SET active = false, changed_at = now() - make_interval(days => %s)"
                " WHERE sourced_id = %s",
                [days, who],
            )
    before = everything(synced)
    assert command("retention", "--days", 30, "--dry-run") == 0
    expected = (
        "quarantine: 2 rows {0}\nhold_rows: 2 rows {0}\n"
        "enrollments: 2 rows {0}\nuser_roles: 2 rows {0}\nusers: 2 rows {0}\n"
    )
    assert capsys.readouterr().out == expected.format("would be deleted")
    assert everything(synced) == before
    with a_sync(synced):
        assert command("retention", "--days", 30) == 3
    assert "users: 1 rows deleted" in capsys.readouterr().out, "of the other district"
    assert everything(synced) == before
    assert command("retention", "--days", 30) == 0
    people = "SELECT sourced_id FROM roster.users WHERE district_id = %s ORDER BY 1"
    assert query(synced, people, DISTRICT) == [("ada",), ("grace",)]
    capsys.readouterr()
    assert command("retention", "--days", 30) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999"])
def test_a_number_of_days_that_is_none_is_refused(command: Command, days: str) -> None:
    with pytest.raises(SystemExit) as ended:
        command("retention", f"--days={days}")
    assert ended.value.code == 2


def test_a_run_that_cannot_be_undone_is_refused_with_why(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    ((run,),) = query(synced, "SELECT id FROM roster.sync_runs WHERE district_id = %s", DISTRICT)
    for change, told in (
        ("removed = 0", f"Run {run} removed nothing."),
        ("removed = 2, dry_run = true", f"Run {run} removed nothing."),
        ("dry_run = false, written_at = NULL", f"Run {run} is older than the record of what a run removes."),
    ):
        with psycopg.connect(synced.admin_url) as admin:
            admin.execute(f"UPDATE roster.sync_runs SET {change}".encode())
        assert command("reactivate", run) == 6
        assert told in capsys.readouterr().err
    assert command("reactivate", 4711) == 6
    assert "There is no run 4711: oneroster-platform runs --district ID lists" in capsys.readouterr().err


def test_grant_and_revoke_say_to_whom_the_district_is_granted(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("grant", "--district", DISTRICT, "--to", "oneroster_sync", "oneroster_operator") == 0
    assert capsys.readouterr().out == (
        f"{DISTRICT} is granted to oneroster_operator, oneroster_operator_login, oneroster_sync,"
        " oneroster_sync_login.\n"
    )
    roles = ("oneroster_operator", "oneroster_operator_login", "oneroster_sync", "oneroster_sync_login")
    assert command("revoke", "--district", DISTRICT, "--from", *roles) == 0
    assert capsys.readouterr().out == f"{DISTRICT} is granted to no role.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--district", "nowhere", "--to", "oneroster_sync"), "The platform has no district nowhere"),
        (("--district", DISTRICT, "--to", "nobody"), "The database has no role nobody"),
    ],
)
def test_a_grant_of_nothing_or_to_nobody_is_refused(
    arguments: tuple[str, ...], told: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("grant", *arguments) == 6
    assert told in capsys.readouterr().err


def test_transfer_says_who_had_the_district(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("transfer", "--district", DISTRICT, "--to", "uid/districts/springfield") == 0
    assert command("transfer", "--district", DISTRICT, "--to", "uid/districts/moved") == 0
    assert capsys.readouterr().out == (
        f"{DISTRICT} belongs to uid/districts/springfield, before to no connection.\n"
        f"{DISTRICT} belongs to uid/districts/moved, before to uid/districts/springfield.\n"
    )
    with pytest.raises(SystemExit) as ended:
        command("transfer", "--district", DISTRICT, "--to", "districts/springfield")
    assert ended.value.code == 2


def test_runs_lists_what_can_be_reactivated(
    synced: Database, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    ((run, finished),) = query(
        synced, "SELECT id, finished_at FROM roster.sync_runs WHERE district_id = %s", DISTRICT
    )
    assert command("runs", "--district", DISTRICT) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["RUN", "FINISHED", "CATEGORY", "OUTCOME"]
    assert line.split() == [
        str(run),
        finished.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "TeacherAssignments",
        "Succeeded",
        *("0", "0", "0"),
    ]
