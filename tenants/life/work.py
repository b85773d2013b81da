"""Doing something with a whole tenant: alone, written down, and behind closed doors where it must be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
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


class Lost(DomainError):
    """We aren't alone with the tenant any more, and somebody else may have gone on with what we do."""

    def __init__(self, tenant: str) -> None:
        super().__init__(_("与数据库的连接已中断，“%(slug)s”的操作没有完成。") % {"slug": tenant}, code="lost")


def throwaway() -> Any:
    """A connection of its own with the provisioner's login, in no role yet. Close it."""
    provisioner: Any = connections["provisioner"]
    raw = provisioner.get_new_connection(provisioner.get_connection_params())
    raw.autocommit = True
    return raw


class Alone:
    """Being alone with a tenant, as long as one of the connections that hold its lock lives.

    They share it, so that the connection on which the work is done can hold it too: were the lock only on one that
    waits, its loss would let somebody in who takes us for dead.
    """

    def __init__(self, tenant: Tenant, raw: Any) -> None:
        self.tenant, self._holders = tenant, [raw]

    @contextmanager
    def held_twice(self) -> Iterator[None]:
        """The provisioner's connection holds the lock as well. Raises :class:`Lost`."""
        provisioner: Any = connections["provisioner"]
        key = _key(self.tenant)
        with provisioner.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 0))", [key])
            taken, holder = cursor.fetchone()[0], provisioner.connection
        try:
            # Only if the lock was ours all the time is it ours now.
            self.check()
            if not taken:
                raise Lost(self.tenant.slug)
            self._holders.append(holder)
            yield
        finally:
            if taken and provisioner.connection is holder and not holder.closed:
                with provisioner.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock_shared(hashtextextended(%s, 0))", [key])

    def check(self) -> None:
        """Raises :class:`Lost`. For before every step that can't be taken back."""
        if not any(_lives(holder) for holder in self._holders):
            raise Lost(self.tenant.slug)


def _lives(raw: Any) -> bool:
    try:
        raw.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def _key(tenant: Tenant) -> str:
    return f"life {tenant.schema_name}"


@contextmanager
def alone_with(tenant: Tenant, *, look_only: bool = False) -> Iterator[Alone]:
    """Nobody else does anything with ``tenant`` as a whole. Raises :class:`AtWork`.

    What somebody left who died at it is put in order first, unless we only look. The lock's connection is its own:
    those that the work is done on may be closed meanwhile.
    """
    with throwaway() as raw:
        key = _key(tenant)
        taken = raw.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        if not taken.fetchone()[0]:
            raise AtWork(_("“%(slug)s”正在进行另一项操作，请稍后再试。") % {"slug": tenant.slug}, code="at_work")
        # Shared from now on (see Alone); whoever comes wants it for themselves, so nobody comes in between.
        raw.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))", [key])
        raw.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
        alone = Alone(tenant, raw)
        if not look_only:
            pick_up(alone)
        tenant.refresh_from_db()
        yield alone


def pick_up(alone: Alone) -> None:
    """Ends what somebody began who died. What can't be ended now raises, and stays at work."""
    from tenants.life import leaving, restoring

    led_on = {"restore": restoring.lead_on, "leave": leaving.lead_on}
    for row in Deed.objects.filter(tenant=alone.tenant, outcome=Deed.Outcome.AT_WORK).order_by("pk"):
        if row.verb in led_on:
            led_on[row.verb](alone, row)
        _end(row, Deed.Outcome.CUT_OFF)


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
    A block whose effect is one transaction ends the row in it (:func:`end`); one that fails with ``half_done`` set
    leaves the row at work, for whoever picks it up.
    """
    with door(), transaction.atomic():
        now = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if close:
            refuse_unless(now, *OPEN_OR_SUSPENDED)
            details["was"] = now.state
            Tenant.objects.filter(pk=tenant.pk).update(state=State.SUSPENDED)
        row = Deed.objects.create(tenant=now, verb=verb, by=by, began_at=timezone.now(), details=details)
    try:
        if close:
            forget_tenants()
        yield row
    except Lost:
        raise  # whoever is alone with the tenant now ends it
    except BaseException:
        if row.outcome == Deed.Outcome.AT_WORK and not row.half_done:
            _end(row, Deed.Outcome.FAILED)
        raise
    if row.outcome == Deed.Outcome.AT_WORK:
        _end(row, Deed.Outcome.DONE)
    else:
        forget_tenants()


def end(row: Deed, outcome: Deed.Outcome) -> None:
    """The deed's end, for the transaction of its effect. Raises :class:`Lost` if somebody else has ended it."""
    row.outcome, row.ended_at = outcome, timezone.now()
    ours = Deed.objects.filter(pk=row.pk, outcome=Deed.Outcome.AT_WORK)
    if not ours.update(outcome=outcome, ended_at=row.ended_at, details=row.details):
        raise Lost(row.tenant.slug)
    if "was" in row.details:
        Tenant.objects.filter(schema_name=row.tenant_id, state=State.SUSPENDED).update(state=row.details["was"])


def _end(row: Deed, outcome: Deed.Outcome) -> None:
    with door(), transaction.atomic():
        end(row, outcome)
    forget_tenants()


def let_in(tenant: Tenant) -> None:
    """The tenant's own role may use its schema again."""
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f'GRANT USAGE ON SCHEMA "{tenant.schema_name}" TO "{tenant.schema_name}"')


def keep_out(tenant: Tenant) -> None:
    """The tenant's own role may not use its schema, not even in a transaction that is open already."""
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f'REVOKE ALL ON SCHEMA "{tenant.schema_name}" FROM "{tenant.schema_name}"')


def abandoned() -> list[Tenant]:
    """Tenants with work that nobody has ended: somebody is at it, or has died."""
    with door():
        return list(Tenant.objects.filter(deeds__outcome=Deed.Outcome.AT_WORK).distinct())
