"""Every connection that we show to people is taken by the API server."""

from collections.abc import Callable

import pytest

from tests.api.conftest import Api
from tests.chart.rendered import Manifest, kustomize
from tests.chart.shown import EXAMPLES, commands, given_to_kubectl, manifests, of_examples, of_readme
from tests.demo import __main__ as demo
from tests.installation import district, platform

pytestmark = pytest.mark.cluster


def of_notes() -> list[Manifest]:
    given = [manifest for block in commands() for manifest in given_to_kubectl(block)]
    return [manifest for manifest in given if manifest["kind"] == "OneRosterConnection"]


@pytest.mark.parametrize(("shown", "count"), [(of_examples, 2), (of_readme, 1), (of_notes, 1)])
def test_a_shown_connection_is_stored_as_it_is_written(
    api: Api, shown: Callable[[], list[Manifest]], count: int
) -> None:
    connections = shown()
    assert len(connections) == count
    for connection in connections:
        connection["metadata"].pop("namespace", None)
        connection["metadata"]["name"] += f"-{shown.__name__.replace('_', '-')}"
        stored = api.apply(connection)
        assert stored["metadata"]["namespace"] == api.namespace
        for field, value in connection["spec"].items():
            assert _holds(stored["spec"][field], value), field


def test_the_examples_secrets_are_taken(api: Api) -> None:
    for secret in manifests(EXAMPLES / "secrets.yaml"):
        assert api.apply(secret)["metadata"]["labels"] == {"oneroster.masteryprep.com/credentials": "true"}


def test_the_examples_have_a_namespace_of_their_own() -> None:
    built = kustomize(EXAMPLES)
    assert {m["kind"] for m in built} == {"Namespace", "Secret", "OneRosterConnection"}
    (namespace,) = {m["metadata"].get("namespace", m["metadata"]["name"]) for m in built}
    assert namespace not in {demo.NAMESPACE, district.NAMESPACE, platform.NAMESPACE}


def _holds(stored: object, written: object) -> bool:
    """Whether all that was written is stored; defaults may have come to it."""
    if isinstance(stored, dict) and isinstance(written, dict):
        return all(key in stored and _holds(stored[key], value) for key, value in written.items())
    return stored == written
