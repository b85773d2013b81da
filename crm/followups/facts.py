"""What happened, as the rules kernel wants to be told it. A constant number of statements per batch.

Complaints ask for a closing call once they are solved; none is solved before complaints can be.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from crm.customers.queries import birthdays
from crm.followups.models import FollowUp, State
from crm.leads.queries import list_entries
from crm.store.queries import StoreFacts
from crm.vehicles import queries as vehicles
from crm.vehicles.queries import Car
from sanfang.kernel import events
from sanfang.kernel.events import TriggerKind
from sanfang.standards.definitions import Pack

ORDER_KINDS = {kind.value: kind for kind in events.OrderKind}
Key = tuple[str, str]
"""Rule and trigger: what there is at most one follow-up of."""


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """``owner``: who has the car now. ``customers``: the customer on each of its documents, by trigger.
    ``next_event``: the first event with a date that hasn't come, which the kernel doesn't know yet. ``model``: what
    a standard's service intervals go by; ``history`` has those of the store's own."""

    id: UUID
    model: str
    history: events.VehicleHistory
    owner: UUID | None
    customers: dict[str, UUID]
    next_event: datetime | None

    def by(self, pack: Pack) -> events.VehicleHistory:
        """The same history as ``pack`` sees it, with its service intervals."""
        told = self.history
        vehicle = replace(told.vehicle, intervals=pack.service_intervals.for_model(self.model))
        return events.VehicleHistory(vehicle, told.deliveries, told.orders)


def vehicle_facts(vehicle_ids: Collection[UUID], store: StoreFacts, now: datetime) -> list[VehicleFacts]:
    """Everything the rules may ask of these vehicles."""
    batch = vehicles.history(vehicle_ids)
    intervals = {title: store.pack.service_intervals.for_model(title) for title in {car.title for car in batch.cars}}
    found = {}
    for car in batch.cars:
        known = events.Vehicle(
            vin=car.vin,
            customer=str(car.owner or ""),
            intervals=intervals[car.title],
            inspection_due=(car.inspection_due,) if car.inspection_due else (),
            insurance_due=(car.insurance_until,) if car.insurance_until else (),
        )
        found[car.id] = _Gathered(car, events.VehicleHistory(known))
    for delivery in batch.deliveries:
        told = found[delivery.vehicle]
        at = store.calendar.start_of(delivery.delivered_on)
        told.history.deliveries.append(events.Delivery(delivery.id, told.car.vin, at))
        if delivery.customer is not None:
            told.customers[delivery.id] = delivery.customer
    for order in batch.orders:
        told = found[order.vehicle]
        told.history.orders.append(_as_told(order, told.car.vin))
        if order.customer is not None:
            told.customers[order.id] = order.customer
    return [told.facts(store, now) for told in found.values()]


def _as_told(order: vehicles.Visit, vin: str) -> events.RepairOrder:
    return events.RepairOrder(order.id, vin, order.opened, order.closed, ORDER_KINDS[order.kind], order.mileage)


class _Gathered:
    """One vehicle's facts while they are gathered."""

    def __init__(self, car: Car, history: events.VehicleHistory) -> None:
        self.car, self.history = car, history
        self.customers: dict[str, UUID] = {}

    def facts(self, store: StoreFacts, now: datetime) -> VehicleFacts:
        self._told_by_dms(store)
        dated = [delivery.at for delivery in self.history.deliveries]
        for order in self.history.orders:
            dated += [order.opened] if order.closed is None else [order.opened, order.closed]
        coming = min((at for at in dated if at > now), default=None)
        return VehicleFacts(self.car.id, self.car.title, self.history, self.car.owner, self.customers, coming)

    def _told_by_dms(self, store: StoreFacts) -> None:
        """The DMS's next service belongs to the last visit, which is when it was told.

        One that lies before that visit is left over from an earlier one and says nothing any more.
        """
        day, km = self.car.next_service_on, self.car.next_service_km
        if not self.history.orders or (day is None and km is None):
            return
        last = max(self.history.orders, key=lambda order: (order.opened, order.id))
        if day is not None and day <= store.calendar.day_of(last.closed or last.opened):
            day = None
        if km is not None and last.mileage is not None and km <= last.mileage:
            km = None
        if day is not None or km is not None:
            self.history.orders.remove(last)
            self.history.orders.append(
                events.RepairOrder(last.id, last.vin, last.opened, last.closed, last.kind, last.mileage, day, km)
            )


def customer_histories(
    customer_ids: Collection[UUID], store: StoreFacts, *, lists: bool = True
) -> list[events.CustomerHistory]:
    """What the rules ask of customers themselves: their birthdays and, with ``lists``, the lists they stand on."""
    listed = defaultdict(list)
    for entry in list_entries(customers=customer_ids) if lists else ():
        told = events.ListEntry(str(entry.id), str(entry.customer), store.calendar.start_of(entry.day))
        listed[entry.customer].append(told)
    visits = _visits(listed) if listed else {}
    first = vehicles.first_events(customer_ids)
    found = []
    for customer, birthday in birthdays(customer_ids).items():
        delivered_on, opened_at = first.get(customer, (None, None))
        at = [store.calendar.start_of(delivered_on)] if delivered_on else []
        at += [opened_at] if opened_at else []
        known = events.Customer(str(customer), birthday, min(at, default=None))
        found.append(events.CustomerHistory(known, [], listed.get(customer, []), visits.get(customer, [])))
    return found


def next_listed(history: events.CustomerHistory, now: datetime) -> datetime | None:
    """The first entry or visit with a date that hasn't come."""
    dated = [entry.at for entry in history.entries]
    for order in history.orders:
        dated += [order.opened] if order.closed is None else [order.opened, order.closed]
    return min((at for at in dated if at > now), default=None)


def _visits(customer_ids: Collection[UUID]) -> dict[UUID, list[events.RepairOrder]]:
    """The workshop's orders of the cars that these customers have now."""
    owners = {car.pk: who for who, cars in vehicles.cars_of(customer_ids).items() for car in cars}
    found: dict[UUID, list[events.RepairOrder]] = defaultdict(list)
    for order in vehicles.history(owners).orders if owners else ():
        found[owners[order.vehicle]].append(_as_told(order, str(order.vehicle)))
    return found


def outcomes(rows: Iterable[FollowUp]) -> events.Outcomes:
    """What people have ended, among these follow-ups."""
    finished = {State.COMPLETED: events.Finish.COMPLETED, State.GIVEN_UP: events.Finish.GIVEN_UP}
    return events.earliest(
        events.Outcome(row.rule, TriggerKind(row.trigger_kind), row.trigger, row.ended_at, finished[State(row.state)])
        for row in rows
        if row.state in finished and row.ended_at is not None
    )
