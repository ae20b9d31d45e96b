import dataclasses
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.processes import Identity, Processes, boot_id, end, identify, start_time
from tests.cluster.provider import ClusterError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "processes"


@pytest.fixture
def processes(directory: Path, tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(directory, tmp_path / "logs")
    yield processes
    for name in processes.names():
        processes.stop(name)


def noted(directory: Path, name: str) -> Identity:
    return Identity(**json.loads((directory / f"{name}.json").read_text())["identity"])


def test_the_start_time_is_found_whatever_the_program_is_called() -> None:
    assert start_time("47 (a) b () S 1 47 47 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 815 1 2 3") == 815


def test_a_zombie_has_ended() -> None:
    assert start_time("47 (sleep) Z 1 47 47 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 815 1 2 3") is None


def test_a_process_is_started_once(processes: Processes, directory: Path) -> None:
    processes.ensure("sleeper", ["sleep", "60"])
    first = noted(directory, "sleeper")
    processes.ensure("sleeper", ["sleep", "60"])
    assert processes.alive("sleeper")
    assert noted(directory, "sleeper") == first


def test_other_arguments_start_it_anew(processes: Processes, directory: Path) -> None:
    processes.ensure("sleeper", ["sleep", "60"])
    first = noted(directory, "sleeper")
    processes.ensure("sleeper", ["sleep", "61"])
    assert identify(first.pid) != first
    assert processes.alive("sleeper")


def test_a_changed_file_that_it_reads_starts_it_anew(
    processes: Processes, directory: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings"
    settings.write_text("one")
    processes.ensure("sleeper", ["sleep", "60"], [settings])
    first = noted(directory, "sleeper")
    settings.write_text("two")
    processes.ensure("sleeper", ["sleep", "60"], [settings])
    assert noted(directory, "sleeper") != first


def test_stopping_ends_the_process_and_forgets_it(processes: Processes, directory: Path) -> None:
    processes.ensure("sleeper", ["sleep", "60"])
    process = noted(directory, "sleeper")
    processes.stop("sleeper")
    assert identify(process.pid) != process
    assert processes.names() == []


@pytest.mark.parametrize("other", [{"started": 1}, {"boot": "of another day"}])
def test_whoever_has_the_pid_now_is_left_alone(
    processes: Processes, directory: Path, other: dict[str, int | str]
) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        identity = identify(stranger.pid)
        assert identity is not None
        directory.mkdir()
        stale = dataclasses.asdict(identity) | other
        (directory / "sleeper.json").write_text(json.dumps({"argv": ["sleep", "60"], "identity": stale}))

        assert not processes.alive("sleeper")
        processes.stop("sleeper")

        assert identify(stranger.pid) == identity
        end(identity)


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"identity": null}'])
def test_a_broken_note_counts_as_ended(processes: Processes, directory: Path, note: str) -> None:
    directory.mkdir()
    (directory / "sleeper.json").write_text(note)
    assert not processes.alive("sleeper")
    processes.ensure("sleeper", ["sleep", "60"])
    assert processes.alive("sleeper")


def test_what_died_is_told_with_its_last_words(processes: Processes) -> None:
    processes.ensure("failing", ["sh", "-c", "echo no such door; read never"])
    while processes.alive("failing"):
        time.sleep(0.01)
    with pytest.raises(ClusterError, match="no such door"):
        processes.check("failing")


def test_an_identity_belongs_to_this_boot() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        identity = identify(process.pid)
        assert identity is not None
        assert identity.boot == boot_id()
        end(identity)
        assert identify(process.pid) is None
