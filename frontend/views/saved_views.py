"""Views of the queue under a name, and what is done with many calls at once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.desk import actions
from crm.desk.policy import saved_views as policy
from crm.followups.actions import assign
from crm.followups.policy import callbacks
from crm.team.queries import callers
from frontend.looking import of_form
from sanfang.kernel.errors import DomainError
from tenants.requests import TenantRequest

EVERYBODY = "everybody"
DEEDS: dict[str, dict[str, Any]] = {
    "lock": {"locked": True},
    "unlock": {"locked": False},
    "share": {"shared": True},
    "keep": {"shared": False},
}


@require_POST
def save(request: TenantRequest) -> HttpResponse:
    view = actions.save(
        request.actor,
        name=request.POST.get("name", ""),
        selection=of_form(request.POST),
        shared=request.POST.get("shared") == "on",
        now=timezone.now(),
    )
    messages.success(request, _("已保存视图“%(name)s”。") % {"name": view.name})
    return redirect(f"{reverse('workbench')}?view={view.pk}")


@require_POST
def change(request: TenantRequest, key: UUID) -> HttpResponse:
    view, deed = policy.get(request.actor, key), request.POST.get("do", "")
    if deed == "delete":
        actions.forget(request.actor, view, now=timezone.now())
        return redirect("workbench")
    if deed not in DEEDS:
        raise DomainError(_("没有这样的操作，请刷新页面。"), code="unknown")
    actions.change(request.actor, view, now=timezone.now(), **DEEDS[deed])
    return redirect(f"{reverse('workbench')}?view={view.pk}")


@require_safe
def bulk(request: TenantRequest) -> HttpResponse:
    """The bar below the queue's head, fetched when somebody begins to tick calls."""
    callbacks.require(request.actor, "assign")
    return render(request, "frontend/workbench/_bulk.html", {"people": callers(timezone.now())})


@require_POST
def assignment(request: TenantRequest) -> HttpResponse:
    """The ticked calls are somebody else's work; the queue is shown again as it was looked at."""
    callbacks.require(request.actor, "assign")
    calls, to = _keys(request.POST.getlist("call")), request.POST.get("to", "")
    people = [] if to == EVERYBODY else _keys([to])
    if not calls or (to != EVERYBODY and not people):
        raise DomainError(_("请先勾选回访，并选择转给谁。"), code="nothing_chosen")
    done = assign(request.actor, calls, people, now=timezone.now())
    words = ngettext("已转 %(n)d 个回访。", "已转 %(n)d 个回访。", done.moved) % {"n": done.moved}
    if done.in_hand:
        words += _("其中 %(n)d 个正在通话，没有转。") % {"n": done.in_hand}
    messages.success(request, words)
    back = request.POST.get("back", "")
    return redirect(reverse("workbench") + (back if back.startswith("?") else ""))


def _keys(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
