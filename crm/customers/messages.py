"""When this store may send messages, and whom it may not write to: what sanfang.messaging asks of its house."""

from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.customers.models import Consent, Customer
from crm.customers.numbers import is_wrong
from crm.store.queries import store
from sanfang.messaging.models import Fault


class StoreHouse:
    def hours(self) -> tuple[time, time, ZoneInfo]:
        """The standard's hours for calls and messages, in the store's zone."""
        facts = store()
        return facts.pack.calling.calls_from, facts.pack.calling.calls_to, facts.zone

    def refusal(self, customer_id: UUID, mobile: str) -> Fault | None:
        """A wish not to be contacted, the newest word on messages, or a number known to be somebody else's."""
        if Customer.objects.filter(pk=customer_id, do_not_call=True).exists():
            return Fault.DO_NOT_CALL
        words = Consent.objects.filter(customer_id=customer_id, purpose=Consent.Purpose.MESSAGES)
        if words.order_by("-at", "-pk").values_list("granted", flat=True).first() is False:
            return Fault.OPTED_OUT
        if is_wrong(customer_id, mobile):
            return Fault.WRONG_NUMBER
        return None
