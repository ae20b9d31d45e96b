"""`make test` after lint: the cluster comes up and images are built while the tests that need neither run."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.cluster import choose
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError
from tests.installation import images


def main() -> int:
    """0 when every test passed. Without a way to a cluster its tests are left out, loudly; in CI that fails."""
    with ThreadPoolExecutor() as pool:
        building = pool.submit(images.build)
        starting = pool.submit(lambda: choose.cluster(Progress()).up())
        failed = _pytest("not cluster")
        missing = starting.exception() or building.exception()
    if missing is None:
        return _pytest("cluster") or failed
    if not isinstance(missing, ClusterError):
        raise missing
    print(f"\n*** The tests on a cluster were NOT run: {missing}\n", file=sys.stderr)
    return 1 if os.environ.get("CI") else failed


def _pytest(marked: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-m", marked], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
