"""Images without a container engine: buildah with chroot isolation, on a base made of Debian packages.

Needs root. What the machine's pip needs to reach its packages is mounted for the time of a build, and so gets
into no image.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.cluster import debian, pip_settings, places, versions
from tests.cluster.commands import run
from tests.cluster.images import KEY_LABEL, Build, ensure, reference
from tests.cluster.locks import exclusive
from tests.cluster.mounts import unmount_below
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError

CERTIFICATES = Path("/etc/ssl/certs")
_CONTAINERFILES = Path(__file__).parent / "images"


class Buildah:
    """An `images.Engine`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def defaults(self, build: Build, /) -> Mapping[str, str]:
        if "PYTHON_IMAGE" not in build.file.read_text() or "PYTHON_IMAGE" in build.arguments:
            return {}
        return {"PYTHON_IMAGE": self.ensure_base()}

    def label(self, tag: str, name: str) -> str | None:
        described = _describe(tag) or {"OCIv1": {}}
        labels = described["OCIv1"].get("config", {}).get("Labels") or {}
        return labels.get(name)

    def build(self, build: Build, labels: Mapping[str, str]) -> None:
        """With a cache of layers. What had the tag before is removed, so that the store does not grow."""
        with exclusive(places.cache() / "build.lock", self._progress), _mounts() as mounts:
            self._mend_store()
            before = _identify(build.tag)
            _buildah(
                "build",
                "--isolation=chroot",
                "--layers",
                f"--tag={build.tag}",
                f"--file={build.file}",
                *(f"--build-arg={name}={value}" for name, value in build.arguments.items()),
                *(f"--label={name}={value}" for name, value in labels.items()),
                *(f"--volume={source}:{target}:ro" for source, target in mounts.items()),
                build.context,
            )
            if before and before != _identify(build.tag):
                with suppress(ClusterError):  # another tag may still need it
                    _buildah("rmi", before)

    def push(self, tag: str, name: str) -> None:
        _buildah("push", tag, f"docker://{name}")

    def save(self, tag: str, archive: Path) -> None:
        """As an OCI archive, under the name that the kubelet looks for."""
        _buildah("push", tag, f"oci-archive:{archive}:{reference(tag)}")

    def image_id(self, tag: str) -> str:
        """Changes with the content. Raises `ClusterError` when there is no such image."""
        if identifier := _identify(tag):
            return identifier
        message = f"there is no image {tag} here: build it first, with `python -m tests.cluster build`"
        raise ClusterError(message)

    def ensure_base(self) -> str:
        """The tag of a small Debian with Python, which is made when it is not there."""
        recipe = " ".join([versions.DEBIAN_SUITE, *versions.BASE_PACKAGES])
        tag = f"localhost/python:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
        with exclusive(places.cache() / "base.lock", self._progress):
            if self.label(tag, KEY_LABEL) != recipe:
                with self._progress.step("make the Python base image from Debian packages (once, then kept)"):
                    self._make_base(tag, recipe)
        return tag

    def ensure_pause(self, tag: str) -> None:
        """The image that holds a pod's namespaces: busybox, asleep."""
        pause = Build(tag, _CONTAINERFILES / "pause.Containerfile", debian.BUSYBOX.parent)
        ensure(pause, self, self._progress)

    def _mend_store(self) -> None:
        """Removes what a build that was killed left mounted; begins anew where the store cannot be read."""
        try:
            _buildah("rm", "--all")
            _buildah("images", "--all")
        except ClusterError as broken:
            self._progress.say(f"the images in {_store()} are damaged and will be built again: {broken}")
            unmount_below(_store())
            shutil.rmtree(_store())

    def _make_base(self, tag: str, recipe: str) -> None:
        with tempfile.TemporaryDirectory(prefix="oneroster-base-") as directory:
            run(
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                f"--include={','.join(versions.BASE_PACKAGES)}",
                versions.DEBIAN_SUITE,
                Path(directory) / "base.tar",
            )
            self.build(Build(tag, _CONTAINERFILES / "base.Containerfile", Path(directory)), {KEY_LABEL: recipe})


def _store() -> Path:
    return places.cache() / "images"


def _buildah(command: str, *arguments: str | Path) -> str:
    # One runtime root describes the mounted layers of one store.
    in_use = f"/run/oneroster-cluster-images/{hashlib.sha256(bytes(_store())).hexdigest()[:12]}"
    storage = ("--storage-driver=overlay", f"--root={_store()}", f"--runroot={in_use}")
    return run("buildah", *storage, command, *arguments)


def _describe(tag: str) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = json.loads(_buildah("inspect", "--type=image", tag))
    except ClusterError:
        return None
    return described


def _identify(tag: str) -> str | None:
    described = _describe(tag)
    return str(described["FromImageID"]) if described else None


@contextmanager
def _mounts() -> Iterator[dict[Path, Path]]:
    """What of the machine is seen, read-only and for the time of the build only: source -> place."""
    settings = pip_settings.collect(os.environ, pip_settings.FILES)
    mounts = {path: path for path in (CERTIFICATES, *pip_settings.named_paths(settings)) if path.exists()}
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:  # 0600: an index's address can hold a password
        if settings:
            file.write(pip_settings.as_file(settings))
            file.flush()
            mounts[Path(file.name)] = Path("/etc/pip.conf")
        yield mounts
