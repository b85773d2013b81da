"""Asking a colleague for the customer they have in hand: asked, then accepted or declined; both see it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from crm.desk.models import HandoverRequest
from crm.desk.policy import handovers
from crm.followups.actions import give
from crm.followups.queries import holder_of
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, Forbidden
from sanfang.kernel.permissions import Actor

Answer = HandoverRequest.Answer


@transaction.atomic
def ask(actor: Actor, *, follow_up_id: UUID, customer_id: UUID, now: datetime) -> HandoverRequest:
    """Raises :class:`Conflict` when nobody has the customer any more: then they can simply be taken.

    Asking again gives the same request; a new holder is asked anew.
    """
    handovers.require(actor, "ask")
    holder = holder_of(customer_id, now)
    if holder is None or holder == actor.staff_id:
        raise Conflict(_("客户已经空出来了，请刷新后直接处理。"), code="free")
    asked, _made = HandoverRequest.objects.update_or_create(
        customer_id=customer_id,
        asked_by_id=actor.staff_id,
        answer=Answer.OPEN,
        defaults={"holder_id": holder},
        create_defaults={"holder_id": holder, "follow_up_id": follow_up_id, "asked_at": now},
    )
    return asked


@transaction.atomic
def answer(actor: Actor, request: HandoverRequest, *, accept: bool, now: datetime) -> HandoverRequest:
    """The holder says yes, and the customer is the other's at once; or no, and nothing changes but that it is said."""
    handovers.require(actor, "answer")
    request = HandoverRequest.objects.select_for_update().get(pk=request.pk)
    if request.holder_id != actor.staff_id:
        raise Forbidden(f"answer HandoverRequest {request.pk}")
    if request.answer != Answer.OPEN:
        raise Conflict(_("这个请求已经答复过了。"), code="answered")
    if accept:
        give(actor, request.customer_id, request.asked_by_id, now=now)
    request.answer, request.answered_at = Answer.ACCEPTED if accept else Answer.DECLINED, now
    request.save(update_fields=["answer", "answered_at"])
    record_event(actor, request, "handover.accepted" if accept else "handover.declined", now)
    return request


def to_answer(actor: Actor, now: datetime) -> list[HandoverRequest]:
    """Who asks ``actor`` for a customer that is still with them. One statement."""
    if not handovers.may(actor, "answer"):
        return []
    waiting = HandoverRequest.objects.filter(
        holder=actor.staff_id, answer=Answer.OPEN, customer__hold__staff=F("holder"), customer__hold__until__gt=now
    )
    return list(waiting.select_related("asked_by", "customer").order_by("asked_at", "pk"))


def mine(actor: Actor, customer_id: UUID) -> HandoverRequest | None:
    """What became of the actor's latest request to whoever has this customer now. One statement."""
    asked = HandoverRequest.objects.filter(
        customer=customer_id, asked_by=actor.staff_id, holder=F("customer__hold__staff")
    )
    asked = asked.filter(Q(answer="") | Q(answered_at__gte=F("customer__hold__since")))
    return asked.select_related("holder").order_by("-asked_at", "-pk").first()
