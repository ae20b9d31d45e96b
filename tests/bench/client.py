"""How fast the OneRoster client reads enrollments, and in how much memory, beside a bare loop on the same server.

Prints a table and, last, one line of JSON; exits 1 where a target is missed. Every reading is a process of its own
(`tests.bench.reading`), and so is each server. This one imports nothing of the product: Linux counts a parent's
memory, at the moment of the fork, into the peak of its child.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.bench.conclusion import conclude
from tests.bench.serving import Served, serving

Reader = Literal["client", "bare"]

SKIP_MICROSECONDS: Final = 1.0
"""What an offset costs per row skipped on the server that `keyset_over_offset` is measured with. PostgreSQL 16
took 1.4 us or more for each of 50,000 to 500,000 rows (`SELECT * ... ORDER BY sourced_id LIMIT 500 OFFSET n`, a
unique index on sourced_id, 1,000,000 rows not stored in that order, all in memory)."""
LINEAR: Final = ", offset costs"
LINEAR_UNFILTERED: Final = ", offset costs, no filters"
"""Where the client reads a server whose offset costs: by keyset, and by offset since every filter is refused."""
LEAST_RATIO: Final = 0.7
LEAST_KEYSET: Final = 5.0
GROWTH_MIB: Final = 20.0
"""By so much the peaks at the two sizes may differ."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All rows read once. `what` is the line of the table that it belongs to."""

    what: str
    rows: int
    page_size: int
    seconds: float
    cpu_seconds: float
    peak_rss_mib: float

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds


def read(served: Served, reader: Reader, page_size: int, remark: str = "") -> Reading:
    """One reading, in a process of its own, told on stderr."""
    command = [sys.executable, "-m", "tests.bench.reading", reader, served.base_url, served.token_url]
    run = subprocess.run([*command, str(page_size)], stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    if result["rows"] != served.rows:
        sys.exit(f"{reader} read {result['rows']:,} of {served.rows:,} rows at {page_size:,} a page")
    reading = Reading(f"{reader}{remark}", page_size=page_size, **result)
    print(f"{reading.what}, {reading.rows:,} rows, {page_size:,} a page: {reading.seconds:.2f} s", file=sys.stderr)
    return reading


@dataclass(slots=True)
class Bench:
    """`rows` is the large size; the small one is a tenth. Each figure is the median of `repeats` readings."""

    rows: int
    repeats: int
    readings: list[Reading] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    row_bytes: int = 0

    @property
    def small(self) -> int:
        return self.rows // 10

    def run(self) -> None:
        with serving(self.rows) as large:
            self.row_bytes = large.row_bytes
            for _ in range(self.repeats):
                bare = self._read(large, "bare", 5_000)
                self.ratios.append(bare.seconds / self._read(large, "client", 5_000).seconds)
            for _ in range(self.repeats):
                self._read(large, "client", 10_000)
        with serving(self.small) as small:
            for page_size in (100, 500, 5_000):
                for _ in range(self.repeats):
                    self._read(small, "client", page_size)
        cost = ("--skip-microseconds", str(SKIP_MICROSECONDS))
        with serving(self.small, *cost) as filters:
            self._read(filters, "client", 500, LINEAR)
        with serving(self.small, *cost, "--refuses-filters") as refuses:
            self._read(refuses, "client", 500, LINEAR_UNFILTERED)

    def _read(self, served: Served, reader: Reader, page_size: int, remark: str = "") -> Reading:
        reading = read(served, reader, page_size, remark)
        self.readings.append(reading)
        return reading

    def of(self, what: str, rows: int, page_size: int) -> list[Reading]:
        """The readings of one line of the table."""
        return [one for one in self.readings if (one.what, one.rows, one.page_size) == (what, rows, page_size)]

    def figures(self) -> dict[str, float]:
        """By name; seconds and rates are medians, peaks the highest."""
        seconds_by_keyset, seconds_by_offset = (
            self.of(f"client{remark}", self.small, 500)[0].seconds for remark in (LINEAR, LINEAR_UNFILTERED)
        )
        return {
            "records_per_second": self._rate(self.rows, 5_000),
            "records_per_second_100": self._rate(self.small, 100),
            "records_per_second_500": self._rate(self.small, 500),
            "records_per_second_10000": self._rate(self.rows, 10_000),
            "ratio_to_bare": round(statistics.median(self.ratios), 3),
            "keyset_over_offset": round(seconds_by_offset / seconds_by_keyset, 2),
            "peak_rss_mib": self._peak(self.small),
            "peak_rss_mib_1m": self._peak(self.rows),
            "rows": self.rows,
            "row_bytes": self.row_bytes,
            "linear_cost_us_per_row": SKIP_MICROSECONDS,
        }

    def _rate(self, rows: int, page_size: int) -> int:
        return round(statistics.median(one.rows_per_second for one in self.of("client", rows, page_size)))

    def _peak(self, rows: int) -> float:
        return round(max(one.peak_rss_mib for one in self.of("client", rows, 5_000)), 1)


def table(bench: Bench) -> Iterator[str]:
    """A line for each kind of reading, in the order in which they were made."""
    heads = f"{'records/s':>12}{'min':>12}{'max':>12}{'us/record':>11}{'of CPU':>8}{'peak MiB':>10}"
    yield f"{'':38}{'rows':>10}{'page':>8}{heads}"
    for what, rows, page_size in dict.fromkeys((one.what, one.rows, one.page_size) for one in bench.readings):
        readings = bench.of(what, rows, page_size)
        rates = [one.rows_per_second for one in readings]
        rate = statistics.median(rates)
        cpu = statistics.median(one.cpu_seconds for one in readings) / rows
        peak = max(one.peak_rss_mib for one in readings)
        yield (
            f"{what:38}{rows:10,}{page_size:8,}{rate:12,.0f}{min(rates):12,.0f}{max(rates):12,.0f}"
            f"{1e6 / rate:11.2f}{1e6 * cpu:8.2f}{peak:10.1f}"
        )
    low, middle, high = min(bench.ratios), statistics.median(bench.ratios), max(bench.ratios)
    yield f"client to bare, {len(bench.ratios)} pairs: {middle:.2f} ({low:.2f} to {high:.2f})"
    yield (
        f"Rows of {bench.row_bytes} bytes over http on loopback. Where the offset costs, each row that it skips "
        f"costs the server {SKIP_MICROSECONDS:g} us."
    )


def missed(figures: dict[str, float]) -> Iterator[str]:
    """Targets that were not reached."""
    if figures["ratio_to_bare"] < LEAST_RATIO:
        yield f"ratio_to_bare is {figures['ratio_to_bare']}, at least {LEAST_RATIO} is wanted"
    if figures["keyset_over_offset"] < LEAST_KEYSET:
        yield f"keyset_over_offset is {figures['keyset_over_offset']}, at least {LEAST_KEYSET} is wanted"
    growth = figures["peak_rss_mib_1m"] - figures["peak_rss_mib"]
    if abs(growth) > GROWTH_MIB:
        yield f"the peak differs by {growth:.1f} MiB between the two sizes, at most {GROWTH_MIB} is wanted"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.client", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="the large size; the small one is a tenth")
    parser.add_argument("--repeats", type=int, default=5, help="readings of a kind, pairs of client and bare")
    options = parser.parse_args()
    bench = Bench(options.rows, options.repeats)
    bench.run()
    figures = bench.figures()
    return conclude(table(bench), figures, missed(figures))


if __name__ == "__main__":
    sys.exit(main())
