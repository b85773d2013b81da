"""Taking reports out of the product. Each time is written down; whole numbers only with a reason, per customer."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.customers.queries import Customer
from crm.reports.daily import daily, monthly, require
from crm.reports.periods import Month
from crm.reports.policy import EXPORT, REVEAL
from crm.reports.sheets import day_workbook, month_workbook
from crm.store.queries import store
from sanfang.audit.actions import record_accesses, record_event
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff


@transaction.atomic
def export_day(
    actor: Actor,
    kind: str,
    day: date | None,
    *,
    full: bool = False,
    reason: str = "",
    now: datetime,
    address: str | None = None,
) -> tuple[str, bytes]:
    """A day's report as a workbook, with the name of its file. ``full``: with whole telephone numbers, which needs
    the right to see them and a reason; every customer in it is written down as looked at."""
    actor.require(EXPORT)
    require(actor, kind)
    reason = reason.strip()[:200]
    if full:
        actor.require(REVEAL)
        if not reason:
            raise DomainError(_("导出完整号码须写明用途。"), code="no_reason", field="reason")
    report = daily(actor, kind, day, now=now)
    if full:
        known = {call.customer_id for section in report.sections for call in section.calls if call.full_phone}
        things = [Customer(pk=one) for one in sorted(known)]
        record_accesses(actor, things, "mobile", now, reason=reason, address=address)
    _written_down(actor, kind, report.day.isoformat(), now, full=full, calls=report.numbers.tried)
    return f"{kind}-{report.day:%Y-%m-%d}.xlsx", day_workbook(report, store().zone, full=full)


@transaction.atomic
def export_month(actor: Actor, kind: str, month: Month, *, now: datetime) -> tuple[str, bytes]:
    """The numbers of a month; nobody's name stands in it."""
    actor.require(EXPORT)
    report = monthly(actor, kind, month, now=now)
    _written_down(actor, kind, month.key, now, full=False, calls=report.total.tried)
    return f"{kind}-{month.key}.xlsx", month_workbook(report)


def _written_down(actor: Actor, kind: str, about: str, now: datetime, *, full: bool, calls: int) -> None:
    who = Staff(pk=actor.staff_id)
    record_event(actor, who, "report.exported", now, report=kind, about=about, full=full, calls=calls)
