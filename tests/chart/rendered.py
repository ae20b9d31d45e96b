"""What helm makes of the chart, and the files that are generated for it and from it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import places

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
    """helm or kubectl ended with an error, or is not there; the message is what it printed, or what to do."""


def helm(*arguments: str) -> str:
    """What helm printed. Raises `Refused`."""
    return _run("helm", *arguments)


def kustomize(directory: Path) -> list[Manifest]:
    """The manifests of a kustomization."""
    return [manifest for manifest in yaml.safe_load_all(_run("kubectl", "kustomize", str(directory))) if manifest]


def template(*settings: str) -> list[Manifest]:
    """The manifests of a release `oneroster-operator`, with `--set` for each of the settings."""
    return [manifest for manifest in yaml.safe_load_all(_text(*settings)) if manifest]


def notes(*settings: str) -> str:
    """What `helm install` prints at its end. `helm template` does not, so another template takes them in."""
    with tempfile.TemporaryDirectory() as directory:
        chart = Path(directory) / CHART.name
        shutil.copytree(CHART, chart)
        (chart / "templates/notes.yaml").write_text(
            'kind: Notes\nnotes: {{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}\n'
        )
        rendered = yaml.safe_load(_text(*settings, chart=chart, only=("--show-only=templates/notes.yaml",)))
    text: str = rendered["notes"]
    return text


def install_manifest() -> str:
    """What manifests/install/operator.yaml should hold."""
    return _INSTALL_HEADER + _text("crds.keep=false")


def _text(*settings: str, chart: Path = CHART, only: tuple[str, ...] = ()) -> str:
    options = [f"--set={setting}" for setting in settings]
    return helm("template", "oneroster-operator", str(chart), f"--namespace={NAMESPACE}", *options, *only)


def _run(*command: str) -> str:
    path = f"{places.program_directory()}:{os.environ['PATH']}"
    if shutil.which(command[0], path=path) is None:
        raise Refused(f"{command[0]} is not there: put it on PATH, or let `make cluster-up` compile it")
    env = dict(os.environ, PATH=path)
    done = subprocess.run(command, env=env, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr or done.stdout)
    return done.stdout
