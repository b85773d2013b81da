"""保养提醒 and 失联 by the Changan standard: the estimate, cycles and visits, counted by hand."""

from typing import Any

import pytest
from standards.asking import ask, days, delivery, ended, order

FIRST = {"first_service_months": 6, "first_service_km": 5000}
REGULAR = {"service_months": 6, "service_km": 10_000}
CAR = {**FIRST, **REGULAR}
LATER = "2026-12-31"


def reminders(until: str = LATER, vehicle: dict[str, Any] | None = None, **events: Any) -> list[Any]:
    return days(ask(until, vehicle=CAR if vehicle is None else vehicle, **events), "service-reminder")


def lost(until: str = LATER, vehicle: dict[str, Any] | None = None, **events: Any) -> list[Any]:
    return days(ask(until, vehicle=CAR if vehicle is None else vehicle, **events), "lost-contact")


# --- months -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("delivered", "opens", "due"),
    [
        ("2024-01-15", "2024-07-05", "2024-07-12"),
        ("2023-08-31", "2024-02-19", "2024-02-26"),  # 29 February
        ("2024-08-31", "2025-02-18", "2025-02-25"),  # 28 February
        ("2024-03-31", "2024-09-20", "2024-09-27"),  # 30 September
        ("2024-07-05", "2024-12-26", "2025-01-02"),  # 5 January
    ],
)
def test_first_service_by_months(delivered: str, opens: str, due: str) -> None:
    assert reminders(deliveries=[delivery(delivered)]) == [("D1", opens, due, "open")]


def test_opening_and_due_day_closed() -> None:
    closed = ["2024-07-05", "2024-07-06", "2024-07-12"]
    assert reminders(deliveries=[delivery("2024-01-15")], closed_days=closed) == [
        ("D1", "2024-07-07", "2024-07-13", "open")
    ]


def test_a_car_without_the_first_interval_waits_for_its_first_maintenance() -> None:
    events: dict[str, Any] = {"deliveries": [delivery("2024-01-15")]}
    assert reminders(vehicle={}, **events) == []
    assert reminders(vehicle=REGULAR, **events) == []
    serviced = order("2024-03-01T09:00", "2024-03-01T16:00", 500, "service")
    assert reminders(vehicle=REGULAR, repair_orders=[serviced], **events) == [
        ("R1", "2024-08-22", "2024-08-29", "open")
    ]
    assert reminders(vehicle=FIRST, repair_orders=[serviced], **events) == []


# --- mileage ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("opened", "mileage", "opens", "due"),
    [
        ("2024-02-10T09:00", 2000, "2024-03-31", "2024-04-07"),  # 40 days, 50 a day, 60 more: 10 April
        ("2024-02-10T09:00", 1990, "2024-04-01", "2024-04-08"),  # 60.5 days are 61
        ("2024-01-31T09:00", 3000, "2024-02-10", "2024-02-17"),  # 30 days count: 20 February
        ("2024-01-30T23:59", 3000, "2024-06-21", "2024-06-28"),  # 29 don't: 1 July
        ("2024-02-10T09:00", 0, "2024-06-21", "2024-06-28"),  # an average of zero: months only
        ("2024-02-10T09:00", 1, "2024-06-21", "2024-06-28"),  # 547 years: the months come first
        ("2024-02-10T09:00", 6000, "2024-01-31", "2024-02-07"),  # exceeded: the day of the reading
        ("2024-02-10T09:00", 5000, "2024-01-31", "2024-02-07"),  # exactly reached
        ("2024-02-10T09:00", 4999, "2024-02-01", "2024-02-08"),  # one kilometre is one more day
        ("2024-01-30T09:00", 6000, "2024-06-21", "2024-06-28"),  # exceeded, but only the months count
    ],
)
def test_mileage_of_a_repair(opened: str, mileage: int, opens: str, due: str) -> None:
    repair = order(opened, opened[:10] + "T23:59", mileage)
    assert reminders(deliveries=[delivery("2024-01-01")], repair_orders=[repair]) == [("D1", opens, due, "open")]


def test_kilometres_alone() -> None:
    car = {"first_service_km": 5000}
    repair = order("2024-02-10T09:00", "2024-02-10T10:00", 2000)
    assert reminders(vehicle=car, deliveries=[delivery("2024-01-01")]) == []
    assert reminders(vehicle=car, deliveries=[delivery("2024-01-01")], repair_orders=[repair]) == [
        ("D1", "2024-03-31", "2024-04-07", "open")
    ]


