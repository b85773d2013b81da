"""A customer's file on one page: the past, the cars, the wishes, the family, the changes. Three statements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from crm.customers.queries import Customer, masked_mobile, one, spoken_name
from crm.desk.changes import Change, change_rows, changes
from crm.desk.household import Relative, household, household_rows
from crm.followups.queries import TimelineEntry, open_rows, past_of, past_rows, titled, told
from crm.store.queries import store
from crm.vehicles.queries import ownership_rows
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.together import together

CHANGES = 30
PURPOSES: dict[str, Any] = {"calls": _("电话回访"), "messages": _("短信"), "oem": _("与主机厂共享")}


@dataclass(frozen=True, slots=True)
class Word:
    """The newest yes or no to a purpose; ``granted`` None where nothing was said."""

    purpose: str
    label: Any
    granted: bool | None
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class OpenCall:
    id: UUID
    purpose: str
    due: datetime
    may_be_made: bool


@dataclass(frozen=True, slots=True)
class File:
    """``waiting``: what of the file was reported wrong and isn't verified yet. ``cars``: ownerships."""

    customer: Customer
    salutation: str
    phone_masked: str
    calls: list[OpenCall]
    cars: list[Any]
    words: list[Word]
    household: list[Relative]
    waiting: list[Any]
    timeline: list[TimelineEntry]
    changes: list[Change]
    last_contact: datetime | None


def file_of(actor: Actor, key: UUID | str, *, now: datetime) -> File:
    """NotFound or Forbidden where the customer isn't the actor's to see."""
    customer = one(actor, key)
    place = store()
    theirs = past_rows(customer.pk)
    read = together(
        *theirs,
        ownership_rows(customer.pk),
        household_rows(customer),
        change_rows(customer.pk, limit=CHANGES),
        open_rows(customer.pk),
    )
    past = past_of(read[: len(theirs)])
    cars, relatives, changed, calls = read[len(theirs) :]
    wrong = {item.wrong_value for item in past.tracking if item.field == "mobile"}
    number = next((it for it in (_mobile(customer), customer.landline) if it and it not in wrong), "")
    return File(
        customer=customer,
        salutation=spoken_name(customer),
        phone_masked=masked_mobile(number),
        calls=[OpenCall(row.pk, titled(row), row.due, row.opens <= now) for row in calls],
        cars=cars,
        words=[_word(purpose, past.consents) for purpose in PURPOSES],
        household=household(relatives),
        waiting=[item for item in past.tracking if item.state in ("open", "corrected")],
        timeline=told(past, place, now),
        changes=changes(changed),
        last_contact=max((attempt.at for attempt in past.attempts), default=None),
    )


def _mobile(customer: Customer) -> str:
    return "" if customer.mobile_state == "wrong" else customer.mobile


def _word(purpose: str, consents: list[Any]) -> Word:
    newest = next((one for one in consents if one.purpose == purpose), None)
    if newest is None:
        return Word(purpose, PURPOSES[purpose], None, None, "")
    by = newest.staff.name if newest.staff else ""
    return Word(purpose, PURPOSES[purpose], newest.granted, newest.at, by or newest.evidence)
