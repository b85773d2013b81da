"""Complaints with their clock, and the first word with the customer that stops it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from crm.complaints.actions import first_contact as record_first_contact
from crm.complaints.policy import complaints as policy
from crm.complaints.queries import board
from sanfang.kernel.errors import Conflict, DomainError
from tenants.requests import TenantRequest


@require_safe
def complaints(request: TenantRequest) -> HttpResponse:
    """What breaks first stands first."""
    return render(request, "frontend/complaints/list.html", _page(request, timezone.now()))


@require_POST
def first_contact(request: TenantRequest, key: UUID) -> HttpResponse:
    """The customer has been spoken to: answers with the row, its clock stopped."""
    now, note = timezone.now(), request.POST.get("note", "")
    complaint = policy.get(request.actor, key, "contact")
    try:
        record_first_contact(request.actor, complaint, note=note, now=now)
    except DomainError as refusal:
        refused = {"refused": key, "error": str(refusal), "typed": note}
        return _answer(request, key, {**_page(request, now), **refused}, 409 if isinstance(refusal, Conflict) else 422)
    said = _("%(number)s 已登记首次联系，计时停止。") % {"number": complaint.number}
    if not request.htmx:
        messages.success(request, said)
        return redirect("complaints")
    return trigger_client_event(_answer(request, key, _page(request, now)), "toast", {"value": said}, after="settle")


def _page(request: TenantRequest, now: datetime) -> dict[str, Any]:
    found = board(request.actor, now)
    may_contact = policy.may(request.actor, "contact")
    return {"now": now, "complaints": found.complaints, "stats": found.stats, "may_contact": may_contact}


def _answer(request: TenantRequest, key: UUID, page: dict[str, Any], status: int = 200) -> HttpResponse:
    """The one row with the figures above it, for htmx; else the whole page. An old row has left the list."""
    row = next((one for one in page["complaints"] if one.id == key), None)
    if not request.htmx:
        if row is None:
            messages.error(request, page["error"])
        return render(request, "frontend/complaints/list.html", page, status=status)
    if row is None:
        return HttpResponseClientRefresh()
    return render(request, "frontend/complaints/_swap.html", {**page, "complaint": row})
