"""How fast the sync brings a district into the platform's database, and in how much memory, beside two peers.

The peers are dlt (rest_api source, merge by upsert) and a floor, the least that could do
(`tests.bench.sync_floor`): the same district over https on loopback, the same PostgreSQL, a fresh database each
time, in turns. Prints a table and, last, one line of JSON; exits 1 where a target is missed. Every measurement is
a process of its own, and so is the district.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, LiteralString

import psycopg

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import (
    CLIENT_ID_KEY,
    CLIENT_SECRET_KEY,
    SYNC_URL_KEY,
    Endpoint,
    Limits,
    Plan,
    encode_plan,
)
from oneroster_operator.platform.directory import PlatformSchool
from tests.bench.conclusion import conclude
from tests.bench.serving import Served, serving
from tests.district.streamed_rows import DISTRICT_ORG, SCHOOLS, Counts, school_id
from tests.platform.databases import Database, add_district, add_schools, fresh_database
from tests.platform.postgres import Server, postgres_server

DISTRICT: Final = "springfield-usd"
LINKS: Final = {school_id(number): f"sch_{number}" for number in range(SCHOOLS)}
COLLECTIONS: Final = ("users", "academicSessions", "courses", "classes", "enrollments")
LEAST_TO_DLT: Final = 8.0
LEAST_TO_FLOOR: Final = 0.75
PEAK_MIB: Final = 80.0
GROWTH_MIB: Final = 20.0
"""By so much the peaks at the two sizes may differ."""
START_CPU_SECONDS: Final = 1.0


def records(enrollments: int) -> int:
    """What a district with so many enrollments has of all collections that a sync reads."""
    return sum(Counts(enrollments).of(collection) for collection in COLLECTIONS)


@dataclass(frozen=True, slots=True)
class Sync:
    """All records once. `what` is the line of the table that it belongs to."""

    what: str
    records: int
    seconds: float
    cpu_seconds: float
    peak_rss_mib: float


@dataclass(frozen=True, slots=True)
class Second:
    """What a sync of unchanged records wrote: roster rows, and bytes of the server's write-ahead log."""

    rows: int
    wal_bytes: int


@dataclass(frozen=True, slots=True)
class Site:
    """A district that is served, the database that it goes to, and a directory for what processes are given."""

    served: Served
    database: Database
    directory: Path

    @property
    def ca_file(self) -> Path:
        return self.directory / "ca.pem"

    def engine(self) -> list[str]:
        """Arguments of `oneroster-sync` for all categories."""
        endpoint = Endpoint(
            self.served.base_url,
            "1.2",
            "OAuth2",
            token_url=self.served.token_url,
            ca_bundle=self.ca_file.read_text(),
        )
        return command(endpoint, self.database, self.directory)

    def floor(self) -> list[str]:
        """Arguments of `tests.bench.sync_floor`."""
        addresses = [self.served.base_url, self.served.token_url, str(self.ca_file)]
        return [*addresses, self.database.admin_url, DISTRICT, json.dumps(LINKS)]

    def dlt(self) -> list[str]:
        """Arguments of `tests.bench.sync_dlt`."""
        working = self.directory / self.database.name
        return [self.served.base_url, self.served.token_url, self.database.admin_url, str(working)]


def command(endpoint: Endpoint, database: Database, directory: Path) -> list[str]:
    """Arguments of `oneroster-sync`, with its files in the directory."""
    plan = Plan(
        connection="bench/springfield",
        district_id=DISTRICT,
        endpoint=endpoint,
        links=LINKS,
        categories=tuple(Category),
        limits=Limits(max_removed_percent=10, removed_floor=20, max_changed_percent=75, max_new_admins=100_000),
        time_zone="America/Chicago",
        run_seconds=900,
        lock_wait_seconds=10,
        district_org=DISTRICT_ORG,
    )
    files = {
        "plan.json": encode_plan(plan),
        f"credentials/{CLIENT_ID_KEY}": "bench",
        f"credentials/{CLIENT_SECRET_KEY}": "bench",
        f"platform/{SYNC_URL_KEY}": database.sync_url,
    }
    for name, content in files.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(content)
    options = {"config": "plan.json", "credentials": "credentials", "platform": "platform"}
    mounted = [part for name, file in options.items() for part in (f"--{name}", str(directory / file))]
    return [*mounted, "--allowed-network", "127.0.0.0/8"]


