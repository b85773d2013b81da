"""首访, 二访, 三访, complaint closing, dates and birthdays by the Changan standard, counted by hand."""

from typing import Any

import pytest
from standards.asking import VIN, ask, days, delivery, ended, order, windows

WITHOUT_SUNDAY = {
    **{day: ["08:30", "17:30"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": ["09:00", "16:00"],
    "sun": None,
}
SPRING_FESTIVAL_2024 = [f"2024-02-{day}" for day in range(10, 18)]


# --- delivery: first and second call ------------------------------------------------------------
@pytest.mark.parametrize(
    ("delivered", "first", "second"),
    [
        ("2024-02-27", ("2024-02-28", "2024-03-01"), ("2024-03-16", "2024-03-19")),  # leap year
        ("2023-02-27", ("2023-02-28", "2023-03-02"), ("2023-03-17", "2023-03-20")),
        ("2024-12-30", ("2024-12-31", "2025-01-02"), ("2025-01-17", "2025-01-20")),
        ("2024-04-30", ("2024-05-01", "2024-05-03"), ("2024-05-18", "2024-05-21")),
        ("2024-05-10T00:00:00", ("2024-05-11", "2024-05-13"), ("2024-05-28", "2024-05-31")),
        ("2024-05-10T23:59:59", ("2024-05-11", "2024-05-13"), ("2024-05-28", "2024-05-31")),
        ("2024-05-10T16:00:00Z", ("2024-05-12", "2024-05-14"), ("2024-05-29", "2024-06-01")),  # midnight here
        ("2024-05-10T15:59:59Z", ("2024-05-11", "2024-05-13"), ("2024-05-28", "2024-05-31")),
    ],
)
def test_calls_after_a_delivery(delivered: str, first: tuple[str, str], second: tuple[str, str]) -> None:
    lines = ask("2025-02-28", deliveries=[delivery(delivered)])
    assert days(lines, "first-call") == [("D1", *first, "open")]
    assert days(lines, "second-call") == [("D1", *second, "open")]


def test_spring_festival_moves_opening_and_due_each_by_itself() -> None:
    closed: dict[str, Any] = {"closed_days": SPRING_FESTIVAL_2024}
    due_moves = ask("2024-03-31", deliveries=[delivery("2024-02-08")], **closed)
    assert days(due_moves, "first-call") == [("D1", "2024-02-09", "2024-02-18", "open")]
    both_move = ask("2024-03-31", deliveries=[delivery("2024-02-09")], **closed)
    assert days(both_move, "first-call") == [("D1", "2024-02-18", "2024-02-18", "open")]
    # The day of delivery isn't moved: 18 and 21 days count from the 9th.
    assert days(both_move, "second-call") == [("D1", "2024-02-27", "2024-03-01", "open")]
    on_a_closed_day = ask("2024-03-31", deliveries=[delivery("2024-02-15")], **closed)
    assert days(on_a_closed_day, "first-call") == [("D1", "2024-02-18", "2024-02-18", "open")]


def test_weekly_hours_of_each_day() -> None:
    friday_to_monday = ask("2024-06-30", deliveries=[delivery("2024-06-01")], opening_hours=WITHOUT_SUNDAY)
    assert windows(friday_to_monday, "first-call") == [("D1", "2024-06-03T08:30:00", "2024-06-04T17:30:00", "open")]
    due_on_saturday = ask("2024-06-30", deliveries=[delivery("2024-06-05")], opening_hours=WITHOUT_SUNDAY)
    assert windows(due_on_saturday, "first-call") == [("D1", "2024-06-06T08:30:00", "2024-06-08T16:00:00", "open")]
    opens_on_saturday = ask("2024-06-30", deliveries=[delivery("2024-06-07")], opening_hours=WITHOUT_SUNDAY)
    assert windows(opens_on_saturday, "first-call") == [("D1", "2024-06-08T09:00:00", "2024-06-10T17:30:00", "open")]


def test_same_hours_every_day() -> None:
    lines = ask("2024-06-30", deliveries=[delivery("2024-06-01")], opening_hours=["09:15", "24:00"])
    assert windows(lines, "first-call") == [("D1", "2024-06-02T09:15:00", "2024-06-05T00:00:00", "open")]


def test_clocks_change_in_berlin() -> None:
    spring = ask("2024-04-30", timezone="Europe/Berlin", deliveries=[delivery("2024-03-29")])
    assert windows(spring, "first-call") == [
        ("D1", "2024-03-30T08:30:00+01:00", "2024-04-01T17:30:00+02:00", "open"),
    ]
    autumn = ask("2024-11-30", timezone="Europe/Berlin", deliveries=[delivery("2024-10-25")])
    assert windows(autumn, "first-call") == [
        ("D1", "2024-10-26T08:30:00+02:00", "2024-10-28T17:30:00+01:00", "open"),
    ]


def test_opening_in_a_skipped_hour_and_closing_in_a_repeated_one() -> None:
    night: dict[str, Any] = {"timezone": "Europe/Berlin", "opening_hours": ["02:30", "17:30"]}
    spring = ask("2024-04-30", deliveries=[delivery("2024-03-30")], **night)
    assert windows(spring, "first-call")[0][1] == "2024-03-31T03:00:00+02:00"
    late: dict[str, Any] = {"timezone": "Europe/Berlin", "opening_hours": ["00:00", "02:30"]}
    autumn = ask("2024-10-31", deliveries=[delivery("2024-10-24")], **late)
    assert windows(autumn, "first-call")[0][2] == "2024-10-27T02:30:00+01:00"
    repeated: dict[str, Any] = {"timezone": "Europe/Berlin", "opening_hours": ["02:15", "10:00"]}
    opens_twice = ask("2024-10-31", deliveries=[delivery("2024-10-26")], **repeated)
    assert windows(opens_twice, "first-call")[0][1] == "2024-10-27T02:15:00+02:00"


def test_a_window_on_the_day_of_until_is_in_and_the_next_isnt() -> None:
    events: dict[str, Any] = {"deliveries": [delivery("2024-02-27")]}
    assert ask("2024-02-27", **events) == []
    assert len(ask("2024-02-28", **events)) == 1
    moved: dict[str, Any] = {"deliveries": [delivery("2024-02-09")], "closed_days": SPRING_FESTIVAL_2024}
    assert ask("2024-02-17", **moved) == []
    assert len(ask("2024-02-18", **moved)) == 1


# --- how calls end ------------------------------------------------------------------------------
def state_of_first_call(until: str, **outcomes: Any) -> str:
    (line,) = [
        line for line in ask(until, deliveries=[delivery("2024-05-10")], **outcomes) if line["rule"] == "first-call"
    ]
    return str(line["state"])


def test_completed_given_up_and_the_earlier_of_the_two() -> None:
    assert state_of_first_call("2024-06-01", completed=[ended("first-call", "D1", "2024-05-12T10:00")]) == "completed"
    assert state_of_first_call("2024-06-01", given_up=[ended("first-call", "D1", "2024-05-12T10:00")]) == "given_up"
    both: dict[str, Any] = {
        "completed": [ended("first-call", "D1", "2024-05-12T10:00"), ended("first-call", "D1", "2024-05-20T10:00")],
        "given_up": [ended("first-call", "D1", "2024-05-12T09:59")],
    }
    assert state_of_first_call("2024-06-01", **both) == "given_up"
    both["completed"].append(ended("first-call", "D1", "2024-05-12T01:58Z"))  # 09:58 in Shanghai
    assert state_of_first_call("2024-06-01", **both) == "completed"


def test_late_and_early_completion_count_and_another_rules_doesnt() -> None:
    assert state_of_first_call("2024-12-01", completed=[ended("first-call", "D1", "2024-11-30T10:00")]) == "completed"
    assert state_of_first_call("2024-06-01", completed=[ended("first-call", "D1", "2024-05-10T12:00")]) == "completed"
    assert state_of_first_call("2024-06-01", completed=[ended("second-call", "D1", "2024-05-12T12:00")]) == "open"


def test_an_outcome_on_the_day_of_until_is_known_and_the_next_days_isnt() -> None:
    last_minute: dict[str, Any] = {"completed": [ended("first-call", "D1", "2024-05-12T23:59:59.999999")]}
    assert state_of_first_call("2024-05-12", **last_minute) == "completed"
    midnight: dict[str, Any] = {"completed": [ended("first-call", "D1", "2024-05-13T00:00")]}
    assert state_of_first_call("2024-05-12", **midnight) == "open"
    assert state_of_first_call("2024-05-13", **midnight) == "completed"


def test_nothing_expires() -> None:
    lines = ask("2029-12-31", deliveries=[delivery("2024-05-10")])
    assert {line["state"] for line in lines} == {"open"}


# --- repair orders: third call ------------------------------------------------------------------
def test_third_call_after_every_kind_of_order() -> None:
    orders = [
        order("2024-05-10T09:00", "2024-05-10T15:00", kind=kind, name=f"R{n}")
        for n, kind in enumerate(("repair", "service", "first_service", "warranty"))
    ]
    lines = ask("2024-05-31", repair_orders=orders)
    assert days(lines, "third-call") == [(f"R{n}", "2024-05-11", "2024-05-13", "open") for n in range(4)]


@pytest.mark.parametrize(
    ("closed", "window"),
    [
        ("2024-02-27T23:59:59", ("2024-02-28", "2024-03-01")),
        ("2024-02-28T00:00:00", ("2024-02-29", "2024-03-02")),
        ("2024-12-31T23:59", ("2025-01-01", "2025-01-03")),
        ("2024-02-27T16:00Z", ("2024-02-29", "2024-03-02")),
        ("2024-02-27T23:59-05:00", ("2024-02-29", "2024-03-02")),
    ],
)
def test_the_day_the_car_left_is_day_0(closed: str, window: tuple[str, str]) -> None:
    lines = ask("2025-01-31", repair_orders=[order("2024-02-01T09:00", closed)])
    assert days(lines, "third-call") == [("R1", *window, "open")]


def test_no_third_call_while_the_car_is_in_the_shop() -> None:
    assert ask("2024-12-31", repair_orders=[order("2024-02-01T09:00", None)]) == []
    leaves_later = [order("2024-02-01T09:00", "2024-03-01T09:00")]
    assert ask("2024-02-29", repair_orders=leaves_later) == []
    assert len(ask("2024-03-02", repair_orders=leaves_later)) == 1


def test_closed_at_a_quarter_past_midnight_the_night_the_clocks_change() -> None:
    at = "2024-03-31T00:15:00+02:00"  # 23:15 on the 30th in Berlin, before the change
    lines = ask("2024-04-30", timezone="Europe/Berlin", repair_orders=[order("2024-03-30T09:00", at)])
    assert windows(lines, "third-call")[0][1] == "2024-03-31T08:30:00+02:00"


# --- complaints ---------------------------------------------------------------------------------
def test_complaint_closing_belongs_to_the_customer_alone() -> None:
    (line,) = ask("2024-06-30", complaints=[{"id": "K1", "customer": "C1", "solved": "2024-05-30T18:00"}])
    assert line == {
        "rule": "complaint-closing",
        "trigger": "K1",
        "customer": "C1",
        "vin": None,
        "channel": "phone",
        "opens": "2024-05-31T08:30:00+08:00",
        "due": "2024-06-02T17:30:00+08:00",
        "state": "open",
    }


@pytest.mark.parametrize(
    "complaints",
    [
        [
            {"id": "K1", "customer": "C1", "solved": "2024-05-20T18:00"},
            {"id": "K1", "customer": "C1", "solved": "2024-05-01T18:00"},
            {"id": "K1", "customer": "C1", "solved": "2024-06-10T18:00"},
        ],
        [{"id": "K1", "customer": "C1", "solved": ["2024-06-10T18:00", "2024-05-01T18:00", "2024-05-20T18:00"]}],
    ],
)
def test_a_complaint_solved_again_is_called_again(complaints: list[dict[str, Any]]) -> None:
    completed = [ended("complaint-closing", "K1#2", "2024-05-21T10:00")]
    assert days(ask("2024-12-31", complaints=complaints, completed=completed), "complaint-closing") == [
        ("K1", "2024-05-02", "2024-05-04", "open"),
        ("K1#2", "2024-05-21", "2024-05-23", "completed"),
        ("K1#3", "2024-06-11", "2024-06-13", "open"),
    ]


def test_an_unsolved_complaint_is_not_called() -> None:
    assert ask("2024-12-31", complaints=[{"id": "K1", "customer": "C1", "solved": None}]) == []
    assert ask("2024-05-01", complaints=[{"id": "K1", "customer": "C1", "solved": "2024-05-02T00:00"}]) == []


# --- dates that a car carries -------------------------------------------------------------------
def test_inspection_and_insurance_count_backwards() -> None:
    lines = ask("2025-12-31", vehicle={"inspection_due": "2024-03-31", "insurance_due": "2025-03-01"})
    assert days(lines, "inspection") == [(f"{VIN}:2024-03-31", "2024-03-01", "2024-03-24", "open")]
    assert days(lines, "insurance") == [(f"{VIN}:2025-03-01", "2025-01-15", "2025-01-30", "open")]
    assert days(lines, "insurance-again") == [(f"{VIN}:2025-03-01", "2025-02-14", "2025-02-21", "open")]


def test_windows_that_count_backwards_move_forwards_too() -> None:
    closed = [f"2025-01-{day}" for day in (28, 29, 30, 31)] + ["2025-02-01", "2025-02-14", "2025-02-21"]
    lines = ask("2025-12-31", vehicle={"insurance_due": "2025-03-01"}, closed_days=closed)
    assert days(lines, "insurance") == [(f"{VIN}:2025-03-01", "2025-01-15", "2025-02-02", "open")]
    assert days(lines, "insurance-again") == [(f"{VIN}:2025-03-01", "2025-02-15", "2025-02-22", "open")]


def test_no_visit_answers_a_date_and_every_date_has_its_own() -> None:
    lines = ask(
        "2025-12-31",
        vehicle={"inspection_due": ["2024-03-31", "2025-03-31", "2024-03-31"]},
        repair_orders=[order("2024-03-10T09:00", "2024-03-10T15:00", 5000, "service")],
        completed=[ended("inspection", f"{VIN}:2025-03-31", "2025-03-02T09:00")],
    )
    assert [line[3] for line in days(lines, "inspection")] == ["open", "completed"]


# --- birthdays ----------------------------------------------------------------------------------
def birthdays(until: str, birthday: str, **events: Any) -> list[tuple[str, str, str, str]]:
    customers = [{"id": "C1", "name": "张敏", "mobile": "13912345678", "birthday": birthday}]
    lines = ask(until, customers=customers, **events)
    assert all(line["channel"] == "sms" and line["vin"] is None for line in lines if line["rule"] == "birthday")
    return days(lines, "birthday")


def test_a_birthday_on_29_february() -> None:
    assert birthdays("2025-03-01", "1992-02-29", deliveries=[delivery("2023-02-28T12:00")]) == [
        ("C1:2023-02-28", "2023-02-28", "2023-02-28", "open"),
        ("C1:2024-02-29", "2024-02-29", "2024-02-29", "open"),
        ("C1:2025-02-28", "2025-02-28", "2025-02-28", "open"),
    ]


def test_birthdays_start_with_the_customers_first_event() -> None:
    after_the_birthday = birthdays("2025-03-04", "1990-03-05", deliveries=[delivery("2023-03-06")])
    assert [line[0] for line in after_the_birthday] == ["C1:2024-03-05"]
    first_is_a_visit: dict[str, Any] = {
        "deliveries": [delivery("2023-03-06")],
        "repair_orders": [order("2022-12-01T09:00", "2023-06-01T09:00")],
        "complaints": [{"id": "K1", "customer": "C1", "solved": "2023-05-01T09:00"}],
    }
    assert len(birthdays("2025-03-04", "1990-03-05", **first_is_a_visit)) == 2
    first_is_a_complaint: dict[str, Any] = {
        "complaints": [{"id": "K1", "customer": "C1", "solved": "2022-03-05T20:00"}]
    }
    assert len(birthdays("2025-03-04", "1990-03-05", **first_is_a_complaint)) == 3


def test_without_an_event_only_the_year_of_until() -> None:
    assert [line[0] for line in birthdays("2025-03-05", "1990-03-05")] == ["C1:2025-03-05"]
    assert birthdays("2025-03-04", "1990-03-05") == []
    not_known_yet: dict[str, Any] = {"deliveries": [delivery("2025-06-01")]}
    assert [line[0] for line in birthdays("2025-05-31", "1990-03-05", **not_known_yet)] == ["C1:2025-03-05"]
    assert birthdays("2025-06-01", "1990-03-05", **not_known_yet) == []


def test_a_birthday_on_a_closed_day_is_greeted_on_the_next() -> None:
    lines = birthdays("2024-12-31", "1990-02-12", closed_days=SPRING_FESTIVAL_2024)
    assert lines == [("C1:2024-02-12", "2024-02-18", "2024-02-18", "open")]
    completed = [ended("birthday", "C1:2024-02-12", "2024-02-18T09:00")]
    assert birthdays("2024-12-31", "1990-02-12", completed=completed)[0][3] == "completed"


# --- the output ---------------------------------------------------------------------------------
def test_sorted_by_due_then_rule_then_trigger() -> None:
    lines = ask(
        "2024-03-31",
        deliveries=[delivery("2024-02-24", "D2"), delivery("2024-02-24", "D10")],
        repair_orders=[order("2024-02-23T09:00", "2024-02-24T09:00")],
        vehicle={"inspection_due": "2024-03-05"},
    )
    assert [(line["rule"], line["trigger"]) for line in lines] == [
        ("first-call", "D10"),
        ("first-call", "D2"),
        ("inspection", f"{VIN}:2024-03-05"),
        ("third-call", "R1"),
        ("second-call", "D10"),
        ("second-call", "D2"),
    ]


def test_holidays_are_passed_over() -> None:
    completed = [ended("holiday", "spring-festival", "2024-02-10T09:00")]
    assert ask("2024-12-31", completed=completed) == []
