"""Ends what runs in pods once the kubelet is stopped, also where containerd is no longer there to help.

The processes are found by the kubelet's cgroup, which holds nothing else.
"""

import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.node import CONTAINERD_SOCKET, containerd_answers
from tests.cluster.places import RUN
from tests.cluster.processes import Identity, end, identify, running, send

PATIENCE = 10.0  # seconds for containerd to clean up behind ended containers
CGROUPS = Path("/sys/fs/cgroup")
# Where containerd 1.6 keeps these whatever its configuration says.
_SHIM_SOCKETS = Path("/run/containerd/s")
_RUNC_STATE = Path("/run/containerd/runc/k8s.io")
_SHIM_STATE = RUN / "containerd-state" / "io.containerd.runtime.v2.task" / "k8s.io"


def cgroups() -> list[Path]:
    """The kubelet's cgroup in every hierarchy: several with version 1, one with version 2."""
    return [path for path in (CGROUPS / "kubepods", *sorted(CGROUPS.glob("*/kubepods"))) if path.is_dir()]


def end_all() -> None:
    """Kills every process in a pod, lets containerd, if it runs, clean up, and does the rest itself."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for process in _members():
            send(process, signal.SIGKILL)
        if not shims() or not containerd_answers():
            break
        time.sleep(0.2)
    for shim in shims():
        end(shim, [signal.SIGKILL])
    _remove_state()


def shims() -> list[Identity]:
    """containerd's guardians of one pod each. They outlive containerd, and name its socket."""
    return [
        identity for identity, argv in running() if "containerd-shim" in argv[0] and str(CONTAINERD_SOCKET) in argv
    ]


def _members() -> Iterator[Identity]:
    for group in cgroups():
        for listing in group.rglob("cgroup.procs"):
            for pid in listing.read_text().split():
                if identity := identify(int(pid)):
                    yield identity


def _remove_state() -> None:
    """Of shims that could not do it themselves."""
    for container in _SHIM_STATE.glob("*"):
        shutil.rmtree(_RUNC_STATE / container.name, ignore_errors=True)
    for path in _SHIM_SOCKETS.glob("*"):
        if _is_deserted(path):
            path.unlink(missing_ok=True)


def _is_deserted(path: Path) -> bool:
    """Nobody listens on this socket, nor will: whose it was no longer matters."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
