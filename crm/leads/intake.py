"""Rows of lists out of files, compared with what is stored and written. Set-based.

``told`` is always a relation with a row per row of the file; its columns are those of ``crm.dms.models.StagedDocument``
and, where a row's fate is asked for, of ``StagedVerdict``.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sanfang.tenancy.context import current_tenant

LEADS_OF_IMPORT = "SELECT id FROM leads_lead WHERE source = %(source)s"
"""(id) of the rows that the import ``source`` made or was the last to change."""

_TEXTS = ("wanted_model", "level", "reason", "rival", "remark")


def named_on(kind: str) -> str:
    """SQL that gives (number, customer_id) of the stored rows."""
    return f"SELECT number, customer_id FROM leads_lead WHERE kind = '{kind}'"  # noqa: S608


def last_seen(zone: str) -> str:
    """SQL that gives (customer_id, at): customers, and when they stood on a list."""
    return f"SELECT customer_id, day::timestamp AT TIME ZONE '{zone}' AS at FROM leads_lead WHERE NOT cancelled"  # noqa: S608


def verdicts(kind: str, told: str) -> str:
    """SQL that gives (line, verdict, document_id, vehicle_id, customer_id).

    A row of whose person nothing is known, not even by the car, is ``nothing``: there is nobody to call.
    """
    differs = " OR ".join(f"(doc.{name} <> '' AND doc.{name} <> known.{name})" for name in _TEXTS)
    return f"""
        SELECT doc.line,
               CASE WHEN known.id IS NULL AND (doc.cancelled OR doc.customer_id IS NULL) THEN 'nothing'
                    WHEN doc.cancelled THEN CASE WHEN known.cancelled THEN 'same' ELSE 'changed' END
                    WHEN known.id IS NULL THEN 'new'
                    WHEN known.cancelled OR coalesce(doc.customer_id, known.customer_id) <> known.customer_id
                      OR (doc.vin <> '' AND car.vin IS DISTINCT FROM doc.vin)
                      OR (doc.staff_name <> '' AND doc.staff_name IS DISTINCT FROM staff.name)
                      OR coalesce(doc.day, known.day) <> known.day
                      OR known.details || doc.details <> known.details OR {differs} THEN 'changed'
                    ELSE 'same' END AS verdict,
               coalesce(known.id, public.sanfang_uuid7()) AS document_id,
               known.vehicle_id,
               coalesce(doc.customer_id, known.customer_id) AS customer_id
          FROM {told} AS doc
          LEFT JOIN leads_lead AS known ON known.kind = '{kind}' AND known.number = doc.number
          LEFT JOIN vehicles_vehicle AS car ON car.id = known.vehicle_id
          LEFT JOIN staff ON staff.id = known.staff_id
    """  # noqa: S608


def take_in_leads(kind: str, told: str, staff: str, *, source: UUID, today: date, now: datetime) -> None:
    """Makes the rows whose verdict is ``new`` and updates the ``changed``; of two with one number the last holds.

    ``staff``: SQL for (name, id). ``today``: the store's day, for new rows of a list that has none.
    """
    current_tenant()
    texts = ", ".join(_TEXTS)
    wanted = f"""
        SELECT DISTINCT ON (doc.number) doc.*, car.id AS car, staff.id AS staff
          FROM {told} AS doc
          LEFT JOIN vehicles_vehicle AS car ON doc.vin <> '' AND car.vin = doc.vin
          LEFT JOIN ({staff}) AS staff ON doc.staff_name <> '' AND staff.name = doc.staff_name
         WHERE doc.verdict = %(verdict)s
         ORDER BY doc.number, doc.line DESC
    """  # noqa: S608
    given: dict[str, Any] = {"source": source, "today": today, "now": now, "kind": kind}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO leads_lead (id, kind, number, customer_id, vehicle_id, day, staff_id, cancelled, details,
                                    source, imported_at, updated_at, {texts})
            SELECT document_id, %(kind)s, number, customer_id, car, coalesce(day, %(today)s), staff, false, details,
                   %(source)s, %(now)s, %(now)s, {texts}
              FROM ({wanted}) AS doc
            """,  # noqa: S608
            given | {"verdict": "new"},
        )
        cursor.execute(
            f"""
            UPDATE leads_lead AS known
               SET cancelled = doc.cancelled, source = %(source)s, updated_at = %(now)s,
                   customer_id = CASE WHEN doc.cancelled THEN known.customer_id ELSE doc.customer_id END,
                   vehicle_id = coalesce(doc.car, known.vehicle_id), day = coalesce(doc.day, known.day),
                   staff_id = coalesce(doc.staff, known.staff_id), details = known.details || doc.details,
                   {", ".join(f"{name} = coalesce(nullif(doc.{name}, ''), known.{name})" for name in _TEXTS)}
              FROM ({wanted}) AS doc WHERE known.id = doc.document_id
            """,  # noqa: S608
            given | {"verdict": "changed"},
        )


def customers_touched(told: str) -> list[UUID]:
    """The customers of all new and changed rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT customer_id FROM {told} AS doc WHERE verdict IN ('new', 'changed')"  # noqa: S608
        )
        return [row[0] for row in cursor.fetchall()]
