"""kubectl and helm against the test cluster, as a person would type them."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.cluster import choose
from tests.cluster.progress import Progress

Manifest = dict[str, Any]


class CommandFailed(AssertionError):
    """A command ended otherwise than it should; the message has what it printed."""


def environment() -> dict[str, str]:
    """The environment in which kubectl and helm find the cluster."""
    cluster = choose.cluster(Progress())
    env = dict(os.environ, KUBECONFIG=str(cluster.kubeconfig))
    if cluster.program_directory:
        env["PATH"] = f"{cluster.program_directory}:{env['PATH']}"
    return env


class Kubectl:
    """Runs commands in that environment."""

    def __init__(self) -> None:
        self._env = environment()

    def run(self, *command: str, stdin: str | None = None, seconds: float = 120) -> str:
        """What the command printed. Raises `CommandFailed` where it fails."""
        done = subprocess.run(
            command, input=stdin, env=self._env, text=True, capture_output=True, timeout=seconds, check=False
        )
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(command)} exited {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout

    def __call__(self, *arguments: str, stdin: str | None = None, seconds: float = 120) -> str:
        """kubectl with these arguments."""
        return self.run("kubectl", *arguments, stdin=stdin, seconds=seconds)

    def apply(self, *manifests: Manifest) -> str:
        """kubectl apply of the manifests."""
        return self("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))

    def get(self, namespace: str, kind: str, name: str) -> Manifest:
        """One object."""
        found: Manifest = json.loads(self("get", kind, name, "-n", namespace, "-o", "json"))
        return found

    def list(self, namespace: str, kind: str, labels: str = "") -> list[Manifest]:
        """All objects with the labels."""
        found: list[Manifest] = json.loads(self("get", kind, "-n", namespace, "-l", labels, "-o", "json"))["items"]
        return found


T = TypeVar("T")


def eventually(look: Callable[[], T], until: Callable[[T], bool], what: str, seconds: float = 60) -> T:
    """What `look` sees once `until` holds for it; raises `CommandFailed` where it never does."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if until(seen):
            return seen
        if time.monotonic() > end:
            raise CommandFailed(f"{what}: not within {seconds:.0f} s; last seen: {seen}")
        time.sleep(0.25)
