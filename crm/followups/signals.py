"""Whoever signs out has nobody on the line any more."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from crm.followups.actions import release_all
from sanfang.tenancy.context import inside
from tenants.models import Kind


@receiver(user_logged_out)
def give_customers_back(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    actor, tenant = getattr(request, "actor", None), getattr(request, "tenant", None)
    if actor is not None and tenant is not None and tenant.kind == Kind.DEALER:
        with inside(tenant, actor=str(actor.staff_id)):
            release_all(actor)
