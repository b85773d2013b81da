"""Complaints with their clock: the list, each one's page, and the first word with the customer that stops it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from crm.complaints.actions import first_contact as record_first_contact
from crm.complaints.actions import reveal_mobile
from crm.complaints.policy import complaints as policy
from crm.complaints.queries import board, page
from sanfang.kernel.errors import Conflict, DomainError
from tenants.addresses import client_address
from tenants.requests import TenantRequest


@require_safe
def complaints(request: TenantRequest) -> HttpResponse:
    """What breaks first stands first."""
    return render(request, "frontend/complaints/list.html", _list(request, timezone.now()))


@require_safe
def complaint(request: TenantRequest, key: UUID) -> HttpResponse:
    """All that whoever phones the customer should know."""
    return render(request, "frontend/complaints/page.html", _page(request, key, timezone.now()))


@require_POST
def reveal(request: TenantRequest, key: UUID) -> HttpResponse:
    """Shows the number to dial; the look is written down."""
    now, found = timezone.now(), policy.get(request.actor, key, "contact")
    phone = reveal_mobile(request.actor, found, now=now, address=client_address(request))
    if request.htmx:
        return render(request, "frontend/complaints/_phone.html", {"phone": phone})
    return render(request, "frontend/complaints/page.html", {**_page(request, key, now), "phone": phone})


@require_POST
def first_contact(request: TenantRequest, key: UUID) -> HttpResponse:
    """The customer has been spoken to: answers where it was asked, on the complaint's page or in the list."""
    now, note = timezone.now(), request.POST.get("note", "")
    found = policy.get(request.actor, key, "contact")
    on_page, refused = "on_page" in request.POST, {}
    status = 200
    try:
        record_first_contact(request.actor, found, note=note, now=now)
    except DomainError as refusal:
        refused = {"refused": key, "error": str(refusal), "typed": note}
        status = 409 if isinstance(refusal, Conflict) else 422
    if refused and on_page:
        return render(request, "frontend/complaints/page.html", {**_page(request, key, now), **refused}, status=status)
    if refused:
        return _row(request, key, {**_list(request, now), **refused}, status)
    said = _("%(number)s 已登记首次联系，计时停止。") % {"number": found.number}
    if on_page or not request.htmx:
        messages.success(request, said)
        return redirect("complaint", key) if on_page else redirect("complaints")
    return trigger_client_event(_row(request, key, _list(request, now)), "toast", {"value": said}, after="settle")


def _list(request: TenantRequest, now: datetime) -> dict[str, Any]:
    found = board(request.actor, now)
    may_contact = policy.may(request.actor, "contact")
    return {"now": now, "complaints": found.complaints, "stats": found.stats, "may_contact": may_contact}


def _page(request: TenantRequest, key: UUID, now: datetime) -> dict[str, Any]:
    found = page(request.actor, key, now)
    may_see_call = found.follow_up_id and request.actor.may("callback.see")
    call_url = reverse("call", args=[found.follow_up_id]) if may_see_call else None
    return {"now": now, "page": found, "complaint": found.row, "call_url": call_url}


def _row(request: TenantRequest, key: UUID, page: dict[str, Any], status: int = 200) -> HttpResponse:
    """The one row with the figures above it, for htmx; else the whole list. An old row has left the list."""
    row = next((one for one in page["complaints"] if one.id == key), None)
    if not request.htmx:
        if row is None:
            messages.error(request, page["error"])
        return render(request, "frontend/complaints/list.html", page, status=status)
    if row is None:
        return HttpResponseClientRefresh()
    return render(request, "frontend/complaints/_swap.html", {**page, "complaint": row})
