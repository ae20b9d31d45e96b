"""How the demo speaks: a heading, a command with what it prints, a check that ends the demo when it fails."""

import re
import shlex
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import yaml

from tests.installation.kubectl import CommandFailed, Kubectl, Manifest, eventually

T = TypeVar("T")

_MASK = "********"


class Story:
    """Tells the steps in order and counts the time."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._begin = time.monotonic()
        self._step = 0

    def step(self, heading: str) -> None:
        """Begin the next step."""
        self._step += 1
        print(f"\n── {self._step}. {heading}  [{time.monotonic() - self._begin:.0f} s]", flush=True)

    def say(self, text: str) -> None:
        """One line of explanation."""
        print(f"   {text}", flush=True)

    def show(self, *arguments: str) -> str:
        """Run kubectl, print the command and what it printed."""
        print(f"$ kubectl {shlex.join(arguments)}", flush=True)
        out = self._kubectl(*arguments)
        print(out.rstrip(), flush=True)
        return out

    def apply(self, *manifests: Manifest) -> None:
        """Apply the manifests, print them, secrets masked, and what kubectl printed."""
        print(f"$ kubectl apply -f - <<'EOF'\n{as_yaml(*manifests)}EOF", flush=True)
        print(self._kubectl.apply(*manifests).rstrip(), flush=True)

    def wait(self, look: Callable[[], T], until: Callable[[T], bool], what: str, seconds: float = 60) -> T:
        """Wait for something and say how long it took."""
        begin = time.monotonic()
        seen = eventually(look, until, what, seconds)
        self.say(f"{what}: after {time.monotonic() - begin:.1f} s")
        return seen

    def check(self, holds: bool, what: str) -> None:
        """Say that it holds, or end the demo."""
        if not holds:
            raise CommandFailed(f"not as the demo says: {what}")
        self.say(f"✓ {what}")

    def fail(self, error: Exception) -> None:
        """The last words of a demo that went wrong."""
        print(f"\n✗ step {self._step} failed: {error}", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._begin


def as_yaml(*manifests: Manifest) -> str:
    """As a person would write them down to show them: of a Secret the client id and who logs in where, no more."""
    return yaml.dump_all((_masked(m) for m in manifests), Dumper=_Dumper, sort_keys=False, width=110)


def _masked(manifest: Manifest) -> Manifest:
    if manifest["kind"] != "Secret":
        return manifest
    values = {key: _without_secret(key, value) for key, value in manifest["stringData"].items()}
    return {**manifest, "stringData": values}


def _without_secret(key: str, value: str) -> str:
    if key == "clientId":
        return value
    if url := re.fullmatch(r"(postgresql://\w+:)[^@]+(@[^@]+)", value):
        return f"{url[1]}{_MASK}{url[2]}"
    return _MASK


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block; in quotes what looks like a number, a time of day or a truth value."""


def _text(dumper: yaml.SafeDumper, text: str) -> Any:
    style = "|" if "\n" in text else '"' if re.match(r"[\d*]|true$|false$", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
