"""Opening hours, closed days and clock changes, by hand and against a minute-by-minute count."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanfang.kernel.calendar import (
    CLOSED,
    USUAL_DAY,
    DayHours,
    HoursError,
    HoursFault,
    Span,
    StoreCalendar,
    add_months,
    anniversary,
    day_hours,
    week_hours,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


# --- months -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 12, 31), 2, date(2025, 2, 28)),
        (date(2024, 11, 30), 1, date(2024, 12, 30)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 1, 15), -1, date(2023, 12, 15)),
        (date(2024, 5, 5), 0, date(2024, 5, 5)),
    ],
)
def test_months_keep_the_day_or_take_the_last(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(("year", "expected"), [(2024, 29), (2023, 28), (1900, 28), (2000, 29), (1988, 29)])
def test_29_february(year: int, expected: int) -> None:
    assert anniversary(date(1992, 2, 29), year) == date(year, 2, expected)


# --- hours as people write them -------------------------------------------------------------------
def test_hours() -> None:
    assert week_hours(None) == (USUAL_DAY,) * 7
    assert week_hours(["09:00", "18:00"]) == ((Span(540, 1080),),) * 7
    assert week_hours({"sat": ["09:00", "12:00"], "sun": None}) == (*(USUAL_DAY,) * 5, (Span(540, 720),), CLOSED)
    assert day_hours([["13:00", "24:00"], ["08:30", "12:00"]]) == (Span(510, 720), Span(780, 1440))
    assert day_hours([]) == CLOSED


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (["8:30", "17:30"], HoursFault.NOT_A_TIME),
        (["08:60", "17:30"], HoursFault.NOT_A_TIME),
        (["08:30", "24:01"], HoursFault.NOT_A_TIME),
        (["08:30", "-1:30"], HoursFault.NOT_A_TIME),
        (["08:30", 1730], HoursFault.NOT_A_TIME),
        (["08.30", "17.30"], HoursFault.NOT_A_TIME),
        (["17:30", "08:30"], HoursFault.ENDS_BEFORE_IT_STARTS),
        (["08:30", "08:30"], HoursFault.ENDS_BEFORE_IT_STARTS),
        ([["08:30", "12:01"], ["12:00", "17:30"]], HoursFault.OVERLAP),
        (["08:30"], HoursFault.NOT_HOURS),
        ("08:30-17:30", HoursFault.NOT_HOURS),
        ({"monday": None}, HoursFault.NOT_A_DAY),
        ({"mon": 5}, HoursFault.NOT_HOURS),
    ],
)
def test_hours_that_cannot_be(value: object, fault: HoursFault) -> None:
    with pytest.raises(HoursError) as caught:
        week_hours(value)
    assert caught.value.fault is fault


def test_a_store_that_never_opens_is_refused() -> None:
    with pytest.raises(HoursError) as caught:
        StoreCalendar(SHANGHAI, (CLOSED,) * 7)
    assert caught.value.fault is HoursFault.NEVER_OPEN


# --- naive and aware moments -----------------------------------------------------------------------
def test_moments_without_an_offset_are_the_stores() -> None:
    berlin = StoreCalendar(BERLIN)
    assert berlin.instant(datetime(2024, 7, 1, 12, 0)) == datetime(2024, 7, 1, 10, 0, tzinfo=UTC)  # noqa: DTZ001
    assert berlin.instant(datetime(2024, 7, 1, 12, 0, tzinfo=SHANGHAI)) == datetime(2024, 7, 1, 4, 0, tzinfo=UTC)
    first_run = berlin.instant(datetime(2024, 10, 27, 2, 30))  # noqa: DTZ001
    assert first_run == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    skipped = berlin.instant(datetime(2024, 3, 31, 2, 30))  # noqa: DTZ001
    assert berlin.local(skipped).isoformat() == "2024-03-31T03:30:00+02:00"


@pytest.mark.parametrize(
    ("zone", "day", "first", "last_minute"),
    [
        ("Asia/Shanghai", date(2024, 3, 31), "2024-03-30T16:00Z", "2024-03-31T15:59Z"),
        ("Europe/Berlin", date(2024, 3, 31), "2024-03-30T23:00Z", "2024-03-31T21:59Z"),  # 23 hours
        ("Europe/Berlin", date(2024, 10, 27), "2024-10-26T22:00Z", "2024-10-27T22:59Z"),  # 25 hours
        ("Asia/Beirut", date(2024, 3, 31), "2024-03-30T22:00Z", "2024-03-31T20:59Z"),  # midnight is skipped
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00Z", "2011-12-31T09:59Z"),  # the 30th never was
        ("Asia/Kathmandu", date(2024, 1, 1), "2023-12-31T18:15Z", "2024-01-01T18:14Z"),
    ],
)
def test_first_and_last_of_a_day(zone: str, day: date, first: str, last_minute: str) -> None:
    store = StoreCalendar(ZoneInfo(zone))
    assert store.start_of(day) == datetime.fromisoformat(first)
    end = datetime.fromisoformat(last_minute) + timedelta(minutes=1) - timedelta.resolution
    assert store.end_of(day) == end
    assert store.day_of(store.start_of(day)) == store.day_of(end) == day


def test_a_day_that_never_was_is_closed() -> None:
    apia = StoreCalendar(ZoneInfo("Pacific/Apia"))
    assert apia.next_open_day(date(2011, 12, 30)) == date(2011, 12, 31)
    assert apia.start_of(date(2011, 12, 30)) == apia.start_of(date(2011, 12, 31))


def test_hours_that_are_skipped_entirely_close_the_day() -> None:
    night = StoreCalendar(BERLIN, week_hours(["02:00", "03:00"]))
    assert night.next_open_day(date(2024, 3, 31)) == date(2024, 4, 1)


def test_a_day_on_which_the_clocks_change_is_open_in_one_stretch() -> None:
    store = StoreCalendar(BERLIN, week_hours(["00:00", "24:00"]))
    for day, hours in ((date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 6, 1), 24)):
        ((opens, closes),) = store.stretches(day)
        assert closes - opens == timedelta(hours=hours)
    twice = StoreCalendar(BERLIN, week_hours(["02:00", "02:30"])).stretches(date(2024, 10, 27))
    assert [opens.strftime("%H:%M") for opens, _closes in twice] == ["00:00", "01:00"]


def test_special_days_with_hours_of_their_own() -> None:
    sunday = date(2024, 6, 2)
    store = StoreCalendar(SHANGHAI, week_hours({"sun": None}), {sunday: day_hours(["10:00", "12:00"])})
    assert store.local(store.opening(sunday)).hour == 10
    assert store.local(store.closing(sunday)).hour == 12


# --- working minutes ------------------------------------------------------------------------------
WEEKDAYS_WITH_LUNCH = week_hours(
    {**{day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
    | {"sat": None, "sun": None}
)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2024-05-08T09:00", 120, "2024-05-08T11:00"),
        ("2024-05-08T11:30", 120, "2024-05-08T14:30"),  # over lunch
        ("2024-05-08T10:00", 120, "2024-05-08T12:00"),  # reached at the last minute before lunch
        ("2024-05-08T15:30", 120, "2024-05-08T17:30"),  # reached at closing
        ("2024-05-08T15:31", 120, "2024-05-09T08:31"),
        ("2024-05-10T17:00", 120, "2024-05-13T10:00"),  # Friday to Monday
        ("2024-05-11T12:00", 120, "2024-05-13T10:30"),
        ("2024-05-08T06:00", 120, "2024-05-08T10:30"),
        ("2024-05-08T20:00", 0, "2024-05-08T20:00"),
    ],
)
def test_working_minutes(start: str, minutes: int, expected: str) -> None:
    store = StoreCalendar(SHANGHAI, WEEKDAYS_WITH_LUNCH)
    due = store.add_working_minutes(store.instant(datetime.fromisoformat(start)), minutes)
    assert due == store.instant(datetime.fromisoformat(expected))


def test_working_minutes_are_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        StoreCalendar(SHANGHAI).add_working_minutes(datetime(2024, 5, 8, tzinfo=UTC), -1)


# --- against a count of every minute ---------------------------------------------------------------
NEAR_CHANGES = [
    (BERLIN, date(2024, 3, 31)),
    (BERLIN, date(2024, 10, 27)),
    (ZoneInfo("America/New_York"), date(2024, 3, 10)),
    (ZoneInfo("America/New_York"), date(2024, 11, 3)),
    (ZoneInfo("Australia/Lord_Howe"), date(2024, 4, 7)),  # half an hour
    (ZoneInfo("Asia/Beirut"), date(2024, 3, 31)),  # at midnight
    (ZoneInfo("Asia/Beirut"), date(2024, 10, 27)),
    (ZoneInfo("Pacific/Apia"), date(2011, 12, 30)),  # a whole day
    (SHANGHAI, date(2024, 2, 29)),
]


@cache
def wall_clock(zone: ZoneInfo, around: date) -> list[tuple[datetime, date, int]]:
    """Every minute of a fortnight: the instant, its local day, its local minute of the day."""
    first = datetime(around.year, around.month, around.day, tzinfo=UTC) - timedelta(days=3)
    found = []
    for minute in range(14 * 1440):
        instant = first + timedelta(minutes=minute)
        local = instant.astimezone(zone)
        found.append((instant, local.date(), local.hour * 60 + local.minute))
    return found


@st.composite
def stores(draw: st.DrawFn) -> tuple[ZoneInfo, date, tuple[DayHours, ...], dict[date, DayHours]]:
    zone, around = draw(st.sampled_from(NEAR_CHANGES))
    marks = st.integers(0, 96).map(lambda quarter: quarter * 15)

    def spans(values: list[int]) -> DayHours:
        values = sorted(set(values))
        return tuple(Span(a, b) for a, b in zip(values[::2], values[1::2], strict=False))

    day = st.lists(marks, max_size=4).map(spans)
    week = draw(st.lists(day, min_size=7, max_size=7).filter(any))
    special = draw(st.dictionaries(st.integers(-2, 2).map(lambda n: around + timedelta(days=n)), day, max_size=2))
    return zone, around, tuple(week), special


@settings(max_examples=60, deadline=None)
@given(stores(), st.integers(-1, 1), st.integers(0, 2000), st.integers(0, 1439))
def test_openings_and_working_time_equal_a_count_of_minutes(
    store: tuple[ZoneInfo, date, tuple[DayHours, ...], dict[date, DayHours]],
    ahead: int,
    minutes: int,
    start_minute: int,
) -> None:
    zone, around, week, special = store
    calendar = StoreCalendar(zone, week, special)

    def is_open(day: date, minute: int) -> bool:
        hours = special.get(day, week[day.weekday()])
        return any(span.start <= minute < span.end for span in hours)

    day = around + timedelta(days=ahead)
    open_minutes = [(instant, of) for instant, of, minute in wall_clock(zone, around) if is_open(of, minute)]
    coming = [(instant, of) for instant, of in open_minutes if of >= day]
    if coming and coming[0][1] < around + timedelta(days=10):  # a day that lies whole within the count
        next_day = coming[0][1]
        its_minutes = [instant for instant, of in coming if of == next_day]
        assert calendar.opening(day) == its_minutes[0]
        assert calendar.closing(day) == its_minutes[-1] + timedelta(minutes=1)
    start = wall_clock(zone, around)[2 * 1440][0] + timedelta(minutes=start_minute)
    counted = [instant for instant, _of in open_minutes if instant >= start]
    if 0 < minutes <= len(counted):
        assert calendar.add_working_minutes(start, minutes) == counted[minutes - 1] + timedelta(minutes=1)
