"""Runs that are killed or told to stop at any instant: a category is there as a whole or not at all."""

import datetime as dt
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.district.expected import expected
from tests.district.population import Population
from tests.district.records import EnrollmentRole, RoleName
from tests.district.running import RunningDistrict, district_on_thread
from tests.platform.databases import fresh_database
from tests.platform.postgres import Server
from tests.sync.holding import Holding, current, holding
from tests.sync.pod import Pod, pod_of
from tests.sync.setting import LOOSE, TODAY

pytestmark = pytest.mark.database

SEED = 20261124
KILLS = 50
GRACE_SECONDS = 10
"""Of the 30 that Kubernetes gives a pod by default."""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'oneroster-sync'"
WRITING = """
SELECT count(*) FILTER (WHERE backend_xid IS NOT NULL AND query ~ 'roster'),
       (SELECT count(*) FROM roster.sync_runs WHERE job = %s AND outcome = 'Succeeded')
FROM pg_stat_activity WHERE application_name = 'oneroster-sync'
"""
"""Sessions that write the roster, and categories of the job that are written."""


@dataclass
class Tide:
    """A district that goes back and forth between two rosters, and the steps in which a run follows it.

    `steps[ebb]` is what the platform holds before a run, after its first category, after its second, and so on;
    `ebb` tells which of the two rosters the run is to bring.
    """

    pod: Pod
    rosters: dict[bool, Population]
    steps: dict[bool, list[Holding]] = field(default_factory=dict)
    seconds: float = 0
    """Of the last run that was let be."""
    ebb: bool = False
    runs: int = 0

    def turn(self) -> None:
        """The district shows its other roster from now on."""
        self.ebb = not self.ebb
        district = self.pod.district.district
        with district.lock:
            district.population = self.rosters[self.ebb]

    def start(self, *categories: Category) -> "subprocess.Popen[str]":
        self.runs += 1
        (self.pod.mounts / "termination-log").unlink(missing_ok=True)
        chosen = [argument for category in categories for argument in ("--category", category)]
        return self.pod.start(*chosen, job=self.job)

    def run(self, *categories: Category) -> None:
        started = time.monotonic()
        process = self.start(*categories)
        _, errors = process.communicate(timeout=120)
        report = self.pod.report()
        assert {category.outcome for category in report.categories} == {Outcome.SUCCEEDED}, (report, errors)
        assert process.returncode == 0
        self.seconds = time.monotonic() - started

    @property
    def job(self) -> str:
        return f"springfield-sync-{self.runs}"

    def holding(self) -> Holding:
        return holding(self.pod.database.admin_url)

    def reached(self) -> int:
        """How many categories of the run are there; fails where one is there in part."""
        self.wait_for_the_end()
        held = self.holding()
        steps = self.steps[self.ebb]
        assert held in steps, {table: min(len(held[table] ^ step[table]) for step in steps) for table in held}
        step = steps.index(held)
        succeeded = self.ask(
            "SELECT count(*) FROM roster.sync_runs WHERE job = %s AND outcome = 'Succeeded'", self.job
        )
        assert succeeded == step, "the account of a category is written with it"
        return step

    def wait_for_the_end(self) -> None:
        """The server ends the session of a dead client when it next looks at it."""
        wait_until(lambda: not self.ask(SESSIONS))

    def ask(self, statement: str, *values: str) -> int:
        with psycopg.connect(self.pod.database.admin_url) as connection:
            row = connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return int(row[0])


def other_roster(population: Population) -> Population:
    """The district after a summer: something differs in each category, and everywhere something goes and comes."""
    other = Population(population.origin, population.today)
    for record in population.records():
        other.put(record)
    now = dt.datetime.combine(TODAY, dt.time(4), dt.UTC)
    students = of_role(population, "student")
    for number, sourced_id in enumerate(students):
        if number % 20 == 0:
            for enrollment in [e for e in population.enrollments.values() if e.user == sourced_id]:
                other.remove(enrollment)
            other.remove(population.users[sourced_id])
        elif number % 7 == 0:
            other.put(replace(population.users[sourced_id], grades=("13",), modified=now))
    for sourced_id in of_role(population, "teacher")[::3]:
        other.put(replace(population.users[sourced_id], family_name="Summers", modified=now))
    for enrollment in list(other.enrollments.values()):
        if enrollment.role == "teacher":
            other.put(replace(enrollment, primary=not enrollment.primary, modified=now))
    for class_ in list(population.classes.values())[::5]:
        other.put(replace(class_, title=f"{class_.title} II", modified=now))
    other.put(replace(population.users[of_role(population, "principal")[0]], status="tobedeleted", modified=now))
    dismissed = of_role(population, "districtAdministrator")[0]
    other.put(replace(population.users[dismissed], status="tobedeleted", modified=now))
    other.revision = population.revision + 1
    return other


def of_role(population: Population, role: RoleName) -> list[str]:
    return [
        user.sourced_id
        for user in population.users.values()
        if [held.name for held in user.roles] == [role] and user.status == "active"
    ]


@pytest.fixture(scope="module")
def district() -> Iterator[RunningDistrict]:
    population = Population.generate(7, today=TODAY, schools=8, students_per_school=400)
    assert sum(population.counts().values()) > 20_000
    with district_on_thread(population) as running:
        yield running


