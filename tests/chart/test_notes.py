"""What `helm install` prints can be pasted."""

import subprocess

import pytest

from oneroster_operator.api import group
from oneroster_operator.api.spec import ConnectionSpec
from tests.chart.rendered import notes
from tests.chart.shown import commands, given_to_kubectl

pytestmark = pytest.mark.cluster

SETTINGS = [
    (),
    ("watchNamespaces={north,south}",),
    ("crds.enabled=false", "image.repository=registry.example:5000/o", f"image.digest=sha256:{'0' * 64}"),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_block_of_commands_is_read_by_the_shell_without_a_word(settings: tuple[str, ...]) -> None:
    blocks = commands(*settings)
    assert len(blocks) > 5
    for block in blocks:
        done = subprocess.run(("bash", "-n"), input=block, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), block


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_kubectl_is_given_is_a_migration_a_grant_and_a_connection(settings: tuple[str, ...]) -> None:
    given = [manifest for block in commands(*settings) for manifest in given_to_kubectl(block)]
    migration, grant, connection = given
    digest = f"registry.example:5000/o@sha256:{'0' * 64}"
    for job in (migration, grant):
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["image"] == (digest if len(settings) == 3 else "oneroster-operator:0.1.0")
    assert grant["metadata"]["name"] == "oneroster-grant"
    district = connection["spec"]["districtId"]
    logins = ["oneroster_operator_login", "oneroster_sync_login"]
    assert container["command"] == ["oneroster-platform", "grant", "--district", district, "--to", *logins]
    assert (connection["apiVersion"], connection["kind"]) == (group.API_VERSION, group.KIND)
    ConnectionSpec.model_validate(connection["spec"])


def test_a_watched_namespace_is_there_already_and_is_named() -> None:
    told = notes("watchNamespaces={north,south}")
    assert "looks after OneRosterConnections in north, south, and in no other namespace." in told
    assert "create namespace" not in told
    assert "kubectl -n north get orc" in told
    assert "kubectl create namespace districts\n" in notes()
