"""Long-running processes that outlive this tool, known by pid files that a recycled pid cannot deceive."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.cluster.provider import ClusterError

PROC = Path("/proc")
GRACE = 5.0  # seconds that each signal is given
LAST_LINES = 12
# Nothing of the caller's: a proxy from its environment would come between the components.
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}


@dataclass(frozen=True)
class Identity:
    """A pid means one process only together with the boot and the clock tick in which it began.

    `started` is the starttime of proc(5).
    """

    pid: int
    started: int
    boot: str


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def start_time(stat: str) -> int | None:
    """From the text of /proc/PID/stat: clock ticks after boot; None for a zombie, which has ended."""
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


def identify(pid: int) -> Identity | None:
    """Who has this pid now."""
    try:
        started = start_time((PROC / str(pid) / "stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if started is None else Identity(pid, started, boot_id())


def running() -> Iterator[tuple[Identity, list[str]]]:
    """Every process of the machine with its arguments."""
    for path in PROC.glob("[0-9]*"):
        try:
            argv = (path / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if identity := identify(int(path.name)):
            yield identity, argv


class Processes:
    """Processes of one run directory: `<name>.json` says who runs, `<name>.log` what it has to say."""

    def __init__(self, directory: Path, logs: Path) -> None:
        self._directory = directory
        self._logs = logs

    def ensure(
        self,
        name: str,
        argv: Sequence[str | Path],
        reads: Sequence[Path] = (),
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """Starts the process, unless it runs with these very arguments and what it reads is still the same.

        `prepare` is done before it is started, after a former one was stopped.
        """
        command = [str(part) for part in argv]
        files = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in reads}
        note = self._note(name)
        if self.alive(name) and note.get("argv") == command and note.get("reads") == files:
            return
        self.stop(name)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        if prepare:
            prepare()
        # Not by subprocess, which holds that a child which outlives its parent is a mistake.
        pid = os.posix_spawnp(
            command[0],
            command,
            _ENVIRONMENT,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log(name)), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        identity = identify(pid)
        note = {"argv": command, "reads": files, "identity": asdict(identity) if identity else None}
        (self._directory / f"{name}.json").write_text(json.dumps(note, indent=1))

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def alive(self, name: str) -> bool:
        identity = self._identity(name)
        return identity is not None and identify(identity.pid) == identity

    def names(self) -> list[str]:
        """Everything ever started here, dead or alive."""
        return sorted(path.stem for path in self._directory.glob("*.json"))

    def stop(self, name: str) -> None:
        """Asks the process to end, kills it when it does not. A stale note is only removed."""
        identity = self._identity(name)
        if identity is not None:
            end(identity)
        (self._directory / f"{name}.json").unlink(missing_ok=True)

    def check(self, name: str) -> None:
        """Raises `ClusterError` with the end of its log when the process has died."""
        if not self.alive(name):
            words = "\n".join(self.log(name).read_text(errors="replace").splitlines()[-LAST_LINES:])
            message = f"{name} has ended; the end of {self.log(name)}:\n{words}"
            raise ClusterError(message)

    def _identity(self, name: str) -> Identity | None:
        try:
            return Identity(**self._note(name)["identity"])
        except (KeyError, TypeError):
            return None

    def _note(self, name: str) -> dict[str, Any]:
        try:
            note = json.loads((self._directory / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}


def end(identity: Identity, numbers: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGKILL)) -> None:
    """Sends one signal after the other until the process has ended; never to the next one with its pid."""
    for number in numbers:
        if not send(identity, number):
            return
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline:
            if identify(identity.pid) != identity:
                return
            time.sleep(0.05)


def send(identity: Identity, number: signal.Signals) -> bool:
    """False when the process is gone. The pidfd holds it, so that the pid cannot change hands in between."""
    try:
        handle = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return False
    try:
        if identify(identity.pid) != identity:
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True
