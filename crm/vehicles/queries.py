"""What neighbouring apps ask about vehicles and what was done with them. Taken-back and internal
documents count nowhere (dms-files)."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, Min, Q, QuerySet, When

from crm.vehicles.histories import Car, History, Visit, history
from crm.vehicles.models import Delivery, Ownership, RepairOrder, Vehicle
from crm.vehicles.search import find_cars
from sanfang.tenancy.models import Staff

__all__ = [
    "SHARERS",
    "Car",
    "Delivery",
    "History",
    "RepairOrder",
    "Vehicle",
    "Visit",
    "cars_of",
    "customers_of",
    "delivery",
    "document_rows",
    "documents_of",
    "find_cars",
    "first_events",
    "history",
    "in_order",
    "ownership_rows",
    "repair_order",
    "responsible",
    "served_by",
]

SHARERS = """
SELECT other.customer_id FROM vehicles_ownership AS own
  JOIN vehicles_ownership AS other USING (vehicle_id) WHERE own.customer_id = %s
UNION
SELECT brought.customer_id FROM vehicles_ownership AS own
  JOIN vehicles_repairorder AS brought USING (vehicle_id)
 WHERE own.customer_id = %s AND own.until IS NULL AND brought.customer_id IS NOT NULL AND NOT brought.cancelled
UNION
SELECT owner.customer_id FROM vehicles_repairorder AS own
  JOIN vehicles_ownership AS owner ON owner.vehicle_id = own.vehicle_id AND owner.until IS NULL
 WHERE own.customer_id = %s AND NOT own.cancelled
"""
"""Ids of customers who own or bring a car that a customer owns or brings; the customer is asked for three times."""
COUNTED = {"cancelled": False, "internal": False}


def first_events(customer_ids: Collection[UUID]) -> dict[UUID, tuple[date | None, datetime | None]]:
    """Each customer's first delivery (a day) and first order opened, where there are any. Two statements."""
    deliveries = dict(
        Delivery.objects.filter(customer__in=customer_ids, delivered_on__isnull=False, **COUNTED)
        .values_list("customer_id")
        .annotate(Min("delivered_on"))
    )
    orders = dict(
        RepairOrder.objects.filter(customer__in=customer_ids, **COUNTED)
        .values_list("customer_id")
        .annotate(Min("opened_at"))
    )
    return {who: (deliveries.get(who), orders.get(who)) for who in deliveries.keys() | orders.keys()}


def customers_of(vehicle_ids: Iterable[UUID]) -> set[UUID]:
    """Everybody who bought, owns or brought one of these vehicles."""
    ids = list(vehicle_ids)
    found: set[UUID] = set(Ownership.objects.filter(vehicle__in=ids).values_list("customer_id", flat=True))
    for documents in (Delivery.objects, RepairOrder.objects):
        rows = documents.filter(vehicle__in=ids, customer__isnull=False)
        found.update(rows.order_by().values_list("customer_id", flat=True).distinct())
    return found


def cars_of(customer_ids: Collection[UUID]) -> dict[UUID, list[Vehicle]]:
    """The cars that each of these customers has now, the newest owned first. One statement."""
    found: dict[UUID, list[Vehicle]] = {}
    rows = Ownership.objects.filter(customer__in=customer_ids, until=None).select_related("vehicle")
    for one in rows.order_by("-since", "-pk"):
        found.setdefault(one.customer_id, []).append(one.vehicle)
    return found


def ownership_rows(customer_id: UUID) -> QuerySet[Ownership]:
    """The cars that a customer has and had, those of today first; to be read together with others."""
    owned = Ownership.objects.filter(customer=customer_id).select_related("vehicle")
    return owned.order_by(F("until").desc(nulls_first=True), "-since", "-pk")


def delivery(key: UUID) -> Delivery | None:
    """With its vehicle and consultant. One statement."""
    return Delivery.objects.select_related("vehicle", "consultant").filter(pk=key).first()


def repair_order(key: UUID) -> RepairOrder | None:
    """With its vehicle and advisor. One statement."""
    return RepairOrder.objects.select_related("vehicle", "advisor").filter(pk=key).first()


def served_by(staff_id: UUID | None, customer: Any, about: UUID | None = None) -> Any:
    """A condition for rows of another table: ``staff_id`` sold ``customer`` (an id or an OuterRef) a car or took one
    of theirs in, or looked after the document ``about``."""
    theirs = Q(customer=customer) | Q(pk=about)
    sold = Delivery.objects.filter(theirs, consultant=staff_id, **COUNTED)
    return Exists(sold) | Exists(RepairOrder.objects.filter(theirs, advisor=staff_id, **COUNTED))


def documents_of(
    customer_id: UUID, vehicle_id: UUID | None, *, limit: int, also: UUID | None = None
) -> list[Delivery | RepairOrder]:
    """What was delivered to and done for a customer, and done with the car at hand, newest first; ``also`` is
    a document that must be among them however old it is. Two statements."""
    deliveries, orders = document_rows(customer_id, vehicle_id, limit=limit, also=also)
    return in_order(deliveries, orders)


def document_rows(
    customer_id: UUID, vehicle_id: UUID | None, *, limit: int, also: UUID | None = None
) -> tuple[QuerySet[Delivery], QuerySet[RepairOrder]]:
    """Of :func:`documents_of`, to be read together with others; then :func:`in_order` has them."""
    theirs = Q(customer=customer_id) | Q(pk=also)
    if vehicle_id is not None:
        theirs |= Q(vehicle=vehicle_id)
    kept = Case(When(pk=also, then=0), default=1)
    deliveries = Delivery.objects.select_related("vehicle", "consultant").filter(
        theirs, delivered_on__isnull=False, **COUNTED
    )
    orders = RepairOrder.objects.select_related("vehicle", "advisor").filter(theirs, **COUNTED)
    return (
        deliveries.defer("details").order_by(kept, "-delivered_on", "-pk")[:limit],
        orders.defer("details").order_by(kept, "-opened_at", "-pk")[:limit],
    )


def in_order(deliveries: Iterable[Delivery], orders: Iterable[RepairOrder]) -> list[Delivery | RepairOrder]:
    """Deliveries, then orders, each the newest first."""
    return [
        *sorted(deliveries, key=_handed_over, reverse=True),
        *sorted(orders, key=attrgetter("opened_at", "pk"), reverse=True),
    ]


def _handed_over(one: Delivery) -> tuple[date, UUID]:
    return one.delivered_on or date.min, one.pk


def responsible(vehicle_id: UUID) -> Staff | None:
    """Who knows this car's customer best: the advisor of its last order, else the consultant who sold it."""
    order = RepairOrder.objects.select_related("advisor").filter(vehicle=vehicle_id, advisor__isnull=False, **COUNTED)
    latest = order.order_by("-opened_at", "-pk").first()
    if latest is not None:
        return latest.advisor
    sold = Delivery.objects.select_related("consultant").filter(vehicle=vehicle_id, consultant__isnull=False, **COUNTED)
    delivery = sold.order_by("-delivered_on", "-pk").first()
    return delivery.consultant if delivery else None
