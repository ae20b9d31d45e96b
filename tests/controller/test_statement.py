"""Statements become conditions as the Kubernetes API conventions want them."""

import datetime as dt

import pytest

from oneroster_operator.api.conditions import Condition, ConditionType
from oneroster_operator.api.times import rfc3339
from oneroster_operator.controller.statement import FALSE, TRUE, Statement, clean, conditions
from tests.controller.build import NOW

READY, PAUSED = ConditionType.READY, ConditionType.PAUSED
LATER = NOW + dt.timedelta(hours=1)


def said(
    *statements: tuple[ConditionType, Statement], before: list[Condition] | None = None, now: dt.datetime = NOW
) -> list[Condition]:
    return conditions(statements, before or [], 3, now)


class TestTransitionTime:
    BEFORE = said((READY, Statement(TRUE, "Scheduled", "Syncs daily.")))

    def moved(self, statement: Statement) -> bool:
        (condition,) = said((READY, statement), before=self.BEFORE, now=LATER)
        assert (condition.status, condition.reason) == (statement.status, statement.reason)
        assert condition.last_transition_time in {rfc3339(NOW), rfc3339(LATER)}
        return condition.last_transition_time == rfc3339(LATER)

    def test_it_stays_where_reason_or_message_change(self) -> None:
        assert not self.moved(Statement(TRUE, "Scheduled", "Syncs weekly."))
        assert not self.moved(Statement(TRUE, "Paused", "spec.paused is true."))

    def test_it_moves_with_the_status(self) -> None:
        assert self.moved(Statement(FALSE, "SyncFailing", "Students failed twice."))

    def test_another_types_time_does_not_count(self) -> None:
        (condition,) = said((PAUSED, Statement(TRUE, "Paused", "x")), before=self.BEFORE, now=LATER)
        assert condition.last_transition_time == rfc3339(LATER)


class TestConditions:
    def test_each_carries_the_generation_it_was_said_of(self) -> None:
        (condition,) = said((READY, Statement(TRUE, "Scheduled", "x")))
        assert condition.observed_generation == 3

    def test_what_is_not_said_any_more_is_gone(self) -> None:
        before = said((READY, Statement(TRUE, "x", "x")), (ConditionType.STALLED, Statement(TRUE, "x", "x")))
        assert [c.type for c in said((READY, Statement(TRUE, "x", "x")), before=before)] == [READY]

    def test_a_message_is_cleaned_and_cut(self) -> None:
        (condition,) = said((READY, Statement(TRUE, "x", "a\nb\x1b[31m " + "long " * 500)))
        assert condition.message.startswith("a b [31m long")
        assert len(condition.message) == 1024
        assert condition.message.endswith("…")


class TestClean:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("plain", "plain"),
            ("  two\r\n lines\t", "two lines"),
            ("bell\x07 null\x00 escape\x1b[0m", "bell null escape [0m"),
            ("right\u202eto left", "right to left"),
            ("line\u2028separator\u00a0space", "line separator space"),
            ("lone \ud800 surrogate", "lone surrogate"),
            ("Trường Đại học 第一小学", "Trường Đại học 第一小学"),
            ("", ""),
        ],
    )
    def test_it_is_one_line_without_control_characters(self, text: str, line: str) -> None:
        assert clean(text) == line

    def test_it_is_cut_to_the_limit_and_shows_it(self) -> None:
        assert clean("abcdef", 6) == "abcdef"
        assert clean("abcdefg", 6) == "abcde…"
