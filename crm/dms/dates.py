"""Dates and times as DMS files write them. Everything comes out naive: the store's own clock."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from .cells import Cell, half_width, text_of
from .errors import BadValue

_MIDNIGHT = time()
# Day 0 of a spreadsheet's serial dates, leap-year bug of 1900 included.
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - naive is the store's clock, see above
# Serials between 1954-10-03 and 2119-01-10; other bare numbers are no dates of a dealership.
_SERIALS = (20_000, 80_000)
_YEARS = (1950, 2100)

# How databases and spreadsheets write "no date".
_NO_DATE_DAYS = frozenset(
    {(0, 0, 0), (1, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 0), (1900, 1, 1), (9999, 12, 31)}
)
_NO_DATE_WORDS = frozenset({"无", "未定", "未交车", "未结算", "未", "空", "0", "00:00:00", "00:00"})

_DAY = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
_CLOCK = (
    r"(?P<half>上午|下午|中午|早上|晚上|凌晨|[AaPp]\.?[Mm]\.?)?\s*"
    r"(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?\s*(?:[:分]\s*(?P<second>\d{1,2})?"
    r"(?:[.,]\d+)?\s*秒?)?\s*(?P<half_after>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
)
_WEEKDAY = r"(?:\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?)?"
_WRITTEN = re.compile(rf"{_DAY}{_WEEKDAY}(?:[T\s]*{_CLOCK})?", re.ASCII)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:\s*(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?)?",
    re.ASCII,
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_AFTERNOON = frozenset({"下午", "晚上", "PM"})
_MORNING = frozenset({"上午", "早上", "凌晨", "AM"})


def parse_moment(cell: Cell, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    """The moment and whether a time of day was given; None where the cell says "no date".

    A time with an offset is turned into the store's zone.
    """
    if type(cell) is str:
        # The commonest forms, 2025-06-08 and 2025-06-08 14:30:00, without the pattern's cost.
        if len(cell) in (10, 16, 19) and cell[4] == "-" and cell[7] == "-":
            try:
                moment = datetime.fromisoformat(cell)
            except ValueError:
                return _from_text(cell, zone)
            if _YEARS[0] <= moment.year <= _YEARS[1]:
                return moment, _has_time(moment)
        return _from_text(cell, zone)
    return _from_typed(cell)


def _has_time(moment: datetime) -> bool:
    """Midnight sharp is how systems write a day without a time."""
    return bool(moment.hour or moment.minute or moment.second)


def _from_typed(cell: Cell) -> tuple[datetime, bool] | None:
    """What a workbook typed: a date, a date with time, a time alone (day 0), or a bare number."""
    if isinstance(cell, datetime):
        return _plausible(cell, str(cell))
    if isinstance(cell, date):
        return _plausible(datetime.combine(cell, _MIDNIGHT), str(cell))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if cell == 0:
            return None
        return _from_number(text_of(cell), float(cell))
    if isinstance(cell, (time, timedelta)):
        if cell in (_MIDNIGHT, timedelta()):
            return None
        raise BadValue(_("“%(value)s”只有时间没有日期，请补上日期") % {"value": text_of(cell)})
    raise BadValue(_unreadable(text_of(cell)))


def _from_text(cell: str, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    shown = text_of(cell)
    if not shown:
        return None
    text = half_width(shown)
    if text in _NO_DATE_WORDS:
        return None
    if _SERIAL.fullmatch(text):
        return _from_number(shown, float(text))
    match = _COMPACT.fullmatch(text) or _WRITTEN.fullmatch(text)
    if match is None:
        if (text.isdigit() and len(text) in (5, 6)) or re.fullmatch(r"[\d/.-]{6,10}", text):
            raise BadValue(
                _("日期“%(value)s”写法不明确（年、月、日次序不清），请写成 2025-06-08 的样子") % {"value": shown}
            )
        raise BadValue(_unreadable(shown))
    part = match.groupdict()
    day = int(part["year"]), int(part["month"]), int(part["day"])
    if day in _NO_DATE_DAYS:
        return None
    try:
        moment = datetime(*day, *_clock(part))  # noqa: DTZ001 - naive is the store's clock
    except ValueError:
        raise BadValue(_("日期“%(value)s”不存在，请更正") % {"value": shown}) from None
    if offset := part.get("offset"):
        aware = datetime.fromisoformat(moment.isoformat() + offset.replace("Z", "+00:00"))
        moment = aware.astimezone(zone).replace(tzinfo=None)
    return _plausible(moment, shown)


def _clock(part: dict[str, str | None]) -> tuple[int, int, int]:
    """Hour, minute and second; halves of the day as 上午/下午 or AM/PM, before or after."""
    hour = int(part["hour"] or 0)
    half = part.get("half") or part.get("half_after") or ""
    half = half.replace(".", "").upper()
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    elif half == "中午" and hour in (1, 2):
        hour += 12
    return hour, int(part["minute"] or 0), int(part["second"] or 0)


def _from_number(shown: str, number: float) -> tuple[datetime, bool] | None:
    if number.is_integer() and 19_500_101 <= number <= 21_001_231:
        return _from_text(str(int(number)), ZoneInfo("UTC"))
    if number in (0.0, 1.0):
        return None
    if not _SERIALS[0] <= number < _SERIALS[1]:
        raise BadValue(_unreadable(shown))
    # A serial's fraction is the time of day; binary fractions miss the second by a hair.
    moment = _SERIAL_ZERO + timedelta(seconds=round(number * 86_400))
    return moment, _has_time(moment)


def _plausible(moment: datetime, shown: str) -> tuple[datetime, bool] | None:
    if (moment.year, moment.month, moment.day) in _NO_DATE_DAYS:
        return None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise BadValue(_("日期“%(value)s”的年份不可能，请更正") % {"value": shown})
    return moment.replace(microsecond=0), _has_time(moment)


def _unreadable(shown: str) -> str:
    return _("“%(value)s”不是能识别的日期，请写成 2025-06-08 或 2025-06-08 14:30 的样子") % {"value": shown}
