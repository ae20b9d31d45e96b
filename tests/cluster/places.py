"""Where the cluster keeps its files."""

import os
from pathlib import Path

# The state of the running cluster. Fixed, because a machine holds one: whoever asks finds the same.
RUN = Path("/var/lib/oneroster-cluster")
KUBECONFIG = RUN / "kubeconfig"
LOGS = RUN / "logs"  # of the last run, also after `down`
LOCK = RUN / "lock"


def cache() -> Path:
    """What survives `down`: compiled programs and images (XDG Base Directory Specification)."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "oneroster-operator"


def program_directory() -> Path:
    """Links to the kubectl and helm that this tool compiled, to be put in front of PATH."""
    return cache() / "bin"
