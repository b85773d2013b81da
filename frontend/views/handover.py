"""Asking a colleague for the customer they have in hand, and answering; both pages show it within seconds."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from crm.desk import actions
from crm.desk.policy import handovers as policy
from crm.desk.queries import mine, to_answer
from crm.followups import queries
from sanfang.kernel.errors import Conflict
from tenants.requests import TenantRequest


@require_safe
def waiting(request: TenantRequest) -> HttpResponse:
    """Who asks for a customer that one has in hand: fetched by the workbench now and then."""
    policy.require(request.actor, "see")
    return _waiting(request)


@require_POST
def ask(request: TenantRequest, key: UUID) -> HttpResponse:
    call = queries.get(request.actor, key)
    try:
        actions.ask(request.actor, follow_up_id=call.pk, customer_id=call.customer_id, now=timezone.now())
    except Conflict:
        return _free(request, key)
    return _state(request, key) if request.htmx else redirect("call", key)


@require_safe
def state(request: TenantRequest, key: UUID) -> HttpResponse:
    """Whether it has been answered. Once the customer is free or one's own, the page is fetched anew."""
    policy.require(request.actor, "see")
    return _state(request, key)


def _state(request: TenantRequest, key: UUID) -> HttpResponse:
    now = timezone.now()
    call = queries.get(request.actor, key)
    holder = queries.holder_of(call.customer_id, now)
    if holder is None or holder == request.actor.staff_id:
        return _free(request, key)
    asked = mine(request.actor, call.customer_id)
    context = {"call_id": key, "asked": asked, "now": now}
    return render(request, "frontend/workbench/_asked.html", context)


@require_POST
def answer(request: TenantRequest, key: UUID) -> HttpResponse:
    """Who gives a customer away goes on with the queue."""
    asked = policy.get(request.actor, key, "answer")
    accept = request.POST.get("answer") == "yes"
    actions.answer(request.actor, asked, accept=accept, now=timezone.now())
    if accept:
        onwards = reverse("workbench")
        return HttpResponseClientRedirect(onwards) if request.htmx else redirect(onwards)
    return _waiting(request) if request.htmx else redirect("workbench")


def _waiting(request: TenantRequest) -> HttpResponse:
    now = timezone.now()
    context = {"requests": to_answer(request.actor, now), "now": now}
    return render(request, "frontend/workbench/_handovers.html", context)


def _free(request: TenantRequest, key: UUID) -> HttpResponse:
    return HttpResponseClientRefresh() if request.htmx else redirect("call", key)
