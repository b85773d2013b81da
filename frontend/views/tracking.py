"""Wrong data on its way to being right (客户信息跟踪): found on a call, corrected by its owner, verified by the CRC."""

from collections.abc import Callable
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

from crm.customers import actions
from crm.customers.policy import tracking as policy
from crm.customers.queries import TrackingPage
from crm.customers.queries import tracking as tracking_page
from sanfang.kernel.errors import Conflict, DomainError
from tenants.addresses import client_address
from tenants.requests import TenantRequest

LISTED_UNDER = {"open": "open", "corrected": "corrected"}
"""State of an item → the filter that lists it; whatever is not here is done."""

VERB_UNDER = {"open": "correct", "corrected": "verify"}
"""Filter → what is to be done with its items."""


@require_safe
def tracking(request: TenantRequest) -> HttpResponse:
    shown = request.GET.get("show", "open")
    return render(request, "frontend/tracking/list.html", _page(request, tracking_page(request.actor, chosen=shown)))


@require_POST
def correction(request: TenantRequest, key: UUID) -> HttpResponse:
    """What is right instead; the customer's file has it from now on."""
    item = policy.get(request.actor, key, "correct")
    value = request.POST.get("value", "")
    act = lambda: actions.correct(request.actor, item, value=value, now=timezone.now())  # noqa: E731
    return _done(request, key, act, _("已更正，等待核实。"), typed=value)


@require_POST
def call(request: TenantRequest, key: UUID) -> HttpResponse:
    """Shows the number to verify the correction on; the look is written down, and opens the verification."""
    item = policy.get(request.actor, key, "verify")
    try:
        phone = actions.call_back(request.actor, item, now=timezone.now(), address=client_address(request))
    except DomainError as refusal:
        return _row(request, key, {"refused": key, "error": str(refusal), "typed": ""}, 422)
    return _row(request, key, {"dialled": key, "phone": phone})


@require_POST
def verification(request: TenantRequest, key: UUID) -> HttpResponse:
    """The customer was reached: the corrected value is right."""
    item = policy.get(request.actor, key, "verify")
    act = lambda: actions.verify(request.actor, item, now=timezone.now())  # noqa: E731
    return _done(request, key, act, _("已核实。"))


def _done(request: TenantRequest, key: UUID, act: Callable[[], Any], said: str, typed: str = "") -> HttpResponse:
    """Answers with the row as it is now and the counts above it, or with what is wrong beside the form."""
    try:
        act()
    except DomainError as refusal:
        refused = {"refused": key, "error": str(refusal), "typed": typed}
        return _row(request, key, refused, 409 if isinstance(refusal, Conflict) else 422)
    if request.htmx:
        return trigger_client_event(_row(request, key, {}), "toast", {"value": said}, after="settle")
    messages.success(request, said)
    return redirect(f"{reverse('tracking')}?show={request.POST.get('show', 'open')}")


def _row(request: TenantRequest, key: UUID, added: dict[str, Any], status: int = 200) -> HttpResponse:
    """The row with the counts above it, for htmx; else the whole list as the reader has it filtered."""
    shown = request.POST.get("show", "open")
    if not request.htmx:
        page = _page(request, tracking_page(request.actor, chosen=shown))
        if "error" in added and all(row.id != key for row in page["items"]):
            messages.error(request, added["error"])
        return render(request, "frontend/tracking/list.html", {**page, **added}, status=status)
    state = policy.get(request.actor, key).state
    found = tracking_page(request.actor, chosen=LISTED_UNDER.get(state, "done"))
    row = next((one for one in found.items if one.id == key), None)
    if row is None:
        return HttpResponseClientRefresh()
    return render(request, "frontend/tracking/_swap.html", {**_page(request, found, shown), **added, "item": row})


def _page(request: TenantRequest, page: TrackingPage, shown: str | None = None) -> dict[str, Any]:
    """``shown``: the filter on the reader's screen, where it isn't the one that was asked for."""
    filters = [
        {
            "key": one.key,
            "url": f"?show={one.key}",
            "label": one.label,
            "count": one.count,
            "current": one.key == shown if shown else one.current,
        }
        for one in page.filters
    ]
    current = next((one["key"] for one in filters if one["current"]), "open")
    may_act = current in VERB_UNDER and policy.may(request.actor, VERB_UNDER[current])
    return {"items": page.items, "filters": filters, "shown": current, "may_act": may_act}
