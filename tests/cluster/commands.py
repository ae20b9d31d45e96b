"""Runs a program to its end and tells a failure with the program's own last words."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.provider import ClusterError

LAST_LINES = 15


def run(
    *argv: str | Path,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    seconds: float | None = None,
) -> str:
    """The program's stdout. `environment` is added to ours. Raises `ClusterError` when it fails or is late."""
    command = [str(part) for part in argv]
    try:
        done = subprocess.run(
            command,
            input=stdin,
            env={**os.environ, **(environment or {})},
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as missing:
        message = f"the program {command[0]} is not there: install it"
        raise ClusterError(message) from missing
    except subprocess.TimeoutExpired as late:
        message = f"`{' '.join(command[:3])} ...` did not end within {seconds:.0f} seconds"
        raise ClusterError(message) from late
    if done.returncode:
        words = "\n".join((done.stderr or done.stdout).splitlines()[-LAST_LINES:])
        message = f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{words}"
        raise ClusterError(message)
    return done.stdout


def succeeds(*argv: str | Path, seconds: float = 10) -> bool:
    """Whether the program is there and ends well in time. For questions whose answer may be no."""
    try:
        run(*argv, seconds=seconds)
    except ClusterError:
        return False
    return True
