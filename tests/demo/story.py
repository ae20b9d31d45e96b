"""How the demo speaks: a heading, a command with what it prints, a check that ends the demo when it fails."""

import shlex
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from tests.installation.kubectl import CommandFailed, Kubectl, eventually

T = TypeVar("T")


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
