"""A dealership's past and present: who bought which car when, and when each car came to the workshop.

Everything is decided up to the reference date, once; an export shows as much of it as was known at its moment
(``ledgers``). So an order has the same number in every export, and a later export only knows more.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from infra.demo.cast import Dealer
from infra.demo.catalogue import COLOURS, RANGE, Series, Trim
from infra.demo.days import DELIVERY_DAYS, WORKSHOP_DAYS, add_months, at, days_between, near
from infra.demo.people import Customer, Town
from infra.demo.vehicles import Registry
from infra.demo.workshop import ACCIDENT, FIRST_SERVICE, REPAIR, SERVICE, WARRANTY

SEED = "sanfang-demo-1"
HISTORY_MONTHS = 36
LEDGER_MONTHS = 3
FLEET_CARS = 8
PIPELINE_DAYS = 14  # cars already sold, not yet handed over


@dataclass
class Car:
    vin: str
    engine_number: str
    plate: str
    series: Series
    trim: Trim
    colour: str
    model_year: int
    delivered: date
    owner: Customer
    km_a_day: float

    @property
    def model(self) -> str:
        return f"{self.series.name} {self.model_year}款 {self.series.engine}"


@dataclass
class Sale:
    """One line of the sales ledger. ``delivered`` may lie ahead of an export: then it isn't known there."""

    car: Car
    ordered: date
    invoiced: date
    delivered: datetime
    consultant: str
    payment: str
    source: str
    price: int
    number: str = ""


@dataclass
class Visit:
    """A car that comes in. ``last_service``: day and mileage of the service before, if there was one here."""

    car: Car
    day: date
    kind: str
    mileage: int
    last_service: tuple[date, int] | None


@dataclass
class Business:
    """``fleet``: a firm with several cars and one telephone. ``town``: for people who appear later."""

    town: Town
    fleet: Customer
    fleet_cars: list[Car]
    sales: list[Sale] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)


def rng_of(dealer: Dealer, topic: str) -> Random:
    return Random(f"{SEED}/{dealer.slug}/{topic}")


