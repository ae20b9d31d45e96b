"""Every way to be wrong is refused with a sentence that says what to write instead, and accepted once mended."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from oneroster_operator.api import crd
from tests.api.conftest import Api
from tests.api.manifests import Wrong, connection, wrong_manifests

_WRONG = wrong_manifests()
_EACH = pytest.mark.parametrize("wrong", _WRONG, ids=[wrong.name for wrong in _WRONG])
_INSTEAD = re.compile(r"\b(must|write|leave (it )?out|needs|is immutable: make)\b")


@pytest.fixture(scope="module")
def shelbyville(api: Api) -> None:
    """A connection that is there already, for what may not change."""
    api.apply(connection("shelbyville"))


@pytest.mark.cluster
@pytest.mark.usefixtures("shelbyville")
@_EACH
def test_it_is_refused_with_a_sentence(api: Api, wrong: Wrong) -> None:
    answer = api.try_out(wrong.text)
    assert answer.returncode != 0, answer.stdout
    assert wrong.is_told_in(answer.stderr), f"{wrong.field}: {wrong.sentence}\nis not in\n{answer.stderr}"


@pytest.mark.cluster
@pytest.mark.usefixtures("shelbyville")
@_EACH
def test_it_is_accepted_once_mended(api: Api, wrong: Wrong) -> None:
    answer = api.try_out(json.dumps(wrong.mended))
    assert answer.returncode == 0, answer.stderr


def _rules(node: dict[str, Any], field: str) -> Iterator[tuple[str, str]]:
    """Field and message of every rule in the schema."""
    for rule in node.get("x-kubernetes-validations", ()):
        yield f"{field}{rule.get('fieldPath', '')}".removeprefix("."), rule["message"]
    for name, part in node.get("properties", {}).items():
        yield from _rules(part, f"{field}.{name}")
    if "items" in node:
        yield from _rules(node["items"], f"{field}[]")


_RULES = list(_rules(crd.definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"], ""))


@pytest.mark.parametrize(("field", "message"), _RULES)
def test_each_rule_has_a_manifest_that_breaks_it(field: str, message: str) -> None:
    broken = {(re.sub(r"\[\d+\]", "[]", wrong.field), wrong.sentence) for wrong in _WRONG}
    assert (field, message) in broken


@pytest.mark.parametrize(("field", "message"), _RULES)
def test_each_rule_says_what_to_write_instead(field: str, message: str) -> None:
    assert _INSTEAD.search(message)
