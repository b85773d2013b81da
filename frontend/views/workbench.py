"""The specialist's screen: queue, customer, questionnaire. Every action answers whole pages and htmx parts alike."""

from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from crm.customers.actions import reveal_mobile
from crm.followups import actions, queries
from crm.followups.queries import CallSheet
from crm.surveys.questions import AnswersRefused, read
from frontend.shortcuts import OUTCOME_KEYS
from sanfang.kernel.errors import Conflict, DomainError
from tenants.addresses import client_address
from tenants.requests import TenantRequest

ICONS = {
    "completed": "circle-check",
    "no_answer": "phone-missed",
    "call_later": "calendar-clock",
    "refused": "phone-off",
    "wrong_number": "circle-x",
}
"""The five outcomes that have a button of their own; the others stand in a row below."""


@require_safe
def workbench(request: TenantRequest) -> HttpResponse:
    """The queue, with nothing selected: what breaks first waits at the top."""
    return render(request, "frontend/workbench/page.html", _page(request, timezone.now()))


@require_safe
def call(request: TenantRequest, key: UUID) -> HttpResponse:
    now = timezone.now()
    sheet = queries.call(request.actor, key, now=now)
    return _answer(request, _page(request, now, sheet))


@require_POST
def hold(request: TenantRequest, key: UUID) -> HttpResponse:
    """Takes the customer when their page opens; a colleague who was first stays first, unless they are taken over."""
    now = timezone.now()
    follow_up = queries.get(request.actor, key)
    take_over = "take_over" in request.POST
    try:
        actions.hold(request.actor, follow_up, now=now, take_over=take_over)
    except Conflict:
        sheet = queries.call(request.actor, key, now=now)
        call = {"id": sheet.id, "hold": _hold(request, sheet), "closed": sheet.closed}
        return render(request, "frontend/workbench/_hold.html", {"call": call, "now": now})
    if take_over or not request.htmx:
        return redirect("call", key)
    return render(request, "frontend/workbench/_hold.html", {"call": {"hold": {"state": "mine"}}})


@require_POST
def reveal(request: TenantRequest, key: UUID) -> HttpResponse:
    """Shows the number to dial. The customer is taken first, and the look is written down."""
    now = timezone.now()
    follow_up = queries.get(request.actor, key)
    actions.hold(request.actor, follow_up, now=now)
    phone = reveal_mobile(
        request.actor, follow_up.customer, now=now, reason=follow_up.rule, address=client_address(request)
    )
    if request.htmx:
        return render(request, "frontend/workbench/_phone.html", {"phone": phone})
    sheet = queries.call(request.actor, key, now=now)
    return render(request, "frontend/workbench/page.html", {**_page(request, now, sheet), "phone": phone})


