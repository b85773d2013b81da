"""Putting messages in line. Handing them over is :mod:`sanfang.messaging.delivery`'s work."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from sanfang.messaging import secrets, tasks
from sanfang.messaging.gateways import gateway
from sanfang.messaging.house import house
from sanfang.messaging.intents import Compiled
from sanfang.messaging.models import Fault, Message, State
from sanfang.messaging.wording import signed
from sanfang.tenancy.context import current_tenant
from sanfang.tenancy.models import TenantModel

MOST_COUNTED = 100
"""No standard's limit on messages to one customer is higher."""


def queue_message(
    *,
    customer_id: UUID,
    mobile: str,
    text: str = "",
    wording: str = "",
    made: Compiled | None = None,
    values: Mapping[str, str] | None = None,
    purpose: str,
    now: datetime,
    secret: str = "",
    about: TenantModel | None = None,
    not_after: datetime | None = None,
) -> Message:
    """A message to send once the transaction we are in is committed, within the hours for messages.

    ``text`` is the bare text: signature and the way to refuse are put around it. Or ``made`` with its ``values``: the
    message ``wording``, as :func:`sanfang.messaging.texts.worded` compiled it. Where it says ``{secret}`` the
    message will say ``secret``, which is stored encrypted. ``not_after``: when it has lost its sense. For a
    customer who wants no messages there is a row too, which says why nothing was sent.
    """
    refusal = house().refusal(customer_id, mobile, now, _lately(customer_id))
    message = Message.objects.create(
        to=mobile,
        text=made.text(values or {})
        if made
        else signed(text, provider=gateway().provider, name=current_tenant().short_name),
        wording=wording if made and made.whole else "",
        parameters=made.parameters(values or {}) if made else [],
        sealed=secrets.seal(secret) if secret else "",
        purpose=purpose,
        customer_id=customer_id,
        about_model=about._meta.db_table if about else "",
        about=about.pk if about else None,
        state=State.FAILED if refusal else State.QUEUED,
        error=refusal or "",
        queued_at=now,
        not_before=now,
        not_after=not_after,
    )
    if not refusal:
        tasks.send.later()
    return message


def cancel_message(key: UUID) -> bool:
    """Takes back a message that hasn't left; False when it has, or is just being handed over. It stays as a record."""
    waiting = Message.objects.filter(pk=key).filter(Q(state=State.QUEUED) | Q(state=State.FAILED))
    return bool(waiting.update(state=State.FAILED, error=Fault.TAKEN_BACK))


def _lately(customer_id: UUID) -> list[datetime]:
    """When the customer's newest messages were put in line, but for those that never left."""
    rows = Message.objects.filter(customer_id=customer_id).exclude(state=State.FAILED).order_by("-queued_at")
    return list(rows.values_list("queued_at", flat=True)[:MOST_COUNTED])
