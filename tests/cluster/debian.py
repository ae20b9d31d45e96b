"""Debian packages that the cluster on this machine and its images are made of."""

from pathlib import Path

from tests.cluster import places
from tests.cluster.commands import run
from tests.cluster.locks import exclusive
from tests.cluster.progress import Progress

PACKAGES = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "nftables",
    "iproute2",
    "buildah",
    "mmdebstrap",
    "busybox-static",
    "ca-certificates",
)
CNI_PLUGINS = Path("/usr/lib/cni")
BUSYBOX = Path("/bin/busybox")
CONTAINERD = Path("/usr/bin/containerd")


def is_debian(os_release: str) -> bool:
    """From the text of /etc/os-release: Debian itself; derivatives have other packages and were not tried."""
    return "ID=debian" in os_release.splitlines()


def missing(dpkg_status: str) -> list[str]:
    """Packages not installed, from `dpkg-query` lines of `package status`, for example `runc installed`."""
    installed = {line.split()[0] for line in dpkg_status.splitlines() if line.endswith(" installed")}
    return [package for package in PACKAGES if package not in installed]


def require(progress: Progress) -> None:
    """Installs what is missing. Two runs at once take turns."""
    with exclusive(places.cache() / "debian.lock", progress):
        if not (wanted := missing(_dpkg_status())):
            return
        with progress.step(f"install Debian packages: {' '.join(wanted)}"):
            run("apt-get", "update", "-q")
            run(
                "apt-get",
                "install",
                "-y",
                "-q",
                "--no-install-recommends",
                *wanted,
                environment={"DEBIAN_FRONTEND": "noninteractive"},
            )


def _dpkg_status() -> str:
    return run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n")
