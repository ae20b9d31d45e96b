"""``python -m tests.district`` as a process of its own."""

import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.district.__main__ import main

PROGRAM = [sys.executable, "-m", "tests.district"]
POPULATION = ["--seed", "7", "--schools", "4", "--today", "2026-11-24"]


@dataclass(frozen=True)
class Served:
    base_url: str
    token_url: str
    control_port: str
    directory: Path

    def run(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *action.split(), "--control-port", self.control_port, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("district")
    (directory / "secret").write_text("s3cret\n")
    arguments = [
        "serve", *POPULATION, "--students-per-school", "20", "--port", "0", "--control-port", "0",
        "--tls-dir", str(directory / "tls"), "--tls-name", "localhost", "10.9.8.7", "district.example",
        "--client-id", "platform", "--client-secret-file", str(directory / "secret"),
    ]  # fmt: skip
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        control_port = ready["controlUrl"].rpartition(":")[2]
        yield Served(ready["baseUrl"], ready["tokenUrl"], control_port, directory)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_serves_over_https_with_its_own_ca(served: Served) -> None:
    context = ssl.create_default_context(cafile=served.directory / "tls" / "ca.pem")
    form = b"grant_type=client_credentials&client_id=platform&client_secret=s3cret"
    with urllib.request.urlopen(served.token_url, form, context=context) as response:
        token = json.load(response)["access_token"]
    request = urllib.request.Request(f"{served.base_url}/orgs", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, context=context) as response:
        assert response.headers["X-Total-Count"] == "5"
    assert os.stat(served.directory / "tls" / "server.pem").st_mode & 0o777 == 0o600  # noqa: PTH116
    assert json.loads(served.run("requests").stdout) == {"token": 1, "orgs": 1}


def test_tells_what_it_holds_and_what_a_platform_should_hold(served: Served) -> None:
    counts = json.loads(served.run("counts").stdout)
    assert counts["orgs"] == 5
    every = json.loads(served.run("expected").stdout)
    assert list(every["Students"]["memberships"]) == ["0101", "0102", "0103", "0104"]
    two = json.loads(served.run("expected", "--linked", "0103", "0101").stdout)
    assert list(two["Students"]["memberships"]) == ["0103", "0101"]


def test_a_control_command_prints_one_line_and_counts_follow(served: Served) -> None:
    before = json.loads(served.run("expected", "--linked", "0102").stdout)
    changed = served.run("control withdraw-student", "--school", "0102", "--leaving", "tobedeleted")
    assert changed.stdout.endswith("left Lincoln Middle School (0102) (tobedeleted)\n")
    after = json.loads(served.run("expected", "--linked", "0102").stdout)
    assert after["Students"]["memberships"]["0102"] == before["Students"]["memberships"]["0102"] - 1


def test_the_secret_rotates_from_a_file(served: Served) -> None:
    new = served.directory / "new-secret"
    new.write_text("n3w\n")
    assert (
        served.run("control rotate-secret", "--secret-file", str(new)).stdout
        == "secret rotated, tokens withdrawn\n"
    )
    context = ssl.create_default_context(cafile=served.directory / "tls" / "ca.pem")
    form = b"grant_type=client_credentials&client_id=platform&client_secret=%s"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(served.token_url, form % b"s3cret", context=context)
    with urllib.request.urlopen(served.token_url, form % b"n3w", context=context) as response:
        assert response.status == 200


def test_the_page_size_can_be_set_and_freed(served: Served) -> None:
    assert served.run("control set-page-size", "--maximum", "50").stdout == "pages hold at most 50 records\n"
    assert served.run("control set-page-size").stdout == "pages hold as many records as asked for\n"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("set-heavy --above 1000 --status 504", "pages above 1000 rows are answered with 504\n"),
        ("set-heavy", "no page is too heavy\n"),
        (
            "limit-rate --requests 5 --retry-after 2 --form date",
            "429 after 5 requests, to be tried again in 2 s\n",
        ),
        ("free-rate", "no limit to requests\n"),
        ("fail --status 500 --times 2 --where token", "next 2 requests (token) are answered with 500\n"),
        ("slow-down --seconds 0.5", "every answer waits 0.5 s\n"),
        ("slow-down --seconds 0", "every answer waits 0.0 s\n"),
        ("hide --collection courses", "courses is answered with 404\n"),
        ("permit --collection courses", "courses is answered again\n"),
        ("change-permissions", "permissions are at revision 2\n"),
    ],
)
def test_faults_begin_and_end_from_the_shell(
    served: Served, command: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["control", *command.split(), "--control-port", served.control_port]) == 0
    assert capsys.readouterr().out == line


@pytest.mark.parametrize(
    ("action", "arguments", "status", "complaint"),
    [
        ("control withdraw-student", ["--student", "nobody"], 1, "nobody has the sourcedId nobody"),
        ("control withdraw-student", ["--leaving", "somehow"], 2, "invalid choice"),
        ("control refuse", ["--collection", "lineItems"], 1, "no collection lineItems"),
        ("control rename-school", ["--school", "0101"], 2, "--name"),
        ("control rotate-secret", [], 2, "--secret-file"),
        ("control fail", ["--status", "200"], 1, "from 400 to 599"),
        ("control set-heavy", ["--status", "500"], 2, "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_said(
    served: Served, action: str, arguments: list[str], status: int, complaint: str
) -> None:
    refused = served.run(action, *arguments)
    assert (refused.returncode, refused.stdout) == (status, "")
    assert complaint in refused.stderr


def test_without_a_district_the_control_port_is_named() -> None:
    nobody = subprocess.run(
        [*PROGRAM, "counts", "--control-port", "1"], capture_output=True, text=True, check=False
    )
    assert nobody.returncode == 1
    assert nobody.stderr.startswith("no district listens on control port 1")


def test_the_platforms_list_needs_no_running_district() -> None:
    listed = subprocess.run([*PROGRAM, "platform-schools", *POPULATION], capture_output=True, check=True)
    schools = json.loads(listed.stdout)
    assert schools[0] == {"id": "sch_lincoln_hs", "name": "Abraham Lincoln Senior High", "identifier": None}


def test_imports_no_third_party_package_but_aiohttps_and_cryptography() -> None:
    program = "import sys, tests.district.__main__; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([*PROGRAM[:1], "-c", program], capture_output=True, text=True, check=True).stdout
    assert {"aiohttp", "cryptography"} <= set(loaded.split())
    assert set(loaded.split()).isdisjoint({"pytest", "httpx", "authlib", "pydantic", "msgspec", "kopf"})
