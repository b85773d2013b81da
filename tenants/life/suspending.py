"""Closing a tenant to its people for a while, and opening it again; its data stay as they are."""

from django.db import transaction

from sanfang.tenancy.context import door
from tenants.life.models import Deed
from tenants.life.work import alone_with, deed, end, refuse_unless
from tenants.models import State, Tenant


def suspend(tenant: Tenant, *, by: str = "", dry_run: bool = False) -> None:
    """Until :func:`resume` nobody comes in. Refused while somebody does something with the tenant as a whole."""
    _move(tenant, "suspend", State.READY, State.SUSPENDED, by, dry_run)


def resume(tenant: Tenant, *, by: str = "", dry_run: bool = False) -> None:
    _move(tenant, "resume", State.SUSPENDED, State.READY, by, dry_run)


def _move(tenant: Tenant, verb: str, source: State, target: State, by: str, dry_run: bool) -> None:
    with alone_with(tenant, look_only=dry_run):
        refuse_unless(tenant, source)
        if dry_run:
            return
        with deed(tenant, verb, by) as row, door(), transaction.atomic():
            Tenant.objects.filter(pk=tenant.pk).update(state=target)
            end(row, Deed.Outcome.DONE)
        tenant.state = target
