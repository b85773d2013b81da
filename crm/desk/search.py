"""One box for everybody: people and cars by whatever somebody knows of them. Numbers come masked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.customers import queries as customers
from crm.customers.queries import Asked, asked, masked_mobile
from crm.vehicles import queries as vehicles
from crm.vehicles.queries import Vehicle
from sanfang.kernel.permissions import Actor

WHY: dict[str, Any] = {
    "phone": _("手机号"),
    "name": _("姓名"),
    "initials": _("拼音首字母"),
    "plate": pgettext_lazy("found by", "车牌"),
    "vin": _("VIN"),
    "order": _("单号"),
}
MOST = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """``why``: what of theirs was asked for. ``cars``: those they have now, the one asked for first."""

    customer_id: UUID
    name: str
    salutation: str
    company: bool
    phone_masked: str
    cars: list[Vehicle]
    why: Any


def search(actor: Actor, text: str, *, limit: int = MOST) -> list[Hit]:
    """Who fits ``text``, the best fit first. Forbidden to who may not see customers. Four statements at most."""
    sought = asked(text)
    people = customers.find(actor, sought, limit=limit)
    why = {one.customer_id: (one.rank, one.why) for one in people}
    wanted: dict[UUID, UUID] = {}
    for car in _cars(sought, limit):
        if car.customer_id is not None:
            wanted.setdefault(car.customer_id, car.vehicle_id)
            why[car.customer_id] = min(why.get(car.customer_id, (9, "")), (0, car.why))
    ids = sorted(why, key=lambda key: why[key][0])[:limit]
    if not ids:
        return []
    known, cars = customers.by_id(actor, ids), vehicles.cars_of(ids)
    return [
        Hit(
            customer_id=key,
            name=known[key].name,
            salutation=customers.salutation(known[key]),
            company=known[key].company,
            phone_masked=masked_mobile(known[key].mobile or known[key].landline),
            cars=sorted(cars.get(key, []), key=lambda car: car.pk != wanted.get(key)),
            why=WHY[why[key][1]],
        )
        for key in ids
        if key in known
    ]


def too_short(text: str) -> bool:
    """Whether ``text`` fits too many to be asked."""
    return bool(text.strip()) and asked(text).too_short


def _cars(sought: Asked, limit: int) -> list[Any]:
    if sought.too_short:
        return []
    return vehicles.find_cars(sought.code, sought.typed, limit=limit)
