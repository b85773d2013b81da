"""The first page: wherever this person's work is."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from frontend.navigation import home_of
from tenants.queries import open_tenants


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect(home_of(request))


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The main host, for anybody. Which stores exist is told in development only."""
    if getattr(request, "actor", None):
        return redirect(home_of(request))
    hosts = open_tenants() if getattr(settings, "DEVELOPMENT", False) else []
    return render(request, "frontend/public/landing.html", {"hosts": hosts})
