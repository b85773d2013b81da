"""The two places where a library tells us something we must act on."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from tenants.models import Domain, Tenant
from tenants.queries import forget_tenants

SESSION_KEY = "tenant"

tenant_opened = Signal()
"""Sent with ``tenant`` inside the transaction that claims a schema: apps above may furnish it."""


@receiver(user_logged_in)
def pin_session(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """A session is good for the tenant it was opened at, and nowhere else."""
    tenant = getattr(request, "tenant", None)
    if tenant is not None:
        request.session[SESSION_KEY] = tenant.schema_name


@receiver([post_save, post_delete], sender=Tenant)
@receiver([post_save, post_delete], sender=Domain)
def tenants_changed(sender: Any, **kwargs: Any) -> None:
    forget_tenants()
    if connection.in_atomic_block:
        # Whoever asks before the commit is told what was, and remembers it.
        transaction.on_commit(forget_tenants)
