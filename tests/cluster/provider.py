"""What every way to a cluster offers, and the one error they all raise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class ClusterError(Exception):
    """The cluster cannot do what was asked. The message says who mends what."""


@dataclass(frozen=True)
class Status:
    """`ready`: pods can be started now. `lines`: one sentence each, for people."""

    ready: bool
    lines: tuple[str, ...]


class Cluster(Protocol):
    """A way to a cluster. Every method raises `ClusterError`; all but `load` may be called again at any time."""

    @property
    def kubeconfig(self) -> Path:
        """An administrator's kubeconfig. The file is there while the cluster is up."""
        ...

    @property
    def program_directory(self) -> Path | None:
        """Holds kubectl and helm; None where those on PATH are to be used."""
        ...

    def up(self) -> None:
        """Returns once the node is ready. On a running cluster: mends what is missing, else takes seconds."""
        ...

    def down(self) -> None:
        """Stops what `up` started, and nothing else."""
        ...

    def status(self) -> Status: ...

    def load(self, tags: Sequence[str]) -> None:
        """Makes images that `images.build` made runnable in pods, which name them as `image_in_pods` says."""
        ...

    def image_in_pods(self, tag: str) -> str:
        """What a pod's manifest calls the image that was built as `tag`."""
        ...
