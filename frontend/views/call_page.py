"""What the specialist's screen shows, as its templates read it: queue, customer, outcomes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm.followups import queries
from crm.followups.queries import CallSheet
from crm.store.queries import StoreFacts
from frontend.shortcuts import OUTCOME_KEYS
from tenants.requests import TenantRequest

Posted = Mapping[str, str] | None
ICONS = {
    "completed": "circle-check",
    "no_answer": "phone-missed",
    "call_later": "calendar-clock",
    "refused": "phone-off",
    "wrong_number": "circle-x",
}
"""The five outcomes that have a button of their own; the others stand in a row below."""


def page_of(
    request: TenantRequest, now: datetime, sheet: CallSheet | None = None, posted: Posted = None, *, place: StoreFacts
) -> dict[str, Any]:
    """Everything the screen shows: the queue by the filter in the address, and the call if one is open.

    ``posted``: the outcome as it was sent, for the sheet that was refused. Any other sheet begins with none chosen.
    """
    shown = shown_of(request)
    queue = queries.queue(request.actor, filter=shown, now=now, place=place)
    first = queue.groups[0].items if queue.groups else []
    return {
        **_head(request, queue),
        "now": now,
        "groups": [
            {
                "key": group.key,
                "label": group.label,
                "tone": group.tone,
                "count": group.count,
                "items": [item_of(request, item, sheet) for item in group.items],
            }
            for group in queue.groups
        ],
        "call": _sheet(request, sheet, queue.around(sheet.id), shown, posted or {}) if sheet else None,
        "empty_reason": "" if first or sheet else _why_empty(request, shown),
        "import_url": reverse("imports") if request.actor.may("import.make") else None,
    }


def part_of(
    request: TenantRequest, now: datetime, sheet: CallSheet | None, posted: Posted = None, *, place: StoreFacts
) -> dict[str, Any]:
    """The call alone, for a page that has its queue already. Without a call, all of it: then the queue says why."""
    if sheet is None:
        return page_of(request, now, place=place)
    shown = shown_of(request)
    around = queries.neighbours(request.actor, sheet.id, filter=shown, now=now, place=place)
    return {"now": now, "call": _sheet(request, sheet, around, shown, posted or {})}


def figures_of(request: TenantRequest, now: datetime, *, place: StoreFacts) -> dict[str, Any]:
    """The figures above the queue, which an outcome changes."""
    return _head(request, queries.head(request.actor, filter=shown_of(request), now=now, place=place))


def _head(request: TenantRequest, told: queries.Queue | queries.Head) -> dict[str, Any]:
    here = reverse("workbench")
    return {
        "progress": told.progress,
        "messages_waiting": told.messages_waiting,
        "filters": [
            {
                "label": one.label,
                "count": one.count,
                "current": one.current,
                "tone": one.tone,
                "url": here if one.key == "todo" else f"{here}?queue={one.key}",
            }
            for one in told.filters
        ],
        "counts": list(told.counts.items()),
    }


def shown_of(request: TenantRequest) -> str:
    """The filter in the address. A part is asked for from a page, whose address says it."""
    return request.GET.get("queue", "todo")


def _why_empty(request: TenantRequest, shown: str) -> str:
    if shown != "todo":
        return "filter"
    return "done" if queries.anything_planned(request.actor) else "no_data"


def item_of(request: TenantRequest, item: queries.QueueItem, sheet: CallSheet | None) -> dict[str, Any]:
    shown = request.GET.get("queue", "")
    address = reverse("call", args=[item.id])
    return {
        **{name: getattr(item, name) for name in item.__dataclass_fields__},
        "url": f"{address}?queue={shown}" if shown else address,
        "current": sheet is not None and sheet.id == item.id,
    }


def _sheet(
    request: TenantRequest,
    sheet: CallSheet,
    around: tuple[UUID | None, UUID | None],
    shown: str,
    posted: Mapping[str, str],
) -> dict[str, Any]:
    """The call with what only the screen knows: where the keys lead, which icons it wears."""
    before, after = around
    mark = f"?queue={shown}" if shown != "todo" else ""
    call = {name: getattr(sheet, name) for name in sheet.__dataclass_fields__}
    call["previous_url"] = reverse("call", args=[before]) + mark if before else None
    call["next_url"] = reverse("call", args=[after]) + mark if after else None
    call["outcomes"] = [
        {
            "key": one.key,
            "label": one.label,
            "needs": one.needs,
            "hint": one.hint,
            "main": one.key in ICONS,
            "icon": ICONS.get(one.key, ""),
            "hotkey": OUTCOME_KEYS[one.key],
            "checked": one.key == posted.get("outcome"),
            "options": [
                {
                    "value": option.value,
                    "label": option.label,
                    "selected": posted.get(f"reason-{one.key}") == option.value,
                }
                for option in one.options
            ],
        }
        for one in sheet.outcomes
    ]
    asked = moment_of(posted.get("callback_at", ""))
    if asked:
        call["callback"] = replace(sheet.callback, value=asked)
    call["hold"] = hold_of(request, sheet)
    may_see = request.actor.may("complaint.see")
    if sheet.alert:
        address = reverse("complaint", args=[sheet.alert.complaint_id]) if may_see else None
        call["alert"] = {"tone": sheet.alert.tone, "text": sheet.alert.text, "url": address}
    if sheet.closed:
        closed = {name: getattr(sheet.closed, name) for name in sheet.closed.__dataclass_fields__}
        if sheet.closed.complaint:
            address = reverse("complaint", args=[sheet.closed.complaint.id]) if may_see else None
            closed["complaint"] = {"no": sheet.closed.complaint.no, "url": address}
        call["closed"] = closed
    return call


def hold_of(request: TenantRequest, sheet: CallSheet) -> dict[str, Any]:
    hold = sheet.hold
    may_take_over = request.actor.may("callback.take_over")
    return {
        "state": hold.state,
        "by": hold.by,
        "since": hold.since,
        "revealed_at": hold.revealed_at,
        "may_take_over": may_take_over,
    }


def moment_of(text: str) -> datetime | None:
    """A time as the form sends it, in the store's zone; None when it is empty or isn't one."""
    try:
        moment = parse_datetime(text)
        if moment and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        # The first and last years of the calendar can't be told in another zone.
        return moment if moment and MINYEAR + 1 < moment.year < MAXYEAR - 1 else None
    except (ValueError, OverflowError):
        return None
