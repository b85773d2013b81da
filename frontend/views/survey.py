"""The customer's questionnaire behind a link: no sign-in, no script, one page on a phone.

The request is at the door of the main host. The code's first signs name the store; everything about the
invitation is read inside it, the page is rendered back at the door.
"""

from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from crm.store.queries import store
from crm.surveys import codes, limits, questions
from crm.surveys import thanks as just_answered
from crm.surveys.actions import answer
from crm.surveys.queries import Invitation, invitation_of, questionnaire_of, sheet, state_of
from crm.surveys.questions import Answers, AnswersRefused
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.addresses import client_address
from tenants.models import State, Tenant
from tenants.queries import tenant_by_code

Page = tuple[str, dict[str, Any], int]
"""Template, context and status."""

GONE = {"answered", "expired"}
THANKS = "thanks"
"""Answered just now."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, code: str) -> HttpResponse:
    """Unknown codes, stores that have left and guessers all get the same page, which says nothing."""
    address = client_address(request) or ""
    if limits.MISSES.reached(address):
        return _unknown(request, status=429)
    page = _page(request, codes.tidied(code), timezone.now())
    if page is None:
        limits.MISSES.count(address)
        return _unknown(request, status=404)
    template, context, status = page
    if template == THANKS:
        # Not the page itself: going back to an answered form would ask the browser to send it once more.
        return redirect("survey-thanks", code)
    return render(request, f"frontend/survey/{template}.html", context, status=status)


@never_cache
@require_safe
def thanks(request: HttpRequest, code: str) -> HttpResponse:
    """Follows the answers, once; afterwards, and for everybody else, there is only the link itself."""
    known = codes.tidied(code)
    dissatisfied = just_answered.take(codes.possible_hashes(known)) if known and request.method == "GET" else None
    tenant = tenant_by_code(known[: codes.PREFIX]) if dissatisfied is not None else None
    if tenant is None or not tenant.is_open:
        return redirect("survey", code)
    with inside(tenant, request_id=getattr(request, "request_id", "")):
        context = {"store": _store(), "dissatisfied": dissatisfied}
    return render(request, "frontend/survey/thanks.html", context)


def _unknown(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "frontend/survey/unknown.html", status=status)


def _page(request: HttpRequest, code: str, now: datetime) -> Page | None:
    tenant = tenant_by_code(code[: codes.PREFIX]) if code else None
    if tenant is None:
        return None
    if tenant.state == State.SUSPENDED:
        return _paused(request, tenant, code)
    if not tenant.is_open:
        return None
    with inside(tenant, request_id=getattr(request, "request_id", "")):
        invitation = invitation_of(code)
        if invitation is None:
            return None
        template, context, status = _step(request, invitation, now)
        return template, {"store": _store(), **context}, status


def _paused(request: HttpRequest, tenant: Tenant, code: str) -> Page | None:
    """Whoever has a whole link learns that the store is closed for now, and its telephone; nothing is taken."""
    try:
        with inside(tenant, request_id=getattr(request, "request_id", "")):
            return ("paused", {"store": _store()}, 403) if invitation_of(code) else None
    except DatabaseError:
        # While the store is restored its schema is nobody's to read (ADR 0014).
        return None


def _store() -> dict[str, str]:
    """The short name is the one that signs the message."""
    facts = store()
    return {"name": facts.name, "short_name": facts.short_name, "phone": facts.phone}


def _step(request: HttpRequest, invitation: Invitation, now: datetime) -> Page:
    state = state_of(invitation, now)
    if state in GONE:
        return "gone", {"reason": state}, 410
    if request.method != "POST":
        return _form(invitation, {})
    return _submit(invitation, request.POST, now)


def _submit(invitation: Invitation, post: QueryDict, now: datetime) -> Page:
    answers, note = questions.read(questionnaire_of(invitation), post), post.get("note", "")
    if not limits.SUBMITS.count(invitation.code_hash):
        return _form(invitation, answers, note=note, errors=[_("提交次数过多，请过十分钟再试。")], status=429)
    try:
        response = answer(invitation, answers=answers, note=note, now=now)
    except AnswersRefused as refusal:
        return _form(invitation, answers, refusal.problems, note=note, errors=[str(refusal)], status=422)
    except DomainError as refusal:
        if refusal.code in GONE:
            return "gone", {"reason": refusal.code}, 410
        return _form(invitation, answers, note=note, errors=[str(refusal)], status=422)
    just_answered.remember(invitation.code_hash, dissatisfied=bool(response.dissatisfied))
    return THANKS, {}, 302


def _form(
    invitation: Invitation,
    answers: Answers,
    problems: dict[str, str] | None = None,
    *,
    note: str = "",
    errors: list[str] | None = None,
    status: int = 200,
) -> Page:
    shown = sheet(invitation, answers, problems)
    context = {
        "questionnaire": shown,
        "customer_salutation": shown.customer_salutation,
        "note": note,
        "asks_for_more": bool(note) or all(question.kind != "text" for question in shown.questions),
        "errors": errors or [],
    }
    return "page", context, status
