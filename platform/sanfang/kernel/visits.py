"""A car's visits in the order in which they are replayed: lives between deliveries, moments, the shop."""

from collections.abc import Iterator
from datetime import datetime

from sanfang.kernel.events import MAINTENANCE, Delivery, RepairOrder

MAINTENANCE_OPENS, OTHER_OPENS, LEAVES = range(3)
Moment = tuple[datetime, int, datetime, str, RepairOrder]
"""When, what (one of the above, in the order that holds at one instant), then opened and id."""


class Shop:
    """The orders of one sort that are in the shop."""

    __slots__ = ("inside",)

    def __init__(self) -> None:
        self.inside: dict[str, datetime] = {}

    def enters(self, order: RepairOrder) -> None:
        self.inside[order.id] = order.opened

    def leaves(self, order: RepairOrder) -> bool:
        """True when the car is out: no order opened since ``order`` was is still inside."""
        del self.inside[order.id]
        return not any(opened >= order.opened for opened in self.inside.values())


def lives(
    deliveries: list[Delivery], orders: list[RepairOrder]
) -> Iterator[tuple[Delivery | None, list[RepairOrder], datetime | None]]:
    """Cut a vehicle's sorted orders at its sorted deliveries: (delivery, orders, end of that life)."""
    starts: list[Delivery | None] = [None, *deliveries]
    for index, delivery in enumerate(starts):
        ends = starts[index + 1].at if index + 1 < len(starts) else None  # type: ignore[union-attr]
        its_orders = [
            order
            for order in orders
            if (delivery is None or order.opened >= delivery.at) and (ends is None or order.opened < ends)
        ]
        if delivery is not None or its_orders:
            yield delivery, its_orders, ends


def moments(orders: list[RepairOrder], until: datetime) -> list[Moment]:
    """What happens to these orders up to ``until``, in the order in which it is replayed."""
    found: list[Moment] = []
    for order in orders:
        opens = MAINTENANCE_OPENS if order.kind in MAINTENANCE else OTHER_OPENS
        found.append((order.opened, opens, order.opened, order.id, order))
        if order.closed is not None and order.closed <= until:
            found.append((max(order.closed, order.opened), LEAVES, order.opened, order.id, order))
    found.sort(key=lambda moment: moment[:4])
    return found
