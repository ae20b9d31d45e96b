"""Which cluster: the one at hand when asked for, else kind where Docker answers, else one of this machine."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.cluster import debian, docker
from tests.cluster.buildah import Buildah
from tests.cluster.current import Current
from tests.cluster.docker import Docker
from tests.cluster.images import Engine
from tests.cluster.kind import Kind
from tests.cluster.local import Local
from tests.cluster.progress import Progress
from tests.cluster.provider import Cluster, ClusterError

Way = Literal["current", "kind", "local"]


@dataclass(frozen=True)
class Machine:
    """What the choice depends on. `wanted`: the environment variable CLUSTER."""

    wanted: str
    docker_answers: bool
    is_root: bool
    is_debian: bool


def way(machine: Machine) -> Way:
    """Raises `ClusterError`, which names all ways, when there is none."""
    if machine.wanted == "current":
        return "current"
    if machine.wanted:
        message = f"CLUSTER={machine.wanted} is not known: say CLUSTER=current, or leave it unset"
        raise ClusterError(message)
    if machine.docker_answers:
        return "kind"
    if machine.is_root and machine.is_debian:
        return "local"
    raise ClusterError(
        "there is no way to a Kubernetes cluster on this machine. Three ways work: "
        "CLUSTER=current with a kubeconfig of a cluster you have; a Docker engine that answers `docker version`; "
        "or root on Debian, where Kubernetes is compiled and started without a container engine"
    )


def machine() -> Machine:
    os_release = Path("/etc/os-release")
    return Machine(
        wanted=os.environ.get("CLUSTER", ""),
        docker_answers=docker.answers(),
        is_root=os.geteuid() == 0,
        is_debian=os_release.exists() and debian.is_debian(os_release.read_text()),
    )


def cluster(progress: Progress) -> Cluster:
    match way(machine()):
        case "current":
            return Current(image_engine, progress)
        case "kind":
            return Kind(progress)
        case "local":
            return Local(progress)


def image_engine(progress: Progress) -> Engine:
    """Docker where it answers, also beside a cluster of another kind."""
    found = machine()
    if found.docker_answers:
        return Docker()
    if found.is_root and found.is_debian:
        debian.require(progress)
        return Buildah(progress)
    raise ClusterError("images are built by a Docker engine, or as root on Debian by buildah: there is neither")
