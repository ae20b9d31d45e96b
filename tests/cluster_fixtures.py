"""The fixture for tests marked `cluster`."""

import os
import subprocess

import pytest

from tests.cluster import choose
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError, Status
from tests.installation.kubectl import CommandFailed, environment

_SECONDS = 120


class Kubernetes:
    """A cluster that is up, as its administrator sees it."""

    def __init__(self) -> None:
        self._env = environment()

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """kubectl, run to its end. Raises `CommandFailed` with its words where it fails and `check` is set."""
        command = ("kubectl", *arguments)
        done = subprocess.run(
            command, input=input, env=self._env, text=True, capture_output=True, timeout=_SECONDS, check=False
        )
        if check and done.returncode != 0:
            raise CommandFailed(f"{' '.join(command)} exited {done.returncode}: {done.stderr or done.stdout}")
        return done


@pytest.fixture(scope="session")
def kubernetes() -> Kubernetes:
    """The cluster of `python -m tests.cluster`. Where it is not up, a test that asks for it fails in CI and is
    skipped elsewhere.
    """
    status = _status()
    if not status.ready:
        why = f"no cluster, start it with `make cluster-up`: {status.lines[0]}"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return Kubernetes()


def _status() -> Status:
    try:
        return choose.cluster(Progress()).status()
    except ClusterError as none:
        return Status(ready=False, lines=(str(none),))
