"""When categories run: spread, stable, in order, in the district's own time."""

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from oneroster_operator.api.category import Category
from oneroster_operator.api.spec import Frequency, Schedule
from oneroster_operator.controller import schedule
from oneroster_operator.controller.schedule import ScheduleInvalid
from tests.controller.build import NOW, ROSTERS, STUDENTS

CHICAGO = "America/Chicago"
KEYS = [f"districts/d{n}" for n in range(20_000)]
HOURLY, WEEKLY = Schedule(frequency=Frequency.HOURLY), Schedule(frequency=Frequency.WEEKLY)


def window(start: str, end: str, **changes: Any) -> Schedule:
    return Schedule.model_validate({"window": {"start": start, "end": end}} | changes)


def minute(cron: str) -> int:
    """Minute of the day of a daily cron."""
    minutes, hours, *rest = cron.split()
    assert rest[:2] == ["*", "*"]
    return int(hours) * 60 + int(minutes)


def minutes_of_all(plan: Schedule, keys: list[str] = KEYS) -> set[int]:
    return {minute(schedule.cron_of(plan, key, category)) for key in keys for category in Category}


class TestSpread:
    def test_daily_without_a_window_reaches_all_1440_minutes(self) -> None:
        assert minutes_of_all(Schedule()) == set(range(24 * 60))

    def test_a_window_is_filled_and_never_left(self) -> None:
        assert minutes_of_all(window("01:00", "05:00"), KEYS[:3000]) == set(range(60, 5 * 60))

    def test_a_window_across_midnight_too(self) -> None:
        expected = {*range(22 * 60, 24 * 60), *range(2 * 60)}
        assert minutes_of_all(window("22:00", "02:00"), KEYS[:3000]) == expected

    def test_hourly_reaches_every_minute_of_the_hour(self) -> None:
        crons = [schedule.cron_of(HOURLY, key, STUDENTS) for key in KEYS[:2000]]
        assert {c.partition(" ")[2] for c in crons} == {"* * * *"}
        assert {int(c.partition(" ")[0]) for c in crons} == set(range(60))

    def test_weekly_reaches_every_weekday_about_evenly(self) -> None:
        days = Counter(schedule.cron_of(WEEKLY, key, STUDENTS).split()[4] for key in KEYS[:7000])
        assert set(days) == set("0123456")
        assert min(days.values()) > 800

    def test_districts_do_not_bunch_together(self) -> None:
        crons = Counter(schedule.cron_of(window("01:00", "05:00"), key, STUDENTS) for key in KEYS)
        assert max(crons.values()) < 3 * len(KEYS) / len(crons)

    def test_the_same_connection_always_gets_the_same_minute(self) -> None:
        """Written down: a change of these would move every district's run."""
        crons = [
            schedule.cron_of(plan, "districts/springfield", STUDENTS) for plan in (HOURLY, Schedule(), WEEKLY)
        ]
        assert crons == ["44 * * * *", "20 20 * * *", "20 20 * * 4"]

    def test_spread_lies_between_0_and_1(self) -> None:
        numbers = [schedule.spread(key) for key in KEYS[:1000]]
        assert 0 <= min(numbers) < 0.01
        assert 0.99 < max(numbers) < 1