def test_falling_mileage_leaves_the_months() -> None:
    car = {"service_months": 12, "service_km": 10_000}
    orders = [
        order("2024-01-10T09:00", "2024-01-10T18:00", 40_000, "service", "R1"),
        order("2024-05-10T09:00", "2024-05-10T18:00", 4_100, "repair", "R2"),
    ]
    assert reminders(vehicle=car, repair_orders=orders) == [("R1", "2024-12-31", "2025-01-07", "open")]


def test_a_service_without_mileage_leaves_the_months() -> None:
    orders = [
        order("2024-03-01T09:00", "2024-03-01T18:00", None, "service", "R1"),
        order("2024-05-10T09:00", "2024-05-10T18:00", 90_000, "repair", "R2"),
    ]
    assert reminders(deliveries=[delivery("2024-01-01")], repair_orders=orders) == [
        ("R1", "2024-08-22", "2024-08-29", "open")
    ]


def test_projection_starts_from_the_last_reading_and_the_average_from_the_first() -> None:
    orders = [
        order("2024-02-20T09:00", "2024-02-22T09:00", 4_000, "first_service", "R1"),  # 50 days, 80 a day
        order("2024-04-10T09:00", "2024-04-10T18:00", 10_000, "repair", "R2"),  # 100 days, 100 a day
    ]
    # 14,000 km: 40 days after 10 April, 20 May; by months it would be 22 August.
    assert reminders(deliveries=[delivery("2024-01-01")], repair_orders=orders) == [
        ("R1", "2024-05-10", "2024-05-17", "open")
    ]


def test_services_are_dated_by_leaving_and_readings_by_opening() -> None:
    # In the shop from 10 April to 1 June: six months count from 1 June, kilometres from 10 April.
    stay = order("2024-04-10T09:00", "2024-06-01T18:00", 10_000, "first_service")
    by_km = reminders(deliveries=[delivery("2024-01-01")], repair_orders=[stay])
    assert by_km == [("R1", "2024-07-09", "2024-07-16", "open")]  # 100 a day: 20,000 km on 19 July
    slow = {**CAR, "service_km": 50_000}
    assert reminders(vehicle=slow, deliveries=[delivery("2024-01-01")], repair_orders=[stay]) == [
        ("R1", "2024-11-21", "2024-11-28", "open")
    ]


# --- what was known when ------------------------------------------------------------------------
BEFORE_OPENING = order("2024-02-10T09:00", "2024-02-10T10:00", 2000)  # opens 31 March


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("2024-03-30T09:00", ("2024-06-06", "2024-06-13")),  # 89 days, 30 a day, 78 more: 16 June
        ("2024-03-31T08:29", ("2024-06-08", "2024-06-15")),  # the morning it would open: 90 days, 78.5
        ("2024-03-31T08:30", ("2024-03-31", "2024-04-07")),
        ("2024-04-02T09:00", ("2024-03-31", "2024-04-07")),
    ],
)
def test_a_later_reading_moves_only_a_window_that_has_not_opened(opened: str, expected: tuple[str, str]) -> None:
    later = order(opened, opened[:10] + "T23:00", 2670, name="R2")
    lines = reminders(deliveries=[delivery("2024-01-01")], repair_orders=[BEFORE_OPENING, later])
    assert lines == [("D1", *expected, "open")]


def test_an_exceeded_interval_is_known_only_from_its_reading_on() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-01")],
        "repair_orders": [order("2024-02-10T09:00", "2024-02-10T10:00", 6000)],
    }
    assert reminders("2024-02-09", **events) == []
    assert reminders("2024-02-10", **events) == [("D1", "2024-01-31", "2024-02-07", "open")]


def test_a_reading_after_until_is_unknown() -> None:
    events: dict[str, Any] = {"deliveries": [delivery("2024-01-01")], "repair_orders": [BEFORE_OPENING]}
    assert reminders("2024-02-09", **events) == []
    assert reminders("2024-03-30", **events) == []
    assert len(reminders("2024-03-31", **events)) == 1


# --- visits -------------------------------------------------------------------------------------
def service(opened: str, closed: str | None, name: str = "R1", mileage: int = 4000) -> dict[str, Any]:
    return order(opened, closed, mileage, "service", name)


