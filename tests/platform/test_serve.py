"""`python -m tests.platform`, as the demo uses it."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from oneroster_operator.platform.main import main as platform
from tests.platform.databases import GROUP_ROLES, OPERATOR_LOGIN
from tests.platform.postgres import SUPERUSER, free_port

pytestmark = pytest.mark.database

COMMAND = [sys.executable, "-m", "tests.platform"]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
SCHOOLS = '[{"id": "sch_a", "name": "A", "identifier": "1"}, {"id": "sch_b", "name": "B"}]'


@pytest.fixture
def data() -> Iterator[Path]:
    # Not pytest's directory: where root runs the tests, `nobody` cannot reach that.
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    for login in (SUPERUSER, *GROUP_ROLES):
        (tmp_path / login).write_text(f"{login}'s p@ss/wörd\n", encoding="utf-8")
    return tmp_path


@contextmanager
def serving(data: Path, port: int, passwords: Path) -> Iterator[None]:
    arguments = ["serve", "--data", str(data), "--port", str(port), "--password-dir", str(passwords)]
    with subprocess.Popen(
        COMMAND + arguments, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            assert said == f"The platform's database takes connections on 127.0.0.1:{port}.\n"
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def run(command: str, *arguments: str) -> None:
    subprocess.run([*COMMAND, command, *arguments], check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)


def test_a_platform_is_served_seeded_given_logins_and_still_there_after_a_restart(
    data: Path, passwords: Path, tmp_path: Path
) -> None:
    port = free_port()

    def url(login: str) -> str:
        password = (passwords / login).read_text(encoding="utf-8").strip()
        return f"postgresql://{login}:{quote(password, safe='')}@127.0.0.1:{port}/postgres"

    admin = tmp_path / "admin-url"
    admin.write_text(url(SUPERUSER) + "\n")
    schools = tmp_path / "schools.json"
    schools.write_text(SCHOOLS)
    with serving(data, port, passwords):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://{SUPERUSER}:wrong@127.0.0.1:{port}/postgres")
        assert platform(["migrate", "--url-file", str(admin)]) == 0
        for _ in range(2):
            run("users", "--url-file", str(admin), "--password-dir", str(passwords))
            run("seed", "--url-file", str(admin), "--district", "springfield-usd", "--schools", str(schools))
    with serving(data, port, passwords), psycopg.connect(url(OPERATOR_LOGIN)) as connection:
        rows = connection.execute("SELECT * FROM public.schools ORDER BY id").fetchall()
    assert rows == [("sch_a", "springfield-usd", "A", "1"), ("sch_b", "springfield-usd", "B", None)]
