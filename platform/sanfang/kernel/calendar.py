"""A store's working calendar: opening hours, closed days, time zone. Pure, correct where clocks change.

A *day* is a calendar day of the store's own zone; an *instant* is an aware UTC datetime. A store is
open at exactly those instants whose local wall clock lies inside the day's hours. Everything about
clock changes follows from that one sentence:

* hours that begin in a skipped hour begin when the clocks have jumped (02:30 on a day that jumps
  from 02:00 to 03:00 is the instant of the jump);
* a repeated hour inside the hours is open twice; hours that end inside a repeated hour end, for
  the last time, in its second run;
* a day whose hours, or which itself, never exist on the wall clock is closed.

A datetime *without* offset is the store's own: in a repeated hour its first run is meant, in a
skipped hour the offset before the jump holds (02:30 is then 03:30 on the clocks that jumped).

A day's hours are a tuple of spans, so breaks and special days need no other representation.
"""

import calendar as month_lengths
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Dates outside are typing errors; inside, no window can leave the range Python's dates can hold."""


class HoursFault(StrEnum):
    """What can be wrong with a store's hours; whoever shows it puts it into words."""

    NOT_A_TIME = "not-a-time"
    ENDS_BEFORE_IT_STARTS = "ends-before-it-starts"
    OVERLAP = "overlap"
    NEVER_OPEN = "never-open"
    NOT_A_DAY = "not-a-day"
    NOT_HOURS = "not-hours"


class HoursError(ValueError):
    """Hours that no store can have; ``value`` is the part that is wrong."""

    def __init__(self, fault: HoursFault, value: object) -> None:
        super().__init__(f"{fault}: {value!r}")
        self.fault = fault
        self.value = value


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from ``start`` up to ``end``, in minutes since midnight; 1440 ends the day."""

    start: int
    end: int


DayHours = tuple[Span, ...]
"""One day's opening hours in order; empty is closed."""
CLOSED: DayHours = ()
USUAL_DAY: DayHours = (Span(8 * 60 + 30, 17 * 60 + 30),)
"""A store that has said nothing else is open from 08:30 to 17:30 (handbook §3)."""


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last day where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= 28:  # every month has it
        return date(year, month + 1, day.day)
    last = month_lengths.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def anniversary(first: date, year: int) -> date:
    """The day in ``year`` on which ``first`` comes round; 29 February falls on the 28th elsewhere."""
    return add_months(first, (year - first.year) * 12)


def minutes_of(text: object) -> int:
    """``"08:30"`` as minutes since midnight; ``"24:00"`` ends a day. Raises :class:`HoursError`."""
    if not isinstance(text, str) or len(text) != 5 or text[2] != ":":
        raise HoursError(HoursFault.NOT_A_TIME, text)
    digits = text[:2] + text[3:]
    if not (digits.isascii() and digits.isdigit()):
        raise HoursError(HoursFault.NOT_A_TIME, text)
    hours, minutes = int(text[:2]), int(text[3:])
    if minutes > 59 or hours * 60 + minutes > MINUTES_A_DAY:
        raise HoursError(HoursFault.NOT_A_TIME, text)
    return hours * 60 + minutes


def day_hours(value: object) -> DayHours:
    """One day as people write it: null, ``["08:30", "17:30"]`` or a list of such pairs (breaks)."""
    if value is None:
        return CLOSED
    if not isinstance(value, list | tuple):
        raise HoursError(HoursFault.NOT_HOURS, value)
    pairs = [value] if value and isinstance(value[0], str) else value
    spans = []
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise HoursError(HoursFault.NOT_HOURS, value)
        span = Span(minutes_of(pair[0]), minutes_of(pair[1]))
        if span.end <= span.start:
            raise HoursError(HoursFault.ENDS_BEFORE_IT_STARTS, list(pair))
        spans.append(span)
    spans.sort()
    if any(later.start < earlier.end for earlier, later in pairwise(spans)):
        raise HoursError(HoursFault.OVERLAP, value)
    return tuple(spans)


def week_hours(value: object) -> tuple[DayHours, ...]:
    """A week's hours, Monday first, from one day's hours for all or a mapping by weekday.

    None is the usual day every day. A weekday that the mapping leaves out keeps the usual day: only
    null closes it.
    """
    if value is None:
        return (USUAL_DAY,) * 7
    if not isinstance(value, Mapping):
        return (day_hours(value),) * 7
    for name in value:
        if name not in WEEKDAYS:
            raise HoursError(HoursFault.NOT_A_DAY, name)
    return tuple(day_hours(value[name]) if name in value else USUAL_DAY for name in WEEKDAYS)


