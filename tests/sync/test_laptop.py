"""The command outside of a pod: a plan that says where its secrets are, and lists on standard output."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from oneroster_operator.api.report import Outcome
from oneroster_operator.sync.main import main
from oneroster_operator.sync.mounted import Config
from tests.district.population import Population
from tests.district.running import RunningDistrict, district_on_thread
from tests.platform.databases import Database
from tests.sync.pod import SOURCE
from tests.sync.setting import DISTRICT, TODAY, add_to_platform, plan_of

pytestmark = pytest.mark.database


@dataclass
class Laptop:
    """A directory with a plan and its secrets."""

    home: Path
    district: RunningDistrict
    database: Database

    def run(self, *arguments: str, job: str | None = None) -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if name != "JOB_NAME"}
        environment |= {"PYTHONPATH": SOURCE} | ({} if job is None else {"JOB_NAME": job})
        return subprocess.run(
            [sys.executable, "-m", "oneroster_operator.sync.main", *arguments],
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def sync(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run(
            "--config", "plan.json", "--allowed-network", "127.0.0.0/8", "--allowed-network", "::1/128", *arguments
        )

    def changes(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.sync("--dry-run", "--changes", "json", *arguments)
        assert done.returncode == 0, done.stderr
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows


@pytest.fixture
def laptop(tmp_path: Path, database: Database) -> Iterator[Laptop]:
    population = Population.generate(7, today=TODAY, schools=2, students_per_school=20)
    add_to_platform(database, population)
    with district_on_thread(population) as district:
        plan = plan_of(district)
        config = Config(**msgspec.structs.asdict(plan) | {"credentials": "secrets", "platform": "secrets"})
        (tmp_path / "plan.json").write_bytes(msgspec.json.encode(config))
        (tmp_path / "secrets").mkdir()
        for key, value in (
            ("clientId", district.client_id),
            ("clientSecret", district.client_secret),
            ("syncUrl", database.sync_url),
        ):
            (tmp_path / "secrets" / key).write_text(value)
        yield Laptop(tmp_path, district, database)


def test_a_dry_run_of_a_category_counts_what_it_would_bring(laptop: Laptop) -> None:
    done = laptop.sync("--category", "Students", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Students: Succeeded created=0 changed=0")
    with psycopg.connect(laptop.database.admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM roster.users").fetchone() == (0,)


def test_the_list_has_what_the_sync_then_writes(laptop: Laptop) -> None:
    found = laptop.changes()
    assert {row["action"] for row in found} == {"create"}
    assert {tuple(row) for row in found} == {("category", "kind", "action", "sourcedId", "schoolId")}
    assert laptop.sync().returncode == 0
    with psycopg.connect(laptop.database.admin_url) as connection:
        roles = connection.execute(
            "SELECT p.sourced_id, r.school_id FROM roster.user_roles r JOIN roster.users p ON p.id = r.user_id"
        ).fetchall()
        for kind in ("users", "classes", "courses", "academic_sessions", "enrollments"):
            written = connection.execute(f"SELECT sourced_id FROM roster.{kind}".encode()).fetchall()
            assert {row["sourcedId"] for row in found if row["kind"] == kind} == {one for (one,) in written}
    assert sorted((row["sourcedId"], row["schoolId"] or "") for row in found if row["kind"] == "user_roles") == (
        sorted((sourced_id, school_id or "") for sourced_id, school_id in roles)
    )
    assert laptop.changes() == []


def test_csv_is_alone_on_standard_output(laptop: Laptop) -> None:
    done = laptop.sync("--dry-run", "--changes", "csv", "--category", "Students")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) > 40
    assert {row["kind"] for row in rows} == {"users", "user_roles"}
    assert "Students: Succeeded" in done.stderr


def test_names_are_shown_to_who_asks(laptop: Laptop) -> None:
    population = laptop.district.population
    names = {u.sourced_id: f"{u.given_name} {u.family_name}" for u in population.users.values()}
    before = laptop.sync("--dry-run", "--changes", "json")
    assert not [name for name in names.values() if name in before.stdout + before.stderr]

    everything = laptop.changes("--show-names")
    for row in everything:
        if row["kind"] in ("users", "user_roles"):
            assert row["name"] == names[row["sourcedId"]]
        elif row["kind"] == "enrollments":
            assert row["name"] == names[population.enrollments[row["sourcedId"]].user]
        elif row["kind"] == "classes":
            assert row["name"] == population.classes[row["sourcedId"]].title
        else:
            assert row["name"]

    assert laptop.sync().returncode == 0
    laptop.district.controls.withdraw_student("0101")
    ends = laptop.changes("--show-names", "--category", "Students", "--category", "ClassRosters")
    assert {(row["kind"], row["action"]) for row in ends} == {("user_roles", "end"), ("enrollments", "end")}
    assert len({row["name"] for row in ends}) == 1
    assert ends[0]["name"] in names.values()


def test_the_quarantine_is_listed_as_text_json_and_csv(laptop: Laptop) -> None:
    with psycopg.connect(laptop.database.admin_url) as connection:
        connection.execute(
            "INSERT INTO roster.quarantine VALUES"
            " (%(d)s, 'Students', 'users', E'a\\x1bb', 'UnknownRole', 'job', '2026-11-01 02:13Z', NULL),"
            " (%(d)s, 'ClassRosters', 'enrollments', 'e1', 'DanglingUser', 'job', now(), now() + interval '1 h'),"
            " (%(d)s, 'ClassRosters', 'enrollments', 'e2', 'DanglingUser', 'job', '2026-11-02Z', '2026-11-16Z')",
            {"d": DISTRICT},
        )
    by_plan = laptop.run("quarantine", "--config", "plan.json")
    assert by_plan.returncode == 0, by_plan.stderr
    assert [line.split() for line in by_plan.stdout.splitlines()] == [
        ["DanglingUser", "enrollments", "2026-11-02T00:00Z", "ClassRosters", "e2"],
        ["UnknownRole", "users", "2026-11-01T02:13Z", "Students", "a?b"],
    ]
    by_id = ("quarantine", "--district", DISTRICT, "--platform", "secrets")
    assert json.loads(laptop.run(*by_id, "--json").stdout) == [
        {
            "rule": "DanglingUser",
            "collection": "enrollments",
            "sourcedId": "e2",
            "category": "ClassRosters",
            "firstSeen": "2026-11-02T00:00:00Z",
            "job": "job",
        },
        {
            "rule": "UnknownRole",
            "collection": "users",
            "sourcedId": "a\x1bb",
            "category": "Students",
            "firstSeen": "2026-11-01T02:13:00Z",
            "job": "job",
        },
    ]
    assert laptop.run(*by_id, "--csv").stdout.splitlines()[:2] == [
        "rule,collection,sourcedId,category,firstSeen,job",
        "DanglingUser,enrollments,e2,ClassRosters,2026-11-02T00:00:00Z,job",
    ]


def test_what_is_wrong_with_a_quarantine_that_is_asked_for_is_told(laptop: Laptop) -> None:
    unknown = laptop.run("quarantine", "--district", "nowhere", "--platform", "secrets")
    assert unknown.returncode == Outcome.PLATFORM_FAILED.exit_code
    assert "has not granted the district nowhere" in unknown.stderr
    missing = laptop.run("quarantine", "--district", DISTRICT, "--platform", ".")
    assert (missing.returncode, "syncUrl" in missing.stderr) == (Outcome.FAILED.exit_code, True)
    (laptop.home / "secrets" / "syncUrl").write_text("postgresql://u:p@127.0.0.1:1/db")
    away = laptop.run("quarantine", "--district", DISTRICT, "--platform", "secrets")
    assert away.returncode == Outcome.PLATFORM_FAILED.exit_code
    assert not [done for done in (unknown, missing, away) if done.stdout or "Traceback" in done.stderr]


def test_a_plan_that_is_wrong_is_told_where(laptop: Laptop) -> None:
    (laptop.home / "plan.json").write_text(json.dumps({"connection": 1}))
    done = laptop.sync("--category", "Students", "--dry-run")
    assert done.returncode == Outcome.FAILED.exit_code
    assert "reason=PlanUnusable" in done.stdout
    assert "plan.json: Expected `str`, got `int` - at `$.connection`" in done.stderr


def test_a_plan_that_is_not_there_is_no_success(laptop: Laptop) -> None:
    done = laptop.run("--config", "gone.json", "--category", "Students", "--dry-run")
    assert done.returncode == Outcome.FAILED.exit_code
    assert "reason=PlanMissing" in done.stdout
    assert "There is no plan gone.json: --config names the file of one." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--changes", "csv"], "add --dry-run"),
        (["--dry-run", "--show-names"], "--changes csv or json"),
    ],
)
def test_a_list_of_a_run_that_writes_is_refused(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert why in capsys.readouterr().err


def test_a_pod_lists_nobody(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JOB_NAME", "springfield-students-29866453")
    with pytest.raises(SystemExit):
        main(["--dry-run", "--changes", "csv"])
    assert "a pod's output is a log" in capsys.readouterr().err
