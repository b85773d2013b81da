"""Who may work here, and taking that away."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.team.actions import hand_over
from crm.team.queries import callers, open_work_of
from sanfang.kernel.errors import Forbidden, NotFound
from tenants.actions import end_membership
from tenants.models import Kind
from tenants.policy import may_remove
from tenants.queries import Member, members
from tenants.requests import TenantRequest


@require_safe
def staff(request: TenantRequest) -> HttpResponse:
    request.actor.require("staff.see")
    rows = [_row(request, member) for member in members(request.tenant)]
    return render(request, "frontend/staff/list.html", {"members": rows})


@require_http_methods(["GET", "POST"])
def removal(request: TenantRequest, key: UUID) -> HttpResponse:
    request.actor.require("staff.manage")
    member = next((one for one in members(request.tenant) if one.id == key), None)
    if member is None:
        raise NotFound(f"member {key}")
    if not may_remove(request.actor.role, member.role):
        raise Forbidden(f"remove member {key}")
    now = timezone.now()
    # Groups and car makers have nobody who makes calls.
    may_hand_over = request.tenant.kind == Kind.DEALER and request.actor.may("team.manage")
    calls = open_work_of(key) if may_hand_over else 0
    if request.method == "POST":
        with transaction.atomic():
            end_membership(request.actor, request.tenant, key, now)
            if may_hand_over:
                hand_over(request.actor, key, _heirs(request), now=now)
        messages.success(request, _("%(name)s 已移除，立即退出登录。") % {"name": member.name})
        return redirect("staff")
    heirs = [person for person, _here in callers(now) if person.pk != key] if calls else []
    return render(request, "frontend/staff/remove.html", {"member": member, "open_work": calls, "heirs": heirs})


def _heirs(request: TenantRequest) -> list[UUID]:
    """To whom the leaver's calls go; to everybody where nobody was chosen."""
    try:
        return [UUID(one) for one in request.POST.getlist("to")]
    except ValueError as fault:
        raise NotFound("caller") from fault


def _row(request: TenantRequest, member: Member) -> dict[str, Any]:
    own = member.id == request.actor.staff_id
    removable = may_remove(request.actor.role, member.role) and not own
    remove_url = reverse("staff-removal", args=[member.id]) if removable else None
    return {**asdict(member), "is_self": own, "remove_url": remove_url}
