"""What specialists do with calls, and what others tell the planner."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.followups import holds, marks, tasks
from crm.followups.models import Draft, FollowUp, Hold, State
from crm.followups.policy import callbacks
from crm.followups.recording import Outcome, record_outcome
from crm.store.queries import store
from crm.vehicles.queries import customers_of
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor

__all__ = ["Outcome", "hold", "record_outcome", "release", "replan", "save_draft"]


@transaction.atomic
def replan(vehicle_ids: Collection[UUID] | None = None, *, customer_ids: Collection[UUID] = ()) -> None:
    """These vehicles or customers have changed (None: everything); plan them after this transaction.

    Part of the transaction that changed them, so nothing changed is left unplanned and nothing half done is
    planned. Call it last: whoever plans or marks the same vehicles waits from here until the commit.
    """
    if vehicle_ids is None:
        marks.mark_all()
    else:
        marks.mark_vehicles(vehicle_ids)
        customer_ids = {*customer_ids, *customers_of(vehicle_ids)}
    marks.mark_customers(customer_ids)
    tasks.plan.later()


@transaction.atomic
def hold(actor: Actor, follow_up: FollowUp, *, now: datetime, take_over: bool = False) -> Hold:
    """The call's customer is with ``actor`` from now on, and locked for the others.

    ``take_over``: from whoever has them, which needs a capability of its own and is written down.
    """
    callbacks.require(actor, "take_over" if take_over else "make")
    _require_open(follow_up)
    if follow_up.customer.do_not_call:
        raise DomainError(_("该客户不接受回访，请不要拨打。"), code="do_not_call")
    before = Hold.objects.filter(customer=follow_up.customer_id).first() if take_over else None
    taken = holds.take(actor, follow_up.customer_id, store(), now, take_over=take_over)
    if before and before.staff_id != actor.staff_id and before.until > now:
        of, since = str(before.staff_id), before.since.isoformat()
        record_event(actor, follow_up, "callback.taken_over", now, of=of, since=since)
    return taken


def release(actor: Actor, follow_up: FollowUp) -> None:
    """The customer is free for the others again. What was ticked so far stays with the call."""
    callbacks.require(actor, "make")
    holds.let_go(actor, follow_up.customer_id)


@transaction.atomic
def save_draft(actor: Actor, follow_up: FollowUp, *, answers: dict[str, Any], note: str, now: datetime) -> Draft:
    """Keeps what has been ticked and noted; a sign of life that keeps the customer with ``actor``.

    ``answers`` in the surveys' form, as ``crm.surveys.questions.read`` gives it; unfinished is fine.
    """
    callbacks.require(actor, "make")
    _require_open(follow_up)
    holds.take(actor, follow_up.customer_id, store(), now)
    draft, _made = Draft.objects.update_or_create(
        follow_up=follow_up,
        defaults={"staff_id": actor.staff_id, "answers": answers, "note": note[:2000], "saved_at": now},
    )
    return draft


def _require_open(follow_up: FollowUp) -> None:
    if follow_up.state != State.OPEN:
        raise Conflict(
            _("这个回访已经结束（%(state)s），请处理下一位客户。") % {"state": State(follow_up.state).label},
            code="ended",
        )
