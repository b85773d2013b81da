"""When a car's next service is due: months and mileage, whichever comes first (handbook §3).

Decided here where the documents leave it open:

* A mileage average that doesn't count (too few days between first and last reading, zero or
  negative) leaves only the months, even when a reading has already passed the interval.
* Of several readings past the interval the first is the day: it was the first day on which the
  mileage was reached.
* A service without mileage gives no kilometres to count from: only the months count.
* The DMS's next service day takes the place of the months, its next service mileage that of the
  kilometres; what it leaves out still comes from the interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sanfang.kernel.calendar import LAST_YEAR, add_months

LAST_ORDINAL = date(LAST_YEAR, 12, 31).toordinal()


@dataclass(frozen=True, slots=True)
class Reading:
    """The odometer showed ``km`` on ``day``."""

    day: date
    km: int


@dataclass(slots=True)
class LastService:
    """What the next service counts from: the last service, or the delivery (0 km) before the first.

    ``months`` and ``km_interval``: the intervals that hold from here. ``readings_before``: how many
    readings were known up to the service itself; later ones may show the interval exceeded.
    """

    day: date
    km: int | None
    months: int | None
    km_interval: int | None
    readings_before: int
    next_day: date | None = None
    next_km: int | None = None

    @property
    def due_by_months(self) -> date | None:
        if self.next_day is not None:
            return self.next_day
        return None if self.months is None else add_months(self.day, self.months)

    @property
    def due_at_km(self) -> int | None:
        if self.next_km is not None:
            return self.next_km
        if self.km is None or self.km_interval is None:
            return None
        return self.km + self.km_interval


def next_service(last: LastService, readings: Sequence[Reading], minimum_days: int) -> date | None:
    """The estimated next service, or None without any interval; ``readings`` in time order.

    With fewer than ``minimum_days`` between first and last reading the mileage says nothing.
    """
    by_months = last.due_by_months
    by_km = _day_of_mileage(last, readings, minimum_days)
    if by_months is None or by_km is None:
        return by_months or by_km
    return min(by_months, by_km)


def _day_of_mileage(last: LastService, readings: Sequence[Reading], minimum_days: int) -> date | None:
    """The first day on which the mileage interval is reached, projected from the last reading."""
    target = last.due_at_km
    if target is None or len(readings) < 2:
        return None
    newest = readings[-1]
    days = (newest.day - readings[0].day).days
    driven = newest.km - readings[0].km
    if days < minimum_days or driven <= 0:
        return None
    for reading in readings[last.readings_before :]:
        if reading.km >= target:
            return reading.day
    ahead = -(-(target - newest.km) * days // driven)  # whole days, rounded up
    if newest.day.toordinal() + ahead > LAST_ORDINAL:
        return None  # at this pace it is never reached
    return newest.day + timedelta(days=max(ahead, 0))
