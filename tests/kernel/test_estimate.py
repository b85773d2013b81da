"""The estimated next service against a slow reading of the handbook: day by day, in exact fractions."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanfang.kernel.calendar import add_months
from sanfang.kernel.estimate import LastService, Reading, next_service

DAY_0 = date(2023, 12, 20)
MINIMUM = 30


def slowly(last: LastService, readings: list[Reading], horizon: int = 3000) -> date | None:
    """The first day on which the months or the mileage are reached, asking every day in turn."""
    for ahead in range(horizon):
        day = DAY_0 + timedelta(days=ahead)
        if last.next_day is not None:
            if day >= last.next_day:
                return day
        elif last.months is not None and day >= add_months(last.day, last.months):
            return day
        if mileage_reached(last, readings, day):
            return day
    return None


def mileage_reached(last: LastService, readings: list[Reading], day: date) -> bool:
    if last.next_km is not None:
        target = last.next_km
    elif last.km is not None and last.km_interval is not None:
        target = last.km + last.km_interval
    else:
        return False
    if not readings:
        return False
    first, newest = readings[0], readings[-1]
    between = (newest.day - first.day).days
    if between < MINIMUM or newest.km <= first.km:
        return False
    if any(reading.km >= target and reading.day <= day for reading in readings[last.readings_before :]):
        return True
    average = Fraction(newest.km - first.km, between)
    return day >= newest.day and newest.km + average * (day - newest.day).days >= target


@st.composite
def cars(draw: st.DrawFn) -> tuple[LastService, list[Reading]]:
    some = st.integers(0, 12_000)
    gaps = draw(st.lists(st.integers(0, 60), max_size=5))
    readings, day, km = [], DAY_0, 0
    for gap in gaps:
        day += timedelta(days=gap)
        km = max(0, km + draw(st.integers(-500, 4000)))
        readings.append(Reading(day, km))
    at = draw(st.integers(0, len(readings)))
    service_day = readings[at - 1].day if at else DAY_0
    last = LastService(
        day=service_day + timedelta(days=draw(st.integers(0, 3))),
        km=readings[at - 1].km if at else draw(st.sampled_from([0, None])),
        months=draw(st.none() | st.integers(1, 24)),
        km_interval=draw(st.none() | st.integers(1, 12_000)),
        readings_before=at,
        next_day=draw(st.none() | some.map(lambda n: DAY_0 + timedelta(days=n % 900))),
        next_km=draw(st.none() | some),
    )
    return last, readings


@settings(max_examples=400, deadline=None)
@given(cars())
def test_the_estimate_equals_asking_every_day(car: tuple[LastService, list[Reading]]) -> None:
    last, readings = car
    estimate = next_service(last, readings, MINIMUM)
    slow = slowly(last, readings)
    if slow is None:
        assert estimate is None or estimate >= DAY_0 + timedelta(days=3000)
    else:
        assert estimate == slow


def test_a_pace_that_never_gets_there_has_no_day() -> None:
    readings = [Reading(date(2000, 1, 1), 0), Reading(date(2020, 1, 1), 1)]
    last = LastService(date(2000, 1, 1), 0, None, 1_000_000, readings_before=1)
    assert next_service(last, readings, MINIMUM) is None


@pytest.mark.parametrize("km", [5000, 6000])
def test_the_first_reading_past_the_interval_is_the_day(km: int) -> None:
    readings = [Reading(DAY_0, 0), Reading(date(2024, 3, 1), km), Reading(date(2024, 3, 9), 6500)]
    last = LastService(DAY_0, 0, None, 5000, readings_before=1)
    assert next_service(last, readings, MINIMUM) == date(2024, 3, 1)


def test_what_the_dms_says_takes_the_place_of_its_interval_only() -> None:
    readings = [Reading(date(2024, 1, 1), 0), Reading(date(2024, 4, 10), 10_000)]  # 100 a day
    intervals = {"day": date(2024, 4, 10), "km": 10_000, "months": 6, "km_interval": 10_000, "readings_before": 2}
    assert next_service(LastService(**intervals), readings, MINIMUM) == date(2024, 7, 19)  # type: ignore[arg-type]
    sooner = LastService(**intervals, next_day=date(2024, 7, 1))  # type: ignore[arg-type]
    assert next_service(sooner, readings, MINIMUM) == date(2024, 7, 1)
    later = LastService(**intervals, next_day=date(2025, 7, 1))  # type: ignore[arg-type]
    assert next_service(later, readings, MINIMUM) == date(2024, 7, 19)
    further = LastService(**intervals, next_km=40_000)  # type: ignore[arg-type]
    assert next_service(further, readings, MINIMUM) == date(2024, 10, 10)
    passed = LastService(**intervals, next_km=9_000)  # type: ignore[arg-type]
    assert next_service(passed, readings, MINIMUM) == date(2024, 4, 10)
