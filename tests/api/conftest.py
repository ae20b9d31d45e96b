"""An API server with this tree's definition in it, under a group of the tests' own.

So an operator that is at work in the same cluster leaves the tests' connections alone, and the definition that it
was installed with stays as it is.
"""

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


class Api:
    """The API server, seen from one namespace."""

    def __init__(self, kubernetes: Kubernetes, namespace: str, own_group: str) -> None:
        self._kubernetes = kubernetes
        self.namespace = namespace
        self.api_version = f"{own_group}/{group.VERSION}"
        self.resource = f"{group.PLURAL}.{own_group}"

    def kubectl(self, *arguments: str, **options: Any) -> CompletedProcess[str]:
        """kubectl in the namespace; options as of `Kubernetes.kubectl`."""
        return self._kubernetes.kubectl("-n", self.namespace, *arguments, **options)

    def try_out(self, text: str) -> CompletedProcess[str]:
        """What `kubectl apply` says to a manifest in YAML or JSON, without anything being stored."""
        command = ("apply", "--dry-run=server", "-o", "json", "-f", "-")
        return self.kubectl(*command, input=self._own(text), check=False)

    def would_store(self, manifest: Manifest) -> Manifest:
        """The object as it would be stored."""
        return self.apply(manifest, "--dry-run=server")

    def apply(self, manifest: Manifest, *options: str) -> Manifest:
        """The object as it is stored."""
        text = self._own(json.dumps(manifest))
        return _object(self.kubectl("apply", *options, "-o", "json", "-f", "-", input=text))

    def get(self, name: str) -> Manifest:
        """The connection of this name."""
        return _object(self.kubectl("get", self.resource, name, "-o", "json"))

    def patch_status(self, name: str, type_: str, patch: Any, **options: Any) -> CompletedProcess[str]:
        """kubectl patch of the status, by a patch of the type."""
        command = ("patch", self.resource, name, "--subresource=status", f"--type={type_}")
        return self.kubectl(*command, "--patch-file=/dev/stdin", input=json.dumps(patch), **options)

    def _own(self, text: str) -> str:
        return text.replace(group.API_VERSION, self.api_version, 1)


@pytest.fixture(scope="package")
def definition(kubernetes: Kubernetes) -> Iterator[Manifest]:
    """The definition as the API server has it."""
    wanted = crd.definition()
    wanted["spec"]["group"] = f"tests-{secrets.token_hex(3)}.{group.GROUP}"
    wanted["metadata"]["name"] = name = f"{group.PLURAL}.{wanted['spec']['group']}"
    kubernetes.kubectl("create", "-f", "-", input=json.dumps(wanted))
    kubernetes.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
    path = f"/openapi/v3/apis/{wanted['spec']['group']}/{group.VERSION}"
    eventually(
        lambda: kubernetes.kubectl("get", "--raw", path, check=False).stdout,
        lambda document: f".{group.KIND}" in document,
        f"{name} in the API server's OpenAPI document",
        seconds=30,
    )
    yield _object(kubernetes.kubectl("get", "crd", name, "-o", "json"))
    kubernetes.kubectl("delete", "crd", name)


@pytest.fixture(scope="package")
def api(kubernetes: Kubernetes, definition: Manifest) -> Iterator[Api]:
    """The API server, with the definition in it."""
    namespace = f"api-tests-{secrets.token_hex(3)}"
    kubernetes.kubectl("create", "namespace", namespace)
    yield Api(kubernetes, namespace, definition["spec"]["group"])
    kubernetes.kubectl("delete", "namespace", namespace, "--wait=false")


def _object(answer: CompletedProcess[str]) -> Manifest:
    found: Manifest = json.loads(answer.stdout)
    return found
