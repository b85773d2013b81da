"""Dates and moments as files write them: read, empty, or a fault."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dms.cells import Cell
from crm.dms.dates import parse_moment
from crm.dms.errors import BadValue


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(cell: Cell) -> tuple[datetime, bool] | None:
    return parse_moment(cell, SHANGHAI)


@pytest.mark.parametrize(
    "written",
    [
        "2025-06-08",
        "2025/6/8",
        "2025.6.8",
        "20250608",
        "2025年6月8日",
        "2025年06月08日",
        "２０２５－６－８",
        "2025-6-8 星期日",
        "2025-06-08 00:00:00",
        "2025-06-08 00:00:00.000",
        "45816",
        "45816.0",
        " 2025-06-08 ",
        "2025 - 6 - 8",
        45816,
        45816.0,
        20250608,
        20250608.0,
        date(2025, 6, 8),
        at("2025-06-08"),
    ],
)
def test_a_day_in_every_way_of_writing(written: Cell) -> None:
    assert moment(written) == (at("2025-06-08"), False)


@pytest.mark.parametrize(
    "written",
    [
        "2025-06-08 14:30",
        "2025/6/8 14:30:00",
        "2025.6.8 14:30",
        "2025年6月8日14时30分",
        "2025年6月8日 下午2:30",
        "2025/6/8 2:30:00 PM",
        "2025-6-8 2:30 p.m.",
        "2025/6/8 下午 02:30:00",
        "20250608 14:30",
        "202506081430",
        "20250608143000",
        "2025-06-08T14:30:00",
        "2025-06-08T14:30:00+08:00",
        "2025-06-08T06:30:00Z",
        "2025-06-08 14:30:00.123",
        "45816.6041666667",
        45816.604166666664,
        at("2025-06-08 14:30"),
    ],
)
def test_a_moment_in_every_way_of_writing(written: Cell) -> None:
    assert moment(written) == (at("2025-06-08 14:30"), True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "  ",
        "-",
        "NULL",
        "1900-01-00",
        "1900/1/0",
        "1900-01-01",
        "0000-00-00",
        "0001-01-01 00:00:00",
        "1899-12-30",
        "0",
        0,
        0.0,
        1.0,
        time(0, 0),
        at("1899-12-31"),
        "9999-12-31",
        "无",
        "未交车",
    ],
)
def test_no_date_is_empty(written: Cell) -> None:
    assert moment(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "2025-02-29",
        "2025-13-01",
        "2025-06-31",
        "2025-06-08 25:00",
        "6/8/2025",
        "08-06-25",
        "250608",
        "2025-06",
        "昨天",
        "12",
        "45",
        12.5,
        "3025-06-08",
        "1020-06-08",
        "2025-06-08 14",
        time(9, 30),
        "99999",
        True,
        "2025年",
        "20251301",
    ],
)
def test_an_impossible_or_unclear_date_is_a_fault(written: Cell) -> None:
    with pytest.raises(BadValue):
        moment(written)


@settings(deadline=None)
@given(st.datetimes(at("1955-01-01"), at("2099-12-31")).map(lambda m: m.replace(microsecond=0)))
def test_every_moment_survives_every_form(when: datetime) -> None:
    has_time = (when.hour, when.minute, when.second) != (0, 0, 0)
    serial = (when - at("1899-12-30")).total_seconds() / 86_400
    for written in (
        when.isoformat(sep=" "),
        f"{when.year}/{when.month}/{when.day} {when:%H:%M:%S}",
        f"{when.year}年{when.month}月{when.day}日 {when.hour}时{when.minute}分{when.second}秒",
        f"{when:%Y%m%d%H%M%S}",
        f"{when.year}.{when.month}.{when.day} {when.hour % 12 or 12}:{when:%M:%S} {'PM' if when.hour >= 12 else 'AM'}",
        when,
        serial,
        repr(serial),
    ):
        assert moment(written) == (when, has_time), written
