"""What screens ask about complaints."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.complaints import clock
from crm.complaints.models import Channel, Complaint, State
from crm.complaints.policy import TRANSITIONS, complaints
from crm.customers.queries import masked_mobile, number_to_dial, spoken_name
from crm.store.queries import store
from crm.surveys.queries import in_words, own_words, response_at
from sanfang.kernel.calendar import StoreCalendar
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
class FirstContact:
    """What was said when the customer was spoken to first, by whom, when."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    """One complaint with all that whoever phones the customer should know.

    ``words``: what the customer said or wrote, in their own words. ``answers``: question, answer and whether it
    means dissatisfied, where a questionnaire led to the complaint. ``earlier``: the customer's other complaints.
    ``phone_masked`` is empty when there is no number to dial. ``may_call``: the actor may see the number.
    """

    row: BoardRow
    salutation: str
    do_not_call: bool
    phone_masked: str
    vin: str
    order: str
    fault: str
    follow_up_id: UUID | None
    words: list[str]
    answers: list[tuple[str, str, bool]]
    contact: FirstContact | None
    earlier: list["ComplaintBrief"]
    may_call: bool


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
    calendar = store().calendar
    found = complaints.visible(actor).select_related("customer", "vehicle", "registered_by")
    open_ones = found.filter(state=State.REGISTERED).order_by("contact_due", "pk")
    waiting = [_row(actor, row, now, calendar) for row in open_ones]
    rest = found.exclude(state=State.REGISTERED).order_by("-registered_at", "-pk")[:contacted]
    return Board(
        complaints=waiting + [_row(actor, row, now, calendar) for row in rest],
        stats=Stats(
            broken=sum(row.clock.state == "broken" for row in waiting),
            near=sum(row.clock.is_near for row in waiting),
            open=len(waiting),
        ),
    )


def page(actor: Actor, key: UUID | str, now: datetime) -> ComplaintPage:
    """The complaint's own page. NotFound or Forbidden where it isn't the actor's to see."""
    related = ("customer", "vehicle", "repair_order", "registered_by", "contacted_by")
    found = complaints.get(actor, key, rows=Complaint.objects.select_related(*related))
    customer, order = found.customer, found.repair_order
    response = response_at(customer, found.registered_at)
    return ComplaintPage(
        row=_row(actor, found, now, store().calendar),
        salutation=spoken_name(customer),
        do_not_call=customer.do_not_call,
        phone_masked=masked_mobile(number_to_dial(customer)),
        vin=found.vehicle.vin if found.vehicle else "",
        order=order.number if order else "",
        fault=order.fault if order else "",
        follow_up_id=found.follow_up_id,
        words=own_words(response) if response else [line for line in [found.text] if line],
        answers=in_words(response) if response else [],
        contact=_contact(found),
        earlier=[one for one in of_customer(customer) if one.id != found.pk],
        may_call=complaints.may(actor, "contact"),
    )


def of_customer(customer: "Customer", *, limit: int = 20) -> list[ComplaintBrief]:
    """For the customer's timeline, newest first."""
    return briefs(rows_of_customer(customer.pk, limit=limit))


def rows_of_customer(customer_id: UUID, *, limit: int) -> QuerySet[Complaint]:
    """For :func:`briefs`, to be read together with others."""
    return Complaint.objects.filter(customer=customer_id).order_by("-registered_at", "-pk")[:limit]


def _contact(complaint: Complaint) -> FirstContact | None:
    if complaint.contacted_at is None:
        return None
    by = complaint.contacted_by.name if complaint.contacted_by else ""
    return FirstContact(by, complaint.contacted_at, complaint.contact_note)


def _row(actor: Actor, complaint: Complaint, now: datetime, calendar: StoreCalendar) -> BoardRow:
    vehicle, by = complaint.vehicle, complaint.registered_by
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
        state=complaint.state,
        state_label=State(complaint.state).label,
        registered_at=complaint.registered_at,
        clock=clock.first_contact(complaint, now, calendar),
        verbs=tuple(step.verb for step in TRANSITIONS.open_to(complaint.state, actor.capabilities)),
    )


def complained_since(now: datetime) -> QuerySet[Complaint]:
    """Of customers who have calls to make: their complaints of :data:`RECENT`, with nothing but whose they are; to be
    read together with others."""
    recent = Complaint.objects.filter(registered_at__gt=now - RECENT)
    return recent.filter(customer__follow_ups__isnull=False).distinct().only("pk", "customer_id")


def briefs(rows: Iterable[Complaint]) -> list[ComplaintBrief]:
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
