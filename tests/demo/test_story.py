"""What the demo prints of a manifest."""

from typing import Any

import pytest
import yaml

from tests.demo.story import as_yaml
from tests.installation.platform import labelled_secret

CANARY = "s3cret-wörd/9"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("clientId", "springfield-client", "springfield-client"),
        ("clientSecret", CANARY, "********"),
        ("syncUrl", f"postgresql://login:{CANARY}@db.svc:5432/db", "postgresql://login:********@db.svc:5432/db"),
        ("syncUrl", f"postgresql://login:{CANARY}@x@db.svc:5432/db", "********"),
        ("other", CANARY, "********"),
    ],
)
def test_a_secret_is_shown_without_what_is_secret(key: str, value: str, shown: str) -> None:
    text = as_yaml(labelled_secret("springfield", "districts", {key: value}))
    assert CANARY not in text
    assert yaml.safe_load(text)["stringData"] == {key: shown}


def test_other_manifests_are_shown_as_they_are_applied() -> None:
    manifests: list[dict[str, Any]] = [
        {"kind": "OneRosterConnection", "spec": {"endpoint": {"version": "1.2", "caBundle": "one\ntwo\n"}}},
        {"kind": "Namespace", "metadata": {"name": "districts"}},
    ]
    text = as_yaml(*manifests)
    assert list(yaml.safe_load_all(text)) == manifests
    assert 'version: "1.2"\n' in text
    assert "caBundle: |\n      one\n      two\n" in text
