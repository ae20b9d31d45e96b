"""When the categories of a connection run: spread over the window by a stable hash, in words, and next."""

import datetime as dt
import hashlib
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from oneroster_operator.api.category import Category
from oneroster_operator.api.spec import Frequency, Schedule

_GAP = 3
"""Minutes between two categories of a district; the lock does the rest."""
_HOUR, _DAY, _WEEK = 60, 24 * 60, 7 * 24 * 60
_INTERVALS = {
    Frequency.HOURLY: dt.timedelta(hours=1),
    Frequency.DAILY: dt.timedelta(days=1),
    Frequency.WEEKLY: dt.timedelta(weeks=1),
}
_MOST_SHIFT = dt.timedelta(hours=2)
"""No clock is put back by more."""
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class ScheduleInvalid(Exception):
    """The schedule got past the schema and does not work. The message says which field and what to write."""


def frequency_of(schedule: Schedule) -> Frequency | None:
    """The frequency in force; None where `cron` is."""
    return None if schedule.cron else schedule.frequency or Frequency.DAILY


def cron_of(schedule: Schedule, key: str, category: Category) -> str:
    """The category's five cron fields. `key` is namespace/name: the same key gets the same minute."""
    if schedule.cron:
        return schedule.cron
    frequency = frequency_of(schedule)
    position = list(Category).index(category)
    seed = _seed(key)
    if frequency is Frequency.HOURLY:
        return f"{(seed + position * _GAP) % _HOUR} * * * *"
    start, length = _window(schedule)
    gap = min(_GAP, length // len(Category))
    at = start + seed % (length - (len(Category) - 1) * gap) + position * gap
    if frequency is Frequency.DAILY:
        return f"{at % _HOUR} {at // _HOUR % 24} * * *"
    at = (at + _weekday(key) * _DAY) % _WEEK
    return f"{at % _HOUR} {at // _HOUR % 24} * * {at // _DAY}"


def in_words(schedule: Schedule, key: str) -> str:
    """Frequency and time zone for a person."""
    zone = schedule.time_zone
    if schedule.cron:
        return f'cron "{schedule.cron}", {zone}'
    frequency = frequency_of(schedule)
    if frequency is Frequency.HOURLY:
        return f"hourly, {zone}"
    when = "daily" if frequency is Frequency.DAILY else f"weekly on {_WEEKDAYS[_weekday(key)]}"
    if schedule.window is None:
        return f"{when}, {zone}"
    if schedule.window.start > schedule.window.end and frequency is Frequency.WEEKLY:
        when += " night"
    return f"{when} between {schedule.window.start} and {schedule.window.end}, {zone}"


def second_run(schedule: Schedule, after: dt.datetime) -> dt.datetime:
    """When the second run after the instant is due; data that is older has missed two."""
    frequency = frequency_of(schedule)
    if frequency is not None:
        return after + 2 * _INTERVALS[frequency]
    cron = schedule.cron or ""
    return next_run(cron, schedule.time_zone, next_run(cron, schedule.time_zone, after))


def shortest_interval(schedule: Schedule) -> dt.timedelta:
    """What a single run has to stay below: the frequency's interval, an hour with `cron`."""
    frequency = frequency_of(schedule)
    return _INTERVALS[frequency] if frequency is not None else _INTERVALS[Frequency.HOURLY]


def window_minutes(schedule: Schedule) -> int | None:
    """Length of the window; None where there is none."""
    return _window(schedule)[1] if schedule.window else None


def next_run(cron: str, time_zone: str, after: dt.datetime) -> dt.datetime:
    """The first slot after the instant, in the schedule's time zone, as the CronJob controller has it.

    Where the clocks go forward, a slot in the hour that is left out does not run; where they go back, one in the
    hour that comes twice runs twice. Source: robfig/cron v3, `SpecSchedule.Next`, which Kubernetes uses.
    """
    zone = ZoneInfo(time_zone)
    return min((_slot(cron, zone, after, fold) for fold in (0, 1)), key=dt.datetime.timestamp)


def _slot(cron: str, zone: ZoneInfo, after: dt.datetime, fold: int) -> dt.datetime:
    """The first slot after the instant, of those in the hour that comes twice either the earlier or the later."""
    for local in CronSim(cron, after.astimezone(zone).replace(tzinfo=None) - _MOST_SHIFT):
        slot = local.replace(tzinfo=zone, fold=fold)
        exists = slot.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == local
        if exists and slot.timestamp() > after.timestamp():
            return slot
    raise CronSimError(f"{cron} never comes")


def check(schedule: Schedule, now: dt.datetime) -> None:
    """Raises `ScheduleInvalid` for a time zone that does not exist or a cron that never comes."""
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleInvalid(
            f"spec.schedule.timeZone {schedule.time_zone!r} is no IANA time zone; "
            "write one such as America/Chicago"
        ) from None
    if schedule.cron:
        try:
            next_run(schedule.cron, schedule.time_zone, now)
        except CronSimError:
            raise ScheduleInvalid(
                f"spec.schedule.cron {schedule.cron!r} is no schedule in five fields; "
                'write one such as "15 2 * * *"'
            ) from None


def spread(key: str) -> float:
    """A number from 0 up to 1 that stays the same for a connection."""
    return _seed(key) / 2**64


def _seed(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def _weekday(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[8:16], "big") % 7


def _window(schedule: Schedule) -> tuple[int, int]:
    """Start and length in minutes."""
    if schedule.window is None:
        return 0, _DAY
    start, end = _minutes(schedule.window.start), _minutes(schedule.window.end)
    return start, (end - start) % _DAY


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * _HOUR + int(minutes)
