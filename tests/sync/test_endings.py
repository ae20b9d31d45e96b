"""Every way in which a run ends, told apart by what its pod leaves: exit code, outcome, reason and counts."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import psycopg
import pytest

from oneroster_operator.api.plan import Limits
from oneroster_operator.api.report import CategoryReport, Outcome
from oneroster_operator.platform.district_lock import lock_key
from tests.district.population import Population
from tests.district.running import district_on_thread
from tests.platform.databases import fresh_database
from tests.platform.postgres import Server
from tests.sync.pod import Pod, pod_of
from tests.sync.setting import DISTRICT, TODAY

pytestmark = pytest.mark.database

LIMITS = Limits(max_removed_percent=10, removed_floor=0, max_changed_percent=75, max_new_admins=5)

ENDINGS = {
    "done": (0, Outcome.SUCCEEDED, ""),
    "nothing to do": (0, Outcome.SUCCEEDED, ""),
    "held": (0, Outcome.HELD, "RemovalsHeld"),
    "skipped, the slot is old": (0, Outcome.SKIPPED, "SlotTooOld"),
    "skipped, the lock is in use": (0, Outcome.SKIPPED, "LockHeld"),
    "refused by the district": (10, Outcome.REFUSED, "InvalidCredentials"),
    "the district's fault": (11, Outcome.DISTRICT_FAILED, "DeadlineExceeded"),
    "the platform's fault": (12, Outcome.PLATFORM_FAILED, "PlatformUnreachable"),
    "ours": (1, Outcome.FAILED, "SecretKeyMissing"),
}


class Ending(NamedTuple):
    """What a pod left: its exit code, its report on Students, its line on them."""

    code: int
    report: CategoryReport
    line: str


@pytest.fixture(scope="module")
def endings(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ending]]:
    """One pod after the other, in the order of the table."""
    population = Population.generate(7, today=TODAY, schools=2, students_per_school=20)
    with district_on_thread(population) as district, fresh_database(postgres) as database:
        pod = pod_of(tmp_path_factory.mktemp("pod"), district, database, limits=LIMITS)
        yield dict(zip(ENDINGS, story(pod), strict=True))


def story(pod: Pod) -> Iterator[Ending]:
    controls = pod.district.controls
    yield ending(pod)
    yield ending(pod)
    for _ in range(10):
        controls.withdraw_student()
    yield ending(pod)
    yield ending(pod, "--not-before", "2026-11-24T08:00:00Z", job="springfield-students-29000000")
    with psycopg.connect(pod.database.admin_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key(DISTRICT)])
        pod.plan = msgspec.structs.replace(pod.plan, lock_wait_seconds=0)
        yield ending(pod)
    pod.write("credentials/clientSecret", "wrong")
    yield ending(pod)
    pod.write("credentials/clientSecret", pod.district.client_secret)
    controls.begin_outage()
    pod.plan = msgspec.structs.replace(pod.plan, run_seconds=1)
    yield ending(pod)
    pod.write("platform/syncUrl", "postgresql://u:p@127.0.0.1:1/db")
    yield ending(pod)
    (pod.mounts / "credentials/clientSecret").unlink()
    yield ending(pod)


def ending(pod: Pod, *arguments: str, job: str = "springfield-sync-abc") -> Ending:
    code, report, output, _ = pod.run("--category", "Students", *arguments, job=job)
    assert report.exit_code == code
    (students,) = report.categories
    return Ending(code, students, output.rstrip())


@pytest.mark.parametrize("name", ENDINGS)
def test_each_ending_has_its_code_outcome_and_reason(endings: dict[str, Ending], name: str) -> None:
    code, report, line = endings[name]
    assert (code, report.outcome, report.reason) == ENDINGS[name]
    assert line.startswith(f"Students: {report.outcome}")
    assert bool(report.message) == (report.outcome is not Outcome.SUCCEEDED), "who can mend it is told"


def test_nothing_to_do_is_told_by_counts_and_in_the_line(endings: dict[str, Ending]) -> None:
    unchanged = [name for name, ending in endings.items() if ending.report.unchanged]
    assert unchanged == ["nothing to do"]
    assert [name for name, ending in endings.items() if "(nothing to do)" in ending.line] == unchanged


def test_a_job_fails_where_somebody_has_to_do_something_and_each_has_a_code(endings: dict[str, Ending]) -> None:
    failed = {ending.report.outcome: ending.code for ending in endings.values() if ending.code}
    assert len(set(failed.values())) == len(failed) == 4
    assert set(failed) | {Outcome.SUCCEEDED, Outcome.HELD, Outcome.SKIPPED} == set(Outcome)
