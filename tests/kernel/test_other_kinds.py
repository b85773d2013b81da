"""Kinds of rules that the Changan standard doesn't use: counted by hand from follow-ups.md."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from kernel.worlds import EVERY_KIND, PHONE

from sanfang.kernel.batch import replay
from sanfang.kernel.calendar import CLOSED, StoreCalendar
from sanfang.kernel.events import (
    Customer,
    Delivery,
    Events,
    Finish,
    Intervals,
    OrderKind,
    Outcome,
    RepairOrder,
    TriggerKind,
    Vehicle,
)
from sanfang.kernel.followups import FollowUp
from sanfang.kernel.rules import AfterRule, Window

STORE = StoreCalendar(ZoneInfo("Asia/Shanghai"))
ORDER = TriggerKind.REPAIR_ORDER


def at(text: str) -> datetime:
    return STORE.instant(datetime.fromisoformat(text))


def visit(opened: str, closed: str | None, name: str = "R1", kind: OrderKind = OrderKind.REPAIR) -> RepairOrder:
    return RepairOrder(name, "V1", at(opened), None if closed is None else at(closed), kind)


def asked(
    rule: str,
    until: str,
    *orders: RepairOrder,
    delivered: str | None = None,
    intervals: Intervals | None = None,
    outcomes: tuple[Outcome, ...] = (),
    store: StoreCalendar = STORE,
) -> list[tuple[str, str, str, str]]:
    events = Events(
        customers=(Customer("C1"),),
        vehicles=(Vehicle("V1", "C1", intervals or Intervals()),),
        deliveries=() if delivered is None else (Delivery("D1", "V1", at(delivered)),),
        orders=orders,
        outcomes=outcomes,
    )
    made = replay(EVERY_KIND, store, events, store.end_of(date.fromisoformat(until))).made
    return [told(followup) for followup in made if followup.rule == rule]


def told(followup: FollowUp) -> tuple[str, str, str, str]:
    def short(moment: datetime) -> str:
        return STORE.local(moment).strftime("%Y-%m-%dT%H:%M")

    return followup.trigger, short(followup.opens), short(followup.due), followup.state.value


# --- minutes after ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("closed", "due"),
    [("2024-05-10T15:00", "2024-05-10T15:30"), ("2024-05-10T23:59", "2024-05-11T00:29")],
)
def test_care_sms_counts_minutes_from_leaving_open_or_closed(closed: str, due: str) -> None:
    closed_store = StoreCalendar(STORE.zone, special={date(2024, 5, 10): CLOSED, date(2024, 5, 11): CLOSED})
    found = asked("care-sms", "2024-05-11", visit("2024-05-10T09:00", closed), store=closed_store)
    assert found == [("R1", closed, due, "open")]


# --- after another rule -------------------------------------------------------------------------
def first_ended(when: str, finish: Finish = Finish.COMPLETED) -> tuple[Outcome, ...]:
    return (Outcome("first-follow-up", ORDER, "R1", at(when), finish),)


@pytest.mark.parametrize("finish", list(Finish))
def test_second_follow_up_counts_from_the_end_of_the_first(finish: Finish) -> None:
    order = visit("2024-02-10T09:00", "2024-02-10T15:00")
    found = asked("second-follow-up", "2024-12-31", order, outcomes=first_ended("2024-02-21T23:59", finish))
    # 29 February and 6 March
    assert found == [("R1", "2024-02-29T08:30", "2024-03-06T17:30", "open")]


def test_no_second_follow_up_while_the_first_is_open() -> None:
    order = visit("2024-02-10T09:00", "2024-02-10T15:00")
    assert asked("second-follow-up", "2024-12-31", order) == []
    assert asked("second-follow-up", "2024-02-20", order, outcomes=first_ended("2024-02-21T09:00")) == []


def test_the_first_completed_before_it_opens_starts_the_second() -> None:
    order = visit("2024-02-10T09:00", "2024-02-10T15:00")
    found = asked("second-follow-up", "2024-02-18", order, outcomes=first_ended("2024-02-10T18:00"))
    assert found == [("R1", "2024-02-18T08:30", "2024-02-24T17:30", "open")]


def test_a_rule_that_a_visit_answered_has_no_second() -> None:
    second = AfterRule(id="win-back-again", channel=PHONE, after="win-back", window=Window(8, 14))
    ruleset = replace(EVERY_KIND, rules=(*EVERY_KIND.rules, second))
    orders = (visit("2024-01-01T09:00", "2024-01-02T18:00", "R1"), visit("2024-05-05T09:00", None, "R2"))
    for called, expected in (("2024-05-05T09:01", []), ("2024-05-04T09:00", ["2024-05-12T08:30"])):
        outcome = Outcome("win-back", ORDER, "R1", at(called), Finish.COMPLETED)
        events = Events(vehicles=(Vehicle("V1", "C1"),), orders=orders, outcomes=(outcome,))
        made = replay(ruleset, STORE, events, at("2024-12-31")).made
        assert [told(one)[1] for one in made if one.rule == "win-back-again"] == expected


def test_the_second_ends_by_itself() -> None:
    order = visit("2024-02-10T09:00", "2024-02-10T15:00")
    second = Outcome("second-follow-up", ORDER, "R1", at("2024-03-01T09:00"), Finish.GIVEN_UP)
    outcomes = (*first_ended("2024-02-21T09:00"), second)
    assert asked("second-follow-up", "2024-12-31", order, outcomes=outcomes)[0][3] == "given_up"


# --- since the car left -------------------------------------------------------------------------
def test_120_and_361_days_since_leaving() -> None:
    order = visit("2024-01-01T09:00", "2024-01-02T18:00")
    # 2024 is a leap year: 1 May and 8 May; 28 December and 4 January.
    assert asked("win-back", "2025-12-31", order) == [("R1", "2024-05-01T08:30", "2024-05-08T17:30", "open")]
    assert asked("sleeping", "2025-12-31", order) == [("R1", "2024-12-28T08:30", "2025-01-04T17:30", "open")]


def test_without_orders_the_delivery_counts() -> None:
    assert asked("win-back", "2024-12-31", delivered="2024-01-02") == [
        ("D1", "2024-05-01T08:30", "2024-05-08T17:30", "open")
    ]


@pytest.mark.parametrize("kind", list(OrderKind))
def test_any_visit_answers_and_starts_anew(kind: OrderKind) -> None:
    orders = (
        visit("2024-01-01T09:00", "2024-01-02T18:00", "R1"),
        visit("2024-05-01T08:30", "2024-05-03T18:00", "R2", kind),
    )
    assert asked("win-back", "2024-12-31", *orders) == [
        ("R1", "2024-05-01T08:30", "2024-05-08T17:30", "answered_by_visit"),
        ("R2", "2024-08-31T08:30", "2024-09-07T17:30", "open"),
    ]


def test_what_would_open_in_the_shop_is_not_made() -> None:
    orders = (
        visit("2024-01-01T09:00", "2024-01-02T18:00", "R1"),
        visit("2024-05-01T08:29", None, "R2"),
    )
    assert asked("win-back", "2025-12-31", *orders) == []
    assert asked("sleeping", "2025-12-31", *orders) == []


@pytest.mark.parametrize(
    ("months", "called"),
    [(4, False), (3, True), (None, True)],  # due on 2 May, a day late; on 2 April; never estimated
)
def test_a_car_whose_service_is_not_due_on_day_120_is_left_out_for_good(months: int | None, called: bool) -> None:
    intervals = Intervals(months=months)
    order = visit("2024-01-02T09:00", "2024-01-02T18:00", kind=OrderKind.SERVICE)
    found = asked("win-back", "2026-12-31", order, intervals=intervals)
    assert bool(found) is called


def test_due_on_day_120_itself_is_due() -> None:
    # Delivered 3 January: day 120 is 2 May; four months are 3 May, one day too late.
    late = asked("win-back", "2026-12-31", delivered="2024-01-03", intervals=Intervals(first_months=4))
    assert late == []
    # Delivered 1 January 2023: day 120 is 1 May, and so are four months.
    on_the_day = asked("win-back", "2026-12-31", delivered="2023-01-01", intervals=Intervals(first_months=4))
    assert on_the_day == [("D1", "2023-05-01T08:30", "2023-05-08T17:30", "open")]
    # The opening day is closed, the estimate falls on the next: on day 120 it wasn't due.
    closed = StoreCalendar(STORE.zone, special={date(2024, 5, 2): CLOSED})
    assert (
        asked("win-back", "2026-12-31", delivered="2024-01-03", intervals=Intervals(first_months=4), store=closed) == []
    )


def test_the_dms_knows_better_than_the_interval() -> None:
    order = RepairOrder(
        *("R1", "V1", at("2024-01-02T09:00"), at("2024-01-02T18:00"), OrderKind.SERVICE, 5000),
        next_service_day=date(2024, 4, 12),
    )
    found = asked("service-reminder", "2024-12-31", order, intervals=Intervals(months=6, km=10_000))
    assert found == [("R1", "2024-04-02T08:30", "2024-04-09T17:30", "open")]
    repair = RepairOrder(
        *("R2", "V1", at("2024-03-02T09:00"), at("2024-03-02T18:00"), OrderKind.REPAIR, None),
        next_service_day=date(2024, 6, 12),
    )
    moved = asked("service-reminder", "2024-12-31", order, repair, intervals=Intervals(months=6, km=10_000))
    assert moved == [("R1", "2024-06-02T08:30", "2024-06-09T17:30", "open")]
    at_once = RepairOrder(
        *("R2", "V1", at("2024-03-02T09:00"), at("2024-03-02T18:00"), OrderKind.REPAIR, 7000),
        next_service_km=6500,
    )
    past = asked("service-reminder", "2024-12-31", order, at_once, intervals=Intervals(months=6, km=10_000))
    assert past == [("R1", "2024-02-21T08:30", "2024-02-28T17:30", "open")]  # on 2 March it was past already
    only_the_dms = asked("win-back", "2024-12-31", repair)
    assert only_the_dms == [("R2", "2024-06-30T08:30", "2024-07-07T17:30", "open")]
    later = RepairOrder(
        *("R2", "V1", at("2024-03-02T09:00"), at("2024-03-02T18:00"), OrderKind.REPAIR, None),
        next_service_day=date(2024, 7, 12),
    )
    assert asked("win-back", "2024-12-31", later) == []


# --- one instant --------------------------------------------------------------------------------
def test_events_of_one_instant() -> None:
    """A maintenance visit comes before another order's reading; a delivery before the shop."""
    exceeded = RepairOrder("R1", "V1", at("2024-06-01T09:00"), None, OrderKind.REPAIR, 9_000)
    serviced = RepairOrder("R2", "V1", at("2024-06-01T09:00"), None, OrderKind.SERVICE, 9_000)
    intervals = Intervals(first_months=12, first_km=5000)
    one_visit = asked("service-reminder", "2026-12-31", exceeded, serviced, delivered="2024-01-01", intervals=intervals)
    assert one_visit == []
    same_day = visit("2024-01-01T00:00", "2024-01-01T00:00", kind=OrderKind.SERVICE)
    found = asked("service-reminder", "2024-12-31", same_day, delivered="2024-01-01", intervals=Intervals(6, None, 3))
    assert found == [("R1", "2024-03-22T08:30", "2024-03-29T17:30", "open")]


