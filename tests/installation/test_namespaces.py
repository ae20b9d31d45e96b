"""Demo and tests delete what they made, and nothing of whoever else uses the cluster."""

import secrets
from collections.abc import Iterator

import pytest

from tests.cluster_fixtures import Kubernetes
from tests.installation import namespaces
from tests.installation.kubectl import CommandFailed, Kubectl

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def kubectl(kubernetes: Kubernetes) -> Kubectl:
    return Kubectl()


@pytest.fixture
def foreign(kubectl: Kubectl) -> Iterator[str]:
    """A namespace that somebody else made."""
    name = f"somebodys-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def own(kubectl: Kubectl) -> Iterator[str]:
    """A namespace as demo and tests make it."""
    name = f"demo-test-{secrets.token_hex(3)}"
    namespaces.ensure(kubectl, name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


def names(kubectl: Kubectl) -> set[str]:
    return {manifest["metadata"]["name"] for manifest in kubectl.list("default", "namespaces")}


def test_a_namespace_of_somebody_else_ends_it_with_what_to_do(kubectl: Kubectl, foreign: str, own: str) -> None:
    with pytest.raises(CommandFailed, match=f"kubectl label namespace {foreign} {namespaces.LABEL}=true"):
        namespaces.delete(kubectl, own, foreign)
    with pytest.raises(CommandFailed, match="was not made by demo or tests, and is left as it is"):
        namespaces.ensure(kubectl, foreign)
    assert {foreign, own} <= names(kubectl)
    assert namespaces.LABEL not in kubectl.get("default", "namespace", foreign)["metadata"]["labels"]


def test_an_own_one_is_kept_until_it_is_deleted(kubectl: Kubectl, own: str) -> None:
    namespaces.ensure(kubectl, own)
    namespaces.delete(kubectl, own, f"absent-{secrets.token_hex(3)}")
    assert own not in names(kubectl)
