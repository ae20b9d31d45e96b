"""Waits for a part of the cluster to work, and tells at once when it cannot any more."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from tests.cluster.processes import Processes
from tests.cluster.provider import ClusterError

PATIENCE = 90.0  # seconds until a part counts as broken; the slowest usually takes 5


def wait_for(what: str, works: Callable[[], bool], processes: Processes, names: Sequence[str]) -> None:
    """Raises `ClusterError` when one of the processes it depends on has ended, or when patience is at its end."""
    deadline = time.monotonic() + PATIENCE
    while not works():
        for name in names:
            processes.check(name)
        if time.monotonic() > deadline:
            logs = ", ".join(str(processes.log(name)) for name in names)
            message = f"{what} did not work after {PATIENCE:.0f} seconds: see {logs}"
            raise ClusterError(message)
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Whether `address`, a health check such as 127.0.0.1:10248/healthz, says 200."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{address}", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
