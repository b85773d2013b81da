"""What screens ask about messages. Numbers are masked and secrets hidden, but for the development outbox."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from sanfang.kernel.errors import NotFound
from sanfang.kernel.permissions import Actor
from sanfang.messaging import secrets
from sanfang.messaging.gateways import in_development
from sanfang.messaging.house import house
from sanfang.messaging.models import Fault, Message, State
from sanfang.messaging.numbers import masked_mobile
from sanfang.messaging.policy import messages as policy

TONES = {State.SENT: "info", State.DELIVERED: "good", State.FAILED: "danger"}
ADDRESS = re.compile(r"https?://[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """``at`` is when it was queued; ``error`` says in words why it wasn't sent, ``waits`` why it isn't yet."""

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
    waits: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message as its customer would have got it; ``to`` is masked all the same."""

    at: datetime
    to: str
    text: str
    link: str | None
    provider_id: str


def newest(actor: Actor, now: datetime, *, limit: int = 200) -> list[MessageRow]:
    policy.require(actor, "see")
    return _rows(policy.visible(actor).order_by("-queued_at", "-pk")[:limit], now)


def of_customer(customer_id: UUID, *, limit: int = 50) -> list[MessageRow]:
    """For the customer's timeline."""
    return shown(rows_of_customer(customer_id, limit=limit))


def rows_of_customer(customer_id: UUID, *, limit: int) -> QuerySet[Message]:
    """For :func:`shown`, to be read together with others."""
    return Message.objects.filter(customer_id=customer_id).order_by("-queued_at", "-pk")[:limit]


def shown(messages: Iterable[Message]) -> list[MessageRow]:
    """As they stand on a customer's page; why one waits is said where messages are listed."""
    return _rows(messages)


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


def _rows(messages: Iterable[Message], now: datetime | None = None) -> list[MessageRow]:
    messages = list(messages)
    queued = now and any(one.state == State.QUEUED for one in messages)
    hours = house().hours() if queued else None
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
            waits=_waits(message, now, *hours) if now and hours and message.state == State.QUEUED else "",
        )
        for message in messages
    ]


def _waits(message: Message, now: datetime, begin: time, end: time, zone: ZoneInfo) -> str:
    """Why a message is still in line: the hours for messages, or a provider that will be asked again."""
    if message.not_after and now >= message.not_after:
        return str(Fault.EXPIRED.label)
    local = now.astimezone(zone)
    words = {"begin": f"{begin:%H:%M}", "end": f"{end:%H:%M}"}
    if local.time() < begin:
        return _("短信时段 %(begin)s 起发送") % words
    if local.time() >= end:
        return _("短信时段 %(begin)s–%(end)s，明日发送") % words
    if message.not_before > now:
        return _("短信平台暂时无法连接，%(time)s 再试") % {"time": f"{message.not_before.astimezone(zone):%H:%M}"}
    return _("正在排队，马上发送")
