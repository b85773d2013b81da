"""Random stores, cars and customers for the rules kernel, small enough that much happens to each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sanfang.kernel.calendar import CLOSED, StoreCalendar
from sanfang.kernel.events import (
    MAINTENANCE,
    Complaint,
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
from sanfang.kernel.rules import (
    AfterRule,
    AroundDate,
    AroundService,
    Channel,
    DaysAfter,
    MinutesAfter,
    Ruleset,
    SinceLeaving,
    Window,
    WithoutMaintenance,
    Yearly,
)

PHONE, SMS = Channel.PHONE, Channel.SMS
ORDER = TriggerKind.REPAIR_ORDER
EVERY_KIND = Ruleset(
    (
        DaysAfter(id="first-call", channel=PHONE, trigger=TriggerKind.DELIVERY, window=Window(1, 3)),
        DaysAfter(id="third-call", channel=PHONE, trigger=ORDER, window=Window(1, 3)),
        MinutesAfter(id="care-sms", channel=SMS, trigger=ORDER, minutes=30),
        DaysAfter(id="first-follow-up", channel=PHONE, trigger=ORDER, window=Window(3, 7)),
        AfterRule(id="second-follow-up", channel=PHONE, after="first-follow-up", window=Window(8, 14)),
        AroundService(id="service-reminder", channel=PHONE, window=Window(-10, -3)),
        WithoutMaintenance(
            id="lost-contact", channel=PHONE, months_after_delivery=2, months_after_estimate=1, window=Window(0, 7)
        ),
        SinceLeaving(id="win-back", channel=PHONE, window=Window(120, 127), unless_not_due=True),
        SinceLeaving(id="sleeping", channel=PHONE, window=Window(361, 368)),
        DaysAfter(id="complaint-closing", channel=PHONE, trigger=TriggerKind.COMPLAINT, window=Window(1, 3)),
        AroundDate(id="inspection", channel=PHONE, date=TriggerKind.INSPECTION, window=Window(-30, -7)),
        AroundDate(id="insurance", channel=PHONE, date=TriggerKind.INSURANCE, window=Window(-45, -30)),
        Yearly(id="birthday", channel=SMS, window=Window(0, 0)),
    ),
    minimum_reading_days=30,
)
"""A rule of each kind, with the handbook's numbers."""

FIRST_DAY = date(2023, 11, 1)
MINUTES = 560 * 24 * 60
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Beirut")]


@dataclass(frozen=True)
class World:
    calendar: StoreCalendar
    events: Events
    until: datetime


@st.composite
def calendars(draw: st.DrawFn) -> StoreCalendar:
    closed = draw(st.frozensets(st.integers(0, 560), max_size=60))
    return StoreCalendar(
        draw(st.sampled_from(ZONES)), special={FIRST_DAY + timedelta(days=day): CLOSED for day in closed}
    )


@st.composite
def worlds(draw: st.DrawFn, *, most_vehicles: int = 3, twins: bool = True) -> World:
    """``twins``: two events of one car may fall on the same instant."""
    calendar = draw(calendars())
    start = calendar.start_of(FIRST_DAY)
    # Many events in the morning, so that they meet openings.
    minute = st.one_of(
        st.integers(0, MINUTES),
        st.integers(0, 559).map(lambda day: day * 1440 + 510),
        st.integers(0, 559).map(lambda day: day * 1440 + 600),
    )
    used: set[int] = set()

    def moment() -> datetime:
        at = draw(minute)
        while not twins and at in used:
            at += 1
        used.add(at)
        return start + timedelta(minutes=at)

    customers = [
        Customer(f"C{n}", draw(st.none() | st.sampled_from([date(1992, 2, 29), date(1990, 6, 15)])))
        for n in range(draw(st.integers(1, 2)))
    ]
    some_day = st.integers(0, 700).map(lambda n: FIRST_DAY + timedelta(days=n))
    vehicles: list[Vehicle] = []
    deliveries: list[Delivery] = []
    orders: list[RepairOrder] = []
    for n in range(draw(st.integers(1, most_vehicles))):
        intervals = Intervals(*(draw(st.none() | st.sampled_from([3, 6, 3000, 5000])) for _ in range(4)))
        intervals = replace(
            intervals,
            first_months=None if (intervals.first_months or 0) > 12 else intervals.first_months,
            months=None if (intervals.months or 0) > 12 else intervals.months,
        )
        vin = f"VIN{n}"
        owner = draw(st.sampled_from(customers)).id
        dates = st.lists(some_day, max_size=2, unique=True).map(tuple)
        vehicles.append(Vehicle(vin, owner, intervals, draw(dates), draw(dates)))
        for _ in range(draw(st.integers(0, 2))):
            deliveries.append(Delivery(f"D{len(deliveries)}", vin, moment()))
        for _ in range(draw(st.integers(0, 6))):
            orders.append(_order(draw, f"R{len(orders)}", vin, moment))
    complaints = [
        Complaint(
            f"K{n}", draw(st.sampled_from(customers)).id, tuple({moment() for _ in range(draw(st.integers(0, 3)))})
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    events = Events(tuple(customers), tuple(vehicles), tuple(deliveries), tuple(orders), tuple(complaints))
    outcomes = (
        tuple(
            Outcome(rule, kind, trigger, moment(), draw(st.sampled_from(Finish)))
            for rule, kind, trigger in draw(st.lists(st.sampled_from(possible(events)), max_size=6))
        )
        if possible(events)
        else ()
    )
    return World(calendar, replace(events, outcomes=outcomes), moment())


def _order(draw: st.DrawFn, name: str, vin: str, moment: Callable[[], datetime]) -> RepairOrder:
    one, other = sorted((moment(), moment()))
    stays = draw(st.sampled_from(["an hour", "long", "still"]))
    closed = {"an hour": one + timedelta(minutes=61), "long": other, "still": None}[stays]
    mileage = draw(st.none() | st.integers(0, 400).map(lambda n: n * 50))
    return RepairOrder(name, vin, one, closed, draw(st.sampled_from(OrderKind)), mileage)


def possible(events: Events) -> list[tuple[str, TriggerKind, str]]:
    """Follow-ups that someone could have ended."""
    keys = []
    for delivery in events.deliveries:
        keys += [
            (rule, TriggerKind.DELIVERY, delivery.id)
            for rule in ("first-call", "service-reminder", "lost-contact", "win-back", "sleeping")
        ]
    for order in events.orders:
        rules = ["third-call", "care-sms", "first-follow-up", "second-follow-up", "win-back", "sleeping"]
        if order.kind in MAINTENANCE:
            rules += ["service-reminder", "lost-contact"]
        keys += [(rule, ORDER, order.id) for rule in rules]
    keys += [("complaint-closing", TriggerKind.COMPLAINT, complaint.id) for complaint in events.complaints]
    return keys


def known_by(events: Events, until: datetime) -> Events:
    """The same events with everything after ``until`` cut away."""
    return Events(
        customers=events.customers,
        vehicles=events.vehicles,
        deliveries=tuple(delivery for delivery in events.deliveries if delivery.at <= until),
        orders=tuple(
            replace(order, closed=order.closed if order.closed is not None and order.closed <= until else None)
            for order in events.orders
            if order.opened <= until
        ),
        complaints=tuple(
            replace(complaint, solved=tuple(at for at in complaint.solved if at <= until))
            for complaint in events.complaints
        ),
        outcomes=tuple(outcome for outcome in events.outcomes if outcome.at <= until),
    )


def end_of_time() -> datetime:
    return datetime(2027, 1, 1, tzinfo=UTC)
