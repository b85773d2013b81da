"""Several calls of one customer that come due close together are one conversation (handbook §3): one ring, each
follow-up with an outcome of its own. Without this the cool-down would keep the second waiting until it is overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.followups.models import FollowUp, OutcomeKind, State
from crm.followups.outcomes import CONNECTED
from crm.followups.recording import Outcome, record_outcome
from crm.followups.work import next_after
from crm.store.queries import store
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor
from sanfang.standards.definitions import Calling
from sanfang.standards.packs import load_pack


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one more follow-up in the same conversation; the fields are those of ``record_outcome``."""

    follow_up: FollowUp
    attempt: int
    outcome: str
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""
    reason: str = ""
    promised_at: datetime | None = None


def belongs(other: FollowUp, to: FollowUp, calling: Calling, now: datetime) -> bool:
    """Whether ``other`` is answered in the conversation about ``to``: of the same customer by the same channel, its
    window open, and due within the standard's days of ``to`` or of now."""
    near = max(to.due, now) + calling.together
    return (
        other.pk != to.pk
        and other.customer_id == to.customer_id
        and other.channel == to.channel
        and other.state == State.OPEN
        and other.opens <= now
        and (other.promised_at is None or other.promised_at <= now)
        and other.due <= near
    )


def companions(follow_up: FollowUp, now: datetime) -> list[FollowUp]:
    """The customer's other follow-ups that one call answers too, what is due first first. One statement."""
    calling = load_pack(follow_up.pack, version=follow_up.pack_version).calling
    rows = FollowUp.objects.filter(customer=follow_up.customer_id, state=State.OPEN).select_related("vehicle", "draft")
    return [one for one in rows.order_by("due", "pk") if belongs(one, follow_up, calling, now)]


@transaction.atomic
def record_conversation(
    actor: Actor, follow_up: FollowUp, *, also: Sequence[Part], now: datetime, **details: Any
) -> Outcome:
    """:func:`~crm.followups.recording.record_outcome` for ``follow_up`` with ``details``, and for each of ``also``.

    All or nothing. Only the first part is asked whether the customer may be called: it is one call. A further part
    can't have been reached where the first wasn't. Sent twice it counts once.
    """
    answered = record_outcome(actor, follow_up, now=now, **details)
    calling = load_pack(follow_up.pack, version=follow_up.pack_version).calling
    connected = details["outcome"] in CONNECTED
    for part in also:
        other = part.follow_up
        repeated = other.state != State.OPEN or other.attempts >= part.attempt
        if other.customer_id != follow_up.customer_id or not (repeated or belongs(other, follow_up, calling, now)):
            raise DomainError(_("这个回访不能在同一通电话里登记，请单独处理。"), code="not_together")
        if part.outcome in OutcomeKind.values and (part.outcome in CONNECTED) != connected:
            raise DomainError(_("同一通电话，接通与未接通的结果不能混在一起。"), code="not_one_call")
        record_outcome(
            actor,
            other,
            attempt=part.attempt,
            outcome=part.outcome,
            answers=part.answers,
            note=part.note,
            reason=part.reason,
            promised_at=part.promised_at,
            now=now,
            same_call=True,
        )
    return replace(answered, next=next_after(actor, follow_up.pk, store(), now)) if also else answered
