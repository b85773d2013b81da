"""What the chain's and the general standard ask for, counted by hand from handbook §3 and follow-ups.md."""

from typing import Any

import pytest
from standards.asking import ask, days, delivery, ended, listed, order, windows

CHAIN, GENERAL = "aosheng-chain", "after-sales-general"
CAR = {"service_months": 6}
EVERYTHING: dict[str, Any] = {
    "customers": [{"id": "C1", "birthday": "1990-06-01"}],
    "vehicle": {"service_months": 3, "inspection_due": "2024-08-01", "insurance_due": "2024-08-01"},
    "deliveries": [delivery("2024-05-10")],
    "repair_orders": [order("2024-06-10T09:00", "2024-06-10T15:00", 1500, "service")],
    "complaints": [{"id": "K1", "customer": "C1", "solved": "2024-06-20"}],
    "lost_leads": [listed("2024-05-02", "L1")],
    "lost_list": [listed("2024-07-01", "W1")],
    "until": "2025-12-31",
}


def rules(pack: str, **events: Any) -> set[str]:
    return {line["rule"] for line in ask(pack=pack, **{**EVERYTHING, **events})}


def chain(rule: str, until: str = "2025-12-31", **events: Any) -> list[tuple[str, str, str, str]]:
    return days(ask(until, pack=CHAIN, **events), rule)


def test_each_has_only_its_own_rules() -> None:
    assert rules(CHAIN) == {
        *("care-sms", "third-call", "service-reminder", "inspection", "win-back", "sleeping", "birthday"),
    }
    first_over = {"completed": [ended("first-follow-up", "R1", "2024-06-14T10:00")]}
    assert rules(GENERAL, **first_over) == {"first-follow-up", "second-follow-up"}


# --- aosheng-chain --------------------------------------------------------------------------------
def test_care_sms_goes_within_thirty_minutes_of_leaving() -> None:
    visit = order("2024-05-10T09:00", "2024-05-10T19:45", kind="warranty")
    lines = ask("2024-05-10", pack=CHAIN, repair_orders=[visit], closed_days=["2024-05-10"])
    assert windows(lines, "care-sms") == [("R1", "2024-05-10T19:45:00", "2024-05-10T20:15:00", "open")]
    assert [line["channel"] for line in lines] == ["sms"]
    assert ask("2024-05-10", pack=CHAIN, repair_orders=[order("2024-05-10T09:00", None)]) == []


@pytest.mark.parametrize("kind", ["repair", "service", "first_service", "warranty"])
def test_third_call_is_two_days_later_than_changans(kind: str) -> None:
    visit = order("2024-05-09T09:00", "2024-05-10T19:45", kind=kind)
    assert chain("third-call", repair_orders=[visit]) == [("R1", "2024-05-13", "2024-05-15", "open")]
    assert chain("third-call", repair_orders=[visit], closed_days=["2024-05-13", "2024-05-15"]) == [
        ("R1", "2024-05-14", "2024-05-16", "open")
    ]
    assert chain("third-call", "2024-05-12", repair_orders=[visit]) == []


def test_service_reminder_counts_from_the_last_service() -> None:
    service = order("2024-02-29T09:00", "2024-02-29T15:00", kind="service")
    assert chain("service-reminder", vehicle=CAR, repair_orders=[service]) == [
        ("R1", "2024-08-19", "2024-08-26", "open")  # 29 August
    ]
    assert chain("service-reminder", vehicle=CAR, repair_orders=[order("2024-02-29T09:00", "2024-02-29T15:00")]) == []


def test_inspection_thirty_to_seven_days_before() -> None:
    car = {"inspection_due": "2024-08-31"}
    assert days(ask("2024-12-31", pack=CHAIN, vehicle=car), "inspection") == [
        ("LS5A3DBE8LA600001:2024-08-31", "2024-08-01", "2024-08-24", "open")
    ]


def test_win_back_on_day_120() -> None:
    visit = order("2024-01-02T09:00", "2024-01-02T15:00")
    assert chain("win-back", "2024-04-30", repair_orders=[visit]) == []
    assert chain("win-back", repair_orders=[visit]) == [("R1", "2024-05-01", "2024-05-08", "open")]  # no estimate
    again = order("2024-05-20T09:00", None, name="R2")
    assert chain("win-back", repair_orders=[visit, again]) == [("R1", "2024-05-01", "2024-05-08", "answered_by_visit")]


