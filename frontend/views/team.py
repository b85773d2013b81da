"""The manager's board: how far everybody is, whose work goes to whom, who stands in for whom."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.team import actions
from crm.team.policy import deputies as policy
from crm.team.queries import GROUPS, board, callers, deputy_page, work_of
from sanfang.kernel.errors import Conflict, DomainError, NotFound
from tenants.requests import TenantRequest

EVERYBODY = "everybody"
"""In the form: the calls are nobody's in particular again."""
MOST_CALLS = 2000
"""Calls handed over in one go; more boxes than that nobody ticks."""


@require_safe
def team(request: TenantRequest) -> HttpResponse:
    """Asked again by itself every half a minute; then only the figures are answered."""
    now = timezone.now()
    page = {"now": now, "board": board(request.actor, now=now), "may_manage": policy.may(request.actor, "make")}
    template = "frontend/team/_board.html" if request.htmx else "frontend/team/board.html"
    return render(request, template, page)


@require_safe
def work(request: TenantRequest, key: UUID | None = None) -> HttpResponse:
    """The open calls that one person has to make, or those that are nobody's in particular, to be handed over."""
    return render(request, "frontend/team/work.html", _work(request, key, request.GET.get("group", "")))


@require_POST
def assignment(request: TenantRequest) -> HttpResponse:
    """The ticked calls go to the people named; to nobody in particular when that was chosen."""
    group, of = request.POST.get("group", ""), request.POST.get("of", "")
    policy.require(request.actor, "make")
    key = _key(of, "", "of") if of else None
    try:
        said = actions.assign(request.actor, _calls(request), _people(request), now=timezone.now())
    except DomainError as refusal:
        page = _work(request, key, group) | {"error": str(refusal), "ticked": request.POST.getlist("call")}
        return render(request, "frontend/team/work.html", page, status=_status(refusal))
    messages.success(request, said)
    return redirect(_address(key, group))


@require_safe
def deputies(request: TenantRequest) -> HttpResponse:
    return render(request, "frontend/team/deputies.html", _deputies(request))


@require_POST
def appointment(request: TenantRequest) -> HttpResponse:
    """Somebody stands in for somebody, for a period."""
    policy.require(request.actor, "make")
    typed = request.POST
    try:
        actions.appoint(
            request.actor,
            absent=_key(typed.get("absent"), _("请选择谁不在岗。"), "absent"),
            deputy=_key(typed.get("deputy"), _("请选择代理人。"), "deputy"),
            first=_day(typed.get("first"), "first"),
            last=_day(typed.get("last"), "last"),
            reason=typed.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as refusal:
        page = _deputies(request) | {"error": str(refusal), "field": refusal.field, "typed": typed}
        return render(request, "frontend/team/deputies.html", page, status=_status(refusal))
    messages.success(request, _("代理已登记，到期自动结束。"))
    return redirect("team-deputies")


@require_POST
def ending(request: TenantRequest, key: UUID) -> HttpResponse:
    """Back earlier than planned."""
    try:
        actions.end(request.actor, policy.get(request.actor, key, "end"), now=timezone.now())
    except DomainError as refusal:
        page = _deputies(request) | {"error": str(refusal)}
        return render(request, "frontend/team/deputies.html", page, status=_status(refusal))
    messages.success(request, _("代理已结束，工作回到本人。"))
    return redirect("team-deputies")


def _work(request: TenantRequest, key: UUID | None, group: str) -> dict[str, Any]:
    now = timezone.now()
    policy.require(request.actor, "see")
    people = callers(now)
    if (group and group not in GROUPS) or (key and key not in {person.pk for person, _here in people}):
        raise NotFound(f"work of {key} {group}")
    calls, count = work_of(request.actor, key, group=group, now=now)
    filters = [("", _("全部")), *GROUPS.items()]
    return {
        "now": now,
        "key": key,
        "group": group,
        "filters": [
            {"label": label, "current": one == group, "url": _address(key, one), "key": one} for one, label in filters
        ],
        "calls": calls,
        "count": count,
        "person": next((person for person, _here in people if person.pk == key), None),
        "people": people,
        "may_manage": policy.may(request.actor, "make"),
    }


def _address(key: UUID | None, group: str) -> str:
    path = reverse("team-work", args=[key]) if key else reverse("team-shared")
    return f"{path}?group={group}" if group else path


def _deputies(request: TenantRequest) -> dict[str, Any]:
    now: datetime = timezone.now()
    return {
        "now": now,
        "rows": deputy_page(request.actor, now=now),
        "people": [person for person, _here in callers(now)],
        "may_manage": policy.may(request.actor, "make"),
        "today": timezone.localdate(now),
        "typed": {},
    }


def _calls(request: TenantRequest) -> list[UUID]:
    ticked = request.POST.getlist("call")
    if not ticked:
        raise DomainError(_("请先勾选要改派的回访。"), code="nothing_ticked", field="call")
    if len(ticked) > MOST_CALLS:
        raise DomainError(_("一次最多改派 %(most)d 个回访。") % {"most": MOST_CALLS}, code="too_many", field="call")
    return [_key(one, _("页面已过期，请刷新后再选。"), "call") for one in ticked]


def _people(request: TenantRequest) -> list[UUID]:
    chosen = request.POST.getlist("to")
    if not chosen:
        raise DomainError(_("请选择改派给谁。"), code="nobody", field="to")
    if EVERYBODY in chosen:
        return []
    return [_key(one, _("请选择改派给谁。"), "to") for one in chosen]


def _key(text: str | None, missing: str, field: str) -> UUID:
    try:
        return UUID(text or "")
    except ValueError as fault:
        raise DomainError(missing, code="missing", field=field) from fault


def _day(text: str | None, field: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError as fault:
        raise DomainError(_("请填写日期。"), code="no_day", field=field) from fault


def _status(refusal: DomainError) -> int:
    return 409 if isinstance(refusal, Conflict) else 422
