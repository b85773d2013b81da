"""Who had a car from when until when, told by its documents: in the order in which they happened, each names the owner.

Worked out afresh from all of a car's documents that count, so it comes out the same in whatever order files arrive:
a newer document with another owner ends the old ownership, an older one only adds to the past, and what is taken
back leaves no trace.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from sanfang.tenancy.context import current_tenant

WANTED = """
WITH cars AS (SELECT id FROM unnest(%(cars)s::uuid[]) AS car (id) {only}),
seen AS (
    SELECT vehicle_id, customer_id, opened_at AS at, 2 AS kind, number,
           (opened_at AT TIME ZONE %(zone)s)::date AS day
      FROM vehicles_repairorder JOIN cars ON cars.id = vehicle_id
     WHERE customer_id IS NOT NULL AND NOT cancelled AND NOT internal
    UNION ALL
    SELECT vehicle_id, customer_id, delivered_on::timestamp AT TIME ZONE %(zone)s, 1, number, delivered_on
      FROM vehicles_delivery JOIN cars ON cars.id = vehicle_id
     WHERE customer_id IS NOT NULL AND NOT cancelled AND NOT internal AND delivered_on IS NOT NULL
),
steps AS (
    SELECT *, lag(customer_id) OVER (PARTITION BY vehicle_id ORDER BY at, kind, number) AS before FROM seen
),
spans AS (
    SELECT vehicle_id, customer_id, day AS since,
           lead(day) OVER (PARTITION BY vehicle_id ORDER BY at, kind, number) AS until
      FROM steps WHERE before IS DISTINCT FROM customer_id
),
wanted AS MATERIALIZED (
    SELECT vehicle_id, customer_id, since, until FROM spans WHERE until IS NULL OR until > since
)
"""
HAS_OWNERS = "WHERE EXISTS (SELECT FROM vehicles_ownership WHERE vehicle_id = car.id)"

DELETE_OTHERS = """
DELETE FROM vehicles_ownership AS known USING cars
 WHERE known.vehicle_id = cars.id AND NOT EXISTS (
    SELECT FROM wanted WHERE wanted.vehicle_id = known.vehicle_id
       AND wanted.customer_id = known.customer_id AND wanted.since = known.since)
"""
END = """
UPDATE vehicles_ownership AS known SET until = wanted.until FROM wanted
 WHERE wanted.vehicle_id = known.vehicle_id AND wanted.customer_id = known.customer_id
   AND wanted.since = known.since AND wanted.until IS DISTINCT FROM known.until AND wanted.until IS {which} NULL
"""
INSERT = """
INSERT INTO vehicles_ownership (id, vehicle_id, customer_id, since, until)
SELECT public.sanfang_uuid7(), vehicle_id, customer_id, since, until FROM wanted
 WHERE NOT EXISTS (
    SELECT FROM vehicles_ownership AS known WHERE known.vehicle_id = wanted.vehicle_id
       AND known.customer_id = wanted.customer_id AND known.since = wanted.since)
"""


def settle_owners(vehicle_ids: Collection[UUID], zone: str) -> None:
    """Brings the ownerships of these cars in line with their documents; what is right already isn't touched.

    In this order, because a car has one owner at a time at every moment, also between two statements.
    """
    current_tenant()
    given: dict[str, Any] = {"cars": list(vehicle_ids), "zone": zone}
    with connection.cursor() as cursor:
        for statement in (DELETE_OTHERS, END.format(which="NOT"), END.format(which="")):
            cursor.execute(WANTED.format(only=HAS_OWNERS) + statement, given)
        cursor.execute(WANTED.format(only="") + INSERT, given)
