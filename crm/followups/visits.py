"""The delivery or the visit to the workshop that a call is about, as a card of facts."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.store.queries import StoreFacts
from crm.vehicles.queries import Delivery, RepairOrder


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str
    extra: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """``opened`` and ``closed``: instants of a workshop order; a delivery has only its day."""

    title: str
    kind_label: Any
    opened: Any
    closed: Any
    facts: list[Fact]


def visit(document: Delivery | RepairOrder, others: list[Delivery | RepairOrder], place: StoreFacts) -> Visit:
    """``others``: the customer's and the car's documents, for the kilometres driven since the last visit."""
    if isinstance(document, Delivery):
        return _delivery(document)
    return _order(document, others, place)


def _delivery(delivery: Delivery) -> Visit:
    facts = [
        Fact(_("销售顾问"), delivery.consultant.name if delivery.consultant else ""),
        Fact(_("车型"), delivery.vehicle.title),
        Fact(_("颜色"), delivery.vehicle.colour),
        Fact(_("开票价格"), f"¥{delivery.price:,.2f}" if delivery.price is not None else ""),
    ]
    return Visit(delivery.number, _("交车"), delivery.delivered_on, None, [fact for fact in facts if fact.value])


def _order(order: RepairOrder, others: list[Delivery | RepairOrder], place: StoreFacts) -> Visit:
    people = " / ".join(filter(None, [order.advisor.name if order.advisor else "", order.technician]))
    facts = [
        Fact(_("服务顾问 / 技师"), people),
        _mileage(order, others),
        Fact(_("维修金额"), f"¥{order.amount:,.2f}" if order.amount is not None else ""),
        Fact(_("客户描述"), order.fault),
        Fact(_("维修项目"), _("、").join(str(item) for item in order.work_items[:6])),
        _promise(order, place),
        _next_service(order),
        Fact(_("送修人"), order.sender_name),
    ]
    return Visit(
        order.number,
        order.get_kind_display(),
        order.opened_at,
        order.closed_at,
        [fact for fact in facts if fact.value],
    )


def _mileage(order: RepairOrder, others: list[Delivery | RepairOrder]) -> Fact:
    if order.mileage is None:
        return Fact(_("里程"), "")
    earlier = [
        one.mileage
        for one in others
        if isinstance(one, RepairOrder)
        and one.vehicle_id == order.vehicle_id
        and one.opened_at < order.opened_at
        and one.mileage is not None
    ]
    driven = order.mileage - max(earlier) if earlier else 0
    return Fact(_("里程"), f"{order.mileage:,} km", f"+{driven:,}" if driven > 0 else "")


def _promise(order: RepairOrder, place: StoreFacts) -> Fact:
    """When the car was promised and when it really left."""
    if order.promised_at is None or order.closed_at is None:
        return Fact(_("交车承诺 / 实际"), "")
    promised, left = place.calendar.local(order.promised_at), place.calendar.local(order.closed_at)
    pattern = "%H:%M" if promised.date() == left.date() else "%m-%d %H:%M"
    late = int((order.closed_at - order.promised_at).total_seconds()) // 60
    return Fact(
        _("交车承诺 / 实际"),
        f"{promised:{pattern}} / {left:{pattern}}",
        _late(late) if late > 0 else "",
        "warn" if late > 0 else "",
    )


def _late(minutes: int) -> str:
    if minutes < 60:
        return _("晚 %(minutes)d 分") % {"minutes": minutes}
    if minutes < 48 * 60:
        return _("晚 %(hours)d 小时") % {"hours": minutes // 60}
    return _("晚 %(days)d 天") % {"days": minutes // (24 * 60)}


def _next_service(order: RepairOrder) -> Fact:
    day, km = order.vehicle.next_service_on, order.vehicle.next_service_km
    parts = [day.isoformat() if day else "", f"{km:,} km" if km else ""]
    return Fact(_("下次保养"), _(" 或 ").join(filter(None, parts)))