def run(dealer: Dealer, dealer_index: int, reference_date: date) -> Business:
    """The dealer's business: sales of the ledger's months (and just ahead), workshop visits of the same months."""
    rng = rng_of(dealer, "business")
    town = Town(rng_of(dealer, "people"), dealer, dealer_index)
    registry = Registry(rng_of(dealer, "vehicles"), dealer_index, dealer.place.plates)
    first_day = add_months(reference_date, -LEDGER_MONTHS)
    ahead = reference_date + timedelta(days=PIPELINE_DAYS)

    days = _days(rng, add_months(first_day, -HISTORY_MONTHS), first_day, dealer.fleet)
    cars = [_car(rng, registry, _owner(rng, town), day) for day in days]
    fleet = town.firm(drivers=5)
    fleet_cars = rng.sample(cars[len(cars) // 3 :], FLEET_CARS)
    for car in fleet_cars:
        car.owner = fleet
    business = Business(town, fleet, fleet_cars)

    for day in _month_by_month(rng, first_day, ahead, dealer.deliveries_a_month):
        loyal = rng.random() < 0.03
        owner = rng.choice(cars).owner if loyal else _owner(rng, town)
        car = _car(rng, registry, owner, day)
        business.sales.append(_sale(rng, dealer, car))
        cars.append(car)
    _number(dealer, business.sales)

    for car in cars:
        business.visits += [visit for visit in _visits(rng, car, reference_date) if visit.day >= first_day]
    business.visits.sort(key=lambda visit: visit.day)
    return business


def _month_by_month(rng: Random, start: date, end: date, a_month: int) -> list[date]:
    """Delivery days with about as many each month, as sales targets make it."""
    days: list[date] = []
    while start < end:
        stop = min(add_months(start, 1), end)
        days += _days(rng, start, stop, round(a_month * (stop - start).days / 30.4) + rng.randint(-4, 4))
        start = stop
    return days


def _owner(rng: Random, town: Town) -> Customer:
    return town.firm() if rng.random() < 0.05 else town.person()


def _days(rng: Random, start: date, end: date, how_many: int) -> list[date]:
    """Delivery days, in order."""
    days = days_between(start, end)
    return sorted(rng.choices(days, [DELIVERY_DAYS[day.weekday()] for day in days], k=how_many))


def _car(rng: Random, registry: Registry, owner: Customer, delivered: date) -> Car:
    series = rng.choices(RANGE, [series.share for series in RANGE])[0]
    model_year = (delivered - timedelta(days=60)).year
    km_a_day = min(max(rng.lognormvariate(3.55, 0.4), 10), 180)
    return Car(
        registry.vin(series, model_year), registry.engine_number(series), registry.plate(series), series,
        rng.choice(series.trims), rng.choices(*zip(*COLOURS, strict=True))[0], model_year, delivered, owner, km_a_day,
    )  # fmt: skip


def _sale(rng: Random, dealer: Dealer, car: Car) -> Sale:
    ordered = car.delivered - timedelta(days=rng.choices((2, 5, 9, 14, 21), (3, 5, 4, 2, 1))[0])
    return Sale(
        car,
        ordered,
        car.delivered - timedelta(days=rng.choices((0, 1, 2), (6, 3, 1))[0]),
        at(car.delivered, rng.randrange(9 * 60 + 30, 17 * 60)),
        rng.choice(dealer.named("sales_consultant")),
        rng.choices(("全款", "厂家金融", "银行按揭", "置换"), (35, 38, 17, 10))[0],
        rng.choices(("自然到店", "网络线索", "老客户推荐", "车展", "来电", "二手车置换"), (34, 30, 14, 9, 8, 5))[0],
        car.trim.price - rng.randrange(0, 9) * 1000,
    )


def _number(dealer: Dealer, sales: list[Sale]) -> None:
    """Order numbers count each day's orders."""
    counts: dict[date, int] = {}
    for sale in sorted(sales, key=lambda sale: (sale.ordered, sale.delivered, sale.car.vin)):
        counts[sale.ordered] = counts.get(sale.ordered, 0) + 1
        sale.number = f"{dealer.code}SO{sale.ordered:%y%m%d}{counts[sale.ordered]:02d}"


def _visits(rng: Random, car: Car, until: date) -> list[Visit]:
    """A car's visits before ``until``: its services, then whatever broke, in order and with rising mileage."""
    plan = _services(rng, car, until) + _troubles(rng, car, until)
    visits: list[Visit] = []
    last_service: tuple[date, int] | None = None
    day, mileage = car.delivered, 0
    for next_day, kind in sorted(plan):
        if next_day >= until or (visits and (next_day - day).days < 4):
            continue
        mileage += max(1, round((next_day - day).days * car.km_a_day * rng.uniform(0.8, 1.2)))
        day = next_day
        visits.append(Visit(car, day, kind, mileage, last_service))
        if kind in (FIRST_SERVICE, SERVICE):
            last_service = day, mileage
    return visits


def _services(rng: Random, car: Car, until: date) -> list[tuple[date, str]]:
    """Some owners are punctual, some late, and with every service a few don't come back."""
    book = car.series.book
    punctual = rng.random() < 0.72
    services: list[tuple[date, str]] = []
    day, months, km, kind = car.delivered, book.first_months, book.first_km, FIRST_SERVICE
    while rng.random() < (0.94 if not services else 0.88):
        due = min(add_months(day, months), day + timedelta(days=round(km / car.km_a_day)))
        delay = rng.gauss(2, 8) if punctual else rng.uniform(10, 75)
        day = near(rng, max(day + timedelta(days=14), due + timedelta(days=round(delay))), WORKSHOP_DAYS)
        if day >= until:
            break
        services.append((day, kind))
        months, km, kind = book.months, book.km, SERVICE
    return services


def _troubles(rng: Random, car: Car, until: date) -> list[tuple[date, str]]:
    """Faults and accidents at so many a year each; warranty work within the first three years."""
    troubles: list[tuple[date, str]] = []
    for kind, a_year in ((REPAIR, 0.38), (WARRANTY, 0.22), (ACCIDENT, 0.17)):
        day = car.delivered + timedelta(days=3)
        while (day := day + timedelta(days=1 + round(rng.expovariate(a_year / 365)))) < until:
            if kind == WARRANTY and day > add_months(car.delivered, 36):
                break
            troubles.append((near(rng, day, WORKSHOP_DAYS), kind))
    return troubles
