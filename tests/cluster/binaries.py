"""Compiles Kubernetes, etcd, CoreDNS and helm from their Go modules, once, and keeps the result.

A result is kept under a key of everything that decides it, and moved into place only when each program has run.
What was cut short is therefore never found, and what was damaged later is built again.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import golang, places, versions
from tests.cluster.commands import run
from tests.cluster.locks import exclusive
from tests.cluster.progress import Progress

MANIFEST = "manifest.json"
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Module:
    """Programs of one go.mod."""

    name: str  # the folder under gomod/
    packages: dict[str, str]  # program -> Go package
    version: dict[str, str]  # program -> arguments with which it says its version and ends
    stamps: dict[str, str]  # Go variable -> value, set by the linker

    @property
    def directory(self) -> Path:
        return versions.GOMOD / self.name

    def key(self) -> str:
        """Changes whenever the programs would."""
        digest = hashlib.sha256()
        for file in sorted(self.directory.iterdir()):
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
        digest.update(json.dumps([self.packages, self.stamps], sort_keys=True).encode())
        return digest.hexdigest()[:16]


def everything() -> tuple[Module, ...]:
    """What the cluster on this machine is made of."""
    return (
        kubernetes(
            "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl"
        ),
        Module("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}, {"etcd": "--version"}, {}),
        Module("coredns", {"coredns": "."}, {"coredns": "-version"}, {}),
        helm(),
    )


def clients() -> tuple[Module, ...]:
    """What people use on a cluster that others have built."""
    return kubernetes("kubectl"), helm()


def kubernetes(*programs: str) -> Module:
    version, major, minor = versions.kubernetes()
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return Module(
        "kubernetes",
        {program: f"k8s.io/kubernetes/cmd/{program}" for program in programs},
        dict.fromkeys(programs, "--version") | {"kubectl": "version --client"},
        {
            f"{package}.{variable}": value
            for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
            for variable, value in stamps.items()
        },
    )


def helm() -> Module:
    """`helm template` and `helm lint` take the stamped version for the cluster's, as in helm's own Makefile."""
    _, major, minor = versions.kubernetes()
    stamps = {"k8sVersionMajor": major, "k8sVersionMinor": minor}
    return Module(
        "helm",
        {"helm": "helm.sh/helm/v3/cmd/helm"},
        {"helm": "version"},
        {
            f"helm.sh/helm/v3/pkg/{package}.{variable}": value
            for package in ("chartutil", "lint/rules")
            for variable, value in stamps.items()
        },
    )


def ensure(wanted: Iterable[Module], progress: Progress) -> dict[str, Path]:
    """Program name -> path, compiled where the cache has none that is sound."""
    programs: dict[str, Path] = {}
    store = places.cache() / "programs"
    with exclusive(store / "lock", progress):
        for module in wanted:
            kept = store / f"{module.name}-{module.key()}"
            if not is_sound(kept, module.packages):
                for unfinished in store.glob(f"{_UNFINISHED}*"):
                    shutil.rmtree(unfinished)
                with progress.step(f"compile {module.name} from its Go modules (once, then kept)"):
                    _compile(module, kept, golang.go(progress))
            programs |= {name: kept / name for name in module.packages}
    return programs


def link(programs: dict[str, Path]) -> None:
    """Puts the programs that people use into the directory for PATH."""
    directory = places.program_directory()
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("kubectl", "helm"):
        if name not in programs:
            continue
        fresh = directory / f".{name}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(programs[name])
        fresh.rename(directory / name)


def is_sound(directory: Path, names: Iterable[str]) -> bool:
    """Whether each program is what the manifest says: by size and time, and by content where the time differs."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
        return all(_is_same(directory / name, manifest[name]) for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_manifest(directory: Path, names: Iterable[str]) -> None:
    manifest = {}
    for name in names:
        path = directory / name
        stat = path.stat()
        manifest[name] = {"size": stat.st_size, "modified": stat.st_mtime_ns, "sha256": _sha256(path)}
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1))


def _is_same(path: Path, noted: dict[str, object]) -> bool:
    stat = path.stat()
    if stat.st_size != noted["size"]:
        return False
    return stat.st_mtime_ns == noted["modified"] or _sha256(path) == noted["sha256"]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compile(module: Module, kept: Path, go: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=kept.parent) as unfinished:
        fresh = Path(unfinished) / "programs"
        fresh.mkdir()
        (name, *more) = module.packages
        flags = " ".join(["-s", "-w", *(f"-X {variable}={value}" for variable, value in module.stamps.items())])
        run(
            go,
            "build",
            "-trimpath",
            "-ldflags",
            flags,
            "-o",
            f"{fresh}/" if more else fresh / name,
            *module.packages.values(),
            directory=module.directory,
            environment={"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false"},
        )
        for program in module.packages:
            run(fresh / program, *module.version[program].split(), seconds=60)
        write_manifest(fresh, module.packages)
        shutil.rmtree(kept, ignore_errors=True)
        fresh.rename(kept)
