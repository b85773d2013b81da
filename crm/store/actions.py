"""Opening a store, and changing how it works."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.store.models import Store
from crm.store.policy import standards
from crm.store.queries import calendar_of
from sanfang.audit.actions import record_event
from sanfang.kernel.calendar import HoursError
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor
from sanfang.standards.packs import load_pack, shipped_packs
from sanfang.tenancy.context import current_tenant


def open_store(
    *,
    pack: str = "changan-dcrc",
    go_live: date,
    opening_hours: Any = None,
    closed_days: Iterable[date | str] = (),
    now: datetime | None = None,
) -> Store:
    """The store works by the newest version of ``pack`` from ``go_live`` on. Repeatable.

    ``opening_hours`` as in :class:`Store`; without it every day 08:30–17:30. A store that is open already
    gets the settings given here, and keeps the pack's version if it is the same pack.
    """
    now = now or timezone.now()
    days = sorted(day if isinstance(day, str) else day.isoformat() for day in closed_days)
    try:
        calendar_of(opening_hours, days, current_tenant().time_zone)
    except HoursError as fault:
        raise DomainError(
            _("营业时间有误：%(value)s。请按“08:30”至“17:30”的格式填写，且至少有一天营业。") % {"value": fault.value},
            code="opening_hours",
        ) from fault
    except ValueError as fault:
        raise DomainError(_("休息日须写成 2026-02-17 这样的日期。"), code="closed_days") from fault
    with transaction.atomic():
        store = Store.objects.select_for_update().first()
        same = store is None or store.pack == pack
        since = (store.standard_since if store else None) if same else _today(now)
        version = store.pack_version if store and store.pack == pack else load_pack(pack).version
        wanted = {
            "pack": pack,
            "pack_version": version,
            "standard_since": since,
            "go_live": go_live,
            "opening_hours": opening_hours,
            "closed_days": days,
        }
        if store is None:
            return Store.objects.create(**wanted, changed_at=now)
        if any(getattr(store, field) != value for field, value in wanted.items()):
            for field, value in wanted.items():
                setattr(store, field, value)
            store.changed_at = now
            store.save()
        return store


@transaction.atomic
def choose_standard(actor: Actor, pack: str, *, version: str, now: datetime) -> Store:
    """The store works by the newest version of ``pack`` from today on (handbook §14).

    What an earlier standard asked for stays with its script, questionnaire and days; the new one asks for what opens
    today or later, so nobody finds the calls of years in the queue. ``version``: the one that was looked at. Raises
    Conflict when there is a newer one by now or the store works by it already, DomainError for a pack nobody ships.
    """
    standards.require(actor, "choose")
    if pack not in shipped_packs():
        raise DomainError(_("没有这套标准，请重新选择。"), code="pack")
    newest = load_pack(pack)
    if newest.version != version:
        raise Conflict(_("这套标准有了新版本，请重新比较后再启用。"), code="version")
    store = Store.objects.select_for_update().get()
    if (store.pack, store.pack_version) == (pack, version):
        raise Conflict(_("门店已经在用这套标准。"), code="same")
    before = f"{store.pack} {store.pack_version}"
    store.pack, store.pack_version = pack, version
    store.standard_since, store.changed_at = _today(now), now
    store.save(update_fields=["pack", "pack_version", "standard_since", "changed_at"])
    record_event(actor, store, "standard.chosen", now, before=before, after=str(store))
    return store


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(current_tenant().time_zone)).date()