@pytest.mark.parametrize(
    ("months", "expected"),
    [(6, []), (4, []), (3, [("R1", "2024-05-01", "2024-05-08", "open")])],  # due 2 July, 2 May (a day late), 2 April
)
def test_win_back_is_left_out_for_good_while_the_service_is_not_due(months: int, expected: list[Any]) -> None:
    service = order("2024-01-02T09:00", "2024-01-02T15:00", kind="service")
    assert chain("win-back", vehicle={"service_months": months}, repair_orders=[service]) == expected


def test_sleeping_on_day_361_whether_due_or_not() -> None:
    service = order("2024-01-02T09:00", "2024-01-02T15:00", kind="service")
    expected = [("R1", "2024-12-28", "2025-01-04", "open")]
    assert chain("sleeping", vehicle={"service_months": 24}, repair_orders=[service]) == expected
    assert chain("sleeping", "2024-12-27", repair_orders=[service]) == []
    wash = order("2024-12-30T09:00", None, name="R2")
    assert chain("sleeping", repair_orders=[service, wash])[0][3] == "answered_by_visit"
    assert chain("sleeping", deliveries=[delivery("2024-01-02")])[0][:2] == ("D1", "2024-12-28")


def test_birthday_by_message() -> None:
    lines = ask(
        "2025-03-01",
        pack=CHAIN,
        customers=[{"id": "C1", "birthday": "1992-02-29"}],
        repair_orders=[order("2024-01-02T09:00", "2024-01-02T15:00")],
    )
    assert days(lines, "birthday") == [
        ("C1:2024-02-29", "2024-02-29", "2024-02-29", "open"),
        ("C1:2025-02-28", "2025-02-28", "2025-02-28", "open"),
    ]
    assert {line["channel"] for line in lines if line["rule"] == "birthday"} == {"sms"}


# --- after-sales-general --------------------------------------------------------------------------
def general(rule: str, until: str = "2024-12-31", **events: Any) -> list[tuple[str, str, str, str]]:
    visit = order("2024-05-09T09:00", "2024-05-10T19:45")
    return days(ask(until, pack=GENERAL, **{"repair_orders": [visit], **events}), rule)


def test_first_follow_up_from_the_third_to_the_seventh_day() -> None:
    assert general("first-follow-up", "2024-05-12") == []
    assert general("first-follow-up") == [("R1", "2024-05-13", "2024-05-17", "open")]
    assert general("first-follow-up", closed_days=["2024-05-13", "2024-05-17"]) == [
        ("R1", "2024-05-14", "2024-05-18", "open")
    ]


def test_every_order_has_one_and_no_visit_answers_it() -> None:
    orders = [
        order("2024-05-10T09:00", "2024-05-10T10:00", name="R1"),
        order("2024-05-10T11:00", "2024-05-10T12:00", kind="service", name="R2"),
        order("2024-05-14T11:00", None, name="R3"),
    ]
    assert [line[0] + line[3] for line in general("first-follow-up", repair_orders=orders)] == ["R1open", "R2open"]


@pytest.mark.parametrize("how", ["completed", "given_up"])
def test_second_follow_up_counts_from_the_end_of_the_first(how: str) -> None:
    assert general("second-follow-up") == []
    over: dict[str, Any] = {how: [ended("first-follow-up", "R1", "2024-05-15T16:00")]}
    assert general("second-follow-up", "2024-05-22", **over) == []
    assert general("second-follow-up", **over) == [("R1", "2024-05-23", "2024-05-29", "open")]
    both: dict[str, Any] = {
        "completed": [*over.get("completed", []), ended("second-follow-up", "R1", "2024-05-24T10:00")]
    }
    assert general("second-follow-up", **{**over, **both})[0][3] == "completed"


def test_an_event_is_called_for_by_people() -> None:
    from sanfang.kernel.rules import Occasion, Window
    from sanfang.standards.packs import load_pack

    notice = load_pack(GENERAL).rules["event-notice"]
    assert isinstance(notice.rule, Occasion)
    assert (notice.rule.window, notice.letter_within_days, notice.channel) == (Window(-14, -14), 2, "phone")
