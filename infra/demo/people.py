"""Plausible customers: names, forms of address, mobiles, addresses, occupations. Nobody of them exists.

Mobiles begin with 1542 or 1545: public lists of the number segments in use have none there, yet they have a mobile's
form.
"""

from dataclasses import dataclass, field
from random import Random

from infra.demo.cast import Dealer, Place
from infra.demo.words import (
    ESTATES,
    FIRM_NAMES,
    MENS_NAMES,
    OCCUPATIONS,
    ROADS,
    SURNAME_WEIGHTS,
    SURNAMES,
    TRADES,
    WELL_KNOWN,
    WOMENS_NAMES,
)

MAN = "男"
WOMAN = "女"


@dataclass
class Customer:
    """An owner as the DMS knows them. ``contact`` is who answers for a firm; ``others`` also bring the car."""

    number: str
    name: str
    gender: str
    mobile: str
    landline: str
    firm: bool
    province: str
    city: str
    district: str
    address: str
    postcode: str
    remark: str
    contact: str = ""
    others: list[tuple[str, str]] = field(default_factory=list)


class Phonebook:
    """Mobiles that nobody has twice, at this dealership or another one: each dealer has ten-thousands of its own."""

    def __init__(self, rng: Random, dealer_index: int) -> None:
        heads = [f"{prefix}{digit}" for prefix in ("1542", "1545") for digit in range(10)]
        self._heads = heads[dealer_index::4]
        self._rng = rng
        self._given: set[str] = set()

    def mobile(self) -> str:
        while (number := f"{self._rng.choice(self._heads)}{self._rng.randrange(1_000_000):06d}") in self._given:
            pass
        self._given.add(number)
        return number


class Town:
    """Draws a dealer's customers."""

    def __init__(self, rng: Random, dealer: Dealer, dealer_index: int) -> None:
        self._rng = rng
        self._place: Place = dealer.place
        self._code = dealer.code
        self._phones = Phonebook(rng, dealer_index)
        self._count = 10_000

    def person(self) -> Customer:
        rng = self._rng
        gender = MAN if rng.random() < 0.64 else WOMAN
        remark = f"职业：{rng.choice(OCCUPATIONS)}" if rng.random() < 0.35 else ""
        customer = self._customer(self._name(gender), gender, firm=False, remark=remark)
        if rng.random() < 0.3:
            partner = self._name(WOMAN if gender == MAN else MAN)
            customer.others.append((partner, self._phones.mobile()))
        return customer

    def firm(self, drivers: int = 1) -> Customer:
        rng = self._rng
        city = self._place.city.removesuffix("市")
        name = f"{city}{rng.choice(FIRM_NAMES)}{rng.choice(TRADES)}有限公司"
        customer = self._customer(name, "", firm=True, remark="")
        customer.contact = self._name(MAN if rng.random() < 0.6 else WOMAN)
        customer.others = [(self._name(MAN), self._phones.mobile()) for _ in range(drivers)]
        return customer

    def number(self) -> str:
        self._count += 1
        return f"{self._code}K{self._count}"

    def _name(self, gender: str) -> str:
        given = MENS_NAMES if gender == MAN else WOMENS_NAMES
        while True:
            name = self._rng.choices(SURNAMES, SURNAME_WEIGHTS)[0] + self._rng.choice(given)
            if name not in WELL_KNOWN:
                return name

    def _customer(self, name: str, gender: str, *, firm: bool, remark: str) -> Customer:
        rng, place = self._rng, self._place
        city, district = place.city, rng.choice(place.districts)
        if rng.random() < 0.08:
            city, district = rng.choice(place.neighbours)
        home = f"{rng.choice(ROADS)}{rng.randrange(2, 989)}号"
        if not firm:
            flat = f"{rng.randrange(1, 33)}0{rng.randrange(1, 5)}"
            home += f"{rng.choice(ESTATES)}{rng.randrange(1, 19)}栋{rng.randrange(1, 5)}单元{flat}"
        landline = f"{place.area_code}-2000{rng.randrange(10_000):04d}" if firm or rng.random() < 0.06 else ""
        return Customer(
            self.number(),
            name,
            gender,
            self._phones.mobile(),
            landline,
            firm,
            place.province,
            city,
            district,
            home,
            place.postcode if city == place.city else "",
            remark,
        )
