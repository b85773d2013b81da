"""Cars and documents out of DMS files, compared with what is stored and written. Set-based.

``told`` is always a relation (a table's name or a sub-select) with a row per document; its columns are those of
``crm.dms.models.StagedDocument`` and, where a document's fate is asked for, of ``StagedVerdict``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sanfang.tenancy.context import current_tenant

PAST_OWNERS = """
SELECT vehicle.vin, owned.customer_id FROM vehicles_ownership AS owned
  JOIN vehicles_vehicle AS vehicle ON vehicle.id = owned.vehicle_id
"""
"""(vin, customer_id) of everybody who has or had a car."""

OWNERS = PAST_OWNERS + " WHERE owned.until IS NULL"

DOCUMENTS_OF_IMPORT = " UNION ALL ".join(
    f"SELECT id FROM {table} WHERE source = %(source)s"  # noqa: S608
    for table in ("vehicles_delivery", "vehicles_repairorder")
)
"""(id) of the documents that the import ``source`` made or was the last to change."""

_CAR_TEXTS = ("plate", "brand", "series", "model", "colour", "engine_number")
_CAR_VALUES = ("sold_on", "next_service_on", "next_service_km", "insurance_until")
_CAR = (*_CAR_TEXTS, *_CAR_VALUES)


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of document. ``staff``: the column of whoever was in charge; ``at``: when it happened.

    ``texts`` and ``values`` are overwritten by what is told unless nothing is; ``lists`` unless they are empty.
    """

    name: str
    staff: str
    at: str
    texts: tuple[str, ...]
    values: tuple[str, ...]
    lists: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.texts, *self.values, *self.lists)

    def told(self, name: str) -> str:
        """SQL for what the stored document ``known`` says once the told ``doc`` is in."""
        if name in self.texts:
            return f"coalesce(nullif(doc.{name}, ''), known.{name})"
        if name in self.lists:
            return f"CASE WHEN doc.{name} = '[]'::jsonb THEN known.{name} ELSE doc.{name} END"
        return f"coalesce(doc.{name}, known.{name})"


TABLES = {
    "deliveries": Table(
        "vehicles_delivery",
        "consultant_id",
        "coalesce(delivered_on, ordered_on, invoiced_on)",
        ("remark",),
        ("delivered_on", "ordered_on", "invoiced_on", "price"),
    ),
    "repair_orders": Table(
        "vehicles_repairorder",
        "advisor_id",
        "opened_at",
        ("remark", "kind", "technician", "sender_name", "sender_mobile", "fault"),
        ("opened_at", "closed_at", "promised_at", "mileage", "amount", "claim"),
        ("work_items",),
    ),
}


def named_on(kind: str) -> str:
    """SQL that gives (number, customer_id) of the stored documents."""
    return f"SELECT number, customer_id FROM {TABLES[kind].name} WHERE customer_id IS NOT NULL"  # noqa: S608


def last_seen(zone: str, who: str = "customer_id") -> str:
    """SQL that gives (``who``, at): customers or vehicles (``vehicle_id``) and when their stored documents happened."""
    days = TABLES["deliveries"]
    return f"""
        SELECT {who}, opened_at AS at FROM vehicles_repairorder WHERE {who} IS NOT NULL AND NOT cancelled
        UNION ALL
        SELECT {who}, {days.at}::timestamp AT TIME ZONE '{zone}' FROM vehicles_delivery
         WHERE {who} IS NOT NULL AND NOT cancelled AND {days.at} IS NOT NULL
    """  # noqa: S608


