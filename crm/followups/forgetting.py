"""Follow-ups whose cause goes away altogether: an import that is undone. What somebody has worked on stays."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from sanfang.tenancy.context import current_tenant

UNTOUCHED = """
SELECT row.id FROM followups_followup AS row
 WHERE {which} AND row.attempts = 0 AND row.state NOT IN ('completed', 'given_up')
   AND NOT EXISTS (SELECT FROM followups_draft WHERE follow_up_id = row.id)
"""
WHICH = {
    "triggers": "row.trigger = ANY(%s::text[])",
    "vehicles": "row.vehicle_id = ANY(%s::uuid[])",
    "customers": "row.customer_id = ANY(%s::uuid[])",
}


def worked_on(documents: Collection[UUID]) -> dict[UUID, UUID]:
    """Documents or leads on whose follow-ups somebody has worked, each with such a follow-up. One statement."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT ON (row.trigger) row.trigger::uuid, row.id FROM followups_followup AS row
             WHERE row.trigger = ANY(%s::text[]) AND row.id NOT IN ({UNTOUCHED.format(which=WHICH["triggers"])})
             ORDER BY row.trigger, row.id
            """,  # noqa: S608
            [list(map(str, documents)), list(map(str, documents))],
        )
        return dict(cursor.fetchall())


def forget(
    *, triggers: Collection[UUID] = (), vehicles: Collection[UUID] = (), customers: Collection[UUID] = ()
) -> None:
    """Deletes the follow-ups of these documents, cars and people that nobody has worked on, and how far the cars and
    people were planned."""
    current_tenant()
    given: dict[str, list[Any]] = {
        "triggers": list(map(str, triggers)),
        "vehicles": list(vehicles),
        "customers": list(customers),
    }
    with connection.cursor() as cursor:
        for name, ids in given.items():
            if ids:
                gone = UNTOUCHED.format(which=WHICH[name])
                cursor.execute(f"DELETE FROM followups_followup WHERE id IN ({gone})", [ids])  # noqa: S608
        cursor.execute(
            "DELETE FROM followups_planstate WHERE id = ANY(%s::uuid[])", [[*given["vehicles"], *given["customers"]]]
        )
