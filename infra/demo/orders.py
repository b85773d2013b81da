"""Repair orders: what the workshop does with a visit, who does it, how long it takes and what it costs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from infra.demo.business import Car, Visit
from infra.demo.cast import Dealer
from infra.demo.days import add_months, at
from infra.demo.people import Customer
from infra.demo.workshop import (
    ACCIDENT,
    ACCIDENTS,
    FIRST_SERVICE,
    FIRST_SERVICE_JOBS,
    INSURERS,
    ORDER_REMARKS,
    REPAIR,
    REPAIRS,
    SERVICE,
    SERVICE_EXTRAS,
    SERVICE_JOBS,
    SERVICE_WORDS,
    WARRANTIES,
    WARRANTY,
    Job,
    Trouble,
)

# Hours in the shop, from … to; share of orders that wait for parts, and for how many days.
_HOURS = {FIRST_SERVICE: (1, 2), SERVICE: (1, 3), REPAIR: (1, 6), WARRANTY: (2, 6), ACCIDENT: (30, 150)}
_WAITING = {REPAIR: (0.1, 1, 5), WARRANTY: (0.22, 2, 8), ACCIDENT: (0.2, 3, 8)}
_TROUBLES = {REPAIR: REPAIRS, WARRANTY: WARRANTIES, ACCIDENT: ACCIDENTS}
# When cars arrive: minute of the day at which the hour begins, weight.
_ARRIVALS = ((510, 9), (540, 14), (600, 13), (660, 7), (720, 3), (780, 7), (840, 11), (900, 9), (960, 4))
_LAST_HANDOVER = 18 * 60
_BY_APPOINTMENT = 0.28


@dataclass
class Order:
    """One repair order, start to end. A time that lies ahead of an export isn't known there (``ledgers``)."""

    car: Car
    owner: Customer
    kind: str
    opened: datetime
    promised: datetime
    finished: datetime
    left: datetime
    settled: datetime
    mileage: int
    advisor: str
    technician: str
    brought_by: tuple[str, str]
    complaint: str
    jobs: tuple[Job, ...]
    amount: int
    waits_for_parts: bool
    by_appointment: bool
    insurer: str
    remark: str
    last_service: tuple[date, int] | None
    number: str = ""

    @property
    def maintenance(self) -> bool:
        return self.kind in (FIRST_SERVICE, SERVICE)

    @property
    def next_service(self) -> tuple[date, int]:
        """What the DMS prints on the bill: by the service book, from the last service or else the delivery."""
        book = self.car.series.book
        if self.maintenance:
            return add_months(self.opened.date(), book.months), self.mileage + book.km
        if self.last_service:
            return add_months(self.last_service[0], book.months), self.last_service[1] + book.km
        return add_months(self.car.delivered, book.first_months), book.first_km


def write_orders(rng: Random, dealer: Dealer, visits: list[Visit]) -> list[Order]:
    """An order for each visit, in order of opening and numbered by day. A car that is still in doesn't come again."""
    orders: list[Order] = []
    gone: dict[str, datetime] = {}
    for visit in visits:
        order = _order(rng, dealer, visit)
        if gone.get(visit.car.vin, order.opened) <= order.opened:
            gone[visit.car.vin] = order.left
            orders.append(order)
    orders.sort(key=lambda order: (order.opened, order.car.vin))
    counts: dict[date, int] = {}
    for order in orders:
        day = order.opened.date()
        counts[day] = counts.get(day, 0) + 1
        order.number = f"{dealer.code}RO{day:%y%m%d}{counts[day]:03d}"
    return orders


def _order(rng: Random, dealer: Dealer, visit: Visit) -> Order:
    car, kind = visit.car, visit.kind
    opened = at(visit.day, rng.choices(*zip(*_ARRIVALS, strict=True))[0] + rng.randrange(60))
    complaint, jobs = _work(rng, car, kind)
    hours = rng.uniform(*_HOURS[kind])
    share, least, most = _WAITING.get(kind, (0.0, 0, 0))
    waits = rng.random() < share
    promised = _in_hours(opened + timedelta(hours=round(hours * 2) / 2 + 0.5))
    delay = timedelta(days=rng.randint(least, most)) if waits else timedelta(minutes=rng.gauss(-10, 25))
    finished = _in_hours(max(opened + timedelta(minutes=25), opened + timedelta(hours=hours) + delay))
    left = _in_hours(finished + timedelta(minutes=rng.randrange(8, 75)))
    # Insurers pay weeks after the car has gone home; everybody else pays at the counter.
    insured = kind == ACCIDENT
    settled = at(left.date() + timedelta(days=rng.randint(7, 30)), rng.randrange(600, 1020)) if insured else left
    return Order(
        car, car.owner, kind, opened, promised, finished, left,
        settled if insured else left - timedelta(minutes=rng.randrange(2, 8)),
        visit.mileage, rng.choice(dealer.named("service_advisor")), rng.choice(dealer.technicians),
        _bringer(rng, car.owner), complaint, jobs, _amount(rng, jobs), waits, rng.random() < _BY_APPOINTMENT,
        rng.choice(INSURERS) if insured else "", rng.choice(ORDER_REMARKS) if rng.random() < 0.12 else "",
        visit.last_service,
    )  # fmt: skip


def _in_hours(moment: datetime) -> datetime:
    """``moment``, or the next morning when the shop has closed."""
    minute = moment.hour * 60 + moment.minute
    if minute > _LAST_HANDOVER:
        return at(moment.date() + timedelta(days=1), 520 + minute % 100)
    if minute < 510:
        return at(moment.date(), 520 + minute % 100)
    return moment.replace(second=0, microsecond=0)


def _work(rng: Random, car: Car, kind: str) -> tuple[str, tuple[Job, ...]]:
    drive = car.series.drive
    if kind == FIRST_SERVICE:
        return "首次保养", FIRST_SERVICE_JOBS[drive]
    if kind == SERVICE:
        extras = [extra for extra in SERVICE_EXTRAS if drive in extra.drives]
        chosen = rng.sample(extras, rng.choices((0, 1, 2), (5, 4, 2))[0])
        return rng.choice(SERVICE_WORDS), SERVICE_JOBS[drive] + tuple(job for extra in chosen for job in extra.jobs)
    trouble: Trouble = rng.choice([trouble for trouble in _TROUBLES[kind] if drive in trouble.drives])
    return trouble.complaint, trouble.jobs


def _amount(rng: Random, jobs: tuple[Job, ...]) -> int:
    return sum(round(price * rng.uniform(0.95, 1.1)) for _name, price in jobs)


def _bringer(rng: Random, owner: Customer) -> tuple[str, str]:
    """Who stands at the counter: the owner, sometimes the partner; for a firm always a driver."""
    if owner.others and (owner.firm or rng.random() < 0.3):
        return rng.choice(owner.others)
    return (owner.contact or owner.name), owner.mobile