def test_of_two_opened_at_one_instant_the_one_inside_keeps_the_car_in_the_shop() -> None:
    left = visit("2024-01-01T09:00", "2024-01-02T18:00", "R1")
    inside = visit("2024-01-01T09:00", None, "R2")
    assert asked("win-back", "2024-12-31", left, inside) == []


def test_a_forgotten_order_that_leaves_late_shows_who_is_still_inside() -> None:
    """R3 has left although R2 is open, so R2 seems forgotten; R1, older than both, then leaves after
    all: R2 is younger than R1, so the car is in the shop and R3's window isn't made."""
    orders = [
        visit("2024-01-01T09:00", "2024-01-10T18:00", "R1", OrderKind.SERVICE),
        visit("2024-01-02T09:00", None, "R2", OrderKind.SERVICE),
        visit("2024-01-03T09:00", "2024-01-05T18:00", "R3", OrderKind.SERVICE),
    ]
    for rule in ("service-reminder", "win-back"):
        assert asked(rule, "2026-12-31", *orders, intervals=Intervals(months=3)) == []
        assert [one[0] for one in asked(rule, "2026-12-31", *orders[1:], intervals=Intervals(months=3))] == ["R3"]


def test_a_leaving_at_the_very_instant_of_the_replay_is_known() -> None:
    events = Events(vehicles=(Vehicle("V1", "C1"),), orders=(visit("2024-01-01T09:00", "2024-01-02T18:00"),))
    now = at("2024-01-02T18:00")
    assert {one.rule for one in replay(EVERY_KIND, STORE, events, now).coming} >= {"win-back", "third-call"}
    assert replay(EVERY_KIND, STORE, events, now - timedelta.resolution).coming == []


