"""Dates, spans and clocks as staff read them, in the store's zone."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone as current
from django.utils import translation

from frontend.templatetags.clocks import clock_face, words_left
from frontend.templatetags.numbers import thousands
from frontend.templatetags.phones import grouped
from frontend.templatetags.when import ago, clock, day, epoch, field_value, span, until

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def shanghai() -> object:
    with translation.override("zh-hans"), current.override(ZoneInfo("Asia/Shanghai")):
        yield


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 22, 0, 0, tzinfo=CHINA), "00:00"),
        (datetime(2026, 11, 21, 23, 59, tzinfo=CHINA), "昨 23:59"),
        (datetime(2026, 11, 23, 10, 0, tzinfo=CHINA), "明 10:00"),
        (datetime(2026, 11, 20, 9, 0, tzinfo=CHINA), "11-20 09:00"),
        (datetime(2025, 12, 31, 9, 0, tzinfo=CHINA), "2025-12-31"),
        (datetime(2026, 11, 21, 16, 5, tzinfo=UTC), "00:05"),  # after midnight in the store
        (date(2026, 11, 18), "11-18"),
        (date(2025, 11, 18), "2025-11-18"),
        (None, ""),
    ],
)
def test_a_moment_is_as_short_as_it_can_be(moment: date | datetime | None, shown: str) -> None:
    assert clock(moment, NOW) == shown


def test_a_day_has_its_weekday() -> None:
    assert day(date(2025, 6, 18)) == "2025-06-18 周三"
    assert day(datetime(2025, 6, 17, 16, 0, tzinfo=UTC)) == "2025-06-18 周三"


def test_the_end_of_a_stretch_repeats_no_date() -> None:
    start = datetime(2026, 11, 18, 14, 5, tzinfo=CHINA)
    assert until(start + timedelta(hours=3), start) == "17:05"
    assert until(start + timedelta(hours=30), start) == "11-19 20:05"
    assert until(None, start) == ""


@pytest.mark.parametrize(
    ("since", "long"),
    [
        (date(2023, 9, 20), "3 年 2 个月"),
        (date(2026, 11, 1), "0 个月"),
        (date(2025, 11, 22), "1 年"),
        (date(2025, 11, 23), "11 个月"),
        (date(2026, 12, 24), "0 个月"),
    ],
)
def test_how_long_someone_has_owned_a_car(since: date, long: str) -> None:
    assert span(since, NOW) == long


def test_how_long_ago() -> None:
    assert ago(NOW - timedelta(hours=3), NOW) == "今天"
    assert ago(date(2026, 11, 20), NOW) == "2 天前"
    assert ago(date(2026, 5, 20), NOW) == "6 个月前"


def test_english_has_singulars() -> None:
    with translation.override("en"):
        assert ago(date(2026, 11, 21), NOW) == "1 day ago"
        assert span(date(2024, 10, 1), NOW) == "2 years 1 month"
        assert words_left(-100_000, over=True) == "27 h 46 min over"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, "剩 0:00:59"),
        (3 * 3600 + 59 * 60, "剩 3:59:00"),
        (4 * 3600 + 61, "剩 4 时 01 分"),
        (26 * 3600, "剩 26 时 00 分"),
        (-1459, "超时 0:24:19"),
        (-153 * 3600, "超时 153 时 00 分"),
    ],
)
def test_working_time_left_in_words(seconds: int, words: str) -> None:
    assert words_left(seconds, over=seconds < 0) == words


@dataclass(frozen=True, slots=True)
class Clock:
    left_seconds: int
    state: str = "running"
    total_seconds: int = 7200
    due: datetime = NOW
    done_at: datetime | None = None
    coming: tuple[tuple[datetime, datetime], ...] = ((NOW - timedelta(hours=1), NOW + timedelta(hours=8)),)


@pytest.mark.parametrize(
    ("left", "state", "tone"),
    [
        (7200, "running", "good"),
        (1800, "running", "good"),
        (1799, "running", "warn"),
        (0, "running", "warn"),
        (0, "broken", "danger"),  # due at closing time, and the store has closed
        (-1, "broken", "danger"),
    ],
)
def test_a_clock_warns_in_its_last_quarter(left: int, state: str, tone: str) -> None:
    face = clock_face(Clock(left, state), NOW)
    assert face.tone == tone
    assert face.due is not None
    assert face.closed == ""


def test_a_stopped_clock_does_not_tick() -> None:
    met = clock_face(Clock(3600, "met", done_at=NOW - timedelta(hours=6)), NOW)
    assert (met.tone, met.due, met.words) == ("good", None, "按时完成")
    broken = clock_face(Clock(-3600, "broken", done_at=NOW - timedelta(hours=4)), NOW)
    assert (broken.tone, broken.due, broken.words) == ("danger", None, "超时 1:00:00")


@pytest.mark.parametrize(
    ("opens", "words"),
    [
        (NOW + timedelta(hours=4), "店休，13:30 继续"),
        (NOW + timedelta(hours=23), "店休，周一 08:30 继续"),
        (NOW + timedelta(days=9), "店休，12-01 09:30 继续"),
    ],
)
def test_a_clock_of_a_closed_store_stands_still_and_says_until_when(opens: datetime, words: str) -> None:
    face = clock_face(Clock(7200, coming=((opens, opens + timedelta(hours=9)),)), NOW)
    assert (face.words, face.closed) == ("剩 2:00:00", words)
    ((begins, ends, said),) = json.loads(face.openings)
    assert (begins, ends) == (epoch(opens), epoch(opens) + 9 * 3600)
    assert said in words


def test_values_for_browsers() -> None:
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    assert field_value(moment) == "2026-11-22T09:30"
    assert epoch(moment) == 1_795_311_000


def test_numbers_are_grouped_as_they_are_read() -> None:
    assert grouped("138****5207") == "138 **** 5207"
    assert grouped("0571-88886666") == "0571-88886666"
    assert thousands(8421) == "8,421"
