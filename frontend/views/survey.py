"""The customer's questionnaire behind a link: no sign-in, no script, one page on a phone.

The request is at the door of the main host. The code's first signs name the store; everything about the
invitation is read inside it, the page is rendered back at the door.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.store.queries import store
from crm.surveys import codes, limits, questions
from crm.surveys.actions import answer
from crm.surveys.queries import Invitation, invitation_of, questionnaire_of, sheet, state_of
from crm.surveys.questions import Answers, AnswersRefused
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.addresses import client_address
from tenants.queries import tenant_by_code

Page = tuple[str, dict[str, Any], int]
"""Template, context and status."""

GONE = {"answered", "expired"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, code: str) -> HttpResponse:
    """Unknown codes, closed stores and guessers all get the same page, which says nothing."""
    address = client_address(request) or ""
    if limits.MISSES.reached(address):
        return _unknown(request, status=429)
    page = _page(request, codes.tidied(code), timezone.now())
    if page is None:
        limits.MISSES.count(address)
        return _unknown(request, status=404)
    template, context, status = page
    return render(request, f"frontend/survey/{template}.html", context, status=status)


def _unknown(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "frontend/survey/unknown.html", status=status)


def _page(request: HttpRequest, code: str, now: datetime) -> Page | None:
    tenant = tenant_by_code(code[: codes.PREFIX]) if code else None
    if tenant is None or not tenant.is_open:
        return None
    with inside(tenant, request_id=getattr(request, "request_id", "")):
        invitation = invitation_of(code)
        if invitation is None:
            return None
        facts = store()
        template, context, status = _step(request, invitation, now)
        return template, {"store": {"name": facts.name, "phone": facts.phone}, **context}, status


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
    return "thanks", {"dissatisfied": bool(response.dissatisfied)}, 200


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
        "errors": errors or [],
    }
    return "page", context, status