class StoreCalendar:
    """When one store is open. Answers are remembered per day, so one calendar serves a whole batch.

    ``week``: seven days' hours, Monday first. ``special``: days with hours of their own (closed days
    have none). Raises :class:`HoursError` for a store that is never open.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        week: Sequence[DayHours] = (USUAL_DAY,) * 7,
        special: Mapping[date, DayHours] | None = None,
    ) -> None:
        if not any(week):
            raise HoursError(HoursFault.NEVER_OPEN, "week")
        self.zone = zone
        self.week = tuple(week)
        self.special = dict(special or {})
        self._stretches: dict[date, tuple[tuple[datetime, datetime], ...]] = {}
        self._next_open: dict[date, date] = {}
        self._openings: dict[date, datetime] = {}
        self._closings: dict[date, datetime] = {}

    # --- instants and days ----------------------------------------------------------------
    def instant(self, moment: datetime) -> datetime:
        """``moment`` in UTC; without an offset it is the store's wall clock (see above for folds)."""
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        """``instant`` on the store's wall clock, with its offset."""
        return instant.astimezone(self.zone)

    def day_of(self, instant: datetime) -> date:
        """The store's calendar day on which ``instant`` falls."""
        return instant.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of ``day`` (midnight, or later where midnight is skipped)."""
        stretches = self._real_time(day, (Span(0, MINUTES_A_DAY),))
        if stretches:
            return stretches[0][0]
        return self.start_of(day + ONE_DAY)  # the whole day was skipped (a move of the date line)

    def end_of(self, day: date) -> datetime:
        """The last instant of ``day`` that a datetime can name."""
        return self.start_of(day + ONE_DAY) - timedelta.resolution

    # --- open or closed -------------------------------------------------------------------
    def hours_on(self, day: date) -> DayHours:
        """The hours ``day`` has on paper."""
        special = self.special.get(day)
        return self.week[day.weekday()] if special is None else special

    def stretches(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The stretches of real time in which the store is open on ``day``, in order."""
        known = self._stretches.get(day)
        if known is None:
            known = self._stretches[day] = self._real_time(day, self.hours_on(day))
        return known

    def next_open_day(self, day: date) -> date:
        """``day`` itself when the store opens on it, else the next day on which it does."""
        known = self._next_open.get(day)
        if known is None:
            known = day
            while not self.stretches(known):
                known += ONE_DAY
            self._next_open[day] = known
        return known

    def opening(self, day: date) -> datetime:
        """When the store opens on ``day``, or on its next open day."""
        known = self._openings.get(day)
        if known is None:
            known = self._openings[day] = self.stretches(self.next_open_day(day))[0][0]
        return known

    def closing(self, day: date) -> datetime:
        """When the store closes for the last time on ``day``, or on its next open day."""
        known = self._closings.get(day)
        if known is None:
            known = self._closings[day] = self.stretches(self.next_open_day(day))[-1][1]
        return known

    def add_working_minutes(self, start: datetime, minutes: int) -> datetime:
        """The earliest instant at which ``minutes`` of real open time have passed since ``start``.

        A target reached exactly at closing is reached then, not at the next opening; a target of
        nothing is reached at once.
        """
        if minutes < 0:
            raise ValueError("working minutes can't be negative")
        start = self.instant(start)
        left = timedelta(minutes=minutes)
        if not left:
            return start
        day = self.day_of(start)
        while True:
            for opens, closes in self.stretches(day):
                opens = max(opens, start)
                if closes - opens >= left:
                    return opens + left
                left -= max(closes - opens, timedelta(0))
            day = self.next_open_day(day + ONE_DAY)

    # --- clock changes --------------------------------------------------------------------
    def _real_time(self, day: date, hours: DayHours) -> tuple[tuple[datetime, datetime], ...]:
        """``hours`` of ``day`` as real time, cut and joined where the zone's offset changes."""
        if not hours:
            return ()
        midnight = datetime.combine(day, time(), UTC)
        found: list[tuple[datetime, datetime]] = []
        for offset, begins, ends in self._offsets_around(midnight):
            for span in hours:
                start = max(midnight + timedelta(minutes=span.start) - offset, begins)
                end = min(midnight + timedelta(minutes=span.end) - offset, ends)
                if start >= end:
                    continue
                if found and found[-1][1] == start:
                    found[-1] = (found[-1][0], end)
                else:
                    found.append((start, end))
        return tuple(sorted(found))

    def _offsets_around(self, midnight: datetime) -> Iterator[tuple[timedelta, datetime, datetime]]:
        """Stretches of constant offset that cover a local day: (offset, from, to), in order.

        Offsets lie between -12 and +14 hours, so two days before to three days after the same UTC
        midnight cover the local day; no zone changes its clocks twice within one day.
        """
        marks = [midnight + n * ONE_DAY for n in range(-2, 4)]
        begins = marks[0]
        for before, after in pairwise(marks):
            if self._offset(before) != self._offset(after):
                change = self._change_between(before, after)
                yield self._offset(before), begins, change
                begins = change
        yield self._offset(marks[-1]), begins, marks[-1]

    def _offset(self, instant: datetime) -> timedelta:
        offset = instant.astimezone(self.zone).utcoffset()
        assert offset is not None  # a ZoneInfo always knows
        return offset

    def _change_between(self, before: datetime, after: datetime) -> datetime:
        """The first second with the offset that holds at ``after``."""
        old = self._offset(before)
        seconds = range(int((after - before).total_seconds()) + 1)
        first = bisect_right(seconds, False, key=lambda second: self._offset(before + timedelta(seconds=second)) != old)
        return before + timedelta(seconds=first)
