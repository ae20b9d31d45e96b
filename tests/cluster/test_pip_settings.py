from pathlib import Path

from tests.cluster.pip_settings import as_file, collect, named_paths


def test_variables_win_over_files_and_later_files_over_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("[global]\nindex-url = https://one.example\ntimeout = 5\n")
    (tmp_path / "two").write_text("[global]\nindex-url = https://two.example\n[install]\ncert = /two.pem\n")
    found = collect({"PIP_CERT": "/mine.pem"}, [tmp_path / "one", tmp_path / "two", tmp_path / "absent"])
    assert found == {"index-url": "https://two.example", "timeout": "5", "cert": "/mine.pem"}


def test_settings_of_another_kind_stay_on_the_machine() -> None:
    assert collect({"PIP_REQUIRE_VIRTUALENV": "1", "PIP_FIND_LINKS": ""}, []) == {}


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    settings = {"index-url": "https://one.example/%7Eme", "find-links": "/a\n/b"}
    file = tmp_path / "pip.conf"
    file.write_text(as_file(settings))
    assert collect({}, [file]) == settings


def test_only_paths_that_are_there_are_named(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    links = f"{wheels} {tmp_path}/absent https://links.example"
    assert named_paths({"find-links": links, "timeout": "5"}) == [wheels]