class TestOrder:
    @pytest.mark.parametrize("length", [1, 2, 4, 5, 9, 10, 15, 16, 61, 239, 1439])
    @pytest.mark.parametrize("start", ["01:00", "23:59"])
    def test_categories_start_in_the_order_of_the_enum_within_the_window(self, start: str, length: int) -> None:
        first = int(start[:2]) * 60 + int(start[3:])
        end = (first + length) % 1440
        plan = window(start, f"{end // 60:02}:{end % 60:02}")
        for key in KEYS[:100]:
            since = [(minute(schedule.cron_of(plan, key, c)) - first) % 1440 for c in Category]
            assert since == sorted(since)
            assert since[-1] < length
            assert length < 5 or len(set(since)) == len(since)

    def test_without_a_window_they_stay_within_the_day(self) -> None:
        for key in KEYS[:2000]:
            minutes = [minute(schedule.cron_of(Schedule(), key, c)) for c in Category]
            assert minutes == sorted(minutes)
            assert minutes[-1] - minutes[0] == 12

    def test_a_weekly_night_goes_over_to_the_next_day_in_order(self) -> None:
        """Also from Saturday, which is 6, to Sunday, which is 0."""
        plan = window("23:55", "00:15", frequency="Weekly", timeZone="Etc/UTC")
        over = 0
        for key in KEYS[:500]:
            crons = [schedule.cron_of(plan, key, category) for category in Category]
            over += crons[0].endswith("6") and crons[-1].endswith("0")
            first = schedule.next_run(crons[0], "Etc/UTC", NOW)
            starts = [schedule.next_run(cron, "Etc/UTC", first - dt.timedelta(minutes=1)) for cron in crons]
            assert starts == sorted(starts)
            assert starts[-1] - starts[0] <= dt.timedelta(minutes=20)
        assert over

    def test_hourly_ones_are_a_few_minutes_apart(self) -> None:
        minutes = [int(schedule.cron_of(HOURLY, "districts/springfield", c).split()[0]) for c in Category]
        assert {(b - a) % 60 for a, b in pairwise(minutes)} == {3}

    def test_a_cron_is_taken_as_it_stands_for_all(self) -> None:
        plan = Schedule(cron="15 2 * * 1-5")
        assert {schedule.cron_of(plan, key, c) for key in KEYS[:3] for c in Category} == {"15 2 * * 1-5"}


def chicago(*when: int, fold: int = 0) -> dt.datetime:
    return dt.datetime(*when, tzinfo=ZoneInfo(CHICAGO), fold=fold)  # type: ignore[arg-type,misc]


def slots(cron: str, after: dt.datetime, count: int) -> list[str]:
    found = []
    for _ in range(count):
        after = schedule.next_run(cron, CHICAGO, after.astimezone(dt.UTC))
        found.append(after.isoformat(timespec="minutes"))
    return found


class TestNextRun:
    """Expected values are those of robfig/cron 3.0.1, which Kubernetes uses."""

    def test_it_is_in_the_districts_time_zone(self) -> None:
        found = schedule.next_run("13 2 * * *", CHICAGO, NOW)
        assert found.isoformat() == "2026-11-25T02:13:00-06:00"

    def test_a_slot_that_is_now_is_past(self) -> None:
        slot = chicago(2026, 11, 25, 2, 13)
        assert schedule.next_run("13 2 * * *", CHICAGO, slot) == slot + dt.timedelta(days=1)
        assert schedule.next_run("13 2 * * *", CHICAGO, slot - dt.timedelta(seconds=1)) == slot

    def test_where_clocks_go_forward_a_slot_in_the_hour_left_out_does_not_run(self) -> None:
        assert slots("13 2 * * *", chicago(2027, 3, 13, 12), 2) == [
            "2027-03-15T02:13-05:00",
            "2027-03-16T02:13-05:00",
        ]
        assert slots("*/30 * * * *", chicago(2027, 3, 14, 1, 10), 3) == [
            "2027-03-14T01:30-06:00",
            "2027-03-14T03:00-05:00",
            "2027-03-14T03:30-05:00",
        ]

    def test_where_clocks_go_back_a_slot_in_the_hour_that_comes_twice_runs_twice(self) -> None:
        assert slots("30 1 * * *", chicago(2027, 11, 6, 12), 3) == [
            "2027-11-07T01:30-05:00",
            "2027-11-07T01:30-06:00",
            "2027-11-08T01:30-06:00",
        ]
        assert slots("*/30 * * * *", chicago(2027, 11, 7, 0, 40), 6) == [
            "2027-11-07T01:00-05:00",
            "2027-11-07T01:30-05:00",
            "2027-11-07T01:00-06:00",
            "2027-11-07T01:30-06:00",
            "2027-11-07T02:00-06:00",
            "2027-11-07T02:30-06:00",
        ]

    def test_on_all_other_days_it_is_what_cron_says(self) -> None:
        cron, after = "7 4 * * 1-5", chicago(2026, 4, 1)
        plain = CronSim(cron, after)
        for _ in range(150):
            after = schedule.next_run(cron, CHICAGO, after)
            assert after == next(plain)


