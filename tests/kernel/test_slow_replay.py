"""Cycles and visits against a second, slow reading of follow-ups.md.

The model knows no cycles. It walks through every instant at which anything can happen (each event,
each opening of the store) and asks from scratch, with the events known then: which trigger rules
this rule now, which window does it give, has that opened? Only the estimate itself is shared; it
has a model of its own.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from kernel.worlds import EVERY_KIND, FIRST_DAY, World, end_of_time, known_by, worlds

from sanfang.kernel.batch import replay
from sanfang.kernel.calendar import StoreCalendar, add_months
from sanfang.kernel.estimate import LastService, Reading, next_service
from sanfang.kernel.events import MAINTENANCE, Delivery, Events, RepairOrder, Vehicle
from sanfang.kernel.rules import AroundService, SinceLeaving, WithoutMaintenance

CYCLE_RULES = [rule for rule in EVERY_KIND.rules if isinstance(rule, AroundService | WithoutMaintenance | SinceLeaving)]
Key = tuple[str, str]
Window = tuple[datetime, datetime, str]


def of_this_life(events: Events) -> tuple[Delivery | None, list[RepairOrder]]:
    """The latest delivery and the orders opened since."""
    delivery = max(events.deliveries, key=lambda one: (one.at, one.id), default=None)
    return delivery, [order for order in events.orders if delivery is None or order.opened >= delivery.at]


def ruling(delivery: Delivery | None, orders: list[RepairOrder]) -> Delivery | RepairOrder | None:
    """The trigger that rules now: the order that left last, else the delivery; none in the shop."""
    left = [order for order in orders if order.closed is not None]
    last = max(left, key=lambda one: (one.closed, one.opened, one.id), default=None)
    for order in orders:
        if order.closed is None and (last is None or order.opened >= last.opened):
            return None
    return last or delivery


def estimate(
    calendar: StoreCalendar, vehicle: Vehicle, delivery: Delivery | None, orders: list[RepairOrder]
) -> date | None:
    told = sorted((order for order in orders if order.mileage is not None), key=lambda one: (one.opened, one.id))
    readings = [Reading(calendar.day_of(delivery.at), 0)] if delivery else []
    readings += [Reading(calendar.day_of(order.opened), order.mileage or 0) for order in told]
    services = [order for order in orders if order.kind in MAINTENANCE and order.closed is not None]
    its = vehicle.intervals
    if services:
        last = max(services, key=lambda one: (one.closed, one.opened, one.id))
        assert last.closed is not None
        before = sum(order.opened <= last.closed for order in told) + (delivery is not None)
        base = LastService(calendar.day_of(last.closed), last.mileage, its.months, its.km, before)
    elif delivery:
        base = LastService(calendar.day_of(delivery.at), 0, its.first_months, its.first_km, 1)
    else:
        return None
    return next_service(base, readings, EVERY_KIND.minimum_reading_days)


def wanted(calendar: StoreCalendar, vehicle: Vehicle, events: Events) -> dict[Key, Window]:
    """The windows that the rules give with these events known, opened or not."""
    delivery, orders = of_this_life(events)
    due = estimate(calendar, vehicle, delivery, orders)
    found: dict[Key, Window] = {}
    for rule in CYCLE_RULES:
        any_order = isinstance(rule, SinceLeaving)
        trigger = ruling(delivery, [order for order in orders if any_order or order.kind in MAINTENANCE])
        if trigger is None:
            continue
        at = trigger.at if isinstance(trigger, Delivery) else trigger.closed
        assert at is not None
        day: date | None
        if isinstance(rule, AroundService):
            day = due
        elif isinstance(rule, WithoutMaintenance):
            legs = [add_months(due, 1)] if due else []
            if isinstance(trigger, Delivery):
                legs.append(add_months(calendar.day_of(at), 2))
            day = min(legs, default=None)
        else:
            day = calendar.day_of(at)
            if rule.unless_not_due and due is not None and due > day + timedelta(days=120):
                day = None
        if day is not None:
            opens = calendar.opening(day + timedelta(days=rule.window.opens))
            closes = calendar.closing(day + timedelta(days=rule.window.due))
            found[rule.id, trigger.id] = (opens, closes, "open")
    return found


def slow_replay(world: World, vehicle: Vehicle) -> dict[Key, Window]:
    calendar, until = world.calendar, world.until
    mine = Events(
        deliveries=tuple(one for one in world.events.deliveries if one.vin == vehicle.vin),
        orders=tuple(one for one in world.events.orders if one.vin == vehicle.vin),
    )
    moments = {until, *(one.at for one in mine.deliveries)}
    for order in mine.orders:
        moments |= {order.opened} if order.closed is None else {order.opened, order.closed}
    moments |= {calendar.opening(FIRST_DAY + timedelta(days=n)) for n in range(-60, 1000)}
    kinds = {rule.id: isinstance(rule, SinceLeaving) for rule in CYCLE_RULES}
    made: dict[Key, Window] = {}
    known = known_by(mine, calendar.start_of(FIRST_DAY) - timedelta(days=90))
    for now in sorted(moment for moment in moments if moment <= until):
        for key, window in wanted(calendar, vehicle, known).items():
            if window[0] <= now:
                made.setdefault(key, window)
        for order in mine.orders:
            if order.opened == now:
                for (rule, trigger), (opens, closes, state) in list(made.items()):
                    if state == "open" and (kinds[rule] or order.kind in MAINTENANCE):
                        made[rule, trigger] = (opens, closes, "answered_by_visit")
        if any(now in (one.opened, one.closed) for one in mine.orders) or any(now == one.at for one in mine.deliveries):
            known = known_by(mine, now)
    for key, window in wanted(calendar, vehicle, known).items():
        if window[0] <= until:
            made.setdefault(key, window)
    return made


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(most_vehicles=1, twins=False))
def test_cycles_equal_asking_from_scratch_at_every_instant(world: World) -> None:
    world = replace(world, until=max(world.until, end_of_time() - timedelta(days=500)))
    world = replace(world, events=replace(world.events, outcomes=()))
    (vehicle,) = world.events.vehicles
    kinds = {rule.id for rule in CYCLE_RULES}
    made = {
        (followup.rule, followup.trigger): (followup.opens, followup.due, followup.state.value)
        for followup in replay(EVERY_KIND, world.calendar, world.events, world.until).made
        if followup.rule in kinds
    }
    assert made == slow_replay(world, vehicle)
