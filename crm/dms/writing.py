"""The compared file into the store: customers, cars, documents, owners; then the planner is told."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from crm.customers import actions as customers
from crm.dms.comparing import DOCUMENTS, JUDGED, PERSONS, VERDICTS, last_seen
from crm.dms.fields import LISTS
from crm.dms.progress import Watch
from crm.followups.actions import replan
from crm.leads import actions as leads
from crm.vehicles import actions as vehicles
from sanfang.tenancy.context import current_tenant

ROLES = {
    "deliveries": "sales_consultant",
    "repair_orders": "service_advisor",
    "lost_leads": "sales_consultant",
    "lost_list": "service_advisor",
    "canvassing": "service_advisor",
}
"""The role that a name in the file's staff column has, as ``tenants/roles.yaml`` calls it."""

NAMED = f"""
SELECT DISTINCT ON (staff.name) staff.name, staff.id
  FROM staff JOIN (SELECT DISTINCT staff_name FROM {DOCUMENTS}) AS told ON told.staff_name = staff.name
 ORDER BY staff.name, staff.role = '{{role}}' DESC, staff.active DESC, staff.user_id IS NULL, staff.id
"""  # noqa: S608
"""(name, id): of two people with one name the one with the fitting role, still here, with an account."""

TOUCHED = (
    "staff", "customers_customer", "vehicles_vehicle", "vehicles_ownership", "vehicles_delivery",
    "vehicles_repairorder", "leads_lead",
)  # fmt: skip


def write(kind: str, zone: ZoneInfo, *, source: UUID, now: datetime, watch: Watch) -> None:
    """Everything that is new or changed. Raises :class:`Unwanted` when the import is cancelled meanwhile."""
    named = NAMED.format(role=ROLES[kind])
    _employ(ROLES[kind])
    customers.take_in_persons(JUDGED, last_seen(zone.key), now=now)
    watch.written(0.4)
    vehicles.take_in_cars(JUDGED, zone.key, now=now)
    watch.written(0.6)
    cars = vehicles.touched(JUDGED)
    called: Collection[UUID] = ()
    if kind in LISTS:
        leads.take_in_leads(kind, JUDGED, named, source=source, today=now.astimezone(zone).date(), now=now)
        called = leads.customers_touched(JUDGED)
    else:
        vehicles.take_in_documents(kind, JUDGED, named, source=source, now=now)
        watch.written(0.8)
        vehicles.settle_owners(cars, zone.key)
    watch.written(0.95)
    replan(cars, customer_ids=called)


def clear() -> None:
    with connection.cursor() as cursor:
        for table in (DOCUMENTS, PERSONS, VERDICTS):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def refresh_statistics() -> None:
    """After the commit: good plans for the screens, and the staging tables give their space back."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TOUCHED)}, audit_history (id, object, request, model)")
        if not connection.in_atomic_block:
            cursor.execute(f"VACUUM {DOCUMENTS}, {PERSONS}, {VERDICTS}")


def _employ(role: str) -> None:
    """A name that the store doesn't know yet becomes a staff row without an account (architecture §3)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO staff (id, name, role, phone, active)
            SELECT public.sanfang_uuid7(), staff_name, %s, '', true
              FROM (SELECT DISTINCT staff_name FROM {JUDGED} AS doc
                     WHERE verdict IN ('new', 'changed') AND NOT cancelled AND staff_name <> '') AS told
             WHERE NOT EXISTS (SELECT FROM staff WHERE staff.name = told.staff_name)
            """,  # noqa: S608
            [role],
        )