class TestSecondRun:
    @pytest.mark.parametrize(("frequency", "days"), [("Hourly", 1 / 12), ("Daily", 2), ("Weekly", 14)])
    def test_it_is_two_intervals_away(self, frequency: str, days: float) -> None:
        plan = Schedule.model_validate({"frequency": frequency})
        assert schedule.second_run(plan, NOW) == NOW + dt.timedelta(days=days)

    def test_with_a_cron_it_is_the_second_slot_whatever_lies_between(self) -> None:
        plan = Schedule.model_validate({"cron": "15 2 * * 1-5", "timeZone": CHICAGO})
        friday = chicago(2026, 11, 27, 2, 20)
        assert schedule.second_run(plan, friday).isoformat() == "2026-12-01T02:15:00-06:00"


class TestInWords:
    @pytest.mark.parametrize(
        ("plan", "words"),
        [
            (Schedule(), "daily, Etc/UTC"),
            (HOURLY, "hourly, Etc/UTC"),
            (WEEKLY, "weekly on Thursday, Etc/UTC"),
            (window("01:00", "05:00", timeZone=CHICAGO), "daily between 01:00 and 05:00, America/Chicago"),
            (window("22:00", "02:00"), "daily between 22:00 and 02:00, Etc/UTC"),
            (window("01:00", "05:00", frequency="Weekly"), "weekly on Thursday between 01:00 and 05:00, Etc/UTC"),
            (
                window("22:00", "02:00", frequency="Weekly"),
                "weekly on Thursday night between 22:00 and 02:00, Etc/UTC",
            ),
            (Schedule(cron="15 2 * * *"), 'cron "15 2 * * *", Etc/UTC'),
        ],
    )
    def test_a_person_understands_it(self, plan: Schedule, words: str) -> None:
        assert schedule.in_words(plan, "districts/springfield") == words

    def test_the_weekday_is_that_of_the_cron(self) -> None:
        names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        for key in KEYS[:50]:
            day = int(schedule.cron_of(WEEKLY, key, ROSTERS).split()[4])
            assert f"on {names[day]}," in schedule.in_words(WEEKLY, key)


class TestCheck:
    @pytest.mark.parametrize("zone", ["Etc/UTC", CHICAGO, "Pacific/Honolulu", "US/Central"])
    def test_a_time_zone_that_exists_passes(self, zone: str) -> None:
        schedule.check(Schedule(time_zone=zone), NOW)

    @pytest.mark.parametrize(
        "zone", ["America/Springfield", "America", "America/", "Central", "UTC/../UTC", "a//b"]
    )
    def test_one_that_does_not_is_refused_with_what_to_write(self, zone: str) -> None:
        with pytest.raises(ScheduleInvalid) as refused:
            schedule.check(Schedule.model_construct(time_zone=zone), NOW)
        assert f"spec.schedule.timeZone '{zone}' is no IANA time zone" in str(refused.value)
        assert "America/Chicago" in str(refused.value)

    @pytest.mark.parametrize(
        "cron", ["15 2 * * *", "0 0 29 2 *", "0 4 * * MON-FRI", "*/20 1-5 * * *", "0 0 * * */7"]
    )
    def test_a_cron_that_comes_passes(self, cron: str) -> None:
        schedule.check(Schedule(cron=cron), NOW)

    @pytest.mark.parametrize("cron", ["0 0 30 2 *", "0 0 31 4,6 *", "0 22-2 * * *"])
    def test_one_that_gets_past_the_schema_and_never_comes_is_refused_with_what_to_write(self, cron: str) -> None:
        with pytest.raises(ScheduleInvalid) as refused:
            schedule.check(Schedule(cron=cron), NOW)
        assert f"spec.schedule.cron '{cron}' is no schedule" in str(refused.value)
        assert "15 2 * * *" in str(refused.value)
