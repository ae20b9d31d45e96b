"""Images where a Docker engine answers. Thin, and never tried: the machines this was made on had no engine."""

import json
from collections.abc import Mapping

from tests.cluster.commands import run, succeeds
from tests.cluster.images import Build
from tests.cluster.provider import ClusterError


def answers() -> bool:
    """Whether there is an engine, not only the client program."""
    return succeeds("docker", "version", "--format={{.Server.Version}}")


class Docker:
    """An `images.Engine`."""

    def defaults(self, _build: Build, /) -> Mapping[str, str]:
        return {}  # the Containerfile's own base image, from Docker Hub

    def label(self, tag: str, name: str) -> str | None:
        try:
            described = json.loads(run("docker", "image", "inspect", tag))
        except ClusterError:
            return None
        labels = described[0]["Config"].get("Labels") or {}
        return labels.get(name)

    def build(self, build: Build, labels: Mapping[str, str]) -> None:
        run(
            "docker",
            "build",
            f"--tag={build.tag}",
            f"--file={build.file}",
            *(f"--build-arg={name}={value}" for name, value in build.arguments.items()),
            *(f"--label={name}={value}" for name, value in labels.items()),
            build.context,
        )

    def push(self, tag: str, name: str) -> None:
        run("docker", "tag", tag, name)
        run("docker", "push", name)
