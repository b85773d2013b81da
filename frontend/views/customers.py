"""Customers: finding them, and one customer's file on one page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.customers import actions
from crm.customers.models import Gender
from crm.customers.policy import customers as policy
from crm.desk import queries
from crm.vehicles.queries import cars_of, responsible
from sanfang.kernel.errors import DomainError
from tenants.addresses import client_address
from tenants.requests import TenantRequest

LISTED = 50


@require_safe
def customers(request: TenantRequest) -> HttpResponse:
    """Whoever fits what was typed; the address keeps it."""
    request.actor.require("customer.see")
    text = request.GET.get("q", "").strip()
    short = queries.too_short(text)
    hits = queries.search(request.actor, text, limit=LISTED) if text and not short else []
    context = {"text": text, "hits": hits, "short": short, "cut": len(hits) == LISTED, "most": LISTED}
    return render(request, "frontend/customers/list.html", context)


@require_safe
def customer(request: TenantRequest, key: UUID) -> HttpResponse:
    return _page(request, key)


@require_POST
def reveal(request: TenantRequest, key: UUID) -> HttpResponse:
    """Shows the number in clear; the look is written down first."""
    found = policy.get(request.actor, key, "reveal")
    try:
        phone = actions.reveal_mobile(request.actor, found, now=timezone.now(), address=client_address(request))
    except DomainError as refusal:
        return _page(request, key, error=str(refusal), status=422)
    if request.htmx:
        return render(request, "frontend/customers/_phone.html", {"phone": phone})
    return _page(request, key, phone=phone)


@require_POST
def editing(request: TenantRequest, key: UUID) -> HttpResponse:
    """One field of the file, put right in its place."""
    found = policy.get(request.actor, key, "edit")
    field, value = request.POST.get("field", ""), request.POST.get("value", "")
    try:
        actions.edit(
            request.actor, found, field=field, value=value, seen=request.POST.get("seen", ""), now=timezone.now()
        )
    except DomainError as refusal:
        return _page(request, key, refused=field, typed=value, error=str(refusal), status=422)
    messages.success(request, _("已保存。"))
    return redirect("customer", key)


@require_POST
def report(request: TenantRequest, key: UUID) -> HttpResponse:
    """Name, number or owner is wrong: it goes to whoever knows the customer, and then back to be verified."""
    found = policy.get(request.actor, key, "report")
    car = next(iter(cars_of([found.pk]).get(found.pk, [])), None)
    try:
        actions.report_wrong(
            request.actor,
            found,
            field=request.POST.get("field", ""),
            note=request.POST.get("note", ""),
            owner=responsible(car.pk) if car else None,
            vehicle=car,
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _page(request, key, refused="report", typed=request.POST.get("note", ""), error=str(refusal), status=422)
    messages.success(request, _("已登记客户信息跟踪，更正以后请核实。"))
    return redirect("customer", key)


def _page(request: TenantRequest, key: UUID, status: int = 200, **more: Any) -> HttpResponse:
    file = queries.file_of(request.actor, key, now=timezone.now())
    actor, one = request.actor, file.customer
    context = {
        "file": file,
        "customer": one,
        "facts": _facts(one, policy.may(actor, "edit")),
        "may_reveal": policy.may(actor, "reveal") and file.phone_masked,
        "may_report": policy.may(actor, "report"),
        "may_call": actor.may("callback.see"),
        "may_track": actor.may("tracking.see"),
        "genders": Gender.choices,
        **more,
    }
    return render(request, "frontend/customers/page.html", context, status=status)


def _facts(one: Any, may_edit: bool) -> list[dict[str, Any]]:
    """The file's fields as they stand; ``kind`` is of the field in which it is edited, empty where it isn't."""

    def fact(field: str, kind: str, shown: Any = None) -> dict[str, Any]:
        value = getattr(one, field)
        plain = value.isoformat() if hasattr(value, "isoformat") else str(value or "")
        meta = one._meta.get_field(field)
        return {
            "field": field,
            "label": meta.verbose_name,
            "value": plain,
            "shown": plain if shown is None else shown,
            "kind": kind if may_edit else "",
            "most": getattr(meta, "max_length", None) or 20,
        }

    return [
        fact("number", ""),
        fact("form_of_address", "text"),
        fact("gender", "choice", one.get_gender_display()),
        fact("birthday", "date"),
        fact("landline", "", queries.masked(one.landline)),
        fact("address", "text"),
    ]
