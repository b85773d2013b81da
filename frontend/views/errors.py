"""Refusals that Django and django-axes hand to us."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open for too long, or the person signed in again elsewhere: nothing was done."""
    return render(request, "403_csrf.html", status=403)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many wrong passwords for this account from this address."""
    return render(request, "account/lockout.html", status=429)
