"""How much of a stretch of time a store was open, and when it will be open next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sanfang.kernel.calendar import ONE_DAY, StoreCalendar

NONE = timedelta(0)
Stretch = tuple[datetime, datetime]


def working_time(calendar: StoreCalendar, start: datetime, end: datetime) -> timedelta:
    """Open time from ``start`` to ``end``; negative where ``end`` comes first."""
    if end < start:
        return -working_time(calendar, end, start)
    passed = NONE
    for opens, closes in _from(calendar, calendar.instant(start)):
        if opens >= end:
            break
        passed += max(min(closes, end) - max(opens, start), NONE)
    return passed


def coming(calendar: StoreCalendar, moment: datetime, count: int) -> tuple[Stretch, ...]:
    """The next ``count`` stretches in which the store is open; the first may be under way."""
    moment = calendar.instant(moment)
    return tuple(islice((one for one in _from(calendar, moment) if one[1] > moment), count))


def _from(calendar: StoreCalendar, moment: datetime) -> Iterator[Stretch]:
    """Every stretch from the day of ``moment`` on, without end."""
    day = calendar.next_open_day(calendar.day_of(moment))
    while True:
        yield from calendar.stretches(day)
        day = calendar.next_open_day(day + ONE_DAY)
