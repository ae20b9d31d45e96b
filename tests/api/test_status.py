"""Status: a subresource of its own, stored whole, merged by condition, within what etcd takes."""

import datetime as dt
from typing import Any

import pytest

from oneroster_operator.api import group
from oneroster_operator.api.resource import parse, parse_status
from oneroster_operator.api.status import Candidate, Link, SchoolItem
from oneroster_operator.controller.apply import as_written
from oneroster_operator.controller.review import Imported, after_import
from tests.api.conftest import Api
from tests.api.full_status import FULL, empty_fields
from tests.api.manifests import Manifest, connection

_MEBIBYTE = 1024 * 1024
_LATER = "2026-11-25T08:13:00Z"


def test_full_is_full() -> None:
    assert list(empty_fields(FULL)) == []


@pytest.fixture
def name(api: Api, request: pytest.FixtureRequest) -> str:
    """A connection of the test's own."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:36].strip("-")
    api.apply(connection(name))
    return str(name)


def _put(api: Api, name: str, status: Manifest) -> Manifest:
    """The object after its status was replaced, as the operator does it."""
    api.patch_status(name, "json", [{"op": "add", "path": "/status", "value": status}])
    return api.get(name)


@pytest.mark.cluster
def test_every_field_is_stored_and_read_back(api: Api, name: str) -> None:
    stored = _put(api, name, as_written(FULL))["status"]
    assert stored == as_written(FULL)
    assert parse_status(stored) == FULL


@pytest.mark.cluster
def test_who_writes_the_spec_leaves_the_status(api: Api, name: str) -> None:
    before = _put(api, name, as_written(FULL))
    after = api.apply({**connection(name, paused=True), "status": {"observedGeneration": 0, "conditions": []}})
    assert after["spec"]["paused"] is True
    assert after["status"] == before["status"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1


@pytest.mark.cluster
def test_who_writes_the_status_leaves_the_spec(api: Api, name: str) -> None:
    before = api.get(name)
    api.patch_status(name, "merge", {"spec": {"paused": True}, "status": as_written(FULL)})
    after = api.get(name)
    assert after["status"] == as_written(FULL)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


@pytest.mark.cluster
@pytest.mark.parametrize("options", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_applying_the_same_a_second_time_changes_nothing(api: Api, options: tuple[str, ...]) -> None:
    manifest = connection(f"north-haverbrook-{len(options)}")
    api.apply(manifest, *options)
    before = _put(api, manifest["metadata"]["name"], as_written(FULL))
    api.apply(manifest, *options)
    assert api.get(manifest["metadata"]["name"]) == before


def _condition(type_: str, status: str) -> dict[str, Any]:
    return {
        "type": type_,
        "status": status,
        "observedGeneration": 1,
        "lastTransitionTime": _LATER,
        "reason": "Said",
        "message": "",
    }


@pytest.mark.cluster
def test_conditions_merge_by_type(api: Api, name: str) -> None:
    def say(manager: str, *conditions: dict[str, Any]) -> None:
        manifest = connection(name)
        del manifest["spec"]
        manifest["status"] = {"conditions": list(conditions)}
        api.apply(manifest, "--server-side", "--subresource=status", f"--field-manager={manager}")

    def said() -> dict[str, str]:
        return {c["type"]: c["status"] for c in api.get(name)["status"]["conditions"]}

    say("one", _condition("Ready", "False"), _condition("Stalled", "True"))
    say("other", _condition("Paused", "True"))
    assert said() == {"Ready": "False", "Stalled": "True", "Paused": "True"}
    say("one", _condition("Ready", "True"))
    assert said() == {"Ready": "True", "Paused": "True"}


@pytest.mark.cluster
def test_a_condition_appears_once(api: Api, name: str) -> None:
    twice = [_condition("Ready", "True"), _condition("Ready", "False")]
    answer = api.patch_status(name, "merge", {"status": {"conditions": twice}}, check=False)
    assert 'status.conditions[1]: Duplicate value: {"type":"Ready"}' in answer.stderr


def _school(number: int, link: Link) -> SchoolItem:
    """A school with ids and names as long as those of large districts are."""
    name = f"P.S. {number:04} Eleanor Roosevelt School of Science"
    candidates = [
        Candidate(school_id=f"9b2f0c1e-5d1c-4f6a-8a51-{number:08}{rival:04}", name=f"{name} {rival}", score=90)
        for rival in range(3)
    ]
    return SchoolItem(
        sourced_id=f"1c6e41e0-7b7a-4c57-9d7b-{number:012}",
        name=name,
        identifier=f"36{number:010}",
        link=link,
        school_id=None if link is Link.OPEN else f"9b2f0c1e-5d1c-4f6a-8a51-{number:012}",
        candidates=candidates if link is Link.OPEN else [],
    )


_SCHOOLS = 1800
"""As many as the largest district of the United States has."""


@pytest.mark.cluster
@pytest.mark.parametrize("assigned", [0, 900, 1800])
def test_the_largest_district_fits(api: Api, assigned: int) -> None:
    name = f"new-york-{assigned}"
    links = [Link.ASSIGNED if number < assigned else Link.OPEN for number in range(_SCHOOLS)]
    items = tuple(_school(number, link) for number, link in enumerate(links))
    assignments = [
        {"sourcedId": item.sourced_id, "action": "Link", "schoolId": item.school_id} for item in items[:assigned]
    ]
    stored = api.apply(connection(name, schools={"assignments": assignments}))
    imported = Imported(inputs="0f1e2d3c4b", items=items, district_org="1")
    schools = after_import(imported, parse(stored), dt.datetime(2026, 11, 24, 8, 13, tzinfo=dt.UTC))
    assert schools.truncated == (assigned == 0)
    written = as_written(FULL.model_copy(update={"schools": schools}))
    assert _put(api, name, written)["status"] == written
    path = f"/apis/{api.api_version}/namespaces/{api.namespace}/{group.PLURAL}/{name}"
    assert len(api.kubectl("get", "--raw", path).stdout.encode()) < _MEBIBYTE
