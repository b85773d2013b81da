"""How follow-ups are called on screens, in the language in use."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.customers.queries import spoken_name
from crm.followups.models import FollowUp
from crm.store.queries import StoreFacts
from crm.vehicles.queries import Delivery, RepairOrder
from sanfang.kernel import rules
from sanfang.kernel.calendar import add_months
from sanfang.kernel.events import TriggerKind
from sanfang.standards.definitions import Pack, Script, Text, render
from sanfang.standards.packs import load_pack

KINDS = {
    rules.AroundService: "reminder",
    rules.AroundDate: "reminder",
    rules.WithoutMaintenance: "winback",
    rules.SinceLeaving: "winback",
    rules.OnList: "winback",
}
KINDS_BY_TRIGGER = {
    TriggerKind.DELIVERY: "delivery",
    TriggerKind.REPAIR_ORDER: "repair",
    TriggerKind.COMPLAINT: "complaint",
}


class Packs:
    """The packs that a page's follow-ups were asked for by, each looked up once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Pack] = {}

    def of(self, row: FollowUp) -> Pack:
        key = (row.pack, row.pack_version)
        if key not in self.known:
            self.known[key] = load_pack(row.pack, version=row.pack_version)
        return self.known[key]


def title(row: FollowUp, pack: Pack) -> str:
    return pack.rules[row.rule].title.get(get_language() or "")


def kind(row: FollowUp, pack: Pack) -> str:
    """``delivery``, ``repair``, ``reminder``, ``winback``, ``complaint`` or ``other``: what the call is about."""
    found = KINDS.get(type(pack.rules[row.rule].rule))
    return found or KINDS_BY_TRIGGER.get(TriggerKind(row.trigger_kind), "other")


def script(
    row: FollowUp, pack: Pack, place: StoreFacts, caller: str, document: Delivery | RepairOrder | None
) -> tuple[Script, dict[str, str]] | None:
    """The script with what its {variables} stand for in this call; None for a rule without one."""
    name = pack.rules[row.rule].script
    if name is None:
        return None
    due_on, due_km = _service(row, pack, place, document)
    values = {
        "customer": spoken_name(row.customer),
        "store": place.short_name,
        "specialist": caller,
        "phone": place.phone,
        "date": _day(row.trigger_on),
        "model": row.vehicle.title if row.vehicle else "",
        "plate": row.vehicle.plate if row.vehicle else "",
        "due_date": _day(due_on) if due_on else "",
        "due_km": f"{due_km:,}" if due_km else "",
    }
    return pack.scripts[name], values


def filled(text: Text, values: dict[str, str]) -> str:
    return render(text.get(get_language() or ""), values)


def _service(
    row: FollowUp, pack: Pack, place: StoreFacts, document: Delivery | RepairOrder | None
) -> tuple[Any, int | None]:
    """The day and the mileage that the call reminds of, as far as they are known.

    An estimated service was counted back from; opening and due day each only ever move later, so the earlier
    of what they point to is the estimate. After a delivery it is the first service, by its interval.
    """
    rule = pack.rules[row.rule].rule
    if isinstance(rule, rules.AroundDate):
        return row.trigger_on, None
    intervals = pack.service_intervals.for_model(row.vehicle.title if row.vehicle else None)
    if isinstance(document, RepairOrder):
        told = row.vehicle.next_service_km if row.vehicle else None
        counted = document.mileage + intervals.km if document.mileage is not None and intervals.km else None
        km = told or counted
    else:
        km = intervals.first_km
    if isinstance(rule, rules.AroundService):
        ends = ((row.opens, rule.window.opens), (row.due, rule.window.due))
        return min(_back(place, moment, days) for moment, days in ends), km
    if row.trigger_kind == TriggerKind.DELIVERY and intervals.first_months:
        return add_months(row.trigger_on, intervals.first_months), km
    return None, None


def _back(place: StoreFacts, moment: datetime, days: int) -> Any:
    return place.calendar.day_of(moment) - timedelta(days=days)


def _day(day: Any) -> str:
    """As it is said aloud: no year, no leading noughts."""
    return date_format(day, _("n月j日"))