def verdicts(kind: str, told: str) -> str:
    """SQL that gives (line, verdict, document_id, vehicle_id, customer_id).

    ``told`` brings ``customer_id`` as the file has it; a document that names nobody keeps its customer. One that
    is taken back says nothing but that.
    """
    table = TABLES[kind]
    differs = " OR ".join(f"known.{name} IS DISTINCT FROM {table.told(name)}" for name in table.columns)
    return f"""
        SELECT doc.line,
               CASE WHEN doc.cancelled AND known.id IS NULL THEN 'nothing'
                    WHEN doc.cancelled THEN CASE WHEN known.cancelled THEN 'same' ELSE 'changed' END
                    WHEN known.id IS NULL THEN 'new'
                    WHEN known.cancelled OR known.internal <> doc.internal OR car.vin <> doc.vin
                      OR known.customer_id IS DISTINCT FROM {_CUSTOMER}
                      OR (doc.staff_name <> '' AND doc.staff_name IS DISTINCT FROM staff.name)
                      OR known.details || doc.details <> known.details
                      OR {differs} THEN 'changed'
                    ELSE 'same' END AS verdict,
               coalesce(known.id, public.sanfang_uuid7()) AS document_id,
               known.vehicle_id,
               {_CUSTOMER} AS customer_id
          FROM {told} AS doc
          LEFT JOIN {table.name} AS known ON known.number = doc.number
          LEFT JOIN vehicles_vehicle AS car ON car.id = known.vehicle_id
          LEFT JOIN staff ON staff.id = known.{table.staff}
    """  # noqa: S608


_CUSTOMER = """
CASE WHEN doc.internal THEN NULL WHEN doc.person > 0 THEN doc.customer_id
     ELSE coalesce(known.customer_id, doc.customer_id) END
"""


def _cars(told: str, zone: str) -> str:
    """What is known of each car once these documents are in; the rule is that of customers (crm.customers.intake)."""
    latest = "(array_agg({0} ORDER BY happened DESC NULLS LAST, line DESC) FILTER (WHERE {1} AND {2}))[1] AS {3}_{0}"
    said = []
    for name in _CAR:
        filled = f"{name} <> ''" if name in _CAR_TEXTS else f"{name} IS NOT NULL"
        said += [latest.format(name, filled, "NOT old", "new"), latest.format(name, filled, "old", "old")]
    effective = [f"coalesce(new_{name}, nullif(known.{name}, ''), old_{name}, '') AS {name}" for name in _CAR_TEXTS]
    effective += [f"coalesce(new_{name}, known.{name}, old_{name}) AS {name}" for name in _CAR_VALUES]
    return f"""
        WITH seen AS (
            SELECT vehicle_id, max(at) AS at FROM ({last_seen(zone, "vehicle_id")}) AS sight GROUP BY vehicle_id
        ), told AS (
            SELECT doc.line, doc.happened, doc.vin, {", ".join(f"doc.{name}" for name in _CAR)},
                   coalesce(doc.happened < seen.at, false) AS old
              FROM {told} AS doc
              LEFT JOIN vehicles_vehicle AS car ON car.vin = doc.vin
              LEFT JOIN seen ON seen.vehicle_id = car.id
             WHERE doc.vin <> '' AND NOT doc.cancelled
        ), said AS (
            SELECT vin, {", ".join(said)} FROM told GROUP BY vin
        )
        SELECT said.vin, known.id AS known, {", ".join(effective)}
          FROM said LEFT JOIN vehicles_vehicle AS known ON known.vin = said.vin
    """  # noqa: S608


def news_of_cars(told: str, zone: str) -> str:
    """SQL that gives the lines that tell something of a known car that wasn't known. Changes nothing."""
    says = " OR ".join(f"(fresh.{name} IS DISTINCT FROM known.{name} AND doc.{name} = fresh.{name})" for name in _CAR)
    return f"""
        SELECT doc.line FROM ({_cars(told, zone)}) AS fresh
          JOIN vehicles_vehicle AS known ON known.id = fresh.known
          JOIN {told} AS doc ON doc.vin = fresh.vin AND NOT doc.cancelled
         WHERE {says}
    """  # noqa: S608