@require_POST
def draft(request: TenantRequest, key: UUID) -> HttpResponse:
    """Autosave: whatever has been ticked so far."""
    follow_up = queries.get(request.actor, key)
    try:
        actions.save_draft(
            request.actor,
            follow_up,
            answers=_answers(request, follow_up),
            note=request.POST.get("note", ""),
            now=timezone.now(),
        )
    except Conflict as conflict:
        return HttpResponse(str(conflict), status=409, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@require_POST
def outcome(request: TenantRequest, key: UUID) -> HttpResponse:
    """How the call ended; answers with the next customer, or with what is missing."""
    now = timezone.now()
    follow_up = queries.get(request.actor, key)
    answers, note = _answers(request, follow_up), request.POST.get("note", "")
    chosen = request.POST.get("outcome", "")
    try:
        result = actions.record_outcome(
            request.actor,
            follow_up,
            attempt=_number(request.POST.get("attempt")),
            outcome=chosen,
            answers=answers,
            note=note,
            promised_at=_moment(request.POST.get("callback_at", "")),
            reason=request.POST.get(f"reason-{chosen}", ""),
            dialled=request.POST.get("dialled") or None,
            now=now,
        )
    except DomainError as refusal:
        return _refused(request, key, refusal, answers, note, now)
    if not request.htmx:
        return redirect("call", result.next) if result.next else redirect("workbench")
    sheet = queries.call(request.actor, result.next, now=now) if result.next else None
    page = _page(request, now, sheet)
    ended = queries.get(request.actor, key)
    page["finished"] = _item(request, queries.item(request.actor, ended, now=now), None)
    response = render(request, "frontend/workbench/_swap.html", page)
    response["HX-Push-Url"] = reverse("call", args=[result.next]) if result.next else reverse("workbench")
    return trigger_client_event(response, "toast", {"value": _said(result)}, after="settle")


def _refused(
    request: TenantRequest, key: UUID, refusal: DomainError, answers: Any, note: str, now: datetime
) -> HttpResponse:
    """The sheet again with everything that was ticked, and what is missing said beside it."""
    if not isinstance(refusal, Conflict):
        follow_up = queries.get(request.actor, key)
        actions.save_draft(request.actor, follow_up, answers=answers, note=note, now=now)
    sheet = queries.call(request.actor, key, now=now)
    if isinstance(refusal, AnswersRefused) and sheet.questionnaire:
        problems = refusal.problems
        marked = tuple(replace(one, error=problems.get(one.key, "")) for one in sheet.questionnaire.questions)
        sheet = replace(sheet, questionnaire=replace(sheet.questionnaire, questions=marked))
    page = _page(request, now, sheet)
    page["call"]["errors"] = [str(refusal)]
    return _answer(request, page, status=200 if request.htmx else 422)


def _answer(request: TenantRequest, page: dict[str, Any], status: int = 200) -> HttpResponse:
    part = request.htmx and not request.htmx.history_restore_request
    template = "frontend/workbench/_call.html" if part else "frontend/workbench/page.html"
    response = render(request, template, page, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _page(request: TenantRequest, now: datetime, sheet: CallSheet | None = None) -> dict[str, Any]:
    """Everything the screen shows: the queue by the filter in the address, and the call if one is open."""
    shown = request.GET.get("queue", "todo")
    queue = queries.queue(request.actor, filter=shown, now=now)
    first = queue.groups[0].items if queue.groups else []
    counts = {group.key: group.count for group in queue.groups}
    here = reverse("workbench")
    return {
        "now": now,
        "progress": queue.progress,
        "messages_waiting": queue.messages_waiting,
        "filters": [
            {
                "label": one.label,
                "count": one.count,
                "current": one.current,
                "tone": one.tone,
                "url": here if one.key == "todo" else f"{here}?queue={one.key}",
            }
            for one in queue.filters
        ],
        "groups": [
            {
                "key": group.key,
                "label": group.label,
                "tone": group.tone,
                "count": group.count,
                "items": [_item(request, item, sheet) for item in group.items],
            }
            for group in queue.groups
        ],
        "counts": [(key, counts.get(key, 0)) for key in queries.LABELS],
        "call": _sheet(request, sheet, queue, shown) if sheet else None,
        "empty_reason": "" if first or sheet else _why_empty(request, shown),
        "import_url": reverse("imports") if request.actor.may("import.make") else None,
    }


def _why_empty(request: TenantRequest, shown: str) -> str:
    if shown != "todo":
        return "filter"
    return "done" if queries.anything_planned(request.actor) else "no_data"


def _item(request: TenantRequest, item: queries.QueueItem, sheet: CallSheet | None) -> dict[str, Any]:
    shown = request.GET.get("queue", "")
    address = reverse("call", args=[item.id])
    return {
        **{name: getattr(item, name) for name in item.__dataclass_fields__},
        "url": f"{address}?queue={shown}" if shown else address,
        "current": sheet is not None and sheet.id == item.id,
    }


def _sheet(request: TenantRequest, sheet: CallSheet, queue: queries.Queue, shown: str) -> dict[str, Any]:
    """The call with what only the screen knows: where the keys lead, which icons it wears."""
    before, after = queue.around(sheet.id)
    mark = f"?queue={shown}" if shown != "todo" else ""
    posted = request.POST
    ticked = posted.get("outcome", "completed")
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
            "checked": one.key == ticked,
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
    asked = _moment(posted.get("callback_at", ""))
    if asked:
        call["callback"] = replace(sheet.callback, value=asked)
    call["hold"] = _hold(request, sheet)
    complaints = reverse("complaints") if request.actor.may("complaint.see") else None
    if sheet.alert:
        call["alert"] = {"tone": sheet.alert.tone, "text": sheet.alert.text, "url": complaints}
    if sheet.closed:
        closed = {name: getattr(sheet.closed, name) for name in sheet.closed.__dataclass_fields__}
        if sheet.closed.complaint:
            closed["complaint"] = {"no": sheet.closed.complaint.no, "url": complaints}
        call["closed"] = closed
    return call


def _hold(request: TenantRequest, sheet: CallSheet) -> dict[str, Any]:
    hold = sheet.hold
    may_take_over = request.actor.may("callback.take_over")
    return {"state": hold.state, "by": hold.by, "since": hold.since, "may_take_over": may_take_over}


def _answers(request: TenantRequest, follow_up: Any) -> dict[str, Any]:
    questionnaire = queries.questionnaire_of(follow_up)
    return read(questionnaire, request.POST) if questionnaire else {}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else 0


def _moment(text: str) -> datetime | None:
    """A time as the form sends it, in the store's zone; None when it is empty or isn't one."""
    try:
        moment = parse_datetime(text)
        if moment and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        # The first and last years of the calendar can't be told in another zone.
        return moment if moment and MINYEAR + 1 < moment.year < MAXYEAR - 1 else None
    except (ValueError, OverflowError):
        return None


def _said(result: actions.Outcome) -> str:
    if result.complaint:
        return _("已提交，投诉单已登记，首次联系开始计时")
    if result.tracking:
        return _("已提交，号码已转交核实")
    if result.invitation:
        return _("已提交，短信问卷已排队发送")
    return _("已提交")
