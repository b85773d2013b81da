"""The specialist's screen: queue, customer, questionnaire. Every action answers whole pages and htmx parts alike."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from crm.desk.queries import mine
from crm.followups import actions, queries
from crm.followups.drafts import NEWER
from crm.store.queries import StoreFacts, store
from crm.surveys.questions import AnswersRefused, read
from frontend.looking import looking
from frontend.views.call_page import Posted, figures_of, hold_of, item_of, moment_of, page_of, part_of
from sanfang.kernel.errors import Conflict, DomainError
from tenants.addresses import client_address
from tenants.requests import TenantRequest


@require_safe
def workbench(request: TenantRequest) -> HttpResponse:
    """The queue, with nothing selected: what breaks first waits at the top."""
    return render(request, "frontend/workbench/page.html", page_of(request, timezone.now(), store()))


@require_safe
def call(request: TenantRequest, key: UUID) -> HttpResponse:
    now, place = timezone.now(), store()
    return _answer(request, queries.call(request.actor, key, now=now, place=place), now, place)


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
        asked_for = mine(request.actor, sheet.customer.id)
        call = {"id": sheet.id, "hold": hold_of(request, sheet), "closed": sheet.closed, "asked_for": asked_for}
        return render(request, "frontend/workbench/_hold.html", {"call": call, "now": now})
    if take_over or not request.htmx:
        return redirect("call", key)
    return render(request, "frontend/workbench/_hold.html", {"call": {"hold": {"state": "mine"}}})


@require_POST
def leave(request: TenantRequest, key: UUID) -> HttpResponse:
    """The page of a customer with whom nothing was begun is left: the next colleague may have them."""
    actions.release(request.actor, queries.get(request.actor, key))
    return HttpResponse(status=204)


@require_POST
def reveal(request: TenantRequest, key: UUID) -> HttpResponse:
    """Shows the number to dial. The customer is taken first, and the look is written down."""
    now = timezone.now()
    follow_up = queries.get(request.actor, key)
    asked = request.POST.get("asked") == "on"
    phone = actions.dial(request.actor, follow_up, now=now, address=client_address(request), asked=asked)
    if request.htmx:
        return render(request, "frontend/workbench/_phone.html", {"call": {"phone": phone}})
    place = store()
    sheet = queries.call(request.actor, key, now=now, place=place)
    return render(request, "frontend/workbench/page.html", page_of(request, now, place, sheet))


@require_POST
def draft(request: TenantRequest, key: UUID) -> HttpResponse:
    """Autosave: whatever has been ticked so far. 409: a colleague has the customer; 412: another window wrote since."""
    follow_up = queries.get(request.actor, key)
    try:
        actions.save_draft(
            request.actor,
            follow_up,
            answers=_answers(request, follow_up),
            note=request.POST.get("note", ""),
            now=timezone.now(),
            revision=request.POST.get("revision", "")[:60],
            base=request.POST.get("base"),
        )
    except Conflict as conflict:
        status = 412 if conflict.code == NEWER else 409
        return HttpResponse(str(conflict), status=status, content_type="text/plain; charset=utf-8")
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
            promised_at=moment_of(request.POST.get("callback_at", "")),
            reason=request.POST.get(f"reason-{chosen}", ""),
            dialled=request.POST.get("dialled") or None,
            asked=request.POST.get("asked") == "on",
            now=now,
        )
    except DomainError as refusal:
        return _refused(request, key, refusal, answers, note, now)
    place = store()
    look = looking(request, place, now)
    following = result.next
    if look.narrowed:
        following = queries.next_of(request.actor, key, selection=look.selection, now=now, place=place)
    onwards = (reverse("call", args=[following]) if following else reverse("workbench")) + look.mark
    if not request.htmx:
        return redirect(onwards)
    sheet = queries.call(request.actor, following, now=now, place=place) if following else None
    page = {**part_of(request, now, place, look, sheet), **figures_of(request, now, place, look)}
    page["finished"] = item_of(queries.item(request.actor, follow_up, now=now, place=place), None, look)
    response = render(request, "frontend/workbench/_swap.html", page)
    response["HX-Push-Url"] = onwards
    return trigger_client_event(response, "toast", {"value": _said(result)}, after="settle")


def _refused(
    request: TenantRequest, key: UUID, refusal: DomainError, answers: Any, note: str, now: datetime
) -> HttpResponse:
    """The sheet again with everything that was ticked, and what is missing said beside it."""
    if not isinstance(refusal, Conflict):
        follow_up = queries.get(request.actor, key)
        revision = request.POST.get("revision", "")[:60]
        actions.save_draft(request.actor, follow_up, answers=answers, note=note, now=now, revision=revision)
    place = store()
    sheet = queries.call(request.actor, key, now=now, place=place)
    if isinstance(refusal, AnswersRefused) and sheet.questionnaire:
        problems = refusal.problems
        marked = tuple(replace(one, error=problems.get(one.key, "")) for one in sheet.questionnaire.questions)
        sheet = replace(sheet, questionnaire=replace(sheet.questionnaire, questions=marked))
    return _answer(request, sheet, now, place, request.POST, error=str(refusal))


def _answer(
    request: TenantRequest,
    sheet: queries.CallSheet,
    now: datetime,
    place: StoreFacts,
    posted: Posted = None,
    error: str = "",
) -> HttpResponse:
    part = request.htmx and not request.htmx.history_restore_request
    template = "frontend/workbench/_call.html" if part else "frontend/workbench/page.html"
    if part:
        page = part_of(request, now, place, looking(request, place, now), sheet, posted)
    else:
        page = page_of(request, now, place, sheet, posted)
    if error:
        page["call"]["errors"] = [error]
    response = render(request, template, page, status=422 if error and not request.htmx else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _answers(request: TenantRequest, follow_up: Any) -> dict[str, Any]:
    questionnaire = queries.questionnaire_of(follow_up)
    return read(questionnaire, request.POST) if questionnaire else {}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else 0


def _said(result: actions.Outcome) -> str:
    if result.complaint:
        return _("已提交，投诉单已登记，首次联系开始计时")
    if result.tracking:
        return _("已提交，号码已转交核实")
    if result.invitation:
        return _("已提交，短信问卷已排队发送")
    return _("已提交")
