"""Erasing a tenant that has left, after the period that protects its data, with a certificate.

Every step can be repeated. What there was is counted and kept before the first of it goes, so that killed anywhere
and begun again it ends with the same certificate.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life import folders
from tenants.life.accounts import forget_people
from tenants.life.aside import discard_all
from tenants.life.certificates import certificate
from tenants.life.inventory import drop_backups, forget_cached, inventory
from tenants.life.models import Deed, Departure
from tenants.life.work import Heard, alone_with, deed, end, refuse_unless
from tenants.models import State, Tenant
from tenants.provisioning import drop_schema


def erase(tenant: Tenant, *, by: str, heard: Heard, dry_run: bool = False) -> dict[str, Any]:
    """The certificate; of a dry run what there is. Refused before the period is over. Repeating it changes nothing."""
    with alone_with(tenant, look_only=dry_run):
        refuse_unless(tenant, State.LEAVING, State.GONE)
        with door():
            departure = Departure.objects.get(tenant=tenant)
        if departure.certificate:
            return dict(departure.certificate)
        if dry_run:
            about = {"protected_until": departure.protected_until.isoformat(), "laws": departure.laws}
            return {**about, "allowed": _today(tenant) >= departure.protected_until, **_inventory(tenant, heard)}
        if _today(tenant) < departure.protected_until:
            raise _protected(tenant, departure.protected_until)
        with deed(tenant, "erase", by) as row:
            if departure.inventory is None:
                departure.inventory = _inventory(tenant, heard)
                _save(departure, "inventory")
            _erase(tenant, heard)
            departure.certificate = certificate(tenant, departure, by=by)
            _close(tenant, departure, row)
        return dict(departure.certificate)


def _today(tenant: Tenant) -> date:
    return timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()


def _inventory(tenant: Tenant, heard: Heard) -> dict[str, Any]:
    """Said to be counting: whoever watches must not take it for erasing."""
    return inventory(tenant, lambda what, *where: heard(_("清点 %(what)s") % {"what": what}, *where))


def _protected(tenant: Tenant, until: date) -> DomainError:
    return DomainError(
        _("“%(slug)s”的数据依法保护到 %(until)s，此前不能删除。") % {"slug": tenant.slug, "until": until.isoformat()},
        code="protected",
    )


def _erase(tenant: Tenant, heard: Heard) -> None:
    schema = tenant.schema_name
    steps: list[tuple[str, Callable[[], Any]]] = [
        (_("已删除留存副本"), lambda: discard_all(tenant)),
        (_("已删除数据表"), lambda: drop_schema(schema)),
        (_("已删除文件"), lambda: folders.remove_all(schema)),
        (_("已删除备份"), lambda: drop_backups(tenant)),
        (_("已清空缓存"), lambda: forget_cached(schema)),
        (_("已清除人员信息"), lambda: forget_people(tenant)),
    ]
    for number, (name, step) in enumerate(steps, start=1):
        step()
        heard(name, number, len(steps))


def _save(departure: Departure, field: str) -> None:
    with door():
        departure.save(update_fields=[field])


def _close(tenant: Tenant, departure: Departure, row: Deed) -> None:
    """The row, its slug and its host name stay, so that they never lead to somebody else's data."""
    with door(), transaction.atomic():
        departure.save(update_fields=["certificate"])
        Tenant.objects.filter(pk=tenant.pk).update(state=State.GONE, phone="", city="", behind="")
        end(row, Deed.Outcome.DONE)


def confirm(tenant: Tenant, typed: str) -> None:
    if typed != tenant.slug:
        raise DomainError(
            _("删除无法撤销。请用 --confirm %(slug)s 确认要删除的租户。") % {"slug": tenant.slug}, code="not_confirmed"
        )
