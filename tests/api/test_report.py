"""What a pod leaves behind fits where Kubernetes keeps it."""

import datetime as dt

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import (
    MAX_BYTES,
    MAX_RULES,
    CategoryReport,
    Outcome,
    Pull,
    Report,
    decode_report,
    encode_report,
    most_frequent,
)

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def test_the_longest_report_fits_with_its_counts() -> None:
    broken = most_frequent({f"SomewhatLongRule{number:02}": 10_000_000 + number for number in range(20)})
    assert len(broken) == MAX_RULES
    category = CategoryReport(
        Category.TEACHER_ASSIGNMENTS,
        Outcome.PLATFORM_FAILED,
        created=10_000_000,
        changed=10_000_000,
        removed=10_000_000,
        withheld=10_000_000,
        hold="f" * 16,
        waiting=10_000_000,
        quarantined=10_000_000,
        quarantined_by_rule=broken,
        pull=Pull.DELTA,
        pull_reason="w" * 1000,
        reason="R" * 30,
        message="m" * 1000,
    )
    encoded = encode_report(Report(NOW, NOW, (category,) * len(Category)))
    assert len(encoded) <= MAX_BYTES
    assert {one.quarantined_by_rule["SomewhatLongRule19"] for one in decode_report(encoded).categories} == {
        10_000_019
    }


def test_of_rules_broken_alike_the_first_by_name_is_first() -> None:
    assert list(most_frequent({"B": 1, "A": 1, "C": 2})) == ["C", "A", "B"]
