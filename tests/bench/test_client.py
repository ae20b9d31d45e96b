"""The benchmark of the client runs whole, here at a size that measures nothing."""

import json
import os
import subprocess
import sys


def test_the_figures_come_last_and_a_missed_target_is_an_error() -> None:
    command = [sys.executable, "-m", "tests.bench.client", "--rows", "3000", "--repeats", "1"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    table, _, last = run.stdout.strip().rpartition("\n")
    figures = json.loads(last)
    assert set(figures) == {
        "records_per_second",
        "records_per_second_100",
        "records_per_second_500",
        "records_per_second_10000",
        "ratio_to_bare",
        "keyset_over_offset",
        "peak_rss_mib",
        "peak_rss_mib_1m",
        "rows",
        "row_bytes",
        "linear_cost_us_per_row",
    }
    assert all(figure > 0 for figure in figures.values())
    assert figures["rows"] == 3_000
    assert run.returncode == ("MISSED" in table)