@pytest.fixture(scope="module")
def tide(postgres: Server, district: RunningDistrict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tide]:
    with fresh_database(postgres) as database:
        mounts = tmp_path_factory.mktemp("pod")
        pod = pod_of(mounts, district, database, limits=LOOSE, run_seconds=120, lock_wait_seconds=30)
        tide = Tide(pod, {False: district.population, True: other_roster(district.population)})
        tide.run()
        for _ in range(2):
            tide.turn()
            tide.run()
        for _ in range(2):
            tide.turn()
            steps = [tide.holding()]
            for category in Category:
                tide.run(category)
                steps.append(tide.holding())
            assert all(one != other for one, other in pairwise(steps)), "each writes something"
            tide.steps[tide.ebb] = steps
            equals_the_districts_own_account(tide)
        tide.turn()
        tide.run()
        assert tide.reached() == len(Category)
        yield tide


def equals_the_districts_own_account(tide: Tide) -> None:
    """`steps` come from the engine itself: this is what the district says should be there."""
    account = expected(tide.rosters[tide.ebb], list(tide.pod.plan.links), "1.2")
    held = {table: current(rows) for table, rows in tide.holding().items()}
    roles = Counter(row[1] for row in held["user_roles"])
    assert roles == {
        "student": sum(account.students.values()),
        "teacher": sum(account.teachers.values()),
        "schoolAdmin": sum(account.school_admins.values()),
        "districtAdmin": account.district_admins,
    }
    enrollments = Counter(row[2] for row in held["enrollments"])
    student: EnrollmentRole = "student"
    assert enrollments[student] == sum(account.student_enrollments.values())
    assert enrollments["teacher"] == sum(account.teacher_enrollments.values())
    assert len(held["classes"]) == sum(account.classes.values())


def test_killed_at_fifty_instants_no_category_is_there_in_part_and_the_next_run_heals(tide: Tide) -> None:
    random = Random(SEED)
    parts = [(number + random.random()) / KILLS for number in range(KILLS)]
    random.shuffle(parts)
    reached = Counter[int]()
    for part in parts:
        kill(tide, part)
        reached[tide.reached()] += 1
        tide.run()
        assert tide.holding() == tide.steps[tide.ebb][-1]
    print(f"seed {SEED}: {KILLS} killed; so often so many categories were there: {dict(sorted(reached.items()))}")
    assert len(reached) > 1


def kill(tide: Tide, part: float) -> None:
    """Kill a run when so much of the last run's time is over; where it was faster than that, another one."""
    for _ in range(10):
        tide.turn()
        process = tide.start()
        time.sleep(part * tide.seconds)
        process.kill()
        process.communicate(timeout=30)
        if process.returncode == -signal.SIGKILL:
            return
        assert tide.reached() == len(Category)
        part *= 0.9
    raise AssertionError("ten runs were over before they were killed")


def test_killed_while_it_writes_nothing_of_the_category_is_there(tide: Tide) -> None:
    """Instants within the merge, which a run spends little of its time in."""
    random = Random(SEED)
    for target in range(len(Category)):
        process = caught_in_merge(tide, target, random.uniform(0, 0.05))
        process.kill()
        process.communicate(timeout=60)
        reached = tide.reached()
        print(f"seed {SEED}: killed in the merge of category {target + 1}, {reached} are there")
        assert target <= reached
        tide.run()
        assert tide.holding() == tide.steps[tide.ebb][-1]


def test_told_to_stop_it_reports_in_time_what_is_there(tide: Tide) -> None:
    random = Random(SEED)
    for number in range(8):
        tide.turn()
        process = tide.start()
        wait_until(lambda: bool(tide.ask(SESSIONS)))
        time.sleep((number + random.random()) / 8 * tide.seconds * 0.8)
        stops_well(tide, process)


def test_told_to_stop_while_it_writes_it_reports_what_is_there(tide: Tide) -> None:
    random = Random(SEED)
    for target in range(len(Category)):
        for _ in range(2):
            stops_well(tide, caught_in_merge(tide, target, random.uniform(0, 0.05)))


def stops_well(tide: Tide, process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    process.communicate(timeout=60)
    assert time.monotonic() - told < GRACE_SECONDS
    report = tide.pod.report()
    done = [category.name for category in report.categories if category.outcome is Outcome.SUCCEEDED]
    left = [category.reason for category in report.categories if category.name not in done]
    print(f"seed {SEED}: told to stop, {len(done)} categories are done, exit code {process.returncode}")
    assert done == list(Category)[: tide.reached()]
    assert set(left) <= {"Interrupted"}
    # In its last moments, when the report is written, Python gives signals back to the system.
    assert process.returncode in ({Outcome.FAILED.exit_code} if left else {0, -signal.SIGTERM})
    tide.run()
    assert tide.holding() == tide.steps[tide.ebb][-1]


def caught_in_merge(tide: Tide, categories: int, later: float) -> "subprocess.Popen[str]":
    """A run that was seen to write with so many categories behind it, a moment later.

    A merge of few rows takes about as long as the look at it: where one was missed another run is begun.
    """
    with psycopg.connect(tide.pod.database.admin_url, autocommit=True) as connection:
        for _ in range(10):
            tide.turn()
            process = tide.start()
            while process.poll() is None:
                if connection.execute(WRITING, [tide.job]).fetchone() == (1, categories):
                    time.sleep(later)
                    return process
            process.communicate()
    raise AssertionError(f"no merge of category {categories + 1} was seen in ten runs")


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
