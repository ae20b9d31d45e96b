"""What a process of the benchmarks spent. Imports nothing but the standard library."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def told() -> Iterator[None]:
    """Print, last, one line of JSON about what happens inside: seconds, cpu_seconds, peak_rss_mib (the process's).

    The peak is the kernel's VmHWM, which begins with the program. Its ru_maxrss would have the parent's memory at
    the moment of the fork in it.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    peak = int(line.split()[1]) / 1024  # kB
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_rss_mib": peak}), flush=True)
