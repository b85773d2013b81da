"""Visits 走访: a follow-up done at the customer's door instead of by telephone (handbook §3)."""

from datetime import datetime

from django.db import transaction

from crm.followups import contacts, promises
from crm.followups.models import FollowUp, State
from crm.followups.outcomes import ended
from crm.followups.policy import callbacks
from crm.store.queries import store
from sanfang.audit.actions import record_event
from sanfang.kernel.contacts import LASTING
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.standards.packs import load_pack


@transaction.atomic
def plan_visit(actor: Actor, follow_up: FollowUp, *, at: datetime | None, note: str = "", now: datetime) -> FollowUp:
    """The customer will be visited ``at`` that time: the follow-up waits for it like a promise, and its outcome is the
    visit's. A customer who wants no contact isn't visited either."""
    callbacks.require(actor, "make")
    place, calling = store(), load_pack(follow_up.pack, version=follow_up.pack_version).calling
    at = promises.checked(at, place, calling, now)
    follow_up.channel = Channel.VISIT
    contacts.require(actor, follow_up, place, now, only=LASTING)
    _change(follow_up, Channel.VISIT, at)
    record_event(actor, follow_up, "visit.planned", now, at=at.isoformat(), note=note.strip()[:300])
    return follow_up


@transaction.atomic
def call_instead(actor: Actor, follow_up: FollowUp, *, now: datetime) -> FollowUp:
    """The visit is off; the customer is rung up."""
    callbacks.require(actor, "make")
    _change(follow_up, Channel.PHONE, None)
    record_event(actor, follow_up, "visit.cancelled", now)
    return follow_up


def _change(follow_up: FollowUp, channel: Channel, at: datetime | None) -> None:
    still = FollowUp.objects.filter(pk=follow_up.pk, state=State.OPEN).update(channel=channel, promised_at=at)
    follow_up.refresh_from_db()
    if not still:
        raise ended(follow_up)