@pytest.mark.parametrize(
    ("opened", "of_delivery"),
    [
        ("2024-06-21T08:29", []),
        ("2024-06-21T08:30", [("D1", "2024-06-21", "2024-06-28", "answered_by_visit")]),
        ("2024-06-25T08:00", [("D1", "2024-06-21", "2024-06-28", "answered_by_visit")]),
        ("2024-09-25T08:00", [("D1", "2024-06-21", "2024-06-28", "answered_by_visit")]),  # long overdue
    ],
)
def test_a_maintenance_visit_answers_what_is_open(opened: str, of_delivery: list[Any]) -> None:
    events: dict[str, Any] = {"deliveries": [delivery("2024-01-01")], "repair_orders": [service(opened, None)]}
    assert reminders(**events) == of_delivery


def test_a_visit_answers_while_the_car_is_still_in_the_shop_and_nothing_new_opens() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-01")],
        "repair_orders": [service("2024-06-01T09:00", "2024-08-15T09:00")],
    }
    # The old reminder would have opened on 21 June, with the car in the shop: not made.
    assert reminders("2024-08-14", **events) == []
    assert lost("2024-08-14", **events) == [("D1", "2024-03-01", "2024-03-08", "answered_by_visit")]
    assert reminders(**events) == [("R1", "2025-02-05", "2025-02-12", "open")]


@pytest.mark.parametrize("kind", ["repair", "warranty"])
def test_another_visit_answers_nothing(kind: str) -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-01")],
        "repair_orders": [order("2024-06-25T09:00", "2024-06-25T10:00", None, kind)],
    }
    assert reminders(**events) == [("D1", "2024-06-21", "2024-06-28", "open")]
    assert lost(**events) == [("D1", "2024-03-01", "2024-03-08", "open")]


def test_the_earlier_of_a_call_and_a_visit_counts() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-01")],
        "repair_orders": [service("2024-06-25T09:00", None)],
    }
    before = [ended("service-reminder", "D1", "2024-06-25T08:59")]
    after = [ended("service-reminder", "D1", "2024-06-25T09:01")]
    assert reminders(completed=before, **events)[0][3] == "completed"
    assert reminders(given_up=before, **events)[0][3] == "given_up"
    assert reminders(completed=after, **events)[0][3] == "answered_by_visit"
    early = [ended("service-reminder", "D1", "2024-06-01T09:00")]  # before it opens
    assert reminders(completed=early, **events)[0][3] == "completed"


def test_each_service_starts_a_cycle_of_its_own() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-01")],
        "repair_orders": [
            service("2024-06-25T09:00", "2024-06-25T17:00", "R1", 4_000),
            service("2024-12-20T09:00", "2024-12-20T17:00", "R2", 9_000),
        ],
    }
    assert reminders(**events) == [
        ("D1", "2024-06-21", "2024-06-28", "answered_by_visit"),
        ("R1", "2024-12-15", "2024-12-22", "answered_by_visit"),
        ("R2", "2025-06-10", "2025-06-17", "open"),
    ]
    assert lost(**events) == [
        ("D1", "2024-03-01", "2024-03-08", "answered_by_visit"),
        ("R2", "2025-07-20", "2025-07-27", "open"),
    ]


def test_two_services_on_one_day_give_the_last_that_left() -> None:
    orders = [
        service("2024-03-01T09:00", "2024-03-01T16:00", "R2"),
        service("2024-03-01T09:30", "2024-03-01T15:00", "R1"),
    ]
    assert [line[0] for line in reminders(deliveries=[delivery("2024-01-01")], repair_orders=orders)] == ["R2"]


def test_a_service_beside_one_still_in_the_shop() -> None:
    younger_inside = [
        service("2024-03-01T09:00", "2024-03-01T16:00", "R1"),
        service("2024-03-01T09:30", None, "R2"),
    ]
    assert reminders(deliveries=[delivery("2024-01-01")], repair_orders=younger_inside) == []
    forgotten = [service("2024-02-01T09:00", None, "R1"), service("2024-03-01T09:30", "2024-03-01T16:00", "R2")]
    assert [line[0] for line in reminders(deliveries=[delivery("2024-01-01")], repair_orders=forgotten)] == ["R2"]


# --- lost contact -------------------------------------------------------------------------------
def test_two_months_after_delivery() -> None:
    assert lost(deliveries=[delivery("2023-12-31")]) == [("D1", "2024-02-29", "2024-03-07", "open")]
    assert lost(vehicle={}, deliveries=[delivery("2024-12-31")]) == [("D1", "2025-02-28", "2025-03-07", "open")]


