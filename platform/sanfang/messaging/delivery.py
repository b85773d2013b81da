"""Handing waiting messages to the provider: at least once, and by the provider's idempotency once only.

A message is *claimed* by a guarded update before it is handed over, so two workers never send the same one. A
worker that is killed in between leaves its claim behind; after :data:`LEASE` the message is in line again, and
the provider knows it by its id.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F
from django.utils import timezone

from sanfang.messaging import receipts, secrets
from sanfang.messaging.gateways import Gateway, Outgoing, Rejected, Unavailable, gateway
from sanfang.messaging.house import house
from sanfang.messaging.models import Fault, Message, State, Template, TemplateState
from sanfang.tenancy.context import current_tenant

log = structlog.get_logger("sanfang.messaging")

LEASE = timedelta(minutes=5)
"""How long a claim holds: far longer than a provider takes to answer."""
BATCH = 200
"""Messages of one run. The scheduler starts another every minute."""
TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)
"""Before the second try; each further pause is twice as long (two hours and a bit in all)."""


def send_waiting(clock: Callable[[], datetime] = timezone.now) -> int:
    """Sends what is due, oldest first, as long as messages may go out. Returns how many were sent."""
    release_abandoned(clock())
    waiting = Message.objects.filter(state=State.QUEUED, not_before__lte=clock())
    keys = list(waiting.order_by("not_before", "pk").values_list("pk", flat=True)[:BATCH])
    carrier, sent = gateway(), 0
    for key in keys:
        now = clock()
        if not may_send_at(now):
            break
        message = claim(key, now)
        if message is not None:
            sent += hand_over(message, carrier, clock)
    return sent


def may_send_at(now: datetime) -> bool:
    begin, end, zone = house().hours()
    return begin <= now.astimezone(zone).time() < end


def release_abandoned(now: datetime) -> int:
    """Puts messages of killed workers back in line; one that has been tried often enough is given up."""
    abandoned = Message.objects.filter(state=State.SENDING, claimed_at__lte=now - LEASE)
    abandoned.filter(attempts__gte=TRIES).update(state=State.FAILED, error=Fault.UNREACHABLE)
    return abandoned.update(state=State.QUEUED)


def claim(key: UUID, now: datetime) -> Message | None:
    """The message, ours to send now; None when another worker has it."""
    won = Message.objects.filter(pk=key, state=State.QUEUED).update(
        state=State.SENDING, claimed_at=now, attempts=F("attempts") + 1
    )
    return Message.objects.get(pk=key) if won else None


def hand_over(message: Message, carrier: Gateway, clock: Callable[[], datetime]) -> bool:
    """Sends a claimed message and writes down what became of it; True when it went out."""
    outcome = _outcome(message, carrier, clock)
    return _settle(message, **outcome) and outcome["state"] == State.SENT


def _outcome(message: Message, carrier: Gateway, clock: Callable[[], datetime]) -> dict[str, Any]:
    if message.not_after and clock() >= message.not_after:
        return {"state": State.FAILED, "error": Fault.EXPIRED}
    # Asked again: the customer may have refused since the message was queued.
    refusal = house().refusal(message.customer_id, message.to, clock())
    if refusal:
        return {"state": State.FAILED, "error": refusal}
    outgoing = _outgoing(message, carrier)
    if outgoing is None:
        return {"state": State.FAILED, "error": Fault.NOT_APPROVED}
    try:
        provider_id = carrier.send(outgoing)
    except Rejected as reason:
        log.warning("message rejected", message=str(message.pk), reason=str(reason))
        return {"state": State.FAILED, "error": Fault.REJECTED}
    except Unavailable as reason:
        log.warning("provider unavailable", message=str(message.pk), reason=str(reason))
        if message.attempts >= TRIES:
            return {"state": State.FAILED, "error": Fault.UNREACHABLE}
        return {"state": State.QUEUED, "not_before": clock() + FIRST_PAUSE * 2 ** (message.attempts - 1)}
    if carrier.templated:
        receipts.remember_sent(provider_id, message.to, current_tenant().code)
    return {"state": State.SENT, "sent_at": clock(), "provider": carrier.provider, "provider_id": provider_id}


def _outgoing(message: Message, carrier: Gateway) -> Outgoing | None:
    """As the provider takes it; None for one that sends approved templates only and has none for this."""
    text, tenant = secrets.opened(message.text, message.sealed), current_tenant()
    if not carrier.templated:
        return Outgoing(message.pk, message.to, text)
    known = Template.objects.filter(
        name=message.wording, provider=carrier.provider, state=TemplateState.APPROVED
    ).first()
    if known is None or not message.wording:
        return None
    return Outgoing(
        id=message.pk,
        to=message.to,
        text=text,
        signature=tenant.short_name,
        template=known.code,
        parameters=tuple((name, secrets.opened(value, message.sealed)) for name, value in message.parameters),
        reference=f"{tenant.code}.{message.pk.hex}",
    )


def _settle(message: Message, **outcome: Any) -> bool:
    """Writes down what became of our claim. False when the claim has passed to another worker meanwhile."""
    ours = Message.objects.filter(pk=message.pk, state=State.SENDING, claimed_at=message.claimed_at)
    return bool(ours.update(**outcome))
