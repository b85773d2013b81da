"""The search box: people, cars, screens and deeds in one list (Ctrl+K on every page of a store)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from crm.desk.queries import search as people
from crm.desk.queries import too_short
from frontend.palette import deeds, screens
from tenants.requests import TenantRequest

IN_PALETTE = 8


@require_safe
def search(request: TenantRequest) -> HttpResponse:
    """The list below the box, for what has been typed so far. Without scripts the customers' page searches."""
    text = request.GET.get("q", "")
    if not request.htmx:
        return redirect(f"{reverse('customers')}?{request.GET.urlencode()}")
    may_see = request.actor.may("customer.see")
    short = may_see and too_short(text)
    hits = people(request.actor, text, limit=IN_PALETTE) if may_see and text.strip() and not short else []
    context = {
        "text": text.strip(),
        "hits": hits,
        "screens": screens(request, text),
        "deeds": deeds(request, text),
        "short": short,
        "may_see": may_see,
    }
    return render(request, "frontend/search/_results.html", context)
