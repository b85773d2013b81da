"""Cars by the end of their plate or VIN, and by the number of a document of theirs.

Who may ask is the caller's to say (``crm.desk``): a car is seen by whoever sees its customer.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from sanfang.tenancy.context import current_tenant

SHORTEST = 3
"""Characters of a plate; a shorter end is of too many cars."""
SHORTEST_VIN, VIN = 4, 17
SHORTEST_NUMBER = 5

BY_PLATE = """
SELECT id, 'plate' AS why, updated_at FROM vehicles_vehicle
 WHERE reverse(plate) COLLATE "C" LIKE %(reversed)s AND plate <> '' LIMIT %(limit)s
"""
BY_VIN = """
SELECT id, 'vin', updated_at FROM vehicles_vehicle WHERE reverse(vin) COLLATE "C" LIKE %(reversed)s LIMIT %(limit)s
"""
BY_NUMBER = """
SELECT vehicle_id, 'order', imported_at FROM vehicles_repairorder WHERE number = %(number)s AND NOT cancelled
UNION ALL
SELECT vehicle_id, 'order', imported_at FROM vehicles_delivery WHERE number = %(number)s AND NOT cancelled
"""

LAST_SENDER = """
SELECT customer_id FROM vehicles_repairorder WHERE vehicle_id = found.id AND customer_id IS NOT NULL AND NOT cancelled
 ORDER BY opened_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class FoundCar:
    """``why``: plate, vin or order. ``customer_id``: who has it now, else who brought it last; None if
    nobody is known to.
    """

    vehicle_id: UUID
    customer_id: UUID | None
    why: str


def find_cars(code: str, number: str, *, limit: int) -> list[FoundCar]:
    """``code``: letters and digits in capitals, perhaps after the one character of a province.
    ``number``: as it stands on the document. One statement, or none."""
    branches = []
    if len(code) >= SHORTEST:
        branches.append(BY_PLATE)
    if SHORTEST_VIN <= len(code) <= VIN and code.isascii():
        branches.append(BY_VIN)
    if len(number) >= SHORTEST_NUMBER and number.isascii():
        branches.append(BY_NUMBER)
    if not branches:
        return []
    current_tenant()
    every = " UNION ALL ".join(f"({branch})" for branch in branches)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT found.id, coalesce(owner.customer_id, ({LAST_SENDER})), found.why "  # noqa: S608
            f"FROM (SELECT DISTINCT ON (id) * FROM ({every}) AS every (id, why, updated_at)) AS found "
            "LEFT JOIN vehicles_ownership AS owner ON owner.vehicle_id = found.id AND owner.until IS NULL "
            "ORDER BY found.updated_at DESC, found.id LIMIT %(limit)s",
            {"number": number, "reversed": code[::-1] + "%", "limit": limit},
        )
        return [FoundCar(*row) for row in cursor.fetchall()]
