"""Taking back an outcome that was just recorded: a slip of the hand, not a change of mind.

The one who recorded it may, for as long as their standard says. All that it caused goes with it (complaint, tracking
item, questionnaire and its message); where a colleague or the customer has gone on from there it is refused, with the
reason. What was recorded stays in the history.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.complaints import actions as complaints
from crm.customers import actions as customers
from crm.followups import holds, marks
from crm.followups.models import Attempt, Draft, FollowUp, State
from crm.followups.policy import callbacks
from crm.store.queries import store
from crm.surveys import actions as surveys
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor
from sanfang.standards.packs import load_pack

Effect = Callable[[Actor, Attempt, datetime], None]


def can_undo(actor: Actor, made: Attempt, now: datetime) -> bool:
    """Whether a screen offers it. What it would be refused for is found when it is tried."""
    return (
        callbacks.may(actor, "make")
        and made.staff_id == actor.staff_id
        and made.number == made.follow_up.attempts
        and made.at <= now <= until(made)
    )


def until(made: Attempt) -> datetime:
    call = made.follow_up
    return made.at + load_pack(call.pack, version=call.pack_version).calling.undo


@transaction.atomic
def undo(actor: Actor, follow_up: FollowUp, *, now: datetime) -> None:
    """The newest attempt at ``follow_up``, with all others of the same conversation, never was.

    What had been ticked is back on the sheet, and the customer is with ``actor``. Refused when somebody else recorded
    it, when it is too long ago, or when what it caused has gone on. The same click twice is refused the second time.
    """
    callbacks.require(actor, "make")
    made = _newest(follow_up)
    if made is None or made.staff_id != actor.staff_id:
        raise DomainError(_("只有登记的人可以撤销这次结果。"), code="not_yours")
    if now > until(made):
        minutes = (until(made) - made.at).total_seconds() // 60
        raise DomainError(_("登记超过 %(minutes)d 分钟，不能再撤销。") % {"minutes": minutes}, code="too_late")
    holds.take(actor, follow_up.customer_id, store(), now, begun=True)
    conversation = Attempt.objects.filter(
        staff=actor.staff_id, at=made.at, follow_up__customer=follow_up.customer_id
    ).select_related("follow_up__customer")
    for one in conversation.order_by("-pk"):
        _take_back(actor, one, now)


def _newest(follow_up: FollowUp) -> Attempt | None:
    return Attempt.objects.filter(follow_up=follow_up).select_related("follow_up").order_by("-number").first()


def _take_back(actor: Actor, made: Attempt, now: datetime) -> None:
    call = made.follow_up
    earlier = Attempt.objects.filter(follow_up=call, number=made.number - 1).first()
    back = FollowUp.objects.filter(
        pk=call.pk, attempts=made.number, state__in=(State.OPEN, State.COMPLETED, State.GIVEN_UP)
    ).update(
        state=State.OPEN,
        attempts=made.number - 1,
        promised_at=earlier.promised_at if earlier else None,
        ended_at=None,
    )
    if not back:
        raise Conflict(_("这次结果之后又有新的记录，不能撤销，请刷新查看。"), code="gone_on")
    _second_follow_up_waits(call)
    answers, note = surveys.take_back(follow_up_id=call.pk, invitation_id=made.invitation_id, at=made.at)
    if made.complaint_id:
        complaints.take_back(actor, made.complaint_id, now=now)
    if made.tracking_id:
        customers.take_back_report(actor, made.tracking_id, at=made.at, now=now)
    kept = {"staff_id": actor.staff_id, "answers": answers, "note": note or made.note, "saved_at": now}
    Draft.objects.update_or_create(follow_up=call, defaults=kept)
    record_event(actor, call, "callback.undone", now, outcome=made.outcome, attempt=made.number)
    made.delete()
    if call.vehicle_id:
        marks.mark_vehicles([call.vehicle_id])
    else:
        marks.mark_customers([call.customer_id])


def _second_follow_up_waits(call: FollowUp) -> None:
    """What the end of this call has led to (a second follow-up) is planned away again; unless somebody is at it."""
    same = FollowUp.objects.filter(trigger=call.trigger, pack=call.pack, planned_at__gte=call.ended_at or call.due)
    if call.ended_at and same.exclude(pk=call.pk).filter(attempts__gt=0).exists():
        raise Conflict(_("后续回访已经开始，不能撤销。"), code="gone_on")
