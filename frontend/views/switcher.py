"""Between one's own stores: leaving here with a ticket, arriving there with it (tenants.handover)."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from frontend.context import SHORTCUTS_COOKIE, THEME_COOKIE
from frontend.views.preferences import keep
from sanfang.kernel.errors import DomainError
from tenants import handover


@never_cache
@require_POST
def departure(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login("/")
    luggage = {name: request.COOKIES[name] for name in (THEME_COOKIE, SHORTCUTS_COOKIE) if name in request.COOKIES}
    luggage[settings.LANGUAGE_COOKIE_NAME] = get_language() or ""
    return _unreferred(HttpResponseRedirect(handover.depart(request, request.POST.get("tenant", ""), luggage)))


@never_cache
@require_GET
def arrival(request: HttpRequest) -> HttpResponse:
    """Whatever the address says, it leads to this host's first page or to signing in."""
    try:
        luggage = handover.arrive(request, request.GET.get("ticket", ""))
    except DomainError as refusal:
        if handover.is_at_work_here(request, request.GET.get("ticket", "")):
            return _unreferred(redirect("/"))
        messages.error(request, str(refusal))
        return _unreferred(redirect("account_login"))
    return _unreferred(keep(redirect("/"), request, luggage))


def _unreferred(response: HttpResponse) -> HttpResponse:
    """No page learns the ticket from where its reader came."""
    response["Referrer-Policy"] = "no-referrer"
    return response
