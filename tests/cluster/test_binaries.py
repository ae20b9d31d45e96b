import os
from pathlib import Path

import pytest

from tests.cluster import binaries, versions


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    (tmp_path / "etcd").write_bytes(b"a program")
    binaries.write_manifest(tmp_path, ["etcd"])
    return tmp_path


def test_what_was_written_is_sound(kept: Path) -> None:
    assert binaries.is_sound(kept, ["etcd"])


def test_a_copy_with_another_time_is_sound_by_its_content(kept: Path) -> None:
    os.utime(kept / "etcd", (1, 1))
    assert binaries.is_sound(kept, ["etcd"])


def test_other_content_of_the_same_size_is_not_sound(kept: Path) -> None:
    (kept / "etcd").write_bytes(b"A program")
    os.utime(kept / "etcd", (1, 1))
    assert not binaries.is_sound(kept, ["etcd"])


def test_a_program_cut_short_is_not_sound(kept: Path) -> None:
    (kept / "etcd").write_bytes(b"a pro")
    assert not binaries.is_sound(kept, ["etcd"])


def test_a_missing_program_is_not_sound(kept: Path) -> None:
    assert not binaries.is_sound(kept, ["etcd", "helm"])


@pytest.mark.parametrize("manifest", ["", "[]", '{"etcd": 1}'])
def test_a_broken_manifest_is_not_sound(kept: Path, manifest: str) -> None:
    (kept / binaries.MANIFEST).write_text(manifest)
    assert not binaries.is_sound(kept, ["etcd"])


def test_the_key_follows_the_lock_and_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "GOMOD", tmp_path)
    (tmp_path / "etcd").mkdir()
    go_sum = tmp_path / "etcd" / "go.sum"
    go_sum.write_text("one")

    def key(package: str = "example.org/etcd") -> str:
        return binaries.Module("etcd", {"etcd": package}, {"etcd": "--version"}, {}).key()

    first = key()
    assert key() == first
    assert key("example.org/other") != first
    go_sum.write_text("two")
    assert key() != first


def test_every_module_is_locked_and_every_program_can_be_asked_for_its_version() -> None:
    for module in (*binaries.everything(), *binaries.clients()):
        assert {"go.mod", "go.sum"} <= {file.name for file in module.directory.iterdir()}
        assert module.packages.keys() <= module.version.keys()
