"""What screens ask about messages. Numbers are masked and secrets hidden, but for the development outbox."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sanfang.kernel.errors import NotFound
from sanfang.kernel.permissions import Actor
from sanfang.messaging import secrets
from sanfang.messaging.gateways import in_development
from sanfang.messaging.models import Fault, Message, State
from sanfang.messaging.numbers import masked_mobile
from sanfang.messaging.policy import messages as policy

TONES = {State.SENT: "info", State.DELIVERED: "good", State.FAILED: "danger"}
ADDRESS = re.compile(r"https?://[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """``at`` is when it was queued; ``error`` says in words why it wasn't sent."""

    id: UUID
    customer_id: UUID
    about: UUID | None
    to_masked: str
    purpose: str
    text: str
    state: str
    state_label: Any
    tone: str
    at: datetime
    sent_at: datetime | None
    error: Any


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message as its customer would have got it; ``to`` is masked all the same."""

    at: datetime
    to: str
    text: str
    link: str | None
    provider_id: str


def newest(actor: Actor, *, limit: int = 200) -> list[MessageRow]:
    policy.require(actor, "see")
    return _rows(policy.visible(actor).order_by("-queued_at", "-pk")[:limit])


def of_customer(customer_id: UUID, *, limit: int = 50) -> list[MessageRow]:
    """For the customer's timeline."""
    return _rows(Message.objects.filter(customer_id=customer_id).order_by("-queued_at", "-pk")[:limit])


def outbox(actor: Actor, *, limit: int = 100) -> list[OutboxRow]:
    """What the development gateway "sent", readable. Where a real provider carries messages there is none."""
    policy.require(actor, "see")
    if not in_development():
        raise NotFound("outbox")
    rows = []
    for message in policy.visible(actor).filter(state=State.SENT).order_by("-sent_at", "-pk")[:limit]:
        text = secrets.opened(message.text, message.sealed)
        link = ADDRESS.search(text)
        sent_at = message.sent_at or message.queued_at
        rows.append(OutboxRow(sent_at, masked_mobile(message.to), text, link and link[0], message.provider_id))
    return rows


def _rows(messages: Iterable[Message]) -> list[MessageRow]:
    return [
        MessageRow(
            id=message.pk,
            customer_id=message.customer_id,
            about=message.about,
            to_masked=masked_mobile(message.to),
            purpose=message.purpose,
            text=secrets.hidden(message.text),
            state=message.state,
            state_label=State(message.state).label,
            tone=TONES.get(State(message.state), "muted"),
            at=message.queued_at,
            sent_at=message.sent_at,
            error=Fault(message.error).label if message.error else "",
        )
        for message in messages
    ]
