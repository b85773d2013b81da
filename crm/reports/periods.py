"""Months as reports count them: the store's own, cut where its days begin."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.store.queries import StoreFacts
from sanfang.kernel.calendar import FIRST_YEAR, LAST_YEAR, add_months

TREND = 12
"""Months of a trend, the chosen one last."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """``first``: its first day."""

    first: date

    @property
    def last(self) -> date:
        return add_months(self.first, 1) - timedelta(days=1)

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"

    def moved(self, months: int) -> "Month":
        return Month(add_months(self.first, months))

    def start(self, place: StoreFacts) -> datetime:
        return place.calendar.start_of(self.first)

    def end(self, place: StoreFacts) -> datetime:
        """The first instant after it."""
        return place.calendar.start_of(add_months(self.first, 1))

    def trend(self) -> list["Month"]:
        return [self.moved(-back) for back in range(TREND - 1, -1, -1)]


def month_of(place: StoreFacts, now: datetime) -> Month:
    return Month(place.calendar.day_of(now).replace(day=1))


def read_month(text: str, place: StoreFacts, now: datetime) -> Month:
    """``"2026-11"``; the present month for anything else, and for what is still to come."""
    present = month_of(place, now)
    try:
        wanted = Month(date.fromisoformat(f"{text}-01"))
    except ValueError:
        return present
    return wanted if FIRST_YEAR < wanted.first.year < LAST_YEAR and wanted < present else present
