import pytest

from tests.cluster.golang import new_enough


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("go version go1.21.0 linux/amd64", True),
        ("go version go1.27.3 linux/arm64", True),
        ("go version go1.19.8 linux/amd64", False),
        ("something else", False),
    ],
)
def test_go_is_taken_when_it_can_fetch_newer_toolchains(version: str, enough: bool) -> None:
    assert new_enough(version) is enough
