"""Opening a store, and changing how it works."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.store.models import Store
from crm.store.queries import calendar_of
from sanfang.kernel.calendar import HoursError
from sanfang.kernel.errors import DomainError
from sanfang.standards.packs import load_pack
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
        version = store.pack_version if store and store.pack == pack else load_pack(pack).version
        wanted = {
            "pack": pack,
            "pack_version": version,
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
