"""Everything that happened with a customer in one list, newest first (handbook §2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.complaints import queries as complaints
from crm.customers import queries as customers
from crm.followups.models import Attempt, OutcomeKind
from crm.followups.outcomes import ENDINGS
from crm.followups.words import Packs, title
from crm.store.queries import StoreFacts, store
from crm.surveys import queries as surveys
from crm.vehicles import queries as vehicles
from crm.vehicles.queries import Delivery, RepairOrder
from sanfang.messaging import queries as messages
from sanfang.tenancy.together import together

if TYPE_CHECKING:
    from crm.customers.queries import Customer

MOST = 50
"""Of each kind of thing; a page that shows more pages on."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """``kind``: call, call_missed, delivery, repair, complaint, message, survey or note. ``day_only``: the
    time of day isn't known."""

    at: datetime
    kind: str
    tone: str
    title: str
    text: str
    day_only: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A customer's past, as read: one statement whatever its length. ``consents``: the newest first."""

    attempts: list[Attempt]
    documents: list[Delivery | RepairOrder]
    complaints: list[complaints.ComplaintBrief]
    messages: list[messages.MessageRow]
    responses: list[surveys.ResponseBrief]
    tracking: list[Any]
    consents: list[Any]


def past(customer: "Customer", vehicle_id: UUID | None = None, about: UUID | None = None) -> Past:
    """What happened with ``customer``, and with the car at hand when others brought it; ``about`` is a
    document that must not be missing."""
    return past_of(together(*past_rows(customer.pk, vehicle_id, about)))


def past_rows(customer_id: UUID, vehicle_id: UUID | None = None, about: UUID | None = None) -> list[QuerySet[Any]]:
    """What :func:`past_of` is made of, for a page that reads more with it."""
    tries = Attempt.objects.filter(follow_up__customer=customer_id).select_related("staff", "follow_up")
    return [
        tries.order_by("-at", "-number")[:MOST],
        *vehicles.document_rows(customer_id, vehicle_id, limit=MOST, also=about),
        complaints.rows_of_customer(customer_id, limit=MOST),
        messages.rows_of_customer(customer_id, limit=MOST),
        surveys.rows_of_customer(customer_id, limit=MOST),
        customers.tracking_rows(customer_id, limit=MOST),
        customers.consent_rows(customer_id),
    ]


def past_of(read: list[list[Any]]) -> Past:
    attempts, deliveries, orders, complained, sent, answered, tracking, consents = read
    return Past(
        attempts=attempts,
        documents=vehicles.in_order(deliveries, orders),
        complaints=complaints.briefs(complained),
        messages=messages.shown(sent),
        responses=surveys.briefs(answered),
        tracking=tracking,
        consents=consents,
    )


def timeline(customer: "Customer", now: datetime) -> list[TimelineEntry]:
    """For the customer's page."""
    return told(past(customer), store(), now)


def told(read: Past, place: StoreFacts, now: datetime) -> list[TimelineEntry]:
    packs = Packs()
    entries = [
        *(_attempt(one, packs) for one in read.attempts),
        *(_document(one, place) for one in read.documents),
        *(_complaint(one) for one in read.complaints),
        *(_message(one) for one in read.messages),
        *(_response(one) for one in read.responses if one.source != "call"),
        *(_tracking(one) for one in read.tracking),
    ]
    known = [entry for entry in entries if entry.at <= now]
    return sorted(known, key=lambda entry: entry.at, reverse=True)


def _said(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)


def _attempt(one: Attempt, packs: Packs) -> TimelineEntry:
    ending = ENDINGS[OutcomeKind(one.outcome)]
    reasons = dict(ending.options())
    return TimelineEntry(
        at=one.at,
        kind="call" if ending.connected else "call_missed",
        tone=ending.tone,
        title=_("%(rule)s · 第 %(number)d 次外呼 · %(outcome)s")
        % {
            "rule": title(one.follow_up, packs.of(one.follow_up)),
            "number": one.number,
            "outcome": OutcomeKind(one.outcome).label,
        },
        text=_said(one.staff.name, reasons.get(one.reason), one.note),
    )


def _document(one: Delivery | RepairOrder, place: StoreFacts) -> TimelineEntry:
    if isinstance(one, Delivery):
        assert one.delivered_on is not None  # asked for
        consultant = one.consultant and _("销售顾问 %(name)s") % {"name": one.consultant.name}
        return TimelineEntry(
            at=place.calendar.start_of(one.delivered_on),
            kind="delivery",
            tone="good",
            title=_("交车 · %(number)s") % {"number": one.number},
            text=_said(one.vehicle.title, one.vehicle.plate, consultant),
            day_only=True,
        )
    advisor = one.advisor and _("服务顾问 %(name)s") % {"name": one.advisor.name}
    mileage = one.mileage is not None and f"{one.mileage:,} km"
    amount = one.amount is not None and f"¥{one.amount:,.2f}"
    words = {"number": one.number, "kind": one.get_kind_display()}
    closed = one.closed_at
    return TimelineEntry(
        at=closed or one.opened_at,
        kind="repair",
        tone="info",
        title=_("出厂 · %(number)s · %(kind)s") % words if closed else _("进厂 · %(number)s · %(kind)s") % words,
        text=_said(one.vehicle.plate or one.vehicle.title, mileage, one.fault, amount, advisor),
    )


def _complaint(one: complaints.ComplaintBrief) -> TimelineEntry:
    return TimelineEntry(
        at=one.registered_at,
        kind="complaint",
        tone="danger",
        title=_("投诉单 %(number)s · %(state)s") % {"number": one.number, "state": one.state_label},
        text=_said(one.title, one.channel_label),
    )


def _message(one: messages.MessageRow) -> TimelineEntry:
    return TimelineEntry(
        at=one.at,
        kind="message",
        tone=one.tone,
        title=_("短信 · %(state)s") % {"state": one.state_label},
        text=_said(one.text, one.error),
    )


def _response(one: surveys.ResponseBrief) -> TimelineEntry:
    low = one.dissatisfied and _("%(count)d 项不满意") % {"count": one.dissatisfied}
    return TimelineEntry(
        at=one.at,
        kind="survey",
        tone="danger" if one.dissatisfied else "good",
        title=_("%(questionnaire)s · %(source)s") % {"questionnaire": one.questionnaire, "source": one.source_label},
        text=_said(low, one.note),
    )


def _tracking(one: Any) -> TimelineEntry:
    owner = one.owner and _("转 %(name)s 核实") % {"name": one.owner.name}
    return TimelineEntry(
        at=one.found_at,
        kind="note",
        tone="warn",
        title=_("客户信息跟踪 · %(field)s · %(state)s")
        % {"field": one.get_field_display(), "state": one.get_state_display()},
        text=_said(one.found_by.name, owner),
    )
