"""A tenant leaves: it is given everything to take along, and from then on nobody comes in.

What is left are the data, protected for the period that the law sets (``periods.yaml``): kept, and otherwise left
alone (PIPL art. 47).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life import archives, exporting, folders
from tenants.life.models import Departure
from tenants.life.periods import periods
from tenants.life.work import OPEN_OR_SUSPENDED, Heard, alone_with, deed, refuse_unless
from tenants.models import Membership, State, Tenant
from tenants.queries import forget_tenants


@dataclass(frozen=True, slots=True)
class Left:
    protected_until: date
    laws: list[str]
    memberships: int
    export: Path


def leave(tenant: Tenant, *, reason: str, by: str, heard: Heard, dry_run: bool = False) -> Left:
    """Export, then in one transaction: no memberships, state LEAVING, the day until which the data are protected.

    The door is closed before the export, so that nothing is written that the export hasn't got. Killed before that
    transaction, the tenant is open again and hasn't left.
    """
    if not reason.strip():
        raise DomainError(_("请写明退出的原因。"), code="no_reason")
    with alone_with(tenant):
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
        with deed(tenant, "leave", by, close=True, reason=reason):
            # What an earlier attempt exported isn't what there is now.
            folders.remove(target.parent.name)
            target.parent.mkdir(parents=True, mode=0o700)
            exporting.write(tenant, target, heard, by=by)
            _go(tenant, left, Departure(by=by, reason=reason, left_at=left_at))
        return left


def _go(tenant: Tenant, left: Left, departure: Departure) -> None:
    departure.tenant, departure.protected_until, departure.laws = tenant, left.protected_until, left.laws
    departure.export_sha256 = archives.sha256_of(left.export)
    with door(), transaction.atomic():
        departure.save()
        Membership.objects.filter(tenant=tenant, ended_at__isnull=True).update(ended_at=departure.left_at)
        Tenant.objects.filter(pk=tenant.pk).update(state=State.LEAVING)
    forget_tenants()
