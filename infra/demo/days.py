"""Days: which weekdays a dealership is busy on, and months that keep the day of the month."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random

# Monday to Sunday. Buyers fetch their cars at the weekend; the workshop is fullest on Saturday and thin on Sunday.
DELIVERY_DAYS = (0.8, 0.8, 0.8, 0.9, 1.1, 1.7, 1.3)
WORKSHOP_DAYS = (1.15, 1.0, 1.0, 0.95, 1.1, 1.35, 0.35)


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_between(start: date, end: date) -> list[date]:
    """Every day from ``start`` up to, not including, ``end``."""
    return [start + timedelta(days=number) for number in range((end - start).days)]


def near(rng: Random, day: date, weights: Sequence[float]) -> date:
    """A day within three days of ``day``, busy weekdays more likely."""
    options = [day + timedelta(days=shift) for shift in range(-3, 4)]
    return rng.choices(options, [weights[option.weekday()] for option in options])[0]


def at(day: date, minute: int) -> datetime:
    """``minute`` of the day, as the store's clock shows it."""
    return datetime.combine(day, time()) + timedelta(minutes=minute)
