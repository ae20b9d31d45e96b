"""Verdicts on credentials: an outage is not a wrong password, and a refusal is not for ever."""

import datetime as dt

import pytest

from oneroster_operator.api.status import Credentials
from oneroster_operator.controller import verdict
from tests.controller.build import NOW

OLD, NEW = "hash-of-old", "hash-of-new"
MIDDLE = 0.5
"""Of the spread: no test is moved."""


def accepted(inputs: str = OLD, scopes: tuple[str, ...] = ()) -> verdict.Tested:
    return verdict.Tested(inputs, "Accepted", "Accepted", "The service answers.", "OAuth2 (Basic)", scopes)


def refused(inputs: str = OLD) -> verdict.Tested:
    return verdict.Tested(inputs, "Refused", "InvalidCredentials", "The district refuses the client.")


def timeout(inputs: str = OLD) -> verdict.Tested:
    return verdict.Tested(inputs, "Unreachable", "Timeout", "No answer within 30 seconds.")


def after(*tests: tuple[float, verdict.Tested]) -> Credentials:
    """What is known after these tests, each so many minutes after NOW."""
    known = None
    for minutes, tested in tests:
        known = verdict.after_test(known, tested, NOW + dt.timedelta(minutes=minutes))
    assert known is not None
    return known


def said(known: Credentials | None, inputs: str = OLD) -> str:
    statement = verdict.statement(known, inputs)
    return f"{statement.status}/{statement.reason}"


def next_test(known: Credentials, inputs: str = OLD, spread: float = MIDDLE) -> float | None:
    """Minutes after the last test."""
    due = verdict.next_test(known, inputs, spread)
    if due is None:
        return None
    return (due - dt.datetime.fromisoformat(known.checked_time)) / dt.timedelta(minutes=1)


class TestWhatIsNew:
    def test_before_the_first_test_nothing_is_known(self) -> None:
        assert said(None) == "Unknown/Testing"
        assert verdict.next_test(None, OLD, MIDDLE) is None

    def test_a_refusal_is_believed_at_once(self) -> None:
        assert said(after((0, refused()))) == "False/InvalidCredentials"

    def test_a_changed_secret_is_tested_at_once(self) -> None:
        known = after((0, accepted()))
        assert said(known, NEW) == "Unknown/Testing"
        assert next_test(known, NEW) is None

    def test_a_changed_secret_is_refused_at_once_though_the_old_one_worked(self) -> None:
        assert said(after((0, accepted()), (60, refused(NEW))), NEW) == "False/InvalidCredentials"

    def test_a_changed_secret_starts_its_own_count_of_refusals(self) -> None:
        known = after((0, refused()), (5, refused()), (15, refused(NEW)))
        assert known.refused_since == "2026-11-24T15:15:00Z"
        assert known.failures == 1


class TestWhatWorkedBefore:
    def test_one_refusal_is_doubted_and_asked_again_ten_minutes_later(self) -> None:
        known = after((0, accepted()), (60, refused()))
        assert said(known) == "True/RefusedOnce"
        assert next_test(known) == 10

    def test_a_second_one_ten_minutes_later_is_believed(self) -> None:
        assert said(after((0, accepted()), (60, refused()), (70, refused()))) == "False/InvalidCredentials"

    def test_a_second_one_sooner_is_not(self) -> None:
        known = after((0, accepted()), (60, refused()), (63, refused()))
        assert said(known) == "True/RefusedOnce"
        assert next_test(known) == 10

    def test_an_acceptance_in_between_begins_anew(self) -> None:
        known = after((0, accepted()), (60, refused()), (65, accepted()), (75, refused()))
        assert said(known) == "True/RefusedOnce"

    def test_an_outage_in_between_does_not_clear_the_first_refusal(self) -> None:
        known = after((0, accepted()), (60, refused()), (70, timeout()), (75, refused()))
        assert said(known) == "False/InvalidCredentials"

    def test_an_outage_is_no_second_refusal(self) -> None:
        assert said(after((0, accepted()), (60, refused()), (70, timeout()))) == "Unknown/Timeout"
        assert said(after((0, accepted()), (60, refused()), (70, timeout()), (90, timeout()))) == "Unknown/Timeout"


