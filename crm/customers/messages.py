"""When this store may send messages, and whom it may not write to: what sanfang.messaging asks of its house."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.customers.numbers import is_wrong
from crm.customers.wishes import contact_rules, with_wishes
from crm.store.queries import store
from sanfang.kernel.contacts import ContactFacts, Reason, decide
from sanfang.kernel.rules import Channel
from sanfang.messaging.models import Fault


class StoreHouse:
    def hours(self) -> tuple[time, time, ZoneInfo]:
        """The standard's hours for calls and messages, in the store's zone."""
        facts = store()
        return facts.pack.calling.calls_from, facts.pack.calling.calls_to, facts.zone

    def refusal(self, customer_id: UUID, mobile: str, now: datetime, earlier: Sequence[datetime] = ()) -> Fault | None:
        """A wish not to be contacted, the newest word on messages, a number known to be somebody else's, or that
        there were ``earlier`` messages enough. The hour is no refusal: a message waits for the next one."""
        place = store()
        customer: Any = with_wishes().filter(pk=customer_id).first()
        facts = ContactFacts(
            do_not_call=customer is not None and customer.do_not_call,
            opted_out=customer is not None and customer.messages_granted is False,
            wrong=is_wrong(customer_id, mobile),
            messages=tuple(earlier),
        )
        verdict = decide(Channel.SMS, facts, contact_rules(place.pack.calling, place), now).without(Reason.QUIET)
        return None if verdict.allowed else Fault(verdict.objections[0].reason.value)
