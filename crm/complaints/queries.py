"""What screens ask about complaints."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.complaints import clock
from crm.complaints.models import Channel, Complaint, State
from crm.complaints.policy import TRANSITIONS, complaints
from sanfang.kernel.permissions import Actor

if TYPE_CHECKING:
    from crm.customers.queries import Customer

RECENT = timedelta(days=90)
"""How long a complaint is told to whoever calls its customer next."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """``source``: who registered it. ``verbs``: what the actor may do with it now."""

    id: UUID
    no: str
    title: str
    customer_name: str
    vehicle: str
    plate: str
    channel_label: Any
    severity: str
    severity_label: Any
    source: Any
    owner_name: str | None
    state: str
    state_label: Any
    registered_at: datetime
    clock: clock.Clock
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """Of the complaints whose customer hasn't been contacted: past due, in the last quarter, all."""

    broken: int
    near: int
    open: int


@dataclass(frozen=True, slots=True)
class Board:
    complaints: list[BoardRow]
    stats: Stats


@dataclass(frozen=True, slots=True)
class ComplaintBrief:
    id: UUID
    number: str
    title: str
    channel_label: Any
    state: str
    state_label: Any
    registered_at: datetime
    contacted_at: datetime | None


def board(actor: Actor, now: datetime, *, contacted: int = 100) -> Board:
    """What breaks first comes first; below, the newest of those already contacted."""
    complaints.require(actor, "see")
    found = complaints.visible(actor).select_related("customer", "vehicle", "owner", "registered_by")
    waiting = [_row(actor, row, now) for row in found.filter(state=State.REGISTERED).order_by("contact_due", "pk")]
    rest = found.exclude(state=State.REGISTERED).order_by("-registered_at", "-pk")[:contacted]
    return Board(
        complaints=waiting + [_row(actor, row, now) for row in rest],
        stats=Stats(
            broken=sum(row.clock.state == "broken" for row in waiting),
            near=sum(row.clock.is_near(now) for row in waiting),
            open=len(waiting),
        ),
    )


def of_customer(customer: "Customer", *, limit: int = 20) -> list[ComplaintBrief]:
    """For the customer's timeline, newest first."""
    return _briefs(customer.complaints.order_by("-registered_at", "-pk")[:limit])


def _row(actor: Actor, complaint: Complaint, now: datetime) -> BoardRow:
    vehicle, owner, by = complaint.vehicle, complaint.owner, complaint.registered_by
    return BoardRow(
        id=complaint.pk,
        no=complaint.number,
        title=complaint.title,
        customer_name=complaint.customer.name,
        vehicle=vehicle.title if vehicle else "",
        plate=vehicle.plate if vehicle else "",
        channel_label=Channel(complaint.channel).label,
        severity=complaint.severity,
        severity_label=complaint.get_severity_display(),
        source=by.name if by else _("客户本人"),
        owner_name=owner.name if owner else None,
        state=complaint.state,
        state_label=State(complaint.state).label,
        registered_at=complaint.registered_at,
        clock=clock.first_contact(complaint, now),
        verbs=tuple(step.verb for step in TRANSITIONS.open_to(complaint.state, actor.capabilities)),
    )


def _briefs(rows: QuerySet[Complaint]) -> list[ComplaintBrief]:
    return [
        ComplaintBrief(
            id=row.pk,
            number=row.number,
            title=row.title,
            channel_label=Channel(row.channel).label,
            state=row.state,
            state_label=State(row.state).label,
            registered_at=row.registered_at,
            contacted_at=row.contacted_at,
        )
        for row in rows
    ]
