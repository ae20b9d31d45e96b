"""How a benchmark ends: its table, the targets that it missed, and the figures as one line of JSON."""

import json
from collections.abc import Iterable, Mapping


def conclude(table: Iterable[str], figures: Mapping[str, float], missed: Iterable[str]) -> int:
    """Print all of it; the exit code is 1 where a target was missed."""
    print(*table, sep="\n")
    misses = list(missed)
    for miss in misses:
        print(f"MISSED: {miss}")
    print(json.dumps(figures))
    return 1 if misses else 0