def test_an_outcome_at_the_instant_of_a_visit_wins() -> None:
    orders = (visit("2024-01-01T09:00", "2024-01-02T18:00", "R1"), visit("2024-05-05T09:00", None, "R2"))
    outcome = Outcome("win-back", ORDER, "R1", at("2024-05-05T09:00"), Finish.GIVEN_UP)
    assert asked("win-back", "2024-12-31", *orders, outcomes=(outcome,))[0][3] == "given_up"
    both = (outcome, Outcome("win-back", ORDER, "R1", at("2024-05-05T09:00"), Finish.COMPLETED))
    assert asked("win-back", "2024-12-31", *orders, outcomes=both)[0][3] == "completed"
    later = Outcome("win-back", ORDER, "R1", at("2024-05-05T09:00") + timedelta.resolution, Finish.COMPLETED)
    assert asked("win-back", "2024-12-31", *orders, outcomes=(later,))[0][3] == "answered_by_visit"


def test_a_leaving_date_before_the_opening_counts_as_the_opening() -> None:
    """The importer warns of it; the rules go on with what can be true."""
    order = visit("2024-05-10T09:00", "2024-05-01T09:00")
    assert asked("third-call", "2024-12-31", order) == [("R1", "2024-05-11T08:30", "2024-05-13T17:30", "open")]
    assert asked("win-back", "2024-12-31", order) == [("R1", "2024-09-07T08:30", "2024-09-14T17:30", "open")]


