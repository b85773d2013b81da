"""What the SAIC Volkswagen standard asks for, counted by hand from handbook §3 and follow-ups.md."""

from hashlib import sha256
from typing import Any

import pytest
from standards.asking import VIN, ask, days, delivery, ended, listed, order, windows

SAIC = "saic-vw-crc"
OTHER_CAR = {"vin": "LSVAB2BR0L2000002", "customer": "C2"}


def asked(until: str, rule: str, **events: Any) -> list[tuple[str, str, str, str]]:
    return days(ask(until, pack=SAIC, **events), rule)


def test_only_its_own_rules() -> None:
    lines = ask(
        "2025-12-31",
        pack=SAIC,
        customers=[{"id": "C1", "birthday": "1990-06-01"}],
        vehicle={"service_months": 6, "inspection_due": "2024-08-01", "insurance_due": "2024-08-01"},
        deliveries=[delivery("2024-05-10")],
        repair_orders=[order("2024-06-10T09:00", "2024-06-10T15:00", 1500, "service")],
        complaints=[{"id": "K1", "customer": "C1", "solved": "2024-06-20"}],
        lost_leads=[listed("2024-05-02", "L1")],
        lost_list=[listed("2024-07-01", "W1")],
    )
    assert {line["rule"] for line in lines} == {
        "first-call",
        "third-call",
        "service-reminder",
        "lost-list",
        "lost-sale",
    }


def test_first_and_third_call_have_changans_days() -> None:
    events: dict[str, Any] = {
        "deliveries": [delivery("2024-05-10")],
        "repair_orders": [order("2024-05-20T09:00", "2024-05-21T15:00", kind="warranty")],
        "closed_days": ["2024-05-13"],
    }
    assert asked("2024-05-10", "first-call", **events) == []
    assert asked("2024-05-31", "first-call", **events) == [("D1", "2024-05-11", "2024-05-14", "open")]
    assert asked("2024-05-31", "third-call", **events) == [("R1", "2024-05-22", "2024-05-24", "open")]


def test_service_reminder() -> None:
    car = {"first_service_months": 6}
    found = asked("2024-12-31", "service-reminder", vehicle=car, deliveries=[delivery("2024-01-15")])
    assert found == [("D1", "2024-07-05", "2024-07-12", "open")]


# --- lost and canvassing lists --------------------------------------------------------------------
def on_list(until: str = "2024-12-31", **events: Any) -> list[tuple[str, str, str, str]]:
    return asked(until, "lost-list", **{"lost_list": [listed("2024-05-10", "W1")], **events})


def test_a_list_entry_opens_that_day_and_is_due_seven_days_later() -> None:
    assert on_list("2024-05-09") == []
    assert on_list("2024-05-10") == [("W1", "2024-05-10", "2024-05-17", "open")]
    line = ask("2024-05-10", pack=SAIC, lost_list=[listed("2024-05-10", "W1")])[0]
    assert (line["customer"], line["vin"], line["channel"]) == ("C1", None, "phone")


def test_opening_and_due_day_closed() -> None:
    assert on_list(closed_days=["2024-05-10", "2024-05-17", "2024-05-18"]) == [
        ("W1", "2024-05-11", "2024-05-19", "open")
    ]


@pytest.mark.parametrize("kind", ["repair", "warranty", "service", "first_service"])
def test_any_visit_answers_a_list_entry(kind: str) -> None:
    visit = order("2024-05-12T09:00", None, kind=kind)
    assert on_list(repair_orders=[visit]) == [("W1", "2024-05-10", "2024-05-17", "answered_by_visit")]


