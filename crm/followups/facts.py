"""What happened, as the rules kernel wants to be told it. A constant number of statements per batch.

Complaints ask for a closing call once they are solved; none is solved before complaints can be.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm.customers.queries import birthdays
from crm.followups.models import FollowUp, State
from crm.store.queries import StoreFacts
from crm.vehicles import queries as vehicles
from crm.vehicles.queries import Vehicle
from sanfang.kernel import events
from sanfang.kernel.events import TriggerKind

Key = tuple[str, str]
"""Rule and trigger: what there is at most one follow-up of."""


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """``owner``: who has the car now. ``customers``: the customer on each of its documents, by trigger.
    ``next_event``: the first event with a date that hasn't come, which the kernel doesn't know yet."""

    id: UUID
    history: events.VehicleHistory
    owner: UUID | None
    customers: dict[str, UUID]
    next_event: datetime | None


def vehicle_facts(vehicle_ids: Collection[UUID], store: StoreFacts, now: datetime) -> list[VehicleFacts]:
    """Everything the rules may ask of these vehicles."""
    batch = vehicles.history(vehicle_ids)
    found = {}
    for vehicle in batch.vehicles:
        owner = batch.owners.get(vehicle.pk)
        known = events.Vehicle(
            vin=vehicle.vin,
            customer=str(owner or ""),
            intervals=store.pack.service_intervals.for_model(vehicle.title),
            inspection_due=(vehicle.inspection_due,) if vehicle.inspection_due else (),
            insurance_due=(vehicle.insurance_until,) if vehicle.insurance_until else (),
        )
        found[vehicle.pk] = _Gathered(vehicle, events.VehicleHistory(known), owner)
    for delivery in batch.deliveries:
        assert delivery.delivered_on is not None  # asked for
        told = found[delivery.vehicle_id]
        at = store.calendar.start_of(delivery.delivered_on)
        told.history.deliveries.append(events.Delivery(str(delivery.pk), told.history.vehicle.vin, at))
        told.document(delivery.pk, delivery.customer_id)
    for order in batch.orders:
        told = found[order.vehicle_id]
        told.history.orders.append(
            events.RepairOrder(
                id=str(order.pk),
                vin=told.history.vehicle.vin,
                opened=order.opened_at,
                closed=order.closed_at,
                kind=events.OrderKind(order.kind),
                mileage=order.mileage,
            )
        )
        told.document(order.pk, order.customer_id)
    return [told.facts(store, now) for told in found.values()]


class _Gathered:
    """One vehicle's facts while they are gathered."""

    def __init__(self, vehicle: Vehicle, history: events.VehicleHistory, owner: UUID | None) -> None:
        self.vehicle, self.history, self.owner = vehicle, history, owner
        self.customers: dict[str, UUID] = {}

    def document(self, key: UUID, customer: UUID | None) -> None:
        if customer is not None:
            self.customers[str(key)] = customer

    def facts(self, store: StoreFacts, now: datetime) -> VehicleFacts:
        self._told_by_dms(store)
        dated = [delivery.at for delivery in self.history.deliveries]
        for order in self.history.orders:
            dated += [order.opened] if order.closed is None else [order.opened, order.closed]
        coming = min((at for at in dated if at > now), default=None)
        return VehicleFacts(self.vehicle.pk, self.history, self.owner, self.customers, coming)

    def _told_by_dms(self, store: StoreFacts) -> None:
        """The DMS's next service belongs to the last visit, which is when it was told.

        One that lies before that visit is left over from an earlier one and says nothing any more.
        """
        if not self.history.orders:
            return
        last = max(self.history.orders, key=lambda order: (order.opened, order.id))
        day, km = self.vehicle.next_service_on, self.vehicle.next_service_km
        if day is not None and day <= store.calendar.day_of(last.closed or last.opened):
            day = None
        if km is not None and last.mileage is not None and km <= last.mileage:
            km = None
        if day is not None or km is not None:
            self.history.orders.remove(last)
            self.history.orders.append(
                events.RepairOrder(last.id, last.vin, last.opened, last.closed, last.kind, last.mileage, day, km)
            )


def customer_histories(customer_ids: Collection[UUID], store: StoreFacts) -> list[events.CustomerHistory]:
    """What the rules ask of customers themselves: their birthdays."""
    first = vehicles.first_events(customer_ids)
    found = []
    for customer, birthday in birthdays(customer_ids).items():
        delivered_on, opened_at = first.get(customer, (None, None))
        at = [store.calendar.start_of(delivered_on)] if delivered_on else []
        at += [opened_at] if opened_at else []
        known = events.Customer(str(customer), birthday, min(at, default=None))
        found.append(events.CustomerHistory(known))
    return found


def outcomes(rows: Iterable[FollowUp]) -> events.Outcomes:
    """What people have ended, among these follow-ups."""
    finished = {State.COMPLETED: events.Finish.COMPLETED, State.GIVEN_UP: events.Finish.GIVEN_UP}
    return events.earliest(
        events.Outcome(row.rule, TriggerKind(row.trigger_kind), row.trigger, row.ended_at, finished[State(row.state)])
        for row in rows
        if row.state in finished and row.ended_at is not None
    )