def test_no_lost_contact_when_serviced_before() -> None:
    in_time = service("2024-02-29T18:00", "2024-02-29T19:00")
    too_late = service("2024-03-01T09:00", "2024-03-01T19:00")
    assert [line[0] for line in lost(deliveries=[delivery("2024-01-01")], repair_orders=[in_time])] == ["R1"]
    assert lost(deliveries=[delivery("2024-01-01")], repair_orders=[too_late])[0] == (
        "D1",
        "2024-03-01",
        "2024-03-08",
        "answered_by_visit",
    )


def test_one_month_past_the_estimate() -> None:
    car = {**CAR, "service_months": 12}
    serviced = service("2024-02-29T09:00", "2024-02-29T10:00", mileage=500)
    # 28 February 2025, a month later 28 March.
    assert lost(vehicle=car, repair_orders=[serviced]) == [("R1", "2025-03-28", "2025-04-04", "open")]


def test_the_earlier_leg_wins_once() -> None:
    # 6,000 km on 31 January: estimated for that day, a month past it is 29 February.
    repair = order("2024-01-31T09:00", "2024-01-31T10:00", 6000)
    assert lost(deliveries=[delivery("2024-01-01")], repair_orders=[repair]) == [
        ("D1", "2024-02-29", "2024-03-07", "open")
    ]
    assert len(lost(deliveries=[delivery("2024-01-01")])) == 1  # 1 March, and never again on 1 August


def test_closed_opening_day_of_lost_contact() -> None:
    lines = lost(deliveries=[delivery("2024-01-01")], closed_days=["2024-03-01", "2024-03-08"])
    assert lines == [("D1", "2024-03-02", "2024-03-09", "open")]


# --- sold twice ---------------------------------------------------------------------------------
def test_a_car_sold_twice() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-10", "D1"), delivery("2024-03-05", "D2")],
        "repair_orders": [order("2024-02-20T09:00", "2024-02-20T10:00", 4900)],
    }
    lines = ask(LATER, vehicle=CAR, **events)
    assert [line[0] for line in days(lines, "first-call")] == ["D1", "D2"]
    assert [line[0] for line in days(lines, "second-call")] == ["D1", "D2"]
    # The reading before the second delivery says nothing about it; the first one's windows had opened
    # (the reminder) or not (lost contact, 10 March).
    assert days(lines, "service-reminder") == [
        ("D1", "2024-02-11", "2024-02-18", "open"),
        ("D2", "2024-08-26", "2024-09-02", "open"),
    ]
    assert days(lines, "lost-contact") == [("D2", "2024-05-05", "2024-05-12", "open")]


def test_a_visit_answers_what_is_open_from_both_deliveries() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-10", "D1"), delivery("2024-04-01", "D2")],
        "repair_orders": [service("2024-06-15T09:00", None)],
    }
    assert lost(**events) == [
        ("D1", "2024-03-10", "2024-03-17", "answered_by_visit"),
        ("D2", "2024-06-01", "2024-06-08", "answered_by_visit"),
    ]


def test_an_earlier_owners_service_gives_the_new_one_no_interval() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-10", "D1"), delivery("2024-06-01", "D2")],
        "repair_orders": [service("2024-03-01T09:00", "2024-03-01T18:00", "R1", 4000)],
    }
    assert reminders(**events) == [("D2", "2024-11-21", "2024-11-28", "open")]


def test_the_inspection_before_delivery_is_no_service() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-01-10T15:00")],
        "repair_orders": [service("2024-01-10T09:00", "2024-01-10T12:00", "PDI", 10)],
    }
    lines = ask(LATER, vehicle=CAR, **events)
    assert days(lines, "service-reminder") == [("D1", "2024-06-30", "2024-07-07", "open")]
    assert [line[0] for line in days(lines, "third-call")] == ["PDI"]


def test_a_day_without_a_time_is_its_first_instant() -> None:
    handed_over: dict[str, Any] = {"deliveries": [delivery("2024-01-10")]}
    on_that_day = order("2024-01-10", "2024-01-10", 10, "service")
    assert [line[0] for line in reminders(repair_orders=[on_that_day], **handed_over)] == ["R1"]
    # Lost contact opens on 10 March: a visit that day without a time came before the store opened.
    assert [line[0] for line in lost(repair_orders=[service("2024-03-10", None)], **handed_over)] == []
    called = [ended("lost-contact", "D1", "2024-03-12")]
    visited = [service("2024-03-12T00:01", None)]
    assert lost(repair_orders=visited, completed=called, **handed_over)[0][3] == "completed"
