"""Reading one row of an event file: every field typed, every fault told with its place."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from sanfang.kernel.calendar import FIRST_YEAR, LAST_YEAR, StoreCalendar
from sanfang.standards.simulation.faults import told_at

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
Named = TypeVar("Named", bound=StrEnum)


def read_day(value: object) -> date | None:
    """``"2024-02-29"`` as a day; None for anything else and for years that are typing errors."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def read_moment(value: object) -> datetime | None:
    """``"2024-02-29T08:30"``, with or without seconds and offset; None for anything else."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


class Row:
    """One JSON object. A faulty field is told once and read as if it were missing."""

    def __init__(self, place: str, values: Mapping[str, Any], faults: list[str]) -> None:
        name = values.get("id", values.get("vin"))
        self.place = f"{place} {name}" if isinstance(name, str) else place
        self.values = values
        self.faults = faults

    def fault(self, field: str, message: str) -> None:
        self.faults.append(told_at(f"{self.place}.{field}", message))

    def text(self, field: str) -> str:
        """A name that must be there; a whole number is taken as its digits."""
        value = self.values.get(field)
        if type(value) is int:
            return str(value)
        if isinstance(value, str) and value:
            return value
        self.fault(field, _("缺少文字，或者不是文字。"))
        return ""

    def word(self, field: str, words: type[Named]) -> Named | None:
        value = self.values.get(field)
        if value in list(words):
            return words(value)
        allowed = ", ".join(words)
        self.fault(field, _("“%(value)s”不可用，只能是：%(allowed)s。") % {"value": value, "allowed": allowed})
        return None

    def whole(self, field: str, lowest: int, highest: int) -> int | None:
        """A whole number within limits; missing and null are none."""
        value = self.values.get(field)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is int and lowest <= value <= highest:
            return value
        limits = {"value": value, "lowest": lowest, "highest": highest}
        self.fault(field, _("“%(value)s”应为 %(lowest)s 到 %(highest)s 的整数。") % limits)
        return None

    def days(self, field: str) -> tuple[date, ...]:
        """One day, a list of days, or none."""
        value = self.values.get(field)
        values = value if isinstance(value, list) else [] if value is None else [value]
        days = [day for day in map(read_day, values) if day is not None]
        if len(days) != len(values):
            self.fault(field, _("“%(value)s”不是日期（YYYY-MM-DD）。") % {"value": value})
        return tuple(days)

    def instant(self, field: str, calendar: StoreCalendar, *, required: bool = True) -> datetime | None:
        """A moment in UTC. One without an offset is the store's; a day alone is its first instant."""
        value = self.values.get(field)
        if value is None and not required:
            return None
        day = read_day(value)
        if day is not None:
            return calendar.start_of(day)
        moment = read_moment(value)
        if moment is not None:
            return calendar.instant(moment)
        self.fault(field, _("“%(value)s”不是日期时间（YYYY-MM-DDTHH:MM）。") % {"value": value})
        return None

    def instants(self, field: str, calendar: StoreCalendar) -> tuple[datetime, ...]:
        """One moment, a list of moments, or none."""
        value = self.values.get(field)
        if not isinstance(value, list):
            found = self.instant(field, calendar, required=False)
            return () if found is None else (found,)
        moments = [Row(self.place, {field: item}, self.faults).instant(field, calendar) for item in value]
        return tuple(moment for moment in moments if moment is not None)
