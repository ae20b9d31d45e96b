"""The command as a pod runs it: files in, report, lines and exit code out."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.sync.main import main
from tests.district.population import Population
from tests.district.running import RunningDistrict, district_on_thread
from tests.platform.databases import Database
from tests.sync.pod import SOURCE, Pod, pod_of
from tests.sync.setting import TODAY

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def district() -> Iterator[RunningDistrict]:
    population = Population.generate(7, today=TODAY, schools=2, students_per_school=20)
    with district_on_thread(population) as running:
        yield running


@pytest.fixture
def pod(tmp_path: Path, district: RunningDistrict, database: Database) -> Pod:
    return pod_of(tmp_path, district, database)


def test_all_categories_of_the_plan_run_and_are_told(pod: Pod) -> None:
    code, report, output, errors = pod.run()
    assert code == 0
    assert [c.name for c in report.categories] == list(Category)
    assert {c.outcome for c in report.categories} == {Outcome.SUCCEEDED}
    assert report.started < report.finished
    assert output.splitlines()[0] == (
        f"Students: Succeeded created={report.categories[0].created} changed=0 removed=0 withheld=0 waiting=0 "
        "quarantined=0"
    )
    assert len(output.splitlines()) == 5
    for secret in (pod.district.client_secret, pod.database.sync_url, "CANARY"):
        assert secret not in output + errors


def test_categories_run_in_the_order_in_which_they_are_given(pod: Pod) -> None:
    _, report, _, _ = pod.run("--category", "SchoolAdmins", "--category", "Students")
    assert [c.name for c in report.categories] == [Category.SCHOOL_ADMINS, Category.STUDENTS]


def test_a_dry_run_writes_its_row_and_nothing_else(pod: Pod) -> None:
    code, report, _, _ = pod.run("--dry-run", job="springfield-preview-1")
    assert code == 0
    assert report.dry_run
    with psycopg.connect(pod.database.admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM roster.users").fetchone() == (0,)
        assert connection.execute(
            "SELECT DISTINCT job, dry_run, connection FROM roster.sync_runs WHERE total > 0"
        ).fetchall() == [("springfield-preview-1", True, "districts/springfield")]


def test_a_missing_secret_is_told_and_not_a_traceback(pod: Pod) -> None:
    (pod.mounts / "credentials/clientSecret").unlink()
    code, report, _, errors = pod.run("--category", "Students")
    assert code == report.exit_code == Outcome.FAILED.exit_code
    (category,) = report.categories
    assert category.reason == "SecretKeyMissing"
    assert "clientSecret" in category.message
    assert "Traceback" not in errors


def test_a_plan_that_is_gone_is_skipped(pod: Pod) -> None:
    process = pod.start("--config", str(pod.mounts / "gone"), "--category", "Students")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert [(c.outcome, c.reason) for c in pod.report().categories] == [(Outcome.SKIPPED, "PlanMissing")]


def test_a_slot_from_before_the_schedule_is_skipped(pod: Pod) -> None:
    slot = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)
    job = f"springfield-students-{int(slot.timestamp()) // 60}"
    later = ("--category", "Students", "--not-before", "2026-11-24T08:00:01Z")
    code, report, _, _ = pod.run(*later, job=job)
    assert code == 0
    assert [(c.outcome, c.reason) for c in report.categories] == [(Outcome.SKIPPED, "SlotTooOld")]
    assert "2026-11-24 08:00 UTC" in report.categories[0].message


@pytest.mark.parametrize(
    ("job", "not_before"),
    [
        ("springfield-students-29866453", "2026-10-14T14:13:00Z"),
        ("springfield-students-by-hand", "2026-11-24T08:00:00Z"),
        ("springfield-sync-0123456789", None),
    ],
)
def test_any_other_slot_runs(pod: Pod, job: str, not_before: str | None) -> None:
    arguments = ["--not-before", not_before] if not_before else []
    _, report, _, _ = pod.run("--category", "DistrictAdmins", *arguments, job=job)
    assert [c.outcome for c in report.categories] == [Outcome.SUCCEEDED]


def test_the_exit_code_tells_whose_turn_it_is(pod: Pod) -> None:
    pod.write("credentials/clientSecret", "wrong")
    assert pod.run("--category", "Students")[0] == Outcome.REFUSED.exit_code
    pod.write("platform/syncUrl", "postgresql://u:p@127.0.0.1:1/db")
    assert pod.run("--category", "Students")[0] == Outcome.PLATFORM_FAILED.exit_code


def test_a_pod_that_is_told_to_stop_reports_within_seconds(pod: Pod) -> None:
    pod.plan = msgspec.structs.replace(pod.plan, lock_wait_seconds=50)
    with psycopg.connect(pod.database.admin_url, autocommit=True) as other:
        pod.district.controls.begin_outage()
        try:
            process = pod.start()
            wait_for_session(other)
            process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            output, _ = process.communicate(timeout=30)
        finally:
            pod.district.controls.end_outage()
        assert time.monotonic() - started < 5
        assert process.returncode == Outcome.FAILED.exit_code
        assert [c.reason for c in pod.report().categories] == ["Interrupted"] * 5
        assert len(output.splitlines()) == 5
        assert other.execute("SELECT count(*) FROM roster.sync_runs WHERE reason = 'Interrupted'").fetchone() == (
            5,
        )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--category", "Teachers"], "'Teachers' is none of Students, TeacherAssignments, ClassRosters"),
        (["--not-before", "2026-11-24"], "'2026-11-24' is no time with an offset, such as"),
        (["--not-before", "soon"], "'soon' is no time with an offset, such as"),
        (["--allowed-network", "10.0.0.1/8"], "10.0.0.1/8 has host bits set; a network is a CIDR such as"),
    ],
)
def test_a_wrong_argument_is_refused_in_words(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert why in capsys.readouterr().err


def test_a_district_on_a_network_that_is_not_allowed_is_refused_and_not_asked(pod: Pod) -> None:
    pod.networks = ("10.96.0.0/16",)
    asked = pod.district.district.counts.copy()
    code, report, _, _ = pod.run()
    assert code == Outcome.REFUSED.exit_code
    assert {(c.outcome, c.reason) for c in report.categories} == {(Outcome.REFUSED, "AddressRefused")}
    assert all("allowedNetworks" in category.message for category in report.categories)
    assert pod.district.district.counts == asked


def test_credentials_that_are_pinned_to_another_host_are_shown_to_nobody(pod: Pod) -> None:
    pod.write("credentials/allowedHosts", "elsewhere.example\n")
    asked = pod.district.district.counts.copy()
    code, report, _, _ = pod.run()
    assert code == Outcome.REFUSED.exit_code
    assert {(c.outcome, c.reason) for c in report.categories} == {(Outcome.REFUSED, "HostNotAllowed")}
    assert pod.district.district.counts == asked
    pod.write("credentials/allowedHosts", "elsewhere.example\nlocalhost\n")
    assert pod.run()[0] == 0


def wait_for_session(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    end = time.monotonic() + 30
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'oneroster-sync'"
    while connection.execute(sessions).fetchone() == (0,):
        assert time.monotonic() < end, "the sync did not start"
        time.sleep(0.05)


def test_the_help_names_every_option() -> None:
    command = [sys.executable, "-m", "oneroster_operator.sync.main", "--help"]
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    mounted = ("config", "credentials", "platform", "termination-log")
    for option in (*mounted, "category", "dry-run", "changes", "show-names", "not-before", "allowed-network"):
        assert f"--{option}" in text
