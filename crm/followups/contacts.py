"""The one place that says whether a customer may be contacted now (handbook §3, rules of calling).

:mod:`sanfang.kernel.contacts` decides, :mod:`crm.followups.contact_words` explains; here the facts are gathered, for
one customer in one statement. Every action asks :func:`require`, every screen shows what :func:`of_call` or
:func:`of_customer` says. Messages ask the same rules at their door (:mod:`crm.customers.messages`).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery

from crm.customers.queries import contact_rules as rules_of
from crm.customers.queries import with_wishes
from crm.followups.contact_words import Contact, refusal, told
from crm.followups.models import Attempt, FollowUp
from crm.followups.outcomes import CONNECTED
from crm.followups.reach import number_to_call
from crm.store.queries import StoreFacts
from crm.vehicles.queries import served_by
from sanfang.audit.actions import record_event
from sanfang.kernel.contacts import LASTING, ContactFacts, ContactRules, Reason, Verdict, decide
from sanfang.kernel.events import TriggerKind
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Calling
from sanfang.standards.packs import load_pack

if TYPE_CHECKING:
    from crm.customers.queries import Customer

DOCUMENTS = (TriggerKind.DELIVERY, TriggerKind.REPAIR_ORDER)


def of_call(actor: Actor, follow_up: FollowUp, place: StoreFacts, now: datetime) -> tuple[Verdict, ContactRules]:
    """Whether ``actor`` may contact the customer about ``follow_up``, by its own standard. One statement."""
    rules = rules_of(load_pack(follow_up.pack, version=follow_up.pack_version).calling, place)
    about = UUID(follow_up.trigger) if follow_up.trigger_kind in DOCUMENTS else None
    facts = gathered(
        actor,
        follow_up.customer_id,
        now,
        about=about,
        follow_up=follow_up.pk,
        complaint=follow_up.trigger_kind == TriggerKind.COMPLAINT,
    )
    return decide(Channel(follow_up.channel), facts, rules, now), rules


def of_customer(
    actor: Actor, customer: "Customer", place: StoreFacts, now: datetime, channel: Channel = Channel.PHONE
) -> Contact:
    """Likewise without a follow-up: the customer's page, a message written by hand. One statement."""
    rules = rules_of(place.pack.calling, place)
    return told(decide(channel, gathered(actor, customer.pk, now), rules, now), rules, now)


def require(
    actor: Actor,
    follow_up: FollowUp,
    place: StoreFacts,
    now: datetime,
    *,
    asked: bool = False,
    only: frozenset[Reason] | None = None,
) -> None:
    """Raises :class:`~sanfang.kernel.errors.DomainError` with the weightiest reason against it, in words.

    ``asked``: the customer asks to be contacted right now; what that lifts is written down. ``only``: the reasons that
    matter to this action.
    """
    verdict, rules = of_call(actor, follow_up, place, now)
    found = verdict if only is None else verdict.without(*(frozenset(Reason) - only))
    against = [one for one in found.objections if not (asked and one.waivable)]
    if against:
        raise refusal(against[0], rules, now)
    if found.objections:
        lifted = [one.reason.value for one in found.objections]
        record_event(actor, follow_up, "callback.asked_for", now, lifted=lifted)


def require_lasting(actor: Actor, follow_up: FollowUp, place: StoreFacts, now: datetime) -> None:
    """For preparing a call: what will still stand in the way whenever it is made."""
    require(actor, follow_up, place, now, only=LASTING - {Reason.NO_NUMBER, Reason.WRONG_NUMBER})


def cooling_down(calling: Calling, place: StoreFacts, now: datetime) -> Q:
    """Of follow-ups: somebody reached this customer too lately for another call, and neither a promise nor a complaint
    excuses it. For choosing whom to call next; :func:`require` has the last word."""
    today = place.calendar.day_of(now)
    since = place.calendar.start_of(today - timedelta(days=max(calling.cool_down_days - 1, 0)))
    reached = Attempt.objects.filter(outcome__in=CONNECTED, at__gte=since, at__lte=now)
    excused = Q(trigger_kind=TriggerKind.COMPLAINT) | Q(promised_at__isnull=False)
    lately = Exists(reached.filter(follow_up__customer=OuterRef("customer")))
    return ~excused & Q(lately) if calling.cool_down_days else Q(pk=None)


def gathered(
    actor: Actor,
    customer_id: UUID,
    now: datetime,
    *,
    about: UUID | None = None,
    follow_up: UUID | None = None,
    complaint: bool = False,
) -> ContactFacts:
    """As it stands in the database now, whatever a page was made of.

    A time that the customer named for ``follow_up`` holds until they have been reached, also after attempts in vain.
    """
    through = Attempt.objects.filter(outcome__in=CONNECTED, at__lte=now).order_by("-at", "-number")
    rows = with_wishes().annotate(
        connected=Subquery(through.filter(follow_up__customer=OuterRef("pk")).values("at")[:1]),
        promised=Subquery(through.filter(follow_up=follow_up).values("promised_at")[:1]),
        served=served_by(actor.staff_id, OuterRef("pk"), about),
    )
    found = rows.select_related("hold__staff").get(pk=customer_id)
    hold = getattr(found, "hold", None)
    elsewhere = hold if hold is not None and hold.staff_id != actor.staff_id else None
    number = number_to_call(found)
    return ContactFacts(
        do_not_call=found.do_not_call,
        refused_at=found.refused_at,
        opted_out=found.messages_granted is False,
        opted_out_at=found.messages_word_at,
        number=bool(number) and not (found.landline_wrong and number == found.landline),
        served=found.served,
        holder=elsewhere.staff.name if elsewhere else "",
        held_since=elsewhere.since if elsewhere else None,
        held_until=elsewhere.until if elsewhere else None,
        connected=found.connected,
        promised=found.promised,
        complaint=complaint,
    )
