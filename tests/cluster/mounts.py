"""Mounts below a directory that is to be removed."""

from pathlib import Path

from tests.cluster.commands import run, succeeds


def mounts_below(directory: Path) -> list[str]:
    """Mount points, in the order they were made."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [point for line in lines if (point := line.split()[4]).startswith(f"{directory}/")]


def unmount_below(directory: Path) -> None:
    """What is still in use goes out of sight now, and away with its last user."""
    for mount in reversed(mounts_below(directory)):
        if not succeeds("umount", mount):
            run("umount", "--lazy", mount)
