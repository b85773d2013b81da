"""Whom a specialist can call now, and on which number.

The same wrong number never comes up for the same customer twice: a mobile found wrong is out until it is
corrected, and then its customer's calls come back by themselves. A landline stands in where there is no
mobile to dial, unless it was itself reported wrong (its tracking item holds the number).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import F, Q

from crm.followups.models import State
from sanfang.kernel.rules import Channel

if TYPE_CHECKING:
    from crm.customers.queries import Customer

WRONG = "wrong"
"""The state of a customer's mobile that isn't theirs."""

MOBILE = ~Q(customer__mobile="") & ~Q(customer__mobile_state=WRONG)
LANDLINE = ~Q(customer__landline="") & ~Q(customer__tracking_items__wrong_value=F("customer__landline"))
NO_NUMBER_YET = Q(customer__mobile="", customer__landline="", attempts=0)
"""Shown once, so that a person asks for the number that is missing."""


def callable_at(now: datetime) -> Q:
    """Open calls whose window has opened and whose customer can be and wants to be reached by phone, and visits.

    Greetings by message aren't calls; a call somebody promised is due by the promise.
    """
    reached = Q(channel=Channel.PHONE) & (MOBILE | LANDLINE | NO_NUMBER_YET)
    return Q(state=State.OPEN, opens__lte=now, customer__do_not_call=False) & (reached | Q(channel=Channel.VISIT))


def number_to_call(customer: "Customer") -> str:
    """The number to dial, or empty."""
    if customer.mobile and customer.mobile_state != WRONG:
        return customer.mobile
    return customer.landline
