import pytest

from tests.cluster.progress import Progress, clock


def test_elapsed_time_reads_as_minutes_and_seconds() -> None:
    assert clock(247.9) == "4:07"


def test_a_step_that_fails_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), Progress().step("divide"):
        _ = 1 / 0
    assert "divide: failed" in capsys.readouterr().err