def take_in_cars(told: str, zone: str, *, now: datetime) -> tuple[int, int]:
    """Makes the cars that aren't there and updates those of which something new is told; (made, updated)."""
    current_tenant()
    columns = ", ".join(_CAR)
    fresh, known = (", ".join(f"{side}.{name}" for name in _CAR) for side in ("fresh", "known"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fresh AS MATERIALIZED ({_cars(told, zone)}), made AS (
                INSERT INTO vehicles_vehicle (id, vin, {columns}, created_at, updated_at)
                SELECT public.sanfang_uuid7(), vin, {columns}, %(now)s, %(now)s FROM fresh WHERE known IS NULL
                RETURNING 1
            ), updated AS (
                UPDATE vehicles_vehicle AS known SET ({columns}) = ROW({fresh}), updated_at = %(now)s
                  FROM fresh WHERE known.id = fresh.known AND ({known}) IS DISTINCT FROM ({fresh})
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM updated)
            """,  # noqa: S608
            {"now": now},
        )
        made, updated = cursor.fetchone()
    return made, updated


def take_in_documents(kind: str, told: str, staff: str, *, source: UUID, now: datetime) -> None:
    """Makes the documents whose verdict is ``new`` and updates the ``changed``. ``staff``: SQL for (name, id)."""
    current_tenant()
    table = TABLES[kind]
    columns = ", ".join(table.columns)
    taken_back = "doc.verdict = 'changed' AND doc.cancelled"
    given: dict[str, Any] = {"source": source, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table.name} (id, number, vehicle_id, customer_id, cancelled, internal, {table.staff}, details,
                                      source, imported_at, updated_at, {columns})
            SELECT doc.document_id, doc.number, car.id, doc.customer_id, false, doc.internal, staff.id, doc.details,
                   %(source)s, %(now)s, %(now)s, {", ".join(f"doc.{name}" for name in table.columns)}
              FROM {told} AS doc
              JOIN vehicles_vehicle AS car ON car.vin = doc.vin
              LEFT JOIN ({staff}) AS staff ON staff.name = doc.staff_name
             WHERE doc.verdict = 'new'
            """,  # noqa: S608
            given,
        )
        cursor.execute(
            f"""
            UPDATE {table.name} AS known
               SET cancelled = false, internal = doc.internal, vehicle_id = car.id, customer_id = doc.customer_id,
                   {table.staff} = coalesce(staff.id, known.{table.staff}), details = known.details || doc.details,
                   source = %(source)s, updated_at = %(now)s,
                   {", ".join(f"{name} = {table.told(name)}" for name in table.columns)}
              FROM {told} AS doc
              JOIN vehicles_vehicle AS car ON car.vin = doc.vin
              LEFT JOIN ({staff}) AS staff ON staff.name = doc.staff_name
             WHERE known.id = doc.document_id AND doc.verdict = 'changed' AND NOT doc.cancelled
            """,  # noqa: S608
            given,
        )
        cursor.execute(
            f"""
            UPDATE {table.name} AS known SET cancelled = true, source = %(source)s, updated_at = %(now)s
              FROM {told} AS doc WHERE known.id = doc.document_id AND {taken_back}
            """,  # noqa: S608
            given,
        )


def find_by_plate(told: str) -> None:
    """Gives the rows of ``told`` (a table) without a VIN that of the car with their plate, if one car alone has it."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {told} AS doc SET vin = car.vin
              FROM (SELECT plate, min(vin) AS vin FROM vehicles_vehicle WHERE plate <> ''
                     GROUP BY plate HAVING count(*) = 1) AS car
             WHERE doc.vin = '' AND doc.plate <> '' AND car.plate = doc.plate
            """  # noqa: S608
        )


def touched(told: str) -> list[UUID]:
    """The cars of all new and changed documents, those that a document has left included."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT car.id FROM {told} AS doc JOIN vehicles_vehicle AS car ON car.vin = doc.vin
             WHERE doc.verdict IN ('new', 'changed')
            UNION
            SELECT doc.vehicle_id FROM {told} AS doc WHERE doc.verdict = 'changed' AND doc.vehicle_id IS NOT NULL
            """  # noqa: S608
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [row[0] for row in rows]
