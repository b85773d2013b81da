"""What screens, messages and the importer ask about customers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.customers import policy
from crm.customers.models import Consent, Customer, MobileState, TrackingItem
from crm.customers.numbers import dialled_by, is_wrong, number_to_dial, without_number
from crm.customers.salutation import salutation, spoken_name
from crm.customers.search import Found, find
from crm.customers.wishes import contact_rules, with_wishes
from crm.customers.words import Asked, asked
from sanfang.kernel.permissions import Actor
from sanfang.messaging.numbers import MOBILE, masked_mobile
from tenants.roles import roles

__all__ = [
    "KNOWN_WRONG",
    "Asked",
    "Customer",
    "Found",
    "asked",
    "by_id",
    "can_be_messaged",
    "contact_rules",
    "find",
    "known_wrong",
    "masked_mobile",
    "names",
    "number_to_dial",
    "one",
    "salutation",
    "spoken_name",
    "tracking",
    "tracking_of",
    "with_wishes",
]

State, Field = TrackingItem.State, TrackingItem.Field

KNOWN_WRONG = "SELECT customer_id, wrong_value FROM customers_trackingitem WHERE field = 'mobile'"
"""Set-based form of :func:`known_wrong`: pairs of a customer and a number that must never be theirs again.

The importer joins it against what a file brings, in whatever state the item is.
"""

FILTERS = {
    "open": (_("待更正"), [State.OPEN]),
    "corrected": (_("待核实"), [State.CORRECTED]),
    "done": (_("已办结"), [State.VERIFIED, State.REJECTED]),
}
TONES = {State.OPEN: "warn", State.CORRECTED: "info", State.VERIFIED: "good", State.REJECTED: "muted"}


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """``verbs``: what the actor may do with it now, of ``correct``, ``call`` and ``verify``."""

    id: UUID
    customer_id: UUID
    customer_name: str
    what: Any
    wrong_value_masked: str
    corrected_value_masked: str
    reason_label: str
    found_by: str
    found_at: datetime
    owner_name: str
    owner_role: str
    state: str
    state_label: Any
    tone: str
    vehicle: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    label: Any
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class TrackingPage:
    items: list[TrackingRow]
    filters: list[Filter]


def tracking(actor: Actor, *, chosen: str = "open", limit: int = 200) -> TrackingPage:
    """The items the actor may see: the CRC and managers all, advisors and consultants their own."""
    policy.tracking.require(actor, "see")
    current = chosen if chosen in FILTERS else "open"
    visible = policy.tracking.visible(actor)
    counts = dict(visible.values_list("state").annotate(Count("pk")))
    found = visible.filter(state__in=FILTERS[current][1]).select_related("customer", "owner", "found_by", "vehicle")
    items = list(found.order_by("-found_at", "-pk")[:limit])
    verifiable = _verifiable(actor, [item for item in items if item.state == State.CORRECTED])
    return TrackingPage(
        items=[_row(actor, item, item.pk in verifiable) for item in items],
        filters=[
            Filter(key, label, sum(counts.get(state, 0) for state in states), key == current)
            for key, (label, states) in FILTERS.items()
        ],
    )


def tracking_of(customer: Customer, *, limit: int = 20) -> list[TrackingItem]:
    """For the customer's timeline, newest first."""
    return list(tracking_rows(customer.pk, limit=limit))


def tracking_rows(customer_id: UUID, *, limit: int) -> QuerySet[TrackingItem]:
    """Likewise, to be read together with others."""
    found = TrackingItem.objects.filter(customer=customer_id).select_related("owner", "found_by")
    return found.order_by("-found_at", "-pk")[:limit]


def consent_rows(customer_id: UUID) -> QuerySet[Consent]:
    """What the customer said yes and no to, the newest first; to be read together with others."""
    return Consent.objects.filter(customer=customer_id).select_related("staff").order_by("-at", "-pk")


def known_wrong(mobile: str, customer_ids: Collection[UUID]) -> set[UUID]:
    """For which of these customers ``mobile`` has been found wrong and must not come up again."""
    return set(
        TrackingItem.objects.filter(field=Field.MOBILE, wrong_value=mobile, customer_id__in=customer_ids).values_list(
            "customer_id", flat=True
        )
    )


def can_be_messaged(customer: Customer) -> bool:
    """Whether there is a number of theirs to write to. (Whether they want it is asked when it is sent.)"""
    usable = MOBILE.fullmatch(customer.mobile) and customer.mobile_state != MobileState.WRONG
    return bool(usable) and not is_wrong(customer.pk, customer.mobile)


def one(actor: Actor, key: UUID | str) -> Customer:
    """NotFound or Forbidden where the customer isn't the actor's to see."""
    return policy.customers.get(actor, key)


def by_id(actor: Actor, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Those of these customers that the actor may see. One statement."""
    return {one.pk: one for one in policy.customers.visible(actor).filter(pk__in=customer_ids)}


def birthdays(customer_ids: Collection[UUID]) -> dict[UUID, date | None]:
    """For the planner."""
    return dict(Customer.objects.filter(pk__in=customer_ids).values_list("pk", "birthday"))


def names(customer_ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(Customer.objects.filter(pk__in=customer_ids).values_list("pk", "name"))


def _verifiable(actor: Actor, items: list[TrackingItem]) -> set[UUID]:
    """Of the corrected ones those that ``actor`` has called about, or whose customers nobody can call."""
    if not items or not policy.tracking.may(actor, "verify"):
        return set()
    unreachable = without_number([item.customer for item in items])
    return dialled_by(actor, items) | {item.pk for item in items if item.customer_id in unreachable}


def _row(actor: Actor, item: TrackingItem, verifiable: bool) -> TrackingRow:
    role = roles().get(item.owner.role) if item.owner else None
    return TrackingRow(
        id=item.pk,
        customer_id=item.customer_id,
        customer_name=item.customer.name,
        what=Field(item.field).label,
        wrong_value_masked=_masked(item, item.wrong_value),
        corrected_value_masked=_masked(item, item.corrected_value),
        reason_label=item.note,
        found_by=item.found_by.name,
        found_at=item.found_at,
        owner_name=item.owner.name if item.owner else "",
        owner_role=role.title if role else "",
        state=item.state,
        state_label=State(item.state).label,
        tone=TONES[State(item.state)],
        vehicle=str(item.vehicle) if item.vehicle else "",
        verbs=tuple(_verbs(actor, item, verifiable)),
    )


def _verbs(actor: Actor, item: TrackingItem, verifiable: bool) -> list[str]:
    """Rows are already the actor's to see, so only state and capability are left to ask."""
    if item.state == State.OPEN and policy.tracking.may(actor, "correct"):
        return ["correct"]
    if item.state == State.CORRECTED and policy.tracking.may(actor, "verify"):
        return ["call", "verify"] if verifiable else ["call"]
    return []


def _masked(item: TrackingItem, value: str) -> str:
    return masked_mobile(value) if item.field == Field.MOBILE else value
