"""What specialists do with calls, and what others tell the planner."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from crm.customers.actions import reveal_mobile
from crm.customers.queries import masked_mobile
from crm.followups import contacts, drafts, holds, marks, tasks
from crm.followups.assigning import assign, check_caller, hand_over_all
from crm.followups.conversation import Part, record_conversation
from crm.followups.forgetting import forget, worked_on
from crm.followups.giving import give
from crm.followups.models import Draft, FollowUp, Hold, State
from crm.followups.outcomes import ended
from crm.followups.policy import callbacks
from crm.followups.reach import number_to_call
from crm.followups.recording import Outcome, record_outcome
from crm.followups.undoing import undo
from crm.followups.visiting import call_instead, plan_visit
from crm.store.queries import store
from crm.vehicles.queries import customers_of
from sanfang.audit.actions import record_event
from sanfang.kernel.permissions import Actor

__all__ = [
    "Outcome",
    "Part",
    "assign",
    "call_instead",
    "check_caller",
    "dial",
    "forget",
    "give",
    "hand_over_all",
    "hold",
    "plan_visit",
    "record_conversation",
    "record_outcome",
    "release",
    "release_all",
    "replan",
    "save_draft",
    "undo",
    "worked_on",
]


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
    place = store()
    contacts.require_lasting(actor, follow_up, place, now)
    before = Hold.objects.filter(customer=follow_up.customer_id).first() if take_over else None
    taken = holds.take(actor, follow_up.customer_id, place, now, take_over=take_over)
    if before and before.staff_id != actor.staff_id and before.until > now:
        of, since = str(before.staff_id), before.since.isoformat()
        record_event(actor, follow_up, "callback.taken_over", now, of=of, since=since)
    return taken


@transaction.atomic
def dial(actor: Actor, follow_up: FollowUp, *, now: datetime, address: str | None = None, asked: bool = False) -> str:
    """The number in clear. The customer is taken first; the look is written down, once for each time they are held.

    A number corrected meanwhile is another one, and looking at it another look. ``asked``: the customer asks to be
    rung up now, whatever the hour; written down where it was needed.
    """
    callbacks.require(actor, "make")
    _require_open(follow_up)
    place = store()
    taken = holds.take(actor, follow_up.customer_id, place, now, begun=True)
    contacts.require(actor, follow_up, place, now, asked=asked)
    number = number_to_call(follow_up.customer)
    if number and taken.revealed_as == masked_mobile(number):
        return number
    taken.revealed_at, taken.revealed_as = taken.revealed_at or now, masked_mobile(number)
    taken.save(update_fields=["revealed_at", "revealed_as"])
    return reveal_mobile(actor, follow_up.customer, now=now, reason=follow_up.rule, address=address)


def release(actor: Actor, follow_up: FollowUp) -> None:
    """The page was left: the customer is free for the others again, unless the call has begun."""
    callbacks.require(actor, "make")
    holds.let_go_unless_begun(actor, follow_up.customer_id)


def release_all(actor: Actor) -> None:
    """``actor`` goes home. What was ticked so far stays with the calls."""
    holds.let_all_go(actor)


@transaction.atomic
def save_draft(
    actor: Actor,
    follow_up: FollowUp,
    *,
    answers: dict[str, Any],
    note: str,
    now: datetime,
    revision: str = "",
    base: str | None = None,
) -> Draft:
    """Keeps what has been ticked and noted; a sign of life that keeps the customer with ``actor``.

    ``answers`` in the surveys' form, as ``crm.surveys.questions.read`` gives it; unfinished is fine. With ``base``,
    the revision that the window last saw, an older text never replaces a newer one (:mod:`crm.followups.drafts`).
    """
    callbacks.require(actor, "make")
    _require_open(follow_up)
    # The customer's row is locked from here on, so nobody writes between reading the draft and saving it.
    holds.take(actor, follow_up.customer_id, store(), now, begun=True)
    draft = Draft.objects.filter(follow_up=follow_up).first() or Draft(follow_up=follow_up)
    if base is not None and not drafts.may_replace(draft.revision, revision, base):
        return draft
    draft.staff_id, draft.saved_at = actor.staff_id, now
    draft.answers, draft.note = answers, note[:2000]
    draft.revision = revision or draft.revision
    draft.save()
    return draft


def _require_open(follow_up: FollowUp) -> None:
    if follow_up.state != State.OPEN:
        raise ended(follow_up)
