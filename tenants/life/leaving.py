"""A tenant leaves: it is given everything to take along, and from then on nobody comes in.

What is left are the data, protected for the period that the law sets (``periods.yaml``): kept, and otherwise left
alone (PIPL art. 47).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import monotonic, sleep
from zoneinfo import ZoneInfo

from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life import archives, exporting, folders
from tenants.life.models import Deed, Departure
from tenants.life.periods import periods
from tenants.life.work import OPEN_OR_SUSPENDED, Alone, Heard, alone_with, deed, end, keep_out, let_in, refuse_unless
from tenants.models import Membership, State, Tenant

PAUSE = 0.05
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Left:
    protected_until: date
    laws: list[str]
    memberships: int
    export: Path
    sha256: str = ""


def leave(tenant: Tenant, *, reason: str, by: str, heard: Heard, dry_run: bool = False) -> Left:
    """Export, then in one transaction: no memberships, state LEAVING, the day until which the data are protected.

    The door is closed before the export and whoever was inside has ended, so that nothing is written that the export
    hasn't got. Killed before that transaction, the tenant is open again and hasn't left.
    """
    if not reason.strip():
        raise DomainError(_("请写明退出的原因。"), code="no_reason")
    with alone_with(tenant, look_only=dry_run) as alone:
        refuse_unless(tenant, *OPEN_OR_SUSPENDED)
        left_at = timezone.now()
        until = periods().protected_until(tenant.kind, left_at.astimezone(ZoneInfo(tenant.time_zone)).date())
        laws = [law.name for law in periods().of(tenant.kind)]
        target = folders.folder(f"{tenant.schema_name}_leaving") / f"{tenant.slug}-export.zip"
        with door():
            live = tenant.memberships.filter(ended_at__isnull=True).count()
        left = Left(until, laws, live, target)
        if dry_run:
            return left
        with deed(tenant, "leave", by, close=True, reason=reason) as row, alone.held_twice(), _shut(tenant, row):
            # What an earlier attempt exported isn't what there is now.
            folders.remove(target.parent.name)
            target.parent.mkdir(parents=True, mode=0o700)
            exporting.write(tenant, target, heard, by=by)
            alone.check()
            departure = Departure(tenant=tenant, by=by, reason=reason, left_at=left_at)
            _go(left, departure, row)
        return replace(left, sha256=departure.export_sha256)


@contextmanager
def _shut(tenant: Tenant, row: Deed) -> Iterator[None]:
    """The tenant's role can't begin anything, and what it had begun has ended. Undone if the block fails; can't even
    that be done, the deed stays at work, or the tenant would be open and nobody could do anything in it.
    """
    row.half_done = True
    keep_out(tenant)
    try:
        _wait_for_writers(tenant)
        yield
    except BaseException:
        let_in(tenant)
        row.half_done = False
        raise


def lead_on(alone: Alone, row: Deed) -> None:
    """A tenant whose process died before it had left is open again."""
    let_in(alone.tenant)


WRITERS = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_class ON pg_class.oid = relation
        WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        AND relnamespace = %s::regnamespace
    )"""


def _wait_for_writers(tenant: Tenant) -> None:
    """Until every transaction has ended that has written here: its rows appear, or don't, with its end."""
    until = monotonic() + periods().last_call_seconds
    with connections["provisioner"].cursor() as cursor:
        while True:
            cursor.execute(WRITERS, [f'"{tenant.schema_name}"'])
            if not cursor.fetchone()[0]:
                return
            if monotonic() > until:
                raise DomainError(
                    _("“%(slug)s”还有操作没有结束，请稍后再试。") % {"slug": tenant.slug}, code="still_writing"
                )
            sleep(PAUSE)


def _go(left: Left, departure: Departure, row: Deed) -> None:
    tenant = departure.tenant
    departure.protected_until, departure.laws = left.protected_until, left.laws
    departure.export_sha256 = archives.sha256_of(left.export)
    with door(), transaction.atomic():
        # First of all, so that whoever gives somebody a role here at this moment is waited for.
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        departure.save()
        Membership.objects.filter(tenant=tenant, ended_at__isnull=True).update(ended_at=departure.left_at)
        Tenant.objects.filter(pk=tenant.pk).update(state=State.LEAVING)
        end(row, Deed.Outcome.DONE)
