"""One installation for all tests; each district with a server and a connection of its own."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster_fixtures import Kubernetes
from tests.installation import images, operator, roster
from tests.installation.connection import Connection
from tests.installation.district import NAMESPACE as SIS
from tests.installation.district import District, Server
from tests.installation.kubectl import Kubectl, Manifest
from tests.installation.platform import Platform

ALL = ["Students", "TeacherAssignments", "ClassRosters", "SchoolAdmins", "DistrictAdmins"]


@dataclass(frozen=True)
class Live:
    """A district with everything around it."""

    kubectl: Kubectl
    platform: Platform
    server: Server
    connection: Connection
    district_id: str
    manifest: Manifest

    def counts(self) -> roster.Counts:
        """What the platform holds."""
        return roster.counted(self.platform, self.district_id)

    def expected(self) -> roster.Counts:
        """What it should hold, by the district's own account."""
        found: roster.Counts = self.server.ask("expected", "--linked", *self.connection.linked())
        return found

    def sync(self) -> dict[str, str]:
        """Ask for a sync and wait for the answer."""
        return self.connection.ask("sync", secrets.token_hex(4), seconds=180)


@pytest.fixture(scope="session")
def kubectl(kubernetes: Kubernetes) -> Kubectl:
    """kubectl and helm against the cluster that `kubernetes` found up."""
    return Kubectl()


@pytest.fixture(scope="session")
def platform(kubectl: Kubectl) -> Platform:
    """The operator by its chart, and a platform."""
    images.build()
    images.load()
    operator.install(kubectl, operator.service_networks(kubectl))
    platform = Platform(kubectl)
    platform.install()
    return platform


@pytest.fixture(scope="session")
def namespace(kubectl: Kubectl, platform: Platform) -> Iterator[str]:
    """Where the connections of these tests are."""
    name = f"e2e-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    kubectl.apply(platform.secret(name))
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


Apply = Callable[..., Live]


@pytest.fixture(scope="session")
def apply(kubectl: Kubectl, platform: Platform, namespace: str) -> Iterator[Apply]:
    """Start a district's server and apply a connection to it."""
    started: list[str] = []

    def applied(name: str, version: str = "1.2", auth: str = "OAuth2", **spec: Any) -> Live:
        name = f"{name}-{secrets.token_hex(2)}"
        started.append(name)
        server = Server(kubectl, District(name, version=version, auth=auth, students_per_school=20))
        server.install()
        platform.add_district(f"{name}-usd", server.platform_schools())
        kubectl.apply(server.credentials(namespace))
        manifest = server.connection(namespace, f"{name}-usd", **spec)
        kubectl.apply(manifest)
        return Live(kubectl, platform, server, Connection(kubectl, namespace, name), f"{name}-usd", manifest)

    yield applied
    for name in started:
        kubectl("delete", "deployment,service,secret", name, "-n", SIS, "--wait=false")


@pytest.fixture(scope="session")
def live(apply: Apply) -> Live:
    """A district that is live with all categories; each test leaves it so."""
    live = apply("live", categories=ALL)
    live.connection.await_ready("AwaitingConfirmation", seconds=120)
    live.connection.patch({"confirmed": True})
    live.connection.await_ready("Scheduled")
    live.manifest["spec"]["confirmed"] = True
    return live
