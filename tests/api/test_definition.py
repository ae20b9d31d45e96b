"""The generated definition keeps to Kubernetes' conventions, and to what is in `crds/`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oneroster_operator.api import crd, group

_FILE = Path(__file__).parents[2] / "crds" / f"{group.GROUP}_{group.PLURAL}.yaml"
_VERSION = crd.definition()["spec"]["versions"][0]
_SCHEMA = _VERSION["schema"]["openAPIV3Schema"]
_KEYWORDS = {
    "type",
    "description",
    "default",
    "enum",
    "format",
    "properties",
    "required",
    "items",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "maxItems",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
}
"""What a structural schema of ours is made of: no `$ref`, no `anyOf`, no `nullable`, nothing left open."""


def _nodes(node: dict[str, Any], field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield field, node
    for name, part in node.get("properties", {}).items():
        yield from _nodes(part, f"{field}.{name}")
    if "items" in node:
        yield from _nodes(node["items"], f"{field}[]")


_NODES = [pair for part in ("spec", "status") for pair in _nodes(_SCHEMA["properties"][part], part)]


def _of_type(*types: str) -> pytest.MarkDecorator:
    chosen = [(field, node) for field, node in _NODES if node["type"] in types]
    return pytest.mark.parametrize(("field", "node"), chosen, ids=[field for field, _ in chosen])


def test_the_file_in_crds_is_what_make_generate_writes(capsys: pytest.CaptureFixture[str]) -> None:
    crd.main()
    assert _FILE.read_text() == capsys.readouterr().out, "stale: run `make generate`"


@_of_type("object", "array", "string", "integer", "boolean")
def test_a_field_is_structural_and_described(field: str, node: dict[str, Any]) -> None:
    assert node.keys() <= _KEYWORDS
    if not field.endswith("[]"):
        assert re.fullmatch(r"[^`_]+\.", node.get("description", "")), node.get("description")


@_of_type("string")
def test_a_text_is_bounded(field: str, node: dict[str, Any]) -> None:
    assert "maxLength" in node or "enum" in node


@_of_type("integer")
def test_a_number_is_bounded(field: str, node: dict[str, Any]) -> None:
    assert node["minimum"] < node["maximum"]


@_of_type("array")
def test_a_list_is_bounded_and_says_how_it_merges(field: str, node: dict[str, Any]) -> None:
    assert node["maxItems"] > 0
    items = node["items"]
    match node["x-kubernetes-list-type"]:
        case "map":
            assert set(node["x-kubernetes-list-map-keys"]) <= set(items["required"])
        case "set":
            assert items["type"] == "string"
        case kind:
            assert kind == "atomic"


@_of_type("object")
def test_an_object_says_what_it_is_made_of(field: str, node: dict[str, Any]) -> None:
    assert set(node.get("required", ())) <= node["properties"].keys()
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", name) for name in node["properties"])


def test_conditions_merge_by_type() -> None:
    conditions = _SCHEMA["properties"]["status"]["properties"]["conditions"]
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert conditions["items"]["required"] == [
        "type",
        "status",
        "observedGeneration",
        "lastTransitionTime",
        "reason",
        "message",
    ]


def test_status_has_one_default_and_it_says_that_nobody_looked_yet() -> None:
    defaults = {
        field: node["default"] for field, node in _NODES if field.startswith("status") and "default" in node
    }
    assert defaults == {"status": {"observedGeneration": -1}}


def test_only_the_status_subresource_is_there() -> None:
    assert _VERSION["subresources"] == {"status": {}}


def test_the_columns() -> None:
    assert [column["name"] for column in _VERSION["additionalPrinterColumns"]] == [
        "District",
        "Ready",
        "Status",
        "Schools",
        "Categories",
        "Paused",
        "Next Sync",
        "Last Sync",
        "Message",
        "Age",
    ]
    wide = [c["name"] for c in _VERSION["additionalPrinterColumns"] if c.get("priority")]
    assert wide == ["Message"], "shown by kubectl get -o wide alone"
