"""The streamed district as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Served:
    """`row_bytes` is the JSON of one row with its comma."""

    rows: int
    base_url: str
    token_url: str
    row_bytes: int


@contextmanager
def serving(rows: int, *options: str) -> Iterator[Served]:
    """A district of `rows` enrollments on loopback; `options` are those of `tests.district.streamed`."""
    command = [sys.executable, "-m", "tests.district.streamed", "--enrollments", str(rows), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready: dict[str, Any] = json.loads(process.stdout.readline())
            yield Served(rows, ready["baseUrl"], ready["tokenUrl"], ready["rowBytes"])
        finally:
            process.terminate()
