"""A batch of events through the rules kernel: put together by subject, replayed, sorted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from sanfang.kernel.calendar import StoreCalendar
from sanfang.kernel.events import (
    Complaint,
    CustomerHistory,
    Events,
    ListEntry,
    RepairOrder,
    VehicleHistory,
    earliest,
)
from sanfang.kernel.followups import FollowUp, Replay, RulesKernel
from sanfang.kernel.rules import Ruleset


def replay(ruleset: Ruleset, calendar: StoreCalendar, events: Events, until: datetime, seed: int = 0) -> Replay:
    """A whole batch of vehicles and customers; ``made`` sorted by due, rule and trigger.

    ``seed``: of the weekly draw of lost leads. Raises KeyError for an event of a vehicle that isn't in the batch.
    """
    kernel = RulesKernel(ruleset, calendar)
    outcomes = earliest(events.outcomes)
    made: list[FollowUp] = []
    coming: list[FollowUp] = []
    parts = [
        *(kernel.vehicle(history, outcomes, until) for history in vehicle_histories(events)),
        *(kernel.customer(history, outcomes, until) for history in customer_histories(events)),
        kernel.lost_leads(events.lost_leads, outcomes, until, seed),
    ]
    for part in parts:
        made += part.made
        coming += part.coming
    made.sort(key=by_due)
    coming.sort(key=by_due)
    return Replay(made, coming)


by_due = attrgetter("due", "rule", "trigger", "kind")
"""The order of the output."""


def vehicle_histories(events: Events) -> Iterable[VehicleHistory]:
    """A batch's events, put together by vehicle."""
    histories = {vehicle.vin: VehicleHistory(vehicle) for vehicle in events.vehicles}
    for delivery in events.deliveries:
        histories[delivery.vin].deliveries.append(delivery)
    for order in events.orders:
        histories[order.vin].orders.append(order)
    return histories.values()


def customer_histories(events: Events) -> Iterable[CustomerHistory]:
    """A batch's events, put together by customer, with the first event of each customer's cars."""
    owners = {vehicle.vin: vehicle.customer for vehicle in events.vehicles}
    first: dict[str, datetime] = {}
    seen = [(owners[delivery.vin], delivery.at) for delivery in events.deliveries]
    seen += [(owners[order.vin], order.opened) for order in events.orders]
    seen += [(c.id, c.first_event) for c in events.customers if c.first_event is not None]
    for owner, at in seen:
        if owner not in first or at < first[owner]:
            first[owner] = at
    complaints: dict[str, list[Complaint]] = defaultdict(list)
    for complaint in events.complaints:
        complaints[complaint.customer].append(complaint)
    entries: dict[str, list[ListEntry]] = defaultdict(list)
    for entry in events.entries:
        entries[entry.customer].append(entry)
    visits: dict[str, list[RepairOrder]] = defaultdict(list)
    for order in events.orders if entries else ():
        visits[owners[order.vin]].append(order)
    for customer in events.customers:
        known = replace(customer, first_event=first.get(customer.id))
        yield CustomerHistory(known, complaints[customer.id], entries[customer.id], visits[customer.id])
