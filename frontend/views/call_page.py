"""What the specialist's screen shows, as its templates read it: queue, customer, outcomes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.desk.queries import may_change, mine
from crm.followups import queries
from crm.followups.queries import CallSheet
from crm.store.queries import StoreFacts
from frontend.looking import COLUMNS, Looking, looking
from frontend.shortcuts import OUTCOME_KEYS
from sanfang.kernel.rules import Channel
from tenants.requests import TenantRequest

COLUMN_LABELS: dict[str, Any] = {
    "vehicle": _("车型"),
    "plate": _("车牌"),
    "unreached": _("未接通次数"),
    "assignee": _("负责人"),
}
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
    request: TenantRequest, now: datetime, place: StoreFacts, sheet: CallSheet | None = None, posted: Posted = None
) -> dict[str, Any]:
    """Everything the screen shows: the queue as the address wants it, and the call if one is open.

    ``posted``: the outcome as it was sent, for the sheet that was refused. Any other sheet begins with none chosen.
    """
    look = looking(request, place, now, listed=True)
    queue = queries.queue(request.actor, filter=look.filter, selection=look.selection, now=now, place=place)
    first = queue.groups[0].items if queue.groups else []
    may_assign = request.actor.may("callback.assign")
    return {
        **_head(queue, look),
        "now": now,
        "look": look,
        "groups": [
            {
                "key": group.key,
                "label": group.label,
                "tone": group.tone,
                "count": group.count,
                "items": [item_of(item, sheet, look) for item in group.items],
            }
            for group in queue.groups
        ],
        "may_assign": may_assign and look.filter != queries.DONE and bool(first),
        "call": _sheet(request, sheet, queue.around(sheet.id), look, posted or {}) if sheet else None,
        "empty_reason": "" if first or sheet else _why_empty(request, look),
        "import_url": reverse("imports") if request.actor.may("import.make") else None,
        **_choices(request, place, look),
    }


def part_of(
    request: TenantRequest,
    now: datetime,
    place: StoreFacts,
    look: Looking,
    sheet: CallSheet | None,
    posted: Posted = None,
) -> dict[str, Any]:
    """The call alone, for a page that has its queue already. Without a call, all of it: then the queue says why."""
    if sheet is None:
        return page_of(request, now, place)
    # Which calls stand before and after it, the page that asks has listed (workbench.js).
    return {"now": now, "look": look, "call": _sheet(request, sheet, None, look, posted or {})}


def figures_of(request: TenantRequest, now: datetime, place: StoreFacts, look: Looking) -> dict[str, Any]:
    """The figures above the queue, which an outcome changes."""
    return _head(queries.head(request.actor, filter=look.filter, selection=look.selection, now=now, place=place), look)


def _head(told: queries.Queue | queries.Head, look: Looking) -> dict[str, Any]:
    return {
        "progress": told.progress,
        "messages_waiting": told.messages_waiting,
        "filters": [
            {
                "label": one.label,
                "count": one.count,
                "current": one.current,
                "tone": one.tone,
                "url": reverse("workbench") + look.query(queue=one.key),
            }
            for one in told.filters
        ],
        "counts": list(told.counts.items()),
    }


def _choices(request: TenantRequest, place: StoreFacts, look: Looking) -> dict[str, Any]:
    """What the queue can be narrowed to, and the views there are."""
    language = get_language() or ""
    rules = [rule for rule in place.pack.rules.values() if rule.channel == Channel.PHONE]
    return {
        "rules": [(rule.id, rule.title.get(language), rule.id in look.rules) for rule in rules],
        "sorts": [(key, label, key == look.sort) for key, (label, _order) in queries.SORTS.items()],
        "columns": [(key, COLUMN_LABELS[key], key in look.columns) for key in COLUMNS],
        "views": [
            {
                "view": one,
                "url": f"{reverse('workbench')}?view={one.pk}",
                "mine": one.owner_id == request.actor.staff_id,
                "current": look.view is not None and look.view.pk == one.pk,
                "may_change": may_change(request.actor, one),
            }
            for one in look.views
        ],
        "may_lock": request.actor.may("callback.assign"),
    }


def _why_empty(request: TenantRequest, look: Looking) -> str:
    if look.filter != "todo" or look.narrowed:
        return "filter"
    return "done" if queries.anything_planned(request.actor) else "no_data"


def item_of(item: queries.QueueItem, sheet: CallSheet | None, look: Looking) -> dict[str, Any]:
    return {
        **{name: getattr(item, name) for name in item.__dataclass_fields__},
        "url": reverse("call", args=[item.id]) + look.mark,
        "current": sheet is not None and sheet.id == item.id,
    }


def _sheet(
    request: TenantRequest,
    sheet: CallSheet,
    around: tuple[UUID | None, UUID | None] | None,
    look: Looking,
    posted: Mapping[str, str],
) -> dict[str, Any]:
    """The call with what only the screen knows: where the keys lead, which icons it wears."""
    before, after = around or (None, None)
    mark = look.mark
    call = {name: getattr(sheet, name) for name in sheet.__dataclass_fields__}
    call["previous_url"] = reverse("call", args=[before]) + mark if before else None
    call["next_url"] = reverse("call", args=[after]) + mark if after else None
    call["mark"] = mark
    call["by_script"] = around is None
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
    if sheet.hold.state == "other":
        call["asked_for"] = mine(request.actor, sheet.customer.id)
    call["asked"] = posted.get("asked") == "on"
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
