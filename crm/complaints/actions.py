"""Registering a complaint and contacting its customer for the first time (handbook §7, steps 1 and 2)."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.complaints.models import Channel, Complaint, Severity, State
from crm.complaints.numbers import next_number
from crm.complaints.policy import TRANSITIONS, complaints
from crm.customers import actions as customers
from crm.store.queries import store
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff

if TYPE_CHECKING:
    from crm.customers.queries import Customer
    from crm.vehicles.queries import RepairOrder, Vehicle


@transaction.atomic
def register(
    actor: Actor | None,
    *,
    customer: "Customer",
    channel: str,
    title: str,
    text: str,
    now: datetime,
    vehicle: "Vehicle | None" = None,
    follow_up_id: UUID | None = None,
    repair_order: "RepairOrder | None" = None,
    owner: Staff | None = None,
    severity: str = Severity.ORDINARY,
) -> Complaint:
    """A complaint with its number, its first-contact clock started. ``actor`` None: the customer by a link.

    The clock counts the store's working minutes; how many is the standard's to say.
    """
    if actor is not None:
        complaints.require(actor, "register")
    title = title.strip()
    if not title:
        raise DomainError(_("请写明投诉的是什么。"), code="no_title", field="title")
    if channel not in Channel.values:
        raise DomainError(_("请选择投诉渠道。"), code="unknown_channel", field="channel")
    if severity not in Severity.values:
        raise DomainError(_("请选择投诉等级。"), code="unknown_severity", field="severity")
    facts = store()
    minutes = facts.pack.complaints.first_contact_minutes
    complaint = Complaint.objects.create(
        number=next_number(now, facts.zone),
        title=title[:120],
        text=text.strip(),
        channel=channel,
        severity=severity,
        customer=customer,
        vehicle=vehicle,
        repair_order=repair_order,
        follow_up_id=follow_up_id,
        owner=owner,
        registered_by_id=actor.staff_id if actor else None,
        registered_at=now,
        contact_minutes=minutes,
        contact_due=facts.calendar.add_working_minutes(now, minutes),
    )
    record_event(actor, complaint, "complaint.registered", now, number=complaint.number, channel=channel)
    return complaint


def take_back(actor: Actor, key: UUID, *, now: datetime) -> None:
    """It was registered by a slip. Part of the transaction that takes back what led to it. Raises :class:`Conflict`
    where somebody has gone on with it."""
    complaint = Complaint.objects.select_for_update().get(pk=key)
    if complaint.state != State.REGISTERED or complaint.contacted_at is not None or complaint.owner_id is not None:
        raise Conflict(_("投诉单 %(number)s 已有人处理，不能撤销。") % {"number": complaint.number}, code="gone_on")
    record_event(actor, complaint, "complaint.taken_back", now, number=complaint.number)
    complaint.delete()


def reveal_mobile(actor: Actor, complaint: Complaint, *, now: datetime, address: str | None = None) -> str:
    """The number of the customer to be contacted, in clear; that it was looked at is written down."""
    complaints.require(actor, "contact")
    return customers.reveal_mobile(
        actor, complaint.customer, now=now, reason=complaint.number, address=address, verb="reveal_for_complaint"
    )


@transaction.atomic
def first_contact(actor: Actor, complaint: Complaint, *, note: str, now: datetime) -> Complaint:
    """The customer has been spoken to: the clock stops. Only the first one counts, and it says what was said."""
    complaints.require(actor, "contact")
    note = note.strip()
    if not note:
        raise DomainError(_("请写明客户怎么说、约定了什么。"), code="no_note", field="note")
    step = TRANSITIONS["contact"]
    moved = Complaint.objects.filter(pk=complaint.pk, state__in=step.sources).update(
        state=step.target, contacted_at=now, contacted_by_id=actor.staff_id, contact_note=note
    )
    complaint.refresh_from_db()
    if not moved:
        name = complaint.contacted_by.name if complaint.contacted_by else ""
        raise Conflict(_("%(name)s已经联系过客户，请刷新页面查看。") % {"name": name}, code="already_contacted")
    record_event(actor, complaint, "complaint.contacted", now, number=complaint.number)
    return complaint
