"""Vehicles with all that was done with them, for the planner: plain values, as few steps from the table as possible.

A model of each row was half of what reading cost. Instants come as seconds, which Python reads faster than a date.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from crm.vehicles.models import Vehicle
from sanfang.tenancy.context import current_tenant

CARS = """
SELECT car.id, car.vin, car.series, car.model, car.inspection_due, car.insurance_until, car.next_service_on,
       car.next_service_km, owner.customer_id
  FROM vehicles_vehicle AS car
  LEFT JOIN vehicles_ownership AS owner ON owner.vehicle_id = car.id AND owner.until IS NULL
 WHERE car.id = ANY(%s::uuid[]) ORDER BY car.id
"""
DELIVERIES = """
SELECT id::text, vehicle_id, customer_id, delivered_on FROM vehicles_delivery
 WHERE vehicle_id = ANY(%s::uuid[]) AND delivered_on IS NOT NULL AND NOT cancelled AND NOT internal
"""
ORDERS = """
SELECT id::text, vehicle_id, customer_id, kind, extract(epoch FROM opened_at)::float8,
       extract(epoch FROM closed_at)::float8, mileage
  FROM vehicles_repairorder WHERE vehicle_id = ANY(%s::uuid[]) AND NOT cancelled AND NOT internal
"""


class Car(NamedTuple):
    """``owner``: who has it now."""

    id: UUID
    vin: str
    title: str
    inspection_due: date | None
    insurance_until: date | None
    next_service_on: date | None
    next_service_km: int | None
    owner: UUID | None


class Handover(NamedTuple):
    id: str
    vehicle: UUID
    customer: UUID | None
    delivered_on: date


class Visit(NamedTuple):
    """``opened`` and ``closed`` in UTC."""

    id: str
    vehicle: UUID
    customer: UUID | None
    kind: str
    opened: datetime
    closed: datetime | None
    mileage: int | None


class History(NamedTuple):
    """A batch of vehicles with all their counted documents, in three statements."""

    cars: list[Car]
    deliveries: list[Handover]
    orders: list[Visit]


def history(vehicle_ids: Collection[UUID]) -> History:
    keys = "{" + ",".join(map(str, vehicle_ids)) + "}"
    titles, at = _Titles(), datetime.fromtimestamp
    return History(
        cars=[Car(key, vin, titles[series, model], *more) for key, vin, series, model, *more in _rows(CARS, keys)],
        deliveries=[Handover(*row) for row in _rows(DELIVERIES, keys)],
        orders=[
            Visit(key, car, who, kind, at(opened, UTC), None if closed is None else at(closed, UTC), mileage)
            for key, car, who, kind, opened, closed, mileage in _rows(ORDERS, keys)
        ],
    )


def _rows(statement: str, keys: str) -> Sequence[Any]:
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(statement, [keys])
        found: Sequence[Any] = cursor.fetchall()
        return found


class _Titles(dict[tuple[str, str], str]):
    """A batch has few models and many cars of each."""

    def __missing__(self, names: tuple[str, str]) -> str:
        title = self[names] = Vehicle(series=names[0], model=names[1]).title
        return title
