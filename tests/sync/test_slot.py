import datetime as dt

import pytest

from oneroster_operator.sync.slot import slot_of


def test_a_scheduled_job_is_named_after_its_minute() -> None:
    assert slot_of("springfield-students-29866453") == dt.datetime(2026, 10, 14, 14, 13, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "job", ["", "springfield-sync-a1b2c3d4e5", "springfield-students-manual-123", "29866453x"]
)
def test_a_job_that_a_person_made_has_no_slot(job: str) -> None:
    assert slot_of(job) is None
