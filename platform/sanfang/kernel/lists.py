"""Customers on imported lists: when a list's call opens, and which visit answers it (handbook §3, ``lost-list``).

A visit of any of the customer's cars after the entry answers it. Decided here where the documents leave it open: a car
that stands in the shop when the window would open makes the call superfluous, also when it came in before the entry;
a visit at the very instant of the entry comes after it. A car whose leaving date is missing is out once a younger
order of it has left, as in `cycles`.
"""

from collections.abc import Sequence
from datetime import datetime

from sanfang.kernel.events import ListEntry, RepairOrder


def needless(entry: ListEntry, opens: datetime, visits: Sequence[RepairOrder]) -> bool:
    """Whether the customer has come, or is here, before the window opens. ``visits``: as far as known."""
    return any(entry.at <= order.opened < opens for order in visits) or in_the_shop(opens, visits)


def in_the_shop(moment: datetime, visits: Sequence[RepairOrder]) -> bool:
    """Whether one of these cars is inside at ``moment``; one that comes in then is not yet."""
    left: dict[str, datetime] = {}
    before = [order for order in visits if order.opened < moment]
    for order in before:
        if order.closed is not None and order.closed <= moment:
            left[order.vin] = max(order.opened, left.get(order.vin, order.opened))
    return any(
        (order.closed is None or order.closed > moment) and (order.vin not in left or left[order.vin] <= order.opened)
        for order in before
    )


def answer(entry: ListEntry, visits: Sequence[RepairOrder]) -> RepairOrder | None:
    """The first visit after the entry."""
    later = (order for order in visits if order.opened >= entry.at)
    return min(later, key=lambda order: (order.opened, order.id), default=None)