@pytest.mark.parametrize(
    ("opened", "closed", "expected"),
    [
        ("2024-05-09T09:00", "2024-05-09T18:00", ["open"]),  # before the entry
        ("2024-05-10T00:00", "2024-05-10T08:29", []),  # before the window opens: not made
        ("2024-05-10T08:29", "2024-05-10T18:00", []),
        ("2024-05-10T08:30", "2024-05-10T18:00", ["answered_by_visit"]),
        ("2024-06-20T08:30", None, ["answered_by_visit"]),  # also long overdue
        ("2024-05-09T09:00", "2024-05-10T08:31", []),  # stands in the shop when the window would open
        ("2024-05-09T09:00", "2024-05-10T08:30", ["open"]),
        ("2024-05-09T09:00", None, []),
    ],
)
def test_when_a_visit_counts(opened: str, closed: str | None, expected: list[str]) -> None:
    assert [line[3] for line in on_list(repair_orders=[order(opened, closed)])] == expected


def test_a_forgotten_leaving_date_keeps_no_car_in_the_shop_for_ever() -> None:
    forgotten = order("2024-03-01T09:00", None, name="R1")
    younger = order("2024-04-01T09:00", "2024-04-01T17:00", name="R2")
    assert [line[3] for line in on_list(repair_orders=[forgotten, younger])] == ["open"]


def test_only_the_customers_own_cars_count() -> None:
    events: dict[str, Any] = {
        "customers": [{"id": "C1"}, {"id": "C2"}],
        "vehicles": [{"vin": VIN, "customer": "C1"}, OTHER_CAR],
    }
    elsewhere = {**order("2024-05-12T09:00", None), "vin": OTHER_CAR["vin"]}
    assert [line[3] for line in on_list(repair_orders=[elsewhere], **events)] == ["open"]
    of_second_car = {**events, "vehicles": [{"vin": VIN, "customer": "C1"}, {**OTHER_CAR, "customer": "C1"}]}
    assert [line[3] for line in on_list(repair_orders=[elsewhere], **of_second_car)] == ["answered_by_visit"]


def test_each_entry_has_a_call_and_the_earliest_end_counts() -> None:
    entries = [listed("2024-05-10", "W1"), listed("2024-05-10", "W2"), listed("2024-06-10", "W3")]
    found = on_list(
        lost_list=entries,
        repair_orders=[order("2024-05-15T09:00", "2024-05-15T17:00")],
        completed=[ended("lost-list", "W1", "2024-05-11T10:00"), ended("lost-list", "W2", "2024-05-15T09:01")],
        given_up=[ended("lost-list", "W3", "2024-06-11T10:00")],
    )
    assert found == [
        ("W1", "2024-05-10", "2024-05-17", "completed"),
        ("W2", "2024-05-10", "2024-05-17", "answered_by_visit"),
        ("W3", "2024-06-10", "2024-06-17", "given_up"),
    ]


# --- the weekly draw ------------------------------------------------------------------------------
def draw(until: str, leads: list[dict[str, Any]], seed: int | None = None, **events: Any) -> list[Any]:
    settings = {} if seed is None else {"seed": seed}
    return asked(until, "lost-sale", lost_leads=leads, **settings, **events)


def many(day: str, count: int, first: int = 1) -> list[dict[str, Any]]:
    return [listed(day, f"L{number}") for number in range(first, first + count)]


def lots(seed: int, day: str, names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: sha256(f"{seed}:{day}:{name}".encode()).hexdigest())


def test_leads_of_a_week_are_drawn_on_its_sunday() -> None:
    leads = many("2024-05-07", 20)  # a Tuesday; fifteen per cent of twenty are three
    assert draw("2024-05-11", leads) == []
    found = draw("2024-05-12", leads)
    assert {line[1:] for line in found} == {("2024-05-12", "2024-05-19", "open")}
    assert {line[0] for line in found} == set(lots(0, "2024-05-12", [lead["id"] for lead in leads])[:3])
    assert draw("2024-12-31", leads) == found


