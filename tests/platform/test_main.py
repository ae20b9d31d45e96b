"""`oneroster-platform` says what is wrong and never shows a password."""

from pathlib import Path

import pytest

from oneroster_operator.platform.main import URL_VARIABLE, main
from tests.platform.postgres import Server


def test_without_a_url_it_says_where_to_put_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    assert main(["migrate"]) == 2
    assert "set the environment variable PLATFORM_ADMIN_URL or give --url-file" in capsys.readouterr().err


def test_a_url_file_that_is_missing_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["status", "--url-file", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.endswith(f"Cannot read {tmp_path / 'none'}: No such file or directory.\n")


def test_a_url_is_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "postgresql://admin@db/platform"])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://admin:s3cret-wörd@127.0.0.1:1/platform", 3),
        ("postgresql://admin:s3cret@wörd/x@127.0.0.1:5432/platform", 2),
        ("postgres:/admin:s3cret-wörd@127.0.0.1/platform", 2),
    ],
)
def test_a_bad_url_ends_in_a_sentence_without_the_password(
    url: str, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    assert main(["migrate"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("oneroster-platform: The platform")
    assert "s3cret" not in said.err
    assert "wörd" not in said.err


@pytest.mark.database
def test_a_wrong_password_has_an_exit_code_of_its_own(
    postgres: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, postgres.url("postgres", "postgres", "s3cret"))
    assert main(["status"]) == 4
    assert "s3cret" not in capsys.readouterr().err
