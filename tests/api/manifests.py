"""Manifests that the API server has to refuse, and what each lacks to be accepted.

A file of `tests/manifests/wrong` begins with two comments: `# Refused: FIELD: SENTENCE`, and
`# Accepted with: PATCH`, a JSON merge patch that mends this one thing.
"""

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from oneroster_operator.api import group

Manifest = dict[str, Any]

_WRONG = Path(__file__).parents[1] / "manifests" / "wrong"
_HEADER = re.compile(
    r"# Refused: (?P<field>\S+|strict decoding error): (?P<sentence>.+)\n# Accepted with: (?P<mend>.+)\n"
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One way to be wrong."""

    name: str
    text: str
    field: str
    """As the API server names it, such as `spec.schools.assignments[0].action`."""
    sentence: str
    """The end of the refusal: what to write instead."""
    mended: Manifest
    """The same, with the one thing put right."""

    def is_told_in(self, refusal: str) -> bool:
        """Whether one line of the refusal names the field and ends in the sentence."""
        told = re.compile(rf"(^|[ :]){re.escape(self.field)}: (.* )?{re.escape(self.sentence)}", re.MULTILINE)
        return told.search(refusal) is not None


def wrong_manifests() -> list[Wrong]:
    """All of them, by file name."""
    return [_read(path) for path in sorted(_WRONG.glob("*.yaml"))]


def _read(path: Path) -> Wrong:
    text = path.read_text()
    header = _HEADER.match(text)
    assert header, f"{path.name} does not begin with what it is refused for and accepted with"
    mended = merged(yaml.safe_load(text), json.loads(header["mend"]))
    return Wrong(path.stem, text, header["field"], header["sentence"], mended)


def connection(name: str = "springfield", **spec: Any) -> Manifest:
    """A connection that has what it must have; `spec` is merged into its spec.

    The wrong manifests are called springfield too: a test that stores its connection gives it another name.
    """
    least = {
        "apiVersion": group.API_VERSION,
        "kind": group.KIND,
        "metadata": {"name": name},
        "spec": {
            "districtId": f"{name}-usd",
            "endpoint": {"url": f"https://sis.{name}.example/ims/oneroster/rostering/v1p2"},
            "auth": {
                "type": "OAuth2",
                "tokenUrl": f"https://sis.{name}.example/oauth/token",
                "secretRef": {"name": f"{name}-oneroster"},
            },
        },
    }
    whole: Manifest = merged(least, {"spec": spec})
    return whole


def merged(target: Any, patch: Any) -> Any:
    """The target with the merge patch applied (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = copy.copy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
