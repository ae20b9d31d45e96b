"""CLUSTER=current: the cluster that the kubeconfig at hand leads to. It is never started or stopped."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.images import Engine
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError, Status


def kubeconfig(environment: Mapping[str, str]) -> Path:
    """The first file of KUBECONFIG, else ~/.kube/config."""
    first = environment.get("KUBECONFIG", "").partition(os.pathsep)[0]
    return Path(first) if first else Path.home() / ".kube" / "config"


def registry_name(registry: str, tag: str) -> str:
    """What `tag` is called there: `localhost/a:1` in `registry.example/team` is `registry.example/team/a:1`."""
    return f"{registry.rstrip('/')}/{tag.removeprefix('localhost/')}"


class Current:
    """A `provider.Cluster`. kubectl and helm are those on PATH."""

    program_directory = None

    def __init__(self, engine: Callable[[Progress], Engine], progress: Progress) -> None:
        self._engine = engine
        self._progress = progress

    @property
    def kubeconfig(self) -> Path:
        return kubeconfig(os.environ)

    def up(self) -> None:
        status = self.status()
        if not status.ready:
            raise ClusterError("; ".join(status.lines))

    def down(self) -> None:
        self._progress.say("CLUSTER=current: that cluster is not ours to stop; nothing was done")

    def status(self) -> Status:
        try:
            run("kubectl", "--kubeconfig", self.kubeconfig, "get", "--raw", "/readyz", seconds=15)
        except ClusterError as refused:
            return Status(False, (f"the cluster of {self.kubeconfig} does not answer: {refused}",))
        return Status(True, (f"the cluster of {self.kubeconfig} answers",))

    def load(self, tags: Sequence[str]) -> None:
        names = {tag: self.image_in_pods(tag) for tag in tags}
        engine = self._engine(self._progress)
        for tag, name in names.items():
            with self._progress.step(f"push {tag} as {name}"):
                engine.push(tag, name)

    def image_in_pods(self, tag: str) -> str:
        registry = os.environ.get("IMAGE_REGISTRY")
        if not registry:
            raise ClusterError(
                "CLUSTER=current: images reach that cluster through a registry only. Set IMAGE_REGISTRY to one "
                "that you may push to and it pulls from, for example IMAGE_REGISTRY=registry.example/team"
            )
        return registry_name(registry, tag)
