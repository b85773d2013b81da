"""Builders for follow-up tests: a car, its owner, what was done with it, at the store's wall clock."""

from datetime import date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from crm.customers.models import Customer
from crm.followups.models import FollowUp
from crm.vehicles.models import Delivery, Ownership, RepairOrder, Vehicle
from sanfang.tenancy.models import Staff

SHANGHAI = ZoneInfo("Asia/Shanghai")
_numbers = count(1)


def at(text: str) -> datetime:
    """``"2026-03-02 09:00"`` on the store's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def customer(name: str = "陈雅琴", **fields: Any) -> Customer:
    number = next(_numbers)
    return Customer.objects.create(**{"name": name, "mobile": f"1540{number:07}", "gender": "female", **fields})


def car(owner: Customer | None = None, **fields: Any) -> Vehicle:
    """A car, with ``owner`` (a new customer by default; pass ``owner=None`` explicitly via stock_car)."""
    vehicle = stock_car(**fields)
    Ownership.objects.create(vehicle=vehicle, customer=owner or customer(), since=date(2020, 1, 1))
    return vehicle


def stock_car(**fields: Any) -> Vehicle:
    """A car of the store's own: nobody to call."""
    number = next(_numbers)
    return Vehicle.objects.create(**{"vin": f"LS4ASE2A0{number:08}", "series": "CS75", "plate": "川A8K26N", **fields})


def owner_of(vehicle: Vehicle) -> Customer:
    return Customer.objects.get(ownerships__vehicle=vehicle, ownerships__until=None)


def deliver(vehicle: Vehicle, on: str | None, **fields: Any) -> Delivery:
    return Delivery.objects.create(
        **{
            "number": f"SO-{next(_numbers)}",
            "vehicle": vehicle,
            "customer": Customer.objects.filter(ownerships__vehicle=vehicle).first(),
            "delivered_on": date.fromisoformat(on) if on else None,
            "imported_at": at("2026-01-01 08:00"),
            **fields,
        }
    )


def repair(
    vehicle: Vehicle, opened: str, closed: str | None = None, kind: str = "repair", **fields: Any
) -> RepairOrder:
    return RepairOrder.objects.create(
        **{
            "number": f"RO-{next(_numbers)}",
            "vehicle": vehicle,
            "customer": Customer.objects.filter(ownerships__vehicle=vehicle).first(),
            "kind": kind,
            "opened_at": at(opened),
            "closed_at": at(closed) if closed else None,
            "imported_at": at("2026-01-01 08:00"),
            **fields,
        }
    )


def staff(name: str) -> Staff:
    return Staff.objects.get(name=name)


def planned(**which: Any) -> list[tuple[str, str, str, str]]:
    """What stands in the table, withdrawn ones left out: rule, opens, due (store's clock), state."""
    rows = FollowUp.objects.filter(**which).exclude(state="withdrawn").order_by("due", "rule", "trigger")
    return [(row.rule, _clock(row.opens), _clock(row.due), row.state) for row in rows]


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
