"""What everything that keeps time or follows the standard asks of the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from crm.store.models import Store
from sanfang.kernel.calendar import CLOSED, StoreCalendar, week_hours
from sanfang.kernel.errors import DomainError
from sanfang.standards.definitions import Pack
from sanfang.standards.packs import load_pack
from sanfang.tenancy.context import current_tenant


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """One store as it works now. ``hold``: how long a customer stays with one specialist.

    ``since``: the first day on which this standard asks for anything; what an earlier one asked for stays.
    """

    pack: Pack
    calendar: StoreCalendar
    zone: ZoneInfo
    go_live: date
    name: str
    short_name: str
    phone: str
    hold: timedelta
    changed_at: datetime
    since: date | None = None
    draw_seed: int = 0


def store() -> StoreFacts:
    """The store we are in. One statement. Raises :class:`DomainError` while it hasn't been opened."""
    tenant = current_tenant()
    row = Store.objects.first()
    if row is None:
        raise DomainError(_("门店还没有启用回访标准，请联系平台运营。"), code="store_not_open")
    calendar = calendar_of(row.opening_hours, row.closed_days, tenant.time_zone)
    return StoreFacts(
        pack=load_pack(row.pack, version=row.pack_version),
        calendar=calendar,
        zone=calendar.zone,
        go_live=row.go_live,
        name=tenant.name,
        short_name=tenant.short_name,
        phone=tenant.phone,
        hold=timedelta(minutes=row.hold_minutes),
        changed_at=row.changed_at,
        since=row.standard_since,
        draw_seed=row.draw_seed,
    )


def is_open() -> bool:
    """Whether the store has a standard to work by."""
    return Store.objects.exists()


def calendar_of(opening_hours: Any, closed_days: Iterable[str], time_zone: str) -> StoreCalendar:
    """The calendar of a store with these settings. Raises HoursError, or ValueError for a day that isn't one."""
    special = {date.fromisoformat(day): CLOSED for day in closed_days}
    return StoreCalendar(ZoneInfo(time_zone), week_hours(opening_hours), special)
