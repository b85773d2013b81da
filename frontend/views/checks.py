"""Checks of calls: drawing them, reading what was written down, judging; and one's own results."""

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

from crm.checks import actions
from crm.checks.policy import checks as policy
from crm.checks.queries import one, page
from crm.reports.queries import Month, month_of, read_month
from crm.store.queries import store
from sanfang.kernel.errors import DomainError
from tenants.requests import TenantRequest

ANSWERS = {"yes": True, "no": False}
"""Anything else: it didn't come up."""


@require_safe
def checks(request: TenantRequest) -> HttpResponse:
    return render(request, "frontend/checks/list.html", _list(request, request.GET.get("month", "")))


@require_POST
def drawing(request: TenantRequest) -> HttpResponse:
    """Calls drawn by lot. Without a seed the month is the seed, so the usual draw is the same for everybody."""
    policy.require(request.actor, "draw")
    asked, now = request.POST, timezone.now()
    month = read_month(asked.get("month", ""), store(), now)
    try:
        new = actions.draw(
            request.actor,
            month=month.first,
            each=_number(asked.get("each"), 0),
            seed=_number(asked.get("seed"), -1) if asked.get("seed") else usual_seed(month),
            now=now,
        )
    except DomainError as refusal:
        page = _list(request, month.key) | {"error": str(refusal), "typed": asked}
        return render(request, "frontend/checks/list.html", page, status=422)
    said = _("新抽到 %(count)d 个通话。") % {"count": new} if new else _("没有新的通话：这次抽签以前抽过。")
    messages.success(request, said)
    return redirect(f"{reverse('checks')}?month={month.key}")


@require_safe
def check(request: TenantRequest, key: UUID) -> HttpResponse:
    found = one(request.actor, key)
    if request.method == "GET":
        actions.see(request.actor, policy.get(request.actor, key), now=timezone.now())
    return render(request, "frontend/checks/page.html", _page(request, found))


@require_POST
def result(request: TenantRequest, key: UUID) -> HttpResponse:
    """What the check found."""
    found = policy.get(request.actor, key, "record")
    points = {name[2:]: ANSWERS.get(str(value)) for name, value in request.POST.items() if name.startswith("p-")}
    typed = {"comment": request.POST.get("comment", ""), "recording": request.POST.get("recording", "")}
    try:
        actions.record(request.actor, found, points=points, now=timezone.now(), **typed)
    except DomainError as refusal:
        shown = _page(request, one(request.actor, key)) | {"error": str(refusal), "typed": typed, "chosen": points}
        return render(request, "frontend/checks/page.html", shown, status=422)
    messages.success(request, _("抽检结果已保存，专员可以看到。"))
    return redirect(f"{reverse('checks')}?month={found.drawn_of:%Y-%m}")


def usual_seed(month: Month) -> int:
    return month.first.year * 100 + month.first.month


def _list(request: TenantRequest, asked: str) -> dict[str, Any]:
    policy.require(request.actor, "see")
    now: datetime = timezone.now()
    place = store()
    month = read_month(asked, place, now)
    return {
        "now": now,
        "month": month,
        "later": month.moved(1) if month < month_of(place, now) else None,
        "earlier": month.moved(-1),
        "page": page(request.actor, month.first),
        "may_check": policy.may(request.actor, "draw"),
        "usual_seed": usual_seed(month),
        "most": actions.MOST_EACH,
        "typed": {},
    }


def _page(request: TenantRequest, found: Any) -> dict[str, Any]:
    may_check = policy.may(request.actor, "record") and not found.own
    return {"now": timezone.now(), "page": found, "may_check": may_check, "typed": {}, "chosen": None}


def _number(text: str | None, missing: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) <= 10 else missing
