"""Each bound of the spec: what lies on it is accepted, what lies past it is refused."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oneroster_operator.api import crd
from tests.api.conftest import Api
from tests.api.manifests import connection, merged

_SPEC = crd.definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def _letters(length: int) -> str:
    return "a" * length


def _url(length: int) -> str:
    return "https://sis.springfield.example/".ljust(length, "a")


def _pem(length: int) -> str:
    ending = "\n-----END CERTIFICATE-----\n"
    return "-----BEGIN CERTIFICATE-----\n".ljust(length - len(ending), "A") + ending


def _cron(length: int) -> str:
    hour = "2" if length % 2 else "02"
    return f"5 {hour} * * 1".ljust(length, ",").replace(",,", ",1")


def _assignments(length: int) -> list[dict[str, str]]:
    return [{"sourcedId": f"{number:04}", "action": "Ignore"} for number in range(length)]


def _link(school: str) -> Callable[[int], list[dict[str, str]]]:
    whole = {"sourcedId": "0042", "action": "Link", "schoolId": "sch_lincoln_hs"}
    return lambda length: [{**whole, school: _letters(length)}]


_SIZES: dict[str, tuple[int, Callable[[int], Any]]] = {
    "districtId": (128, _letters),
    "endpoint.url": (1024, _url),
    "endpoint.caBundle": (65536, _pem),
    "auth.tokenUrl": (1024, _url),
    "auth.secretRef.name": (253, _letters),
    "auth.scopes": (16, lambda length: [f"scope{number}" for number in range(length)]),
    "auth.scopes[0]": (256, lambda length: [_letters(length)]),
    "platformRef.name": (253, _letters),
    "schools.districtOrg": (255, _letters),
    "schools.assignments": (2000, _assignments),
    "schools.assignments[0].sourcedId": (255, _link("sourcedId")),
    "schools.assignments[0].schoolId": (128, _link("schoolId")),
    "schedule.cron": (100, _cron),
    "pauseReason": (256, _letters),
}
"""The longest that is accepted, and how to make one."""

_SHORTER = {"categories", "schedule.timeZone", "schedule.window.start", "schedule.window.end"}
"""What has other rules that nothing as long as the bound obeys."""

_RANGES = {
    "safety.maxRemovedPercent": (0, 100),
    "safety.removedFloor": (0, 100_000),
    "safety.maxChangedPercent": (0, 100),
    "safety.maxNewAdmins": (0, 10_000),
}


def _with(field: str, value: Any) -> str:
    """The manifest of a connection whose spec has the value there; a list stands for its item."""
    for name in reversed(field.partition("[")[0].split(".")):
        value = {name: value}
    return json.dumps(merged(connection(), {"spec": value}))


@pytest.mark.cluster
@pytest.mark.parametrize(("field", "size"), [(field, size) for field, (size, _) in _SIZES.items()])
def test_a_size(api: Api, field: str, size: int) -> None:
    make = _SIZES[field][1]
    most = api.try_out(_with(field, make(size)))
    assert most.returncode == 0, most.stderr
    beyond = api.try_out(_with(field, make(size + 1)))
    assert beyond.returncode != 0
    assert any(
        f"spec.{field}: {words}" in beyond.stderr
        for words in (
            f"Too long: may not be more than {size} bytes",
            f"Too many: {size + 1}: must have at most {size} items",
        )
    ), beyond.stderr


@pytest.mark.cluster
@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_the_ends_of_all_ranges_are_accepted(api: Api, end: int) -> None:
    safety = {field.removeprefix("safety."): ends[end] for field, ends in _RANGES.items()}
    assert api.would_store(connection(safety=safety))["spec"]["safety"] == {"mode": "Normal", **safety}


@pytest.mark.cluster
@pytest.mark.parametrize(("field", "least", "most"), [(field, *ends) for field, ends in _RANGES.items()])
def test_what_lies_past_a_range_is_refused(api: Api, field: str, least: int, most: int) -> None:
    below = api.try_out(_with(field, least - 1)).stderr
    assert f"spec.{field} in body should be greater than or equal to {least}" in below
    above = api.try_out(_with(field, most + 1)).stderr
    assert f"spec.{field} in body should be less than or equal to {most}" in above


def _bounded(node: dict[str, Any], field: str) -> Iterator[str]:
    if node.keys() & {"maxLength", "maxItems", "maximum"}:
        yield field
    for name, part in node.get("properties", {}).items():
        yield from _bounded(part, f"{field}.{name}".removeprefix("."))
    if "items" in node:
        yield from _bounded(node["items"], f"{field}[0]")


def test_every_bound_is_tried() -> None:
    assert set(_bounded(_SPEC, "")) == _SIZES.keys() | _RANGES.keys() | _SHORTER
