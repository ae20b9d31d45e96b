"""What the machine was like before the cluster, and how to get it back there.

`up` writes down the state of everything that the components change outside our own directory; `down` puts exactly
that back. What was there before stays.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster import network, pods, services
from tests.cluster.commands import run
from tests.cluster.mounts import mounts_below, unmount_below
from tests.cluster.node import CNI_NETWORK
from tests.cluster.places import LOCK, LOGS, RUN
from tests.cluster.processes import running
from tests.cluster.provider import ClusterError

PROC = Path("/proc")
NOTE = RUN / "before.json"
# The kubelet sets these (k8s.io/component-helpers/node/util/sysctl), the network of pods needs the last.
SYSCTLS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "net/ipv4/ip_forward",
)
# Made by kubelet, containerd and the network plugins whatever they are told; others may come to use them too.
KUBELET = Path("/var/lib/kubelet")
CNI_RESULTS = Path("/var/lib/cni/results")
CONTAINER_LOGS = Path("/var/log/containers")
DIRECTORIES = (KUBELET, CNI_RESULTS.parent, CONTAINER_LOGS, Path("/run/containerd"))


@dataclass(frozen=True)
class Machine:
    """The state, outside our directory, of what Kubernetes touches."""

    sysctls: dict[str, str]
    nft_tables: tuple[str, ...]
    cgroups: tuple[str, ...]
    directories: tuple[str, ...]


def observe() -> Machine:
    return Machine(
        sysctls={name: (PROC / "sys" / name).read_text().strip() for name in SYSCTLS},
        nft_tables=services.tables(),
        cgroups=tuple(str(path) for path in pods.cgroups()),
        directories=tuple(str(path) for path in DIRECTORIES if path.exists()),
    )


def differences(before: Machine, now: Machine) -> Machine:
    """What has to be undone: settings with their former value, and whatever was not there."""
    return Machine(
        sysctls={name: value for name, value in before.sysctls.items() if now.sysctls.get(name) != value},
        nft_tables=tuple(name for name in now.nft_tables if name not in before.nft_tables),
        cgroups=tuple(path for path in now.cgroups if path not in before.cgroups),
        directories=tuple(path for path in now.directories if path not in before.directories),
    )


def refuse_another_kubernetes(machine: Machine) -> None:
    """Two kubelets or kube-proxies on one machine would take each other's pods and rules for their own."""
    if machine.nft_tables or machine.cgroups:
        signs = ", ".join((*machine.nft_tables, *machine.cgroups))
        message = (
            f"another Kubernetes runs, or ran, on this machine ({signs}): use it with CLUSTER=current, "
            "or remove it (a restart of the machine clears what it left)"
        )
        raise ClusterError(message)


def write_down(machine: Machine) -> None:
    NOTE.write_text(json.dumps(asdict(machine), indent=1))


def written_down() -> Machine | None:
    try:
        noted = json.loads(NOTE.read_text())
        return Machine(
            noted["sysctls"], *(tuple(noted[name]) for name in ("nft_tables", "cgroups", "directories"))
        )
    except (OSError, ValueError, KeyError):
        return None


def undo() -> None:
    """After all processes of the cluster have ended, by `down` or by a restart of the machine."""
    unmount_below(RUN)
    if (before := written_down()) is not None:
        _put_back(differences(before, observe()))
    if network.LINK in network.links():
        run("ip", "link", "delete", network.LINK)
    for path in RUN.iterdir():
        if path in (LOGS, LOCK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def left_behind(before: Machine) -> list[str]:
    """Everything of the cluster's that is still there; empty after a good `down`."""
    rest = differences(before, observe())
    return [
        *(f"process {process.pid}: {' '.join(argv)}" for process, argv in running() if _is_ours(argv)),
        *(f"mount {mount}" for mount in mounts_below(RUN)),
        *(f"network interface {name}" for name in network.links() if name == network.LINK),
        *(f"route {route}" for route in run("ip", "route", "show", "root", network.POD_CIDR).splitlines()),
        *(f"sysctl {name}, which was {value}" for name, value in rest.sysctls.items()),
        *(f"nftables table {name}" for name in rest.nft_tables),
        *(f"cgroup {path}" for path in rest.cgroups),
        *(f"file {path}" for path in _own_files(rest)),
    ]


def _put_back(rest: Machine) -> None:
    for name, value in rest.sysctls.items():
        (PROC / "sys" / name).write_text(value)
    for name in rest.nft_tables:
        run("nft", "delete", "table", *name.split())
    for cgroup in rest.cgroups:
        _remove_empty(Path(cgroup))
    for file in _own_files(rest):
        file.unlink()
    for directory in rest.directories:
        _remove_empty(Path(directory))


def _own_files(rest: Machine) -> list[Path]:
    """Ours in the directories that others may use too."""
    files = list(CNI_RESULTS.glob(f"{CNI_NETWORK}-*"))
    for result in tuple(files):  # <network>-<pod's container>-<interface>
        files += CNI_RESULTS.glob(f"cni-loopback-{result.name.split('-')[1]}-*")
    files += [
        link for link in CONTAINER_LOGS.glob("*") if link.is_symlink() and link.readlink().is_relative_to(LOGS)
    ]
    if str(KUBELET) in rest.directories:
        files += KUBELET.glob("device-plugins/kubelet.sock")
    return files


def _remove_empty(directory: Path) -> None:
    """With the empty ones below; one that is in use stays, which for a cgroup `left_behind` then tells."""
    for path in (*sorted(directory.rglob("*/"), reverse=True), directory):
        with suppress(OSError):
            path.rmdir()


def _is_ours(argv: list[str]) -> bool:
    return any(argument.startswith((f"{RUN}/", f"--config={RUN}/")) for argument in argv)
