"""Builds images from a Containerfile, and only when something that goes into them has changed."""

import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.cluster.progress import Progress

# On every image we build: the key of what it was built from.
KEY_LABEL = "oneroster.masteryprep.com/built-from"
_NOT_CONTENT = {"__pycache__", ".git"}


@dataclass(frozen=True)
class Build:
    """`file`: the Containerfile. `arguments`: values for its ARG lines."""

    tag: str
    file: Path
    context: Path
    arguments: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """A program that builds and keeps images."""

    def defaults(self, build: Build, /) -> Mapping[str, str]:
        """Values for ARG lines that this engine has and the build does not; may take a while to make."""
        ...

    def label(self, tag: str, name: str) -> str | None:
        """Of a kept image; None where there is no such image or label."""
        ...

    def build(self, build: Build, labels: Mapping[str, str]) -> None: ...

    def push(self, tag: str, name: str) -> None:
        """To a registry, under another name. Who may push there is the engine's own configuration."""
        ...


def ensure(build: Build, engine: Engine, progress: Progress) -> bool:
    """Builds unless the kept image was built from the same. Returns whether it built."""
    whole = Build(build.tag, build.file, build.context, {**engine.defaults(build), **build.arguments})
    key = build_key(whole, _parents(whole, engine))
    if engine.label(build.tag, KEY_LABEL) == key:
        return False
    with progress.step(f"build image {build.tag}"):
        engine.build(whole, {KEY_LABEL: key})
    return True


def build_key(build: Build, parents: Sequence[str] = ()) -> str:
    """Digest of the Containerfile, the arguments, the images it starts from and every file that it copies.

    `parents`: the keys of those among them that we built ourselves.
    """
    text = build.file.read_text()
    digest = hashlib.sha256(json.dumps([text, dict(sorted(build.arguments.items())), list(parents)]).encode())
    for path in sorted({file for source in sources(text) for file in _files(build.context, source)}):
        digest.update(f"\0{path.relative_to(build.context)}\0{path.stat().st_mode & 0o111}\0".encode())
        with path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def sources(containerfile: str) -> list[str]:
    """What its COPY and ADD lines take from the context."""
    found: list[str] = []
    for line in containerfile.replace("\\\n", " ").splitlines():
        instruction, _, rest = line.strip().partition(" ")
        if instruction.upper() not in {"COPY", "ADD"}:
            continue
        options = [word for word in rest.split() if word.startswith("--")]
        if any(option.startswith("--from=") for option in options):
            continue
        for option in options:
            rest = rest.replace(option, "", 1)
        words = json.loads(rest) if rest.strip().startswith("[") else shlex.split(rest)
        found += [word for word in words[:-1] if "://" not in word]
    return found


def reference(tag: str) -> str:
    """The name under which the kubelet looks for `tag`: as Docker completes it
    (https://github.com/distribution/reference)."""
    host, slash, _ = tag.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        name = tag
    else:
        name = f"docker.io/{tag}" if slash else f"docker.io/library/{tag}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _parents(build: Build, engine: Engine) -> list[str]:
    """By convention the arguments that name images end in IMAGE."""
    images = [value for name, value in sorted(build.arguments.items()) if name.endswith("IMAGE")]
    return [key for image in images if (key := engine.label(image, KEY_LABEL))]


def _files(context: Path, source: str) -> Iterator[Path]:
    pattern = source.strip("/")
    for match in context.glob(pattern) if pattern not in {"", "."} else [context]:
        for path in [match] if match.is_file() else match.rglob("*"):
            if path.is_file() and _NOT_CONTENT.isdisjoint(path.relative_to(context).parts):
                yield path
