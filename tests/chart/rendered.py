"""What helm makes of the chart, and the files that are generated for it and from it."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.installation.kubectl import environment

Manifest = dict[str, Any]

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/oneroster-operator"
NAMESPACE = "oneroster-system"
_CRD = "oneroster.masteryprep.com_onerosterconnections.yaml"
SOURCE_CRD = ROOT / "crds" / _CRD
CHART_CRD = CHART / "files" / _CRD
INSTALL = ROOT / "manifests/install/operator.yaml"

_INSTALL_HEADER = "# Rendered from charts/oneroster-operator by `make generate`. Do not edit.\n"


class Refused(Exception):
    """helm or kubectl ended with an error; the message is what it printed."""


def helm(*arguments: str) -> str:
    """What helm printed. Raises `Refused`."""
    return _run("helm", *arguments)


def kustomize(directory: Path) -> list[Manifest]:
    """The manifests of a kustomization."""
    return [manifest for manifest in yaml.safe_load_all(_run("kubectl", "kustomize", str(directory))) if manifest]


def template(*settings: str) -> list[Manifest]:
    """The manifests of a release `oneroster-operator`, with `--set` for each of the settings."""
    return [manifest for manifest in yaml.safe_load_all(_text(*settings)) if manifest]


def install_manifest() -> str:
    """What manifests/install/operator.yaml should hold."""
    return _INSTALL_HEADER + _text("crds.keep=false")


def _text(*settings: str) -> str:
    options = [f"--set={setting}" for setting in settings]
    return helm("template", "oneroster-operator", str(CHART), f"--namespace={NAMESPACE}", *options)


def _run(*command: str) -> str:
    done = subprocess.run(command, env=environment(), text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr or done.stdout)
    return done.stdout