def test_another_seed_is_another_draw_and_the_same_the_same() -> None:
    leads = many("2024-05-07", 40)
    names = [lead["id"] for lead in leads]
    for seed in (0, 1, -7, 2**40):
        assert {line[0] for line in draw("2024-05-12", leads, seed)} == set(lots(seed, "2024-05-12", names)[:6])
    assert draw("2024-05-12", leads) == draw("2024-05-12", leads, 0)
    assert draw("2024-05-12", leads, 1) != draw("2024-05-12", leads, 2)
    assert draw("2024-05-12", leads[::-1], 1) == draw("2024-05-12", leads, 1)


@pytest.mark.parametrize(("leads", "drawn"), [(1, 1), (6, 1), (7, 2), (13, 2), (14, 3), (20, 3), (21, 4), (100, 15)])
def test_at_least_fifteen_per_cent(leads: int, drawn: int) -> None:
    assert len(draw("2024-06-30", many("2024-05-07", leads))) == drawn


def test_the_month_counts_as_a_whole() -> None:
    # Six a week: 1 of 6, 2 of 12, 3 of 18, 4 of 24 (3.6), and 5 of 29 on the last day, a Friday.
    weeks = [("2024-05-01", 6), ("2024-05-06", 6), ("2024-05-19", 6), ("2024-05-20", 6), ("2024-05-31", 5)]
    leads = [lead for n, (day, count) in enumerate(weeks) for lead in many(day, count, n * 10)]
    found = draw("2024-12-31", leads)
    assert [line[1] for line in found] == ["2024-05-05", "2024-05-12", "2024-05-19", "2024-05-26", "2024-05-31"]
    assert [line[2] for line in found] == ["2024-05-12", "2024-05-19", "2024-05-26", "2024-06-02", "2024-06-07"]


def test_the_months_last_day_has_a_draw_so_the_share_holds_at_its_end() -> None:
    leads = [*many("2024-04-29", 7), *many("2024-04-30", 7, 50), *many("2024-05-01", 7, 100)]  # Monday to Wednesday
    assert len(draw("2024-04-29", leads)) == 0
    assert [line[1] for line in draw("2024-04-30", leads)] == ["2024-04-30"] * 3  # 14 leads in April
    assert [line[1] for line in draw("2024-05-31", leads)] == ["2024-04-30"] * 3 + ["2024-05-05"] * 2


def test_a_closed_day_of_the_draw_moves_the_window() -> None:
    found = draw("2024-05-31", many("2024-05-07", 1), closed_days=["2024-05-12", "2024-05-19"])
    assert found == [("L1", "2024-05-13", "2024-05-20", "open")]
    assert draw("2024-05-12", many("2024-05-07", 1), closed_days=["2024-05-12"]) == []


def test_what_comes_later_changes_no_draw() -> None:
    early, later = many("2024-05-07", 30), many("2024-05-14", 30, 50)
    assert draw("2024-05-12", [*early, *later]) == draw("2024-05-12", early)
    assert draw("2024-05-31", [*early, *later])[:5] == draw("2024-05-12", early)


def test_a_drawn_lead_is_ended_like_any_call() -> None:
    lead = many("2024-05-07", 1)
    done = [ended("lost-sale", "L1", "2024-05-14T10:00")]
    assert draw("2024-05-31", lead, completed=done) == [("L1", "2024-05-12", "2024-05-19", "completed")]
    visited = [order("2024-05-15T09:00", None)]
    assert draw("2024-05-31", lead, repair_orders=visited) == [("L1", "2024-05-12", "2024-05-19", "open")]
    line = next(line for line in ask("2024-05-31", pack=SAIC, lost_leads=lead) if line["rule"] == "lost-sale")
    assert (line["customer"], line["vin"], line["channel"]) == ("C1", None, "phone")


def test_the_hours_of_the_lead_do_not_matter() -> None:
    leads = [listed("2024-05-12T23:59", "L1"), listed("2024-05-13T00:00", "L2")]
    assert windows(ask("2024-05-31", pack=SAIC, lost_leads=leads), "lost-sale") == [
        ("L1", "2024-05-12T08:30:00", "2024-05-19T17:30:00", "open")  # and one of two is enough for May
    ]