class TestOutage:
    def test_it_makes_the_verdict_unknown(self) -> None:
        assert said(after((0, accepted()), (60, timeout()))) == "Unknown/Timeout"

    def test_it_leaves_what_is_known_of_the_last_success(self) -> None:
        known = after((0, accepted(scopes=("roster.readonly",))), (60, timeout()))
        assert known.accepted_time == "2026-11-24T15:00:00Z"
        assert known.authentication == "OAuth2 (Basic)"
        assert known.granted_scopes == ["roster.readonly"]

    @pytest.mark.parametrize("before", [[(0, refused())], [(-90, accepted()), (-20, refused()), (0, refused())]])
    def test_it_does_not_undo_a_refusal_that_stands(self, before: list[tuple[float, verdict.Tested]]) -> None:
        known = after(*before, (5, timeout()), (15, timeout()))
        assert said(known) == "False/InvalidCredentials"
        assert known.checked_time == "2026-11-24T15:15:00Z"

    def test_a_refusal_that_stands_is_not_doubted_again_after_it(self) -> None:
        known = after((0, accepted()), (60, refused()), (70, refused()), (75, timeout()), (85, refused()))
        assert said(known) == "False/InvalidCredentials"

    def test_a_changed_secret_that_cannot_be_tested_is_unknown(self) -> None:
        assert said(after((0, refused()), (5, timeout(NEW))), NEW) == "Unknown/Timeout"


class TestHealing:
    @pytest.mark.parametrize("trouble", [[refused(), refused(), refused()], [timeout()], [refused(), timeout()]])
    def test_one_acceptance_makes_it_good_at_once(self, trouble: list[verdict.Tested]) -> None:
        known = after(*((60.0 + 15 * n, t) for n, t in enumerate(trouble)), (200, accepted()))
        assert said(known) == "True/Accepted"
        assert (known.failures, known.refused_since) == (0, None)

    @pytest.mark.parametrize(
        ("trouble", "minutes"),
        [(refused(), [5, 10, 20, 40, 80, 160, 320, 360, 360]), (timeout(), [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10])],
        ids=["refused", "outage"],
    )
    def test_a_refusal_is_asked_again_up_to_6_hours_later_an_outage_within_10_minutes(
        self, trouble: verdict.Tested, minutes: list[float]
    ) -> None:
        waits, known, at = [], after((0, trouble)), 0.0
        for _ in range(9):
            wait = next_test(known)
            assert wait is not None
            waits.append(wait)
            at += wait
            known = verdict.after_test(known, trouble, NOW + dt.timedelta(minutes=at))
        assert waits == minutes

    def test_years_of_refusals_do_no_harm(self) -> None:
        known = after((0, refused())).model_copy(update={"failures": 100_000})
        assert next_test(known) == 360

    def test_good_ones_are_asked_again_once_a_day(self) -> None:
        assert next_test(after((0, accepted()))) == 24 * 60

    def test_districts_are_asked_at_different_times(self) -> None:
        assert next_test(after((0, accepted())), spread=0) == pytest.approx(0.9 * 24 * 60)
        assert next_test(after((0, refused())), spread=1) == pytest.approx(1.1 * 5)


class TestBounds:
    def test_more_scopes_than_status_holds_are_cut(self) -> None:
        known = after((0, accepted(scopes=tuple(f"https://scope.example/{n}\n{'x' * 400}" for n in range(40)))))
        assert len(known.granted_scopes) == 16
        assert all(scope.isprintable() and len(scope) <= 256 for scope in known.granted_scopes)

    def test_the_message_is_one_line_of_bounded_length(self) -> None:
        tested = verdict.Tested(OLD, "Refused", "NotJSON", "Two\nlines and " + "more " * 1000)
        detail = after((0, tested)).detail
        assert detail.isprintable()
        assert len(detail) == 1024
