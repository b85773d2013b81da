"""What messaging must know of the house it works in: when it may send, and to whom it may not.

The answers are data of apps above this one (the store's standard, customers' wishes); one of them installs
itself here when it is loaded. Without it nothing is sent.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from sanfang.messaging.models import Fault


class House(Protocol):
    def hours(self) -> tuple[time, time, ZoneInfo]:
        """From when until when messages may go out, and in which zone."""

    def refusal(self, customer_id: UUID, mobile: str, now: datetime, earlier: Sequence[datetime] = ()) -> Fault | None:
        """Why nothing may be sent to this customer at this number now, or None. ``earlier``: when they were last
        written to, where it is asked whether one more is too many."""


_house: House | None = None


def install(house: House) -> None:
    global _house
    _house = house


def house() -> House:
    if _house is None:
        raise ImproperlyConfigured("No app has told sanfang.messaging when and to whom it may send.")
    return _house
