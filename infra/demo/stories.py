"""People whose records ask something of the CRC: doubles, cars sold on, a fleet, numbers that ring somebody else."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from infra.demo.business import Business, Sale
from infra.demo.manifest import DELIVERIES, REPAIR_ORDERS, Double, Fleet, OwnerChange, Stories, WrongNumber
from infra.demo.orders import Order
from infra.demo.people import WOMAN, Customer

OWNER_CHANGES = 2
WRONG_DELIVERIES, WRONG_ORDERS = 2, 1

# Given-name characters that are typed for one another.
_SOUND_ALIKE = dict(
    zip(
        "晓佳丽敏浩伟志军婷燕琳明建文英红玉雅思欣",
        "小嘉莉民昊玮智君亭艳林鸣健雯瑛虹钰娅诗心",
        strict=True,
    )
)


def tell(dealer: str, rng: Random, business: Business, orders: list[Order], moment: datetime) -> Stories:
    """Picks the people, changes their records in place, and says who they are. Everything is known at ``moment``."""
    known = [order for order in orders if order.opened < moment - timedelta(days=1)]
    pairs = _pairs_by_car(known)
    rng.shuffle(pairs)
    changes = [_sell_on(business, orders, pairs.pop()) for _ in range(OWNER_CHANGES)]
    doubles = _doubles(business, pairs)
    told = {change.document for change in changes} | {double.other_document for double in doubles}
    return Stories(
        dealer,
        tuple(_wrong_numbers(rng, business.sales, known, moment, told)),
        tuple(doubles),
        tuple(changes),
        Fleet(business.fleet.name, business.fleet.mobile, tuple(car.vin for car in business.fleet_cars)),
    )


def _pairs_by_car(orders: list[Order]) -> list[tuple[Order, Order]]:
    """The first two orders of each private car that has come twice."""
    by_car = sorted(orders, key=lambda order: (order.car.vin, order.opened))
    groups = [list(group) for _vin, group in groupby(by_car, key=lambda order: order.car.vin)]
    return [(group[0], group[1]) for group in groups if len(group) > 1 and not group[0].owner.firm]


def _sell_on(business: Business, orders: list[Order], pair: tuple[Order, Order]) -> OwnerChange:
    first, second = pair
    buyer = business.town.person()
    for order in orders:
        if order.car is first.car and order.opened >= second.opened:
            _bring(order, buyer)
    return OwnerChange(first.car.vin, first.owner.name, buyer.name, second.number)


def _bring(order: Order, owner: Customer) -> None:
    order.owner, order.brought_by = owner, (owner.name, owner.mobile)


def _doubles(business: Business, pairs: list[tuple[Order, Order]]) -> list[Double]:
    """Three ways to become two customers: a blank in the name, a title behind it, a character that sounds alike."""
    doubles: list[Double] = []
    for spell in (_with_blank, _with_title, _sounding_alike):
        pair = next(pair for pair in pairs if spell(pair[0].owner) != pair[0].owner.name)
        pairs.remove(pair)
        first, second = pair
        owner = first.owner
        _bring(second, replace(owner, number=business.town.number(), name=spell(owner)))
        same_name = spell is not _sounding_alike
        doubles.append(Double(owner.mobile, owner.name, second.owner.name, first.number, second.number, same_name))
    return doubles


def _with_blank(owner: Customer) -> str:
    return f"{owner.name[0]} {owner.name[1:]}" if len(owner.name) == 2 else owner.name


def _with_title(owner: Customer) -> str:
    return owner.name + ("女士" if owner.gender == WOMAN else "先生")


def _sounding_alike(owner: Customer) -> str:
    return owner.name[0] + "".join(_SOUND_ALIKE.get(char, char) for char in owner.name[1:])


def _wrong_numbers(
    rng: Random, sales: list[Sale], orders: list[Order], moment: datetime, told: set[str]
) -> list[WrongNumber]:
    """Of people who are about to be called: their car left in the last days."""
    since = moment - timedelta(days=6)
    handed_over = [sale for sale in sales if since <= sale.delivered < moment]
    left = [order for order in orders if since <= order.left < moment and order.number not in told]
    return [
        *(
            WrongNumber(DELIVERIES, sale.number, sale.car.owner.name, sale.car.owner.mobile, sale.car.vin)
            for sale in rng.sample(handed_over, WRONG_DELIVERIES)
        ),
        *(
            WrongNumber(REPAIR_ORDERS, order.number, order.owner.name, order.owner.mobile, order.car.vin)
            for order in rng.sample(left, WRONG_ORDERS)
        ),
    ]