@contextmanager
def site(server: Server, served: Served, directory: Path) -> Iterator[Site]:
    """A fresh database that has the district and its schools."""
    with fresh_database(server) as database:
        add_district(database.admin_url, DISTRICT)
        schools = [PlatformSchool(platform_id, sourced_id, None) for sourced_id, platform_id in LINKS.items()]
        add_schools(database.admin_url, DISTRICT, schools)
        yield Site(served, database, directory)


@dataclass(slots=True)
class Bench:
    """`enrollments` of the district and of the large one; each figure is the median of `rounds`."""

    enrollments: int
    large: int
    rounds: int
    dlt_python: str
    syncs: list[Sync] = field(default_factory=list)
    second: Second = Second(0, 0)
    start_cpu_seconds: float = 0.0

    def run(self) -> None:
        with tempfile.TemporaryDirectory() as name, postgres_server() as server:
            directory = Path(name)
            with self._district(self.enrollments, directory) as served:
                for number in range(self.rounds):
                    self._round(server, served, directory, last=number == self.rounds - 1)
            with self._district(self.large, directory) as served, site(server, served, directory) as large:
                self._sync("sync", large)

    def _round(self, server: Server, served: Served, directory: Path, *, last: bool) -> None:
        with site(server, served, directory) as synced:
            self._sync("sync", synced)
            if last:
                self.second = self._second(synced)
                self.start_cpu_seconds = start_cpu_seconds(synced.database, directory)
        for what in ("dlt", "floor"):
            with site(server, served, directory) as peer:
                self._sync(what, peer)

    @contextmanager
    def _district(self, enrollments: int, directory: Path) -> Iterator[Served]:
        with serving(enrollments, "--tls-directory", str(directory)) as served:
            yield served

    def _second(self, synced: Site) -> Second:
        with psycopg.connect(synced.database.admin_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")  # or else autovacuum does it in between, to our account
            before = written(connection)
            self._sync("sync, unchanged", synced)
            after = written(connection)
        return Second(after.rows - before.rows, after.wal_bytes - before.wal_bytes)

    def _sync(self, what: str, where: Site) -> None:
        python, module, arguments, table = self._contestant(what, where)
        environment = os.environ | {"REQUESTS_CA_BUNDLE": str(where.ca_file), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        run = subprocess.run(
            [python, "-m", module, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            sys.exit(f"{what} failed:\n{run.stdout}\n{run.stderr}")
        count = enrolled(table, where.database)
        if count != where.served.rows:
            sys.exit(f"{what} brought {count:,} of {where.served.rows:,} enrollments:\n{run.stdout}\n{run.stderr}")
        spent = json.loads(run.stdout.splitlines()[-1])
        sync = Sync(what, records(where.served.rows), **spent)
        self.syncs.append(sync)
        print(f"{what}, {sync.records:,} records: {sync.seconds:.2f} s", file=sys.stderr)

    def _contestant(self, what: str, where: Site) -> tuple[str, str, list[str], LiteralString]:
        match what:
            case "dlt":
                return self.dlt_python, "tests.bench.sync_dlt", where.dlt(), "dlt.enrollments"
            case "floor":
                return sys.executable, "tests.bench.sync_floor", where.floor(), "roster.enrollments"
        return sys.executable, "tests.bench.sync_engine", where.engine(), "roster.enrollments"

    def of(self, what: str, enrollments: int) -> list[Sync]:
        """The syncs of one line of the table."""
        return [one for one in self.syncs if (one.what, one.records) == (what, records(enrollments))]

    def figures(self) -> dict[str, float]:
        """By name; rates and ratios are medians, peaks the highest."""
        ours = self.of("sync", self.enrollments)
        return {
            "records_per_second": round(statistics.median(one.records / one.seconds for one in ours)),
            "ratio_to_dlt": round(self._ratio("dlt"), 2),
            "ratio_to_floor": round(self._ratio("floor"), 3),
            "peak_rss_mib": round(max(one.peak_rss_mib for one in ours), 1),
            "peak_rss_mib_1m": round(max(one.peak_rss_mib for one in self.of("sync", self.large)), 1),
            "second_run_rows_written": self.second.rows,
            "wal_bytes_second_run": self.second.wal_bytes,
            "start_to_first_request_cpu_seconds": round(self.start_cpu_seconds, 2),
            "records": records(self.enrollments),
            "records_1m": records(self.large),
        }

    def _ratio(self, peer: str) -> float:
        """How many times as fast as a peer, by the median of the rounds."""
        pairs = zip(self.of("sync", self.enrollments), self.of(peer, self.enrollments), strict=True)
        return statistics.median(theirs.seconds / ours.seconds for ours, theirs in pairs)


def enrolled(table: LiteralString, database: Database) -> int:
    """How many enrollments a table has."""
    with psycopg.connect(database.admin_url) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM " + table).fetchall()
    return int(count)


def written(connection: psycopg.Connection) -> Second:
    """So far: rows of the roster, its accounts of runs apart, once the last sync's session is over; and WAL."""
    end = time.monotonic() + 10
    sessions = "SELECT FROM pg_stat_activity WHERE application_name = 'oneroster-sync'"
    while connection.execute(sessions).fetchone() is not None:
        if time.monotonic() > end:
            sys.exit("a sync did not end its session")
        time.sleep(0.01)
    row = connection.execute(
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint, (pg_current_wal_insert_lsn() - '0/0')::bigint"
        " FROM pg_stat_user_tables WHERE schemaname = 'roster' AND relname <> 'sync_runs'"
    ).fetchone()
    assert row is not None
    return Second(*row)


def start_cpu_seconds(database: Database, directory: Path) -> float:
    """What `oneroster-sync` has computed, from the start of its process, when it turns to the district first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"https://127.0.0.1:{listener.getsockname()[1]}"
        endpoint = Endpoint(origin, "1.2", "OAuth2", token_url=f"{origin}/token")
        arguments = command(endpoint, database, directory)
        run = [sys.executable, "-m", "oneroster_operator.sync.main", *arguments]
        with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _accept(listener, process)
                stat = Path(f"/proc/{process.pid}/stat").read_text()
            finally:
                process.kill()
    user, system = stat.rpartition(")")[2].split()[11:13]  # utime and stime of proc(5)
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _accept(listener: socket.socket, process: subprocess.Popen[bytes]) -> None:
    listener.settimeout(1)
    while process.poll() is None:
        with suppress(TimeoutError):
            listener.accept()[0].close()
            return
    sys.exit(f"oneroster-sync ended, {process.returncode}, before it turned to the district")


def table(bench: Bench) -> Iterator[str]:
    """A line for each kind of sync, in the order in which they were made."""
    heads = f"{'records/s':>12}{'min':>10}{'max':>10}{'seconds':>9}{'of CPU':>8}{'peak MiB':>10}"
    yield f"{'':18}{'records':>10}{heads}"
    for what, count in dict.fromkeys((one.what, one.records) for one in bench.syncs):
        syncs = [one for one in bench.syncs if (one.what, one.records) == (what, count)]
        rates = [count / one.seconds for one in syncs]
        yield (
            f"{what:18}{count:10,}{statistics.median(rates):12,.0f}{min(rates):10,.0f}{max(rates):10,.0f}"
            f"{statistics.median(one.seconds for one in syncs):9.2f}"
            f"{statistics.median(one.cpu_seconds for one in syncs):8.2f}"
            f"{max(one.peak_rss_mib for one in syncs):10.1f}"
        )
    yield f"CPU is that of the process, without PostgreSQL's. Load average now: {os.getloadavg()[0]:.1f}."


def missed(figures: dict[str, float]) -> Iterator[str]:
    """Targets that were not reached."""
    for name, least in (("ratio_to_dlt", LEAST_TO_DLT), ("ratio_to_floor", LEAST_TO_FLOOR)):
        if figures[name] < least:
            yield f"{name} is {figures[name]}, at least {least} is wanted"
    for name, most in (
        ("peak_rss_mib", PEAK_MIB),
        ("second_run_rows_written", 0),
        ("start_to_first_request_cpu_seconds", START_CPU_SECONDS),
    ):
        if figures[name] > most:
            yield f"{name} is {figures[name]}, at most {most} is wanted"
    growth = figures["peak_rss_mib_1m"] - figures["peak_rss_mib"]
    if abs(growth) > GROWTH_MIB:
        yield f"the peak differs by {growth:.1f} MiB between the two sizes, at most {GROWTH_MIB} is wanted"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sync", description=__doc__)
    parser.add_argument("--dlt-python", required=True, metavar="FILE", help="Python of an environment with dlt")
    parser.add_argument("--enrollments", type=int, default=140_000, help="of the district; the rest goes by them")
    parser.add_argument(
        "--large", type=int, default=876_000, help="enrollments of the district of 1,000,000 records"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    bench = Bench(options.enrollments, options.large, options.rounds, options.dlt_python)
    bench.run()
    figures = bench.figures()
    return conclude(table(bench), figures, missed(figures))


if __name__ == "__main__":
    sys.exit(main())
