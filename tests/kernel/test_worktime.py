"""Open time between two instants, and what opens next."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from sanfang.kernel.calendar import CLOSED, StoreCalendar, week_hours
from sanfang.kernel.worktime import coming, working_time

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = week_hours({"sat": [["09:00", "12:00"], ["13:30", "17:00"]], "sun": None})
CALENDAR = StoreCalendar(ZONE, WEEK, {date(2026, 11, 19): CLOSED})
"""08:30–17:30 but for a Saturday with a break, Sundays and one Thursday."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-11-17 10:00", "2026-11-17 12:00", 120),
        ("2026-11-17 06:00", "2026-11-17 09:00", 30),
        ("2026-11-17 17:00", "2026-11-18 09:00", 60),
        ("2026-11-17 17:30", "2026-11-18 08:30", 0),
        ("2026-11-18 17:00", "2026-11-20 09:00", 60),  # the closed Thursday between
        ("2026-11-21 11:00", "2026-11-21 14:00", 90),  # the break
        ("2026-11-21 16:00", "2026-11-23 09:30", 120),  # the Sunday
        ("2026-11-22 10:00", "2026-11-22 15:00", 0),
        ("2026-11-18 09:00", "2026-11-17 17:00", -60),
    ],
)
def test_only_open_time_counts(start: str, end: str, minutes: int) -> None:
    assert working_time(CALENDAR, at(start), at(end)) == timedelta(minutes=minutes)


def test_it_undoes_the_adding_of_working_minutes() -> None:
    start = at("2026-11-17 00:07")
    for step in range(200):
        moment = start + timedelta(minutes=97 * step)
        assert working_time(CALENDAR, moment, CALENDAR.add_working_minutes(moment, 311)) == timedelta(minutes=311)


def test_what_opens_next_begins_with_what_is_open() -> None:
    found = coming(CALENDAR, at("2026-11-21 10:00"), 3)
    assert [(opens.astimezone(ZONE).isoformat()[:16], closes.astimezone(ZONE).hour) for opens, closes in found] == [
        ("2026-11-21T09:00", 12),
        ("2026-11-21T13:30", 17),
        ("2026-11-23T08:30", 17),
    ]
    assert coming(CALENDAR, at("2026-11-21 12:00"), 1) == found[1:2]
    assert all(before[1] <= after[0] for before, after in pairwise(found))
