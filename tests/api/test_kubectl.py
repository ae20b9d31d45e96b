"""What a person sees who has kubectl and nothing else."""

import re

import pytest

from oneroster_operator.api import group
from oneroster_operator.controller.apply import as_written
from tests.api.conftest import Api
from tests.api.full_status import FULL
from tests.api.manifests import Manifest, connection

pytestmark = pytest.mark.cluster


def test_the_definition_is_established(definition: Manifest) -> None:
    conditions = {c["type"]: c["status"] for c in definition["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.fixture(scope="module")
def capital_city(api: Api) -> str:
    """A connection with all that status can say."""
    api.apply(connection("capital-city", paused=True))
    api.patch_status("capital-city", "merge", {"status": as_written(FULL)})
    return "capital-city"


def _cells(table: str) -> list[list[str]]:
    """Rows of a table whose columns are at least two spaces apart, Age (which grows) left out."""
    return [re.split(r" {2,}", line.strip())[:-1] for line in table.splitlines()]


def test_the_columns(api: Api, capital_city: str) -> None:
    table = api.kubectl("get", api.resource, capital_city).stdout
    assert _cells(table) == [
        ["NAME", "DISTRICT", "READY", "STATUS", "SCHOOLS", "CATEGORIES", "PAUSED", "NEXT SYNC", "LAST SYNC"],
        [
            "capital-city",
            "capital-city-usd",
            "True",
            "ChangesHeld",
            "1/2",
            "Students, SchoolAdmins",
            "true",
            "2026-11-25T02:13:00-06:00",
            "2026-11-24T02:19:44-06:00",
        ],
    ]


def test_a_connection_that_nobody_looked_at_yet(api: Api) -> None:
    api.apply(connection("ogdenville"))
    row = api.kubectl("get", api.resource, "ogdenville", "--no-headers").stdout
    assert row.split()[:3] == ["ogdenville", "ogdenville-usd", "false"]


def test_it_goes_by_its_names_and_its_category(api: Api, definition: Manifest, capital_city: str) -> None:
    own_group = definition["spec"]["group"]
    resources = api.kubectl("api-resources", f"--api-group={own_group}", "--no-headers", "-o", "wide").stdout
    name, short_name, version, namespaced, kind, _, category = resources.split()
    assert (name, short_name, kind, category) == (
        "onerosterconnections",
        "orc",
        "OneRosterConnection",
        "oneroster",
    )
    assert (version, namespaced) == (api.api_version, "true")
    found = api.kubectl("get", "oneroster", "-o", "name").stdout.split()
    assert f"onerosterconnection.{own_group}/{capital_city}" in found


@pytest.mark.parametrize(
    ("field", "types"),
    [
        ("spec", {"districtId": "string", "endpoint": "Object", "categories": "[]string", "confirmed": "boolean"}),
        ("spec.auth", {"type": "string", "tokenUrl": "string", "secretRef": "Object", "scopes": "[]string"}),
        ("spec.schools.assignments", {"sourcedId": "string", "action": "string", "schoolId": "string"}),
        ("status", {"conditions": "[]Object", "schools": "Object", "observedGeneration": "integer"}),
        ("status.categories.lastRun", {"outcome": "string", "withheld": "integer"}),
    ],
)
def test_explain_has_a_word_on_every_field(api: Api, field: str, types: dict[str, str]) -> None:
    told = api.kubectl("explain", f"{group.PLURAL}.{field}", f"--api-version={api.api_version}").stdout
    assert "<no description>" not in told
    assert "<empty>" not in told
    for name, type_ in types.items():
        assert re.search(rf"^  {name}\t<{re.escape(type_)}>", told, re.MULTILINE)


def test_describe_shows_conditions_and_schools(api: Api, capital_city: str) -> None:
    told = api.kubectl("describe", api.resource, capital_city).stdout
    assert "A sentence for a person." in told
    assert "Lincoln High School" in told
