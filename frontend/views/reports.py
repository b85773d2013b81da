"""Daily callback reports, their months, and taking them along."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.reports import actions, daily
from crm.reports.policy import DAILY, EXPORT, REVEAL
from crm.reports.queries import read_month
from crm.store.queries import store
from sanfang.kernel.errors import DomainError, NotFound
from tenants.addresses import client_address
from tenants.requests import TenantRequest

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def reports(request: TenantRequest) -> HttpResponse:
    """Every call that was tried on a day."""
    return render(request, "frontend/reports/day.html", _day_page(request, request.GET))


@require_safe
def month(request: TenantRequest) -> HttpResponse:
    now, kind = timezone.now(), _kind(request, request.GET)
    report = daily.monthly(request.actor, kind, read_month(request.GET.get("month", ""), store(), now), now=now)
    later = report.month.moved(1) if report.month < report.present else None
    page = {"now": now, "report": report, "earlier": report.month.moved(-1), "later": later}
    return render(request, "frontend/reports/month.html", page | _common(request, kind))


@require_POST
def export(request: TenantRequest) -> HttpResponse:
    """The same report as a workbook; that it was taken is written down."""
    asked, now = request.POST, timezone.now()
    request.actor.require(EXPORT)
    kind = _kind(request, asked)
    if asked.get("month"):
        wanted = read_month(asked.get("month", ""), store(), now)
        return _file(*actions.export_month(request.actor, kind, wanted, now=now), kind)
    try:
        name, content = actions.export_day(
            request.actor,
            kind,
            _day(asked.get("day")),
            full="full" in asked,
            reason=asked.get("reason", ""),
            now=now,
            address=client_address(request),
        )
    except DomainError as refusal:
        page = _day_page(request, asked) | {"error": str(refusal)}
        return render(request, "frontend/reports/day.html", page, status=422)
    return _file(name, content, kind)


def _day_page(request: TenantRequest, asked: Any) -> dict[str, Any]:
    now: datetime = timezone.now()
    kind = _kind(request, asked)
    report = daily.daily(request.actor, kind, _day(asked.get("day")), now=now)
    return {
        "now": now,
        "report": report,
        "earlier": report.day - timedelta(days=1),
        "later": report.day + timedelta(days=1) if report.day < report.today else None,
        "month": f"{report.day:%Y-%m}",
        "may_open_calls": request.actor.may("callback.see"),
        **_common(request, kind),
    }


def _common(request: TenantRequest, kind: str) -> dict[str, Any]:
    titles = {"sales": _("销售回访"), "service": _("维修回访")}
    return {
        "kind": kind,
        "kinds": [{"key": one, "label": titles[one], "current": one == kind} for one in daily.kinds(request.actor)],
        "title": titles[kind],
        "may_export": request.actor.may(EXPORT),
        "may_reveal": request.actor.may(REVEAL),
    }


def _kind(request: TenantRequest, asked: Any) -> str:
    """The one that was asked for, else the first that this person may see."""
    mine = daily.kinds(request.actor)
    kind = asked.get("kind") or mine[0]
    if kind not in DAILY:
        raise NotFound(f"report {kind}")
    daily.require(request.actor, kind)
    return str(kind)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _file(name: str, content: bytes, kind: str) -> HttpResponse:
    words = {"sales": _("销售回访日报"), "service": _("维修回访日报")}[kind]
    own = name.split("-", 1)[1]
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(f'{words} {own}')}"
    return answer
