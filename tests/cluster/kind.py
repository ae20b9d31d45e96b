"""Kubernetes in Docker (kind). Thin, and never tried: the machines this was made on had no Docker engine."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import binaries, golang, places, versions
from tests.cluster.commands import run, succeeds
from tests.cluster.progress import Progress
from tests.cluster.provider import Status

NAME = "oneroster"


class Kind:
    """A `provider.Cluster`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @property
    def kubeconfig(self) -> Path:
        return places.cache() / "kind" / "kubeconfig"

    @property
    def program_directory(self) -> Path:
        return places.program_directory()

    def up(self) -> None:
        kind = self._kind()
        binaries.link(binaries.ensure(binaries.clients(), self._progress))
        self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        if NAME in run(kind, "get", "clusters").split():
            run(kind, "export", "kubeconfig", f"--name={NAME}", f"--kubeconfig={self.kubeconfig}")
            return
        with self._progress.step("create the kind cluster"):
            run(kind, "create", "cluster", f"--name={NAME}", f"--kubeconfig={self.kubeconfig}", "--wait=180s")

    def down(self) -> None:
        run(self._kind(), "delete", "cluster", f"--name={NAME}", f"--kubeconfig={self.kubeconfig}")

    def status(self) -> Status:
        if NAME not in run(self._kind(), "get", "clusters").split():
            return Status(False, ("no kind cluster",))
        kubectl = self.program_directory / "kubectl"
        ready = succeeds(kubectl, "--kubeconfig", self.kubeconfig, "get", "--raw", "/readyz")
        return Status(ready, (f"kind cluster {NAME} {'answers' if ready else 'does not answer'}",))

    def load(self, tags: Sequence[str]) -> None:
        with self._progress.step(f"load {' '.join(tags)}"):
            run(self._kind(), "load", "docker-image", f"--name={NAME}", *tags)

    def image_in_pods(self, tag: str) -> str:
        return tag

    def _kind(self) -> Path:
        if found := shutil.which("kind"):
            return Path(found)
        directory = places.cache() / f"kind-{versions.KIND}"
        if not (directory / "kind").exists():
            with self._progress.step(f"install kind {versions.KIND} from its Go module"):
                go = golang.go(self._progress)
                run(go, "install", f"sigs.k8s.io/kind@{versions.KIND}", environment={"GOBIN": str(directory)})
        return directory / "kind"
