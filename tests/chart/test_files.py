"""What can be said of chart and manifests without helm."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from oneroster_operator.api import group
from oneroster_operator.api.spec import ConnectionSpec
from tests.chart.rendered import CHART, CHART_CRD, ROOT, SOURCE_CRD
from tests.chart.shown import EXAMPLES, manifests, of_readme


def test_chart_and_package_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (package, package)


def test_the_migration_runs_this_versions_image() -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    (job,) = manifests(ROOT / "manifests/platform-migrate.yaml")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"oneroster-operator:{version}"


def test_the_charts_definition_is_the_generated_one() -> None:
    assert CHART_CRD.read_bytes() == SOURCE_CRD.read_bytes(), "stale: run make generate"


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object with named fields in the schema."""
    if isinstance(node, dict):
        if "properties" in node and isinstance(node["properties"], dict):
            yield node
        for part in node.values():
            yield from objects(part)


def test_the_values_schema_knows_its_fields_and_no_others() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert all(node["additionalProperties"] is False for node in objects(schema))
    assert schema["properties"].keys() - {"global"} == values.keys()
    for name, value in values.items():
        fields = schema["properties"][name].get("properties")
        if fields is not None and name != "resources":
            assert fields.keys() == value.keys(), name


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("oneroster-*.yaml")), ids=lambda path: path.name)
def test_an_example_is_a_connection_and_its_secrets_are_there(path: Path) -> None:
    (connection,) = manifests(path)
    assert (connection["apiVersion"], connection["kind"]) == (group.API_VERSION, group.KIND)
    spec = ConnectionSpec.model_validate(connection["spec"])
    secrets = {s["metadata"]["name"]: s for s in manifests(EXAMPLES / "secrets.yaml")}
    credentials, platform = secrets[spec.auth.secret_ref.name], secrets[spec.platform_ref.name]
    assert credentials["stringData"].keys() == {"clientId", "clientSecret"}
    assert platform["stringData"].keys() == {"operatorUrl", "syncUrl"}
    for secret in (credentials, platform):
        assert secret["metadata"]["labels"] == {group.CREDENTIALS_LABEL: "true"}


def test_the_readmes_connection_is_one() -> None:
    (connection,) = of_readme()
    assert (connection["apiVersion"], connection["kind"]) == (group.API_VERSION, group.KIND)
    ConnectionSpec.model_validate(connection["spec"])
