"""The CustomResourceDefinition, made from the models. `python -m oneroster_operator.api.crd` prints it."""

import sys
from typing import Any

import yaml
from pydantic import BaseModel

from oneroster_operator.api import group
from oneroster_operator.api.spec import ConnectionSpec
from oneroster_operator.api.status import ConnectionStatus

_NAME_RULE = {
    "rule": "size(self.metadata.name) <= 36",
    "message": "must have at most 36 characters: the connection's CronJobs are named after it",
    "fieldPath": ".metadata.name",
}

_COLUMNS = (
    ("District", ".spec.districtId", "The platform's id of the district"),
    ("Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether all is as it should be"),
    ("Status", '.status.conditions[?(@.type=="Ready")].reason', "Why, in a word"),
    ("Schools", ".status.summary.schools", "Linked schools of those to be linked"),
    ("Categories", ".status.summary.categories", "Data that is synced"),
    ("Paused", ".spec.paused", "Whether syncing is suspended"),
    ("Next Sync", ".status.summary.nextSync", "When the next sync starts, in the district's time zone"),
    ("Last Sync", ".status.summary.lastSync", "When the last sync ended, in the district's time zone"),
)


def definition() -> dict[str, Any]:
    """The whole CustomResourceDefinition as plain data."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{group.PLURAL}.{group.GROUP}"},
        "spec": {
            "group": group.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": group.KIND,
                "listKind": f"{group.KIND}List",
                "plural": group.PLURAL,
                "singular": group.SINGULAR,
                "shortNames": [group.SHORT_NAME],
                "categories": [group.API_CATEGORY],
            },
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {
            "name": name,
            "type": "boolean" if name == "Paused" else "string",
            "jsonPath": path,
            "description": description,
        }
        for name, path, description in _COLUMNS
    ]
    columns.append(
        {
            "name": "Message",
            "type": "string",
            "jsonPath": '.status.conditions[?(@.type=="Ready")].message',
            "description": "What Ready says, in a sentence",
            "priority": 1,
        }
    )
    columns.append({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})
    return {
        "name": group.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": _schema()},
    }


def _schema() -> dict[str, Any]:
    status = structural(ConnectionStatus, defaults=False)
    status["default"] = {"observedGeneration": -1}
    return {
        "type": "object",
        "description": "A school district whose OneRoster data is kept in the learning platform's database.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": structural(ConnectionSpec, defaults=True),
            "status": status,
        },
        "x-kubernetes-validations": [_NAME_RULE],
    }


def structural(model: type[BaseModel], *, defaults: bool) -> dict[str, Any]:
    """The model's JSON schema in the structural form that Kubernetes demands, with or without its defaults.

    No references, no titles, no `anyOf` with null: a field that may be absent is simply not required. Empty
    defaults are left out, since absence says the same.
    Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
    """
    schema = model.model_json_schema(by_alias=True)
    return _inline(schema, schema.get("$defs", {}), defaults=defaults)


def _inline(node: dict[str, Any], definitions: dict[str, Any], *, defaults: bool) -> dict[str, Any]:
    alternatives = [a for a in node.get("anyOf", [node]) if a != {"type": "null"}]
    (only,) = alternatives
    target = definitions[only["$ref"].rpartition("/")[2]] if "$ref" in only else {}
    merged = {**target, **only, **node}
    for key in ("$ref", "$defs", "anyOf", "title"):
        merged.pop(key, None)
    default = _filled(merged.pop("default", None))
    if defaults and default not in (None, [], "", {}):
        merged["default"] = default
    if "properties" in merged:
        merged["properties"] = {
            name: _inline(part, definitions, defaults=defaults) for name, part in merged["properties"].items()
        }
    if "items" in merged:
        merged["items"] = _inline(merged["items"], definitions, defaults=defaults)
    return merged


def _filled(default: Any) -> Any:
    if isinstance(default, dict):
        return {key: value for key, value in default.items() if value not in (None, [], "", {})}
    return default


class _WithoutAnchors(yaml.SafeDumper):
    """Writes out what occurs twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def main() -> None:
    """Print the definition as YAML."""
    sys.stdout.write("# Generated from operator/oneroster_operator/api by `make generate`. Do not edit.\n")
    yaml.dump(definition(), sys.stdout, _WithoutAnchors, sort_keys=False, width=110, allow_unicode=True)


if __name__ == "__main__":
    main()
