"""The KPI panel, one KPI, and the records behind a figure: three pages about the same month, person and rule."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.reports.listing import Line
from crm.reports.queries import kpi_page, panel, record_page
from sanfang.standards.kpis import kpis as definitions
from tenants.requests import TenantRequest

PAGES = {"call": "call", "complaint": "complaint", "check": "check"}
"""Kinds of records that have a page of their own, and what it is called."""
CAPABILITIES = {"call": "callback.see", "complaint": "complaint.see", "check": "check.see"}


@require_safe
def kpis(request: TenantRequest) -> HttpResponse:
    page = {"panel": panel(request.actor, now=timezone.now(), **_asked(request)), "here": request.path}
    return render(request, "frontend/kpis/panel.html", page)


@require_safe
def kpi(request: TenantRequest) -> HttpResponse:
    page = {"page": kpi_page(request.actor, _key(request), now=timezone.now(), **_asked(request)), "here": request.path}
    return render(request, "frontend/kpis/page.html", page | {"kpi_part": f"&kpi={_key(request)}"})


@require_safe
def records(request: TenantRequest) -> HttpResponse:
    number = request.GET.get("page", "1")
    page = record_page(
        request.actor,
        _key(request),
        now=timezone.now(),
        missed="missed" in request.GET,
        page=int(number) if number.isdecimal() and len(number) < 6 else 1,
        **_asked(request),
    )
    rows = [(line, _address(request, line)) for line in page.lines]
    shown = {"page": page, "rows": rows, "here": request.path, "kpi_part": f"&kpi={page.kpi.id}"}
    return render(request, "frontend/kpis/records.html", shown)


def _key(request: TenantRequest) -> str:
    return str(request.GET.get("kpi") or next(iter(definitions())))


def _asked(request: TenantRequest) -> dict[str, Any]:
    return {name: request.GET.get(name, "") for name in ("month", "staff", "rule")}


def _address(request: TenantRequest, line: Line) -> str:
    name = PAGES.get(line.route)
    if name is None or line.target is None or not request.actor.may(CAPABILITIES[name]):
        return ""
    return reverse(name, args=[line.target])
