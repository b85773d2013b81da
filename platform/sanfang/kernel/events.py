"""What the rules kernel is told: the events of vehicles and customers, as plain values.

Instants are aware datetimes. Ids are text, unique per kind of event; a trigger is therefore named
by its kind and its id together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class TriggerKind(StrEnum):
    """What a follow-up's trigger is; with the trigger's id it names one thing."""

    DELIVERY = "delivery"
    REPAIR_ORDER = "repair_order"
    COMPLAINT = "complaint"
    INSPECTION = "inspection"
    INSURANCE = "insurance"
    BIRTHDAY = "birthday"
    LOST_LEAD = "lost_lead"
    LOST_LIST = "lost_list"


class OrderKind(StrEnum):
    REPAIR = "repair"
    SERVICE = "service"
    FIRST_SERVICE = "first_service"
    WARRANTY = "warranty"


MAINTENANCE = frozenset({OrderKind.SERVICE, OrderKind.FIRST_SERVICE})
"""A *maintenance* order is one of these (handbook §3)."""


@dataclass(frozen=True, slots=True)
class LostLead:
    """A customer bought elsewhere at ``at``. ``known``: since when we know; None is since then."""

    id: str
    customer: str
    at: datetime
    known: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A customer was put on a lost or canvassing list at ``at``."""

    id: str
    customer: str
    at: datetime


class Finish(StrEnum):
    """How a person ended a follow-up."""

    COMPLETED = "completed"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Intervals:
    """A car's service intervals, in months and kilometres; None is not set."""

    first_months: int | None = None
    first_km: int | None = None
    months: int | None = None
    km: int | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """``inspection_due`` and ``insurance_due``: every date given for the car so far."""

    vin: str
    customer: str
    intervals: Intervals = Intervals()
    inspection_due: tuple[date, ...] = ()
    insurance_due: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """``first_event``: the customer's first event when it lies outside the events handed over."""

    id: str
    birthday: date | None = None
    first_event: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The car was handed over at ``at``."""

    id: str
    vin: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RepairOrder:
    """One visit: ``opened`` until the car left the shop (``closed``; None is still in the shop).

    ``mileage`` in km. ``next_service_day`` and ``next_service_km`` are what the DMS says about this
    car's next service (下次保养日期, 下次保养里程); each takes the place of its interval.
    """

    id: str
    vin: str
    opened: datetime
    closed: datetime | None
    kind: OrderKind
    mileage: int | None = None
    next_service_day: date | None = None
    next_service_km: int | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """``solved``: every time it was solved, one per round."""

    id: str
    customer: str
    solved: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A person ended the follow-up of ``rule`` for this trigger."""

    rule: str
    kind: TriggerKind
    trigger: str
    at: datetime
    finish: Finish


OutcomeKey = tuple[str, TriggerKind, str]
Outcomes = Mapping[OutcomeKey, Outcome]


def earliest(outcomes: Iterable[Outcome]) -> dict[OutcomeKey, Outcome]:
    """The outcome that counts for each follow-up: the earliest; at one instant, completed."""
    first: dict[OutcomeKey, Outcome] = {}
    for outcome in outcomes:
        key = (outcome.rule, outcome.kind, outcome.trigger)
        known = first.get(key)
        if known is None or (outcome.at, outcome.finish) < (known.at, known.finish):
            first[key] = outcome
    return first


@dataclass(frozen=True, slots=True)
class VehicleHistory:
    """All that happened to one vehicle, in any order."""

    vehicle: Vehicle
    deliveries: list[Delivery] = field(default_factory=list)
    orders: list[RepairOrder] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """All that happened to one customer apart from the vehicles' events, in any order.

    ``orders``: the visits of the customer's cars; they are read only where there are ``entries``, which they answer.
    """

    customer: Customer
    complaints: list[Complaint] = field(default_factory=list)
    entries: list[ListEntry] = field(default_factory=list)
    orders: list[RepairOrder] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Events:
    """A batch: whole vehicles and whole customers, nothing of a vehicle left out.

    A customer's first event is looked for among the batch's own vehicles too, so a batch with a
    customer but without all the cars must carry ``Customer.first_event``. Lost leads are drawn by lot
    among all of a month, so a batch has all of them or none.
    """

    customers: tuple[Customer, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    orders: tuple[RepairOrder, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    lost_leads: tuple[LostLead, ...] = ()
    entries: tuple[ListEntry, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
