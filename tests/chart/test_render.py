"""What helm renders: names, rights, the pod's restrictions, and that wrong values are refused."""

import shutil
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from oneroster_operator.controller.settings import from_environment
from tests.chart.rendered import CHART, INSTALL, Manifest, Refused, helm, install_manifest, kustomize, template

pytestmark = pytest.mark.cluster

# What controller/cluster.py is called with, and what kopf watches, by resource.
USED = {
    "onerosterconnections": {"get", "list", "watch"},
    "onerosterconnections/status": {"patch"},
    "secrets": {"get", "list", "watch"},
    "cronjobs": {"get", "list", "watch", "create", "patch", "delete"},
    "jobs": {"list", "watch", "create"},
    "configmaps": {"list", "create", "patch", "delete"},
    "pods": {"list"},
    "events": {"create"},
}


def of_kind(rendered: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in rendered if manifest["kind"] == kind]


def rights(role: Manifest) -> dict[str, set[str]]:
    return {resource: set(rule["verbs"]) for rule in role["rules"] for resource in rule["resources"]}


def pod(rendered: list[Manifest]) -> Any:
    (deployment,) = of_kind(rendered, "Deployment")
    return deployment["spec"]["template"]["spec"]


def environment_of(rendered: list[Manifest]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in pod(rendered)["containers"][0]["env"]}


def test_lint_finds_nothing() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART))


def test_the_install_manifest_is_what_the_chart_renders() -> None:
    assert INSTALL.read_text() == install_manifest(), "stale: run make generate"


def test_the_kustomization_gives_the_sync_pods_the_same_image(tmp_path: Path) -> None:
    install = tmp_path / "install"
    shutil.copytree(INSTALL.parent, install)
    kustomization = install / "kustomization.yaml"
    moved = kustomization.read_text().replace("newName: oneroster-operator", "newName: registry.example/oneroster")
    kustomization.write_text(moved)
    built = kustomize(install)
    environment = environment_of(built)
    assert pod(built)["containers"][0]["image"] == "registry.example/oneroster:0.1.0"
    assert environment["SYNC_IMAGE"] == "registry.example/oneroster:0.1.0"
    assert environment["SYNC_IMAGE_PULL_POLICY"] == "IfNotPresent"


def test_the_operator_may_do_what_it_does_and_no_more() -> None:
    rendered = template()
    (role,) = [r for r in of_kind(rendered, "ClusterRole") if r["metadata"]["name"] == "oneroster-operator"]
    assert rights(role) == USED
    (binding,) = of_kind(rendered, "ClusterRoleBinding")
    assert binding["roleRef"]["name"] == "oneroster-operator"


def test_with_namespaces_it_has_no_right_outside_of_them() -> None:
    rendered = template("watchNamespaces={north,south}")
    roles = {role["metadata"]["namespace"]: rights(role) for role in of_kind(rendered, "Role")}
    assert roles == {"north": USED, "south": USED, "kube-system": {"namespaces": {"get"}}}
    assert {b["metadata"]["namespace"] for b in of_kind(rendered, "RoleBinding")} == set(roles)
    assert of_kind(rendered, "ClusterRoleBinding") == []
    assert environment_of(rendered)["WATCH_NAMESPACES"] == "north,south"


def test_allowed_networks_reach_the_operator_as_it_reads_them() -> None:
    assert "ALLOWED_NETWORKS" not in environment_of(template()), "by default none is allowed"
    given = environment_of(template("allowedNetworks={10.20.0.0/16,fd00:12::/64}"))
    read = from_environment(given).allowed_networks
    assert read == (ip_network("10.20.0.0/16"), ip_network("fd00:12::/64"))


def test_people_get_their_rights_by_the_clusters_own_roles() -> None:
    roles = {role["metadata"]["name"]: role for role in of_kind(template(), "ClusterRole")}
    assert rights(roles["oneroster-operator-view"]) == {"onerosterconnections": {"get", "list", "watch"}}
    assert "get" not in rights(roles["oneroster-operator-edit"])["onerosterconnections"]
    assert len(of_kind(template("rbac.aggregate=false"), "ClusterRole")) == 1


@pytest.mark.parametrize(
    ("settings", "image"),
    [
        ((), "oneroster-operator:0.1.0"),
        (("image.repository=localhost/o", "image.tag=dev"), "localhost/o:dev"),
        (("image.tag=dev", f"image.digest=sha256:{'0' * 64}"), f"oneroster-operator@sha256:{'0' * 64}"),
    ],
)
def test_the_sync_pods_run_the_operators_own_image(settings: tuple[str, ...], image: str) -> None:
    rendered = template(*settings)
    assert pod(rendered)["containers"][0]["image"] == image
    assert environment_of(rendered)["SYNC_IMAGE"] == image


def test_the_pod_meets_the_restricted_pod_security_standard() -> None:
    spec = pod(template())
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_definition_stays_unless_told_otherwise() -> None:
    (kept,) = of_kind(template(), "CustomResourceDefinition")
    assert kept["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    (left,) = of_kind(template("crds.keep=false"), "CustomResourceDefinition")
    assert "annotations" not in left["metadata"]
    assert of_kind(template("crds.enabled=false"), "CustomResourceDefinition") == []


@pytest.mark.parametrize(
    "setting",
    [
        "workers=0",
        "image.digest=latest",
        "watchNamespaces={North}",
        "suport.contact=x",
        "sync.cpus=1",
        "allowedNetworks={all}",
        "allowedNetworks={10.20.0.1}",
        "allowedNetworks=10.20.0.0/16",
    ],
)
def test_a_wrong_value_is_refused(setting: str) -> None:
    with pytest.raises(Refused, match="values don't meet the specifications of the schema"):
        template(setting)
