"""Doing something with a whole tenant: alone, written down, and behind closed doors where it must be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life.models import Deed
from tenants.models import Kind, State, Tenant
from tenants.queries import forget_tenants

Heard = Callable[[str, int, int], None]
"""Told what was just done, which number it has, and of how many."""

OPEN_OR_SUSPENDED = (State.READY, State.SUSPENDED)


class AtWork(DomainError):
    """Somebody else does something with this very tenant at the moment."""


def throwaway() -> Any:
    """A connection of its own with the provisioner's login, in no role yet. Close it."""
    provisioner: Any = connections["provisioner"]
    raw = provisioner.get_new_connection(provisioner.get_connection_params())
    raw.autocommit = True
    return raw


@contextmanager
def alone_with(tenant: Tenant) -> Iterator[None]:
    """Nobody else does anything with ``tenant`` as a whole. Raises :class:`AtWork`.

    What somebody left who died at it is put in order first. The lock's connection is its own: those that the work
    is done on may be closed meanwhile.
    """
    with throwaway() as raw:
        taken = raw.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"life {tenant.schema_name}"])
        if not taken.fetchone()[0]:
            raise AtWork(_("“%(slug)s”正在进行另一项操作，请稍后再试。") % {"slug": tenant.slug}, code="at_work")
        pick_up(tenant)
        tenant.refresh_from_db()
        yield


def pick_up(tenant: Tenant) -> None:
    """Ends what somebody began who died. Only for whoever holds the tenant's lock."""
    from tenants.life import restoring

    for deed in Deed.objects.filter(tenant=tenant, outcome=Deed.Outcome.AT_WORK).order_by("pk"):
        if deed.verb == "restore":
            with suppress(DomainError):  # it couldn't be led to its end, and is what it was before
                restoring.finish(tenant, deed.details["stamp"])
        _end(deed, Deed.Outcome.CUT_OFF)


def refuse_unless(tenant: Tenant, *states: State) -> None:
    if tenant.kind == Kind.PUBLIC or tenant.state not in states:
        raise DomainError(
            _("租户当前状态是“%(state)s”，不能这样操作。") % {"state": State(tenant.state).label}, code="wrong_state"
        )


@contextmanager
def deed(tenant: Tenant, verb: str, by: str, *, close: bool = False, **details: Any) -> Iterator[Deed]:
    """Writes down that ``by`` does ``verb``, and how it ended.

    With ``close`` the tenant is suspended until the block ends, and then what it was, unless the block itself has
    moved it on. Both are one row, so that whoever finds the row of somebody who died can open the door again.
    """
    with door(), transaction.atomic():
        now = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if close:
            refuse_unless(now, *OPEN_OR_SUSPENDED)
            details["was"] = now.state
            Tenant.objects.filter(pk=tenant.pk).update(state=State.SUSPENDED)
        row = Deed.objects.create(tenant=now, verb=verb, by=by, began_at=timezone.now(), details=details)
    if close:
        forget_tenants()
    try:
        yield row
    except BaseException:
        _end(row, Deed.Outcome.FAILED)
        raise
    _end(row, Deed.Outcome.DONE)


def _end(row: Deed, outcome: Deed.Outcome) -> None:
    with door(), transaction.atomic():
        row.outcome, row.ended_at = outcome, timezone.now()
        row.save(update_fields=["outcome", "ended_at", "details"])
        if "was" in row.details:
            Tenant.objects.filter(schema_name=row.tenant_id, state=State.SUSPENDED).update(state=row.details["was"])
    forget_tenants()


def abandoned() -> list[Tenant]:
    """Tenants with work that nobody has ended: somebody is at it, or has died."""
    with door():
        return list(Tenant.objects.filter(deeds__outcome=Deed.Outcome.AT_WORK).distinct())
