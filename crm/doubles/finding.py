"""Which customers may be the same person, and why. Set-based; names by their letters too (pinyin initials).

A name alone is never a reason (张伟), nor is a number alone: a family or a second-tier dealer has one for many. So
each reason is a name that is the same or sounds alike together with something else that is the same or nearly so.
"""

from datetime import datetime

from django.db import connection

from crm.customers.actions import plain_name
from sanfang.tenancy.context import current_tenant

SHORTEST_ADDRESS = 6
MOST_OF_A_KIND = 20
"""People who share a number, an address or a car and are more than these are a fleet, a dealer or a dummy value."""

# Of two numbers of eleven digits: one differs, or two neighbours have changed places.
NEARLY = """
(length(one.mobile) = 11 AND length(other.mobile) = 11 AND one.mobile <> other.mobile AND (
    SELECT count(*) = 1 OR (
               count(*) = 2 AND max(place) - min(place) = 1
               AND substr(one.mobile, min(place), 1) = substr(other.mobile, max(place), 1)
               AND substr(one.mobile, max(place), 1) = substr(other.mobile, min(place), 1))
      FROM generate_series(1, 11) AS place WHERE substr(one.mobile, place, 1) <> substr(other.mobile, place, 1)))
"""
ALIKE = "one.plain <> other.plain AND one.initials = other.initials AND length(one.initials) > 1"
PART = """
one.plain <> other.plain AND length(least(one.plain, other.plain)) > 0
AND (strpos(one.plain, other.plain) = 1 OR strpos(other.plain, one.plain) = 1
     OR (one.formed <> '' AND starts_with(other.plain, one.formed))
     OR (other.formed <> '' AND starts_with(one.plain, other.formed)))
"""


def _few(people: str, key: str) -> str:
    """Those of ``people`` who share ``key`` with a few others."""
    return f"""
        SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY {key}) AS many FROM {people} WHERE {key} <> '') AS all_of
         WHERE many BETWEEN 2 AND {MOST_OF_A_KIND}
    """  # noqa: S608


def _pairs(reason: str, people: str, same: str, rest: str) -> str:
    on = " AND ".join(f"one.{name} = other.{name}" for name in same.split())
    return f"""
        SELECT one.id AS first, other.id AS second, '{reason}' AS reason
          FROM ({people}) AS one JOIN ({people}) AS other ON {on} AND one.id < other.id WHERE {rest}
    """  # noqa: S608


PLAIN = plain_name("name")
PEOPLE = f"""
people AS MATERIALIZED (
    SELECT id, coalesce({PLAIN}, '') AS plain, coalesce(public.sanfang_initials(name), '') AS initials,
           CASE WHEN form_of_address <> '' THEN regexp_replace(name, form_of_address || '$', '') ELSE '' END AS formed,
           mobile, landline, number, address
      FROM customers_customer
), cars AS MATERIALIZED (
    SELECT DISTINCT people.*, car.id AS car, car.plate, right(car.vin, 6) AS tail
      FROM people JOIN vehicles_ownership AS owned ON owned.customer_id = people.id
      JOIN vehicles_vehicle AS car ON car.id = owned.vehicle_id
)
"""  # noqa: S608
FOUND = f"""
WITH {PEOPLE}, pairs AS (
    {
    " UNION ALL ".join(
        (
            _pairs("name_mobile", _few("people", "plain"), "plain", NEARLY),
            _pairs("name_landline", _few("people", "landline"), "landline plain", "one.plain <> ''"),
            _pairs(
                "name_address",
                _few("people", "address"),
                "address plain",
                f"one.plain <> '' AND length(one.address) >= {SHORTEST_ADDRESS}",
            ),
            _pairs("mobile_alike", _few("people", "mobile"), "mobile", ALIKE),
            _pairs("mobile_part", _few("people", "mobile"), "mobile", PART),
            _pairs("number_alike", _few("people", "number"), "number", ALIKE),
            _pairs("name_plate", _few("cars", "plate"), "plate plain", "one.plain <> '' AND one.car <> other.car"),
            _pairs("name_vin", _few("cars", "tail"), "tail plain", "one.plain <> '' AND one.car <> other.car"),
            _pairs("car_alike", "SELECT * FROM cars", "car", ALIKE),
        )
    )
}
)
SELECT first, second, jsonb_agg(DISTINCT reason) AS reasons FROM pairs GROUP BY first, second
"""  # noqa: S608
"""(first, second, reasons) of all pairs that may be one person. (A common name is shared by many: then the pairs of
``name_mobile`` are looked for among those only who are few; the others are found by their cars and numbers.)"""


def look(now: datetime) -> int:
    """Brings the list of pairs up to date; how many are to be looked at. What somebody decided stays decided.

    Repeatable: pairs that are no longer alike leave the list.
    """
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fresh AS MATERIALIZED ({FOUND}), gone AS (
                DELETE FROM doubles_pair AS known
                 WHERE state = 'found' AND NOT EXISTS (
                       SELECT FROM fresh WHERE fresh.first = known.first AND fresh.second = known.second)
            )
            INSERT INTO doubles_pair (id, first, second, state, reasons, found_at, aliases)
            SELECT public.sanfang_uuid7(), first, second, 'found', reasons, %(now)s, '[]' FROM fresh
                ON CONFLICT (first, second) DO UPDATE SET reasons = excluded.reasons
             WHERE doubles_pair.state = 'found' AND doubles_pair.reasons <> excluded.reasons
            """,  # noqa: S608
            {"now": now},
        )
        cursor.execute("SELECT count(*) FROM doubles_pair WHERE state = 'found'")
        return int(cursor.fetchone()[0])
