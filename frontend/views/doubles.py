"""Customers who stand in the store's files twice: the list of pairs, one pair side by side, and what was decided."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.doubles import actions, queries
from sanfang.kernel.errors import Conflict, DomainError
from tenants.requests import TenantRequest


@require_safe
def doubles(request: TenantRequest) -> HttpResponse:
    """``?show=decided``: merged, taken apart and known to be two."""
    request.actor.require("customer.merge")
    show = "decided" if request.GET.get("show") == "decided" else "waiting"
    rows, many = queries.waiting(request.actor)
    if show == "decided":
        rows = queries.decided(request.actor)
    here = reverse("doubles")
    filters = [
        {"label": _("待查看"), "count": many, "url": here, "current": show == "waiting"},
        {"label": _("已处理"), "count": None, "url": f"{here}?show=decided", "current": show == "decided"},
    ]
    context = {"rows": rows, "show": show, "waiting": many, "filters": filters}
    return render(request, "frontend/doubles/list.html", context)


@require_safe
def double(request: TenantRequest, key: UUID) -> HttpResponse:
    page = queries.page(request.actor, key)
    if page.pair.state != "found" or len(page.pair.sides) < 2:
        return redirect(f"{reverse('doubles')}?show=decided")
    return _page(request, page)


@require_POST
def merge(request: TenantRequest, key: UUID) -> HttpResponse:
    pair = queries.get(request.actor, key)
    sides = {"first": pair.first, "second": pair.second}
    keep = sides.get(request.POST.get("keep", ""))
    chosen = {
        name: sides[request.POST[f"field-{name}"]]
        for name in queries.LABELS
        if request.POST.get(f"field-{name}") in sides
    }
    try:
        if keep is None:
            raise DomainError(_("请选择保留哪一份档案。"), code="keep", field="keep")
        actions.merge(request.actor, pair, keep=keep, chosen=chosen, now=timezone.now())
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("doubles")
    except DomainError as refusal:
        return _page(request, queries.page(request.actor, key), error=str(refusal), status=422)
    messages.success(request, _("已合并。单据、回访、投诉都在保留的档案里；可以在“已处理”里拆开。"))
    return _on(queries.next_after(request.actor, key))


@require_POST
def different(request: TenantRequest, key: UUID) -> HttpResponse:
    pair = queries.get(request.actor, key)
    try:
        actions.set_apart(request.actor, pair, now=timezone.now())
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("doubles")
    messages.success(request, _("已记下是两个人，以后不再列出。"))
    return _on(queries.next_after(request.actor, key))


@require_POST
def apart(request: TenantRequest, key: UUID) -> HttpResponse:
    """Two again. What has changed since stays with the one who was kept, and is said."""
    pair = queries.get(request.actor, key)
    try:
        found = actions.take_apart(request.actor, pair, now=timezone.now())
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        if stays := sum(found.stays.values()):
            told = _("已拆开。合并之后改过的 %(stays)d 处没有改回，留在当时保留的档案里。") % {"stays": stays}
            messages.warning(request, told)
        else:
            messages.success(request, _("已拆开，两份档案都回到合并前。"))
    return redirect(f"{reverse('doubles')}?show=decided")


@require_POST
def look(request: TenantRequest) -> HttpResponse:
    actions.look_now(request.actor)
    messages.success(request, _("正在查找，几秒后刷新页面查看。"))
    return redirect("doubles")


def _on(after: UUID | None) -> HttpResponseRedirect:
    """To the next pair; to the list when there is none."""
    return HttpResponseRedirect(reverse("double", args=[after]) if after else reverse("doubles"))


def _page(request: TenantRequest, page: queries.PairPage, *, error: str = "", status: int = 200) -> HttpResponse:
    first, second = page.pair.sides
    keep = "first" if first.documents >= second.documents else "second"
    context: dict[str, Any] = {
        "pair": page.pair,
        "sides": [("first", first), ("second", second)],
        "keep": request.POST.get("keep", keep),
        "choices": page.choices,
        "position": page.position,
        "waiting": page.waiting,
        "next_url": reverse("double", args=[page.next]) if page.next else None,
        "error": error,
    }
    return render(request, "frontend/doubles/pair.html", context, status=status)
