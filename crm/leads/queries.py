"""What neighbouring apps ask about lost leads and lists. Rows that were taken back count nowhere."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from crm.leads.models import Lead

__all__ = ["Lead", "Listed", "lead", "list_entries", "lost_leads"]

LISTS = (Lead.Kind.LOST_LIST, Lead.Kind.CANVASSING)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the rules ask of a row: ``id`` is the trigger, ``day`` when it happened (day 0 of a list entry).

    ``vehicle`` is None for lost leads, and where a list names no car that the store knows.
    """

    id: UUID
    customer: UUID
    day: date
    vehicle: UUID | None


def lost_leads(
    *, customers: Collection[UUID] | None = None, since: date | None = None, until: date | None = None
) -> list[Listed]:
    """Lost leads 战败记录 by day and id, of all customers or of these; ``since`` and ``until`` are both inclusive."""
    return _listed(Lead.objects.filter(kind=Lead.Kind.LOST_LEAD), customers, since, until)


def list_entries(
    *, customers: Collection[UUID] | None = None, since: date | None = None, until: date | None = None
) -> list[Listed]:
    """Rows of lost lists 流失名单 and canvassing sheets 扫街登记, asked for like :func:`lost_leads`."""
    return _listed(Lead.objects.filter(kind__in=LISTS), customers, since, until)


def lead(key: UUID) -> Lead | None:
    """With its customer, car and who is responsible. One statement."""
    return Lead.objects.select_related("customer", "vehicle", "staff").filter(pk=key).first()


def _listed(
    rows: QuerySet[Lead], customers: Collection[UUID] | None, since: date | None, until: date | None
) -> list[Listed]:
    rows = rows.filter(cancelled=False)
    if customers is not None:
        rows = rows.filter(customer__in=customers)
    if since is not None:
        rows = rows.filter(day__gte=since)
    if until is not None:
        rows = rows.filter(day__lte=until)
    return [Listed(*row) for row in rows.order_by("day", "pk").values_list("pk", "customer_id", "day", "vehicle_id")]
