"""The API server with the definition of this tree, and a namespace to try it in."""

import json
import secrets
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest

from oneroster_operator.api import crd, group
from tests.api.manifests import Manifest
from tests.cluster_fixtures import Kubernetes
from tests.installation.kubectl import eventually

_NAME = f"{group.PLURAL}.{group.GROUP}"


class Api:
    """The API server, seen from one namespace of the tests' own."""

    def __init__(self, kubernetes: Kubernetes, namespace: str) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace

    def kubectl(self, *arguments: str, **options: Any) -> CompletedProcess[str]:
        """kubectl in the namespace; options as of `Kubernetes.kubectl`."""
        return self._kubernetes.kubectl("-n", self._namespace, *arguments, **options)

    def try_out(self, manifest: Manifest) -> CompletedProcess[str]:
        """What `kubectl apply` says, without anything being stored."""
        command = ("apply", "--dry-run=server", "-o", "json", "-f", "-")
        return self.kubectl(*command, input=json.dumps(manifest), check=False)

    def would_store(self, manifest: Manifest) -> Manifest:
        """The object as it would be stored."""
        return _object(
            self.kubectl("apply", "--dry-run=server", "-o", "json", "-f", "-", input=json.dumps(manifest))
        )

    def apply(self, manifest: Manifest) -> Manifest:
        """The object as it is stored."""
        return _object(self.kubectl("apply", "-o", "json", "-f", "-", input=json.dumps(manifest)))

    def get(self, name: str) -> Manifest:
        """The connection of this name."""
        return _object(self.kubectl("get", group.SHORT_NAME, name, "-o", "json"))


@pytest.fixture(scope="package")
def definition(kubernetes: Kubernetes) -> Iterator[Manifest]:
    """The definition as the API server has it; removed again where it was not there before."""
    there = kubernetes.kubectl("get", "crd", _NAME, "--ignore-not-found").stdout
    if not _is_served(kubernetes):
        wanted = json.dumps(crd.definition())
        kubernetes.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=wanted)
        kubernetes.kubectl("wait", "--for=condition=Established", f"crd/{_NAME}", "--timeout=30s")
        eventually(lambda: _is_served(kubernetes), bool, f"this tree's schema of {_NAME}", seconds=30)
    yield _object(kubernetes.kubectl("get", "crd", _NAME, "-o", "json"))
    if not there:
        kubernetes.kubectl("delete", "crd", _NAME)


@pytest.fixture(scope="package")
def api(kubernetes: Kubernetes, definition: Manifest) -> Iterator[Api]:
    """The API server, with the definition in it."""
    namespace = f"api-tests-{secrets.token_hex(3)}"
    kubernetes.kubectl("create", "namespace", namespace)
    yield Api(kubernetes, namespace)
    kubernetes.kubectl("delete", "namespace", namespace, "--wait=false")


def _is_served(kubernetes: Kubernetes) -> bool:
    """Whether the API server's OpenAPI document has the schema of this tree."""
    answer = kubernetes.kubectl("get", "--raw", f"/openapi/v3/apis/{group.API_VERSION}", check=False)
    if answer.returncode != 0:
        return False
    kind = ".".join((*reversed(group.GROUP.split(".")), group.VERSION, group.KIND))
    served = json.loads(answer.stdout)["components"]["schemas"].get(kind, {"properties": {}})["properties"]
    wanted = crd.definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return all(served.get(part) == wanted[part] for part in ("spec", "status"))


def _object(answer: CompletedProcess[str]) -> Manifest:
    found: Manifest = json.loads(answer.stdout)
    return found
