"""What a customer said about being called and written to: the newest word for a purpose holds (field notes §1.2)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from crm.customers import policy
from crm.customers.models import Consent, Customer
from crm.customers.numbers import landline_is_wrong
from crm.store.queries import StoreFacts
from sanfang.audit.actions import record_event
from sanfang.kernel.contacts import ContactRules
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor
from sanfang.messaging import receipts as messaging
from sanfang.standards.definitions import Calling

Purpose = Consent.Purpose


@transaction.atomic
def record_word(
    actor: Actor | None, customer: Customer, *, purpose: str, granted: bool, now: datetime, evidence: str = ""
) -> Consent:
    """A customer's yes or no to ``purpose``, with where it was said (``evidence``: a call, a reply to a message).

    No to calls is do-not-call; a later yes lifts it. Never changed, only added to: what was agreed when can be shown
    for years. ``actor`` None: the customer did it alone, by a reply.
    """
    if actor is not None:
        policy.customers.require(actor, "report")
    if purpose not in Purpose.values:
        raise DomainError(_("请选择客户同意或拒绝的是哪一项。"), code="unknown_purpose", field="purpose")
    word = Consent.objects.create(
        customer=customer,
        purpose=purpose,
        granted=granted,
        at=now,
        staff_id=actor.staff_id if actor else None,
        evidence=evidence.strip()[:200],
    )
    if purpose == Purpose.CALLS:
        Customer.objects.filter(pk=customer.pk).update(do_not_call=not granted, updated_at=now)
        customer.do_not_call = not granted
    record_event(actor, customer, "customer.granted" if granted else "customer.refused", now, purpose=purpose)
    return word


def refuse_by_reply(mobile: str, *, said: str, now: datetime) -> int:
    """Somebody at this number answered that they want no messages: everybody we have or had it of, from this moment on.
    How many it was news of; the provider may tell the same answer twice."""
    written_to = set(messaging.customers_at(mobile))
    rows = with_wishes().filter(Q(mobile=mobile) | Q(pk__in=written_to))
    found = [one for one in rows if one.messages_granted is not False]
    for customer in found:
        record_word(None, customer, purpose=Purpose.MESSAGES, granted=False, now=now, evidence=_("短信回复：%s") % said)
    return len(found)


def with_wishes() -> QuerySet[Any]:
    """Customers with ``refused_at`` (their newest word on calls, where it is a no), ``messages_granted`` and
    ``messages_word_at`` (their newest word on messages, None where there is none) and ``landline_wrong``."""
    calls, messages = _newest(Purpose.CALLS), _newest(Purpose.MESSAGES)
    return Customer.objects.annotate(
        refused_at=Subquery(calls.filter(granted=False).values("at")[:1]),
        messages_granted=Subquery(messages.values("granted")[:1]),
        messages_word_at=Subquery(messages.values("at")[:1]),
        landline_wrong=landline_is_wrong(),
    )


def contact_rules(calling: Calling, place: StoreFacts) -> ContactRules:
    """A standard's rules of calling, at this store."""
    return ContactRules(
        calendar=place.calendar,
        calls_from=calling.calls_from,
        calls_to=calling.calls_to,
        cool_down_days=calling.cool_down_days,
        messages_at_most=calling.messages_at_most,
        messages_within=timedelta(days=calling.messages_within_days),
    )


def _newest(purpose: str) -> QuerySet[Consent]:
    return Consent.objects.filter(customer=OuterRef("pk"), purpose=purpose).order_by("-at", "-pk")