def test_who_answered_and_when_is_told() -> None:
    events = Events(
        vehicles=(Vehicle("V1", "C1"),),
        orders=(visit("2024-01-01T09:00", "2024-01-02T18:00", "R1"), visit("2024-05-05T09:00", None, "R2")),
    )
    (followup,) = [one for one in replay(EVERY_KIND, STORE, events, at("2024-12-31")).made if one.rule == "win-back"]
    assert (followup.answered_by, followup.finished) == ("R2", at("2024-05-05T09:00"))
    assert (followup.kind, followup.day, followup.customer) == (ORDER, date(2024, 1, 2), "C1")


# --- when to look again -------------------------------------------------------------------------
def test_next_years_birthday_is_awaited() -> None:
    known = Customer("C1", birthday=date(1992, 2, 29), first_event=at("2023-05-01T09:00"))
    for until, awaited in (("2025-02-28T08:29", "2025-02-28T08:30"), ("2025-02-28T08:30", "2026-02-28T08:30")):
        assert replay(EVERY_KIND, STORE, Events(customers=(known,)), at(until)).next_opens == at(awaited)
    stranger = Events(customers=(Customer("C1", birthday=date(1992, 2, 29)),))
    assert replay(EVERY_KIND, STORE, stranger, at("2025-03-01")).next_opens == at("2026-02-28T08:30")
    assert replay(EVERY_KIND, STORE, Events(customers=(Customer("C1"),)), at("2025-03-01")).next_opens is None
