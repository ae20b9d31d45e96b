from pathlib import Path

from tests.cluster.files import write_if_changed


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = write_if_changed(tmp_path / "config" / "a.json", "one", mode=0o600)
    before = path.stat()
    write_if_changed(path, "one")
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_mode & 0o777 == 0o600


def test_other_content_is_written(tmp_path: Path) -> None:
    path = write_if_changed(tmp_path / "a.json", "one")
    assert write_if_changed(path, "two").read_text() == "two"
