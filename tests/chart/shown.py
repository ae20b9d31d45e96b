"""Manifests and commands that we show to people: in the examples, the README and the chart's notes."""

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.chart.rendered import ROOT, Manifest, notes

EXAMPLES = ROOT / "manifests/examples"

# In place of the programs: of what kubectl is given on stdin, what that is.
_SHELL = 'kubectl() { if [[ "$*" == *"-f -"* ]]; then cat; fi; }; docker() { :; }\n'


def manifests(path: Path) -> list[Manifest]:
    """All of a file."""
    return _all(path.read_text())


def of_examples() -> list[Manifest]:
    """The examples' connections."""
    return [manifest for path in sorted(EXAMPLES.glob("oneroster-*.yaml")) for manifest in manifests(path)]


def of_readme() -> list[Manifest]:
    """The README's connections."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [manifest for block in blocks for manifest in _all(block)]


def commands(*settings: str) -> list[str]:
    """The blocks of commands in the notes of a chart with these settings."""
    _, said, rest = notes(*settings).partition("Lines at the margin are commands")
    assert said
    return [block for block in rest.split("\n\n")[1:] if not block.startswith(" ")]


def given_to_kubectl(block: str) -> list[Manifest]:
    """The manifests that kubectl gets on stdin when the block is pasted into a shell."""
    done = subprocess.run(
        ("bash", "-c", _SHELL + block), cwd=ROOT, text=True, capture_output=True, timeout=10, check=True
    )
    return _all(done.stdout)


def _all(text: str) -> list[Any]:
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]
