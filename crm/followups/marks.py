"""Which vehicles and customers have to be planned again, and how far planning has come.

Rows are always locked in the order of their ids, by importers and planner alike, so that they can't
block one another for ever.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet

from crm.followups.arrays import array
from crm.followups.models import PlanState
from sanfang.tenancy.context import current_tenant

ADOPT = """
INSERT INTO followups_planstate (id, subject, marks, planned_marks)
SELECT subject.id, subject.kind, 1, 0
  FROM (SELECT id, 'vehicle' AS kind FROM vehicles_vehicle
        UNION ALL
        SELECT id, 'customer' FROM customers_customer WHERE birthday IS NOT NULL
        UNION ALL
        SELECT customer_id, 'customer' FROM leads_lead WHERE kind IN ('lost_list', 'canvassing')) AS subject
 WHERE NOT EXISTS (SELECT FROM followups_planstate AS known WHERE known.id = subject.id)
 ORDER BY subject.id
ON CONFLICT (id) DO NOTHING
"""
MARK_VEHICLES = """
INSERT INTO followups_planstate (id, subject, marks, planned_marks)
SELECT id, 'vehicle', 1, 0 FROM unnest(%s::uuid[]) AS subject (id) ORDER BY id
ON CONFLICT (id) DO UPDATE SET marks = followups_planstate.marks + 1
"""
MARK_CUSTOMERS = """
WITH locked AS (SELECT id FROM followups_planstate WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE)
UPDATE followups_planstate AS state SET marks = state.marks + 1 FROM locked WHERE state.id = locked.id
"""
MARK_ALL = """
WITH locked AS (SELECT id FROM followups_planstate ORDER BY id FOR UPDATE)
UPDATE followups_planstate AS state SET marks = state.marks + 1 FROM locked WHERE state.id = locked.id
"""
PLANNED = """
WITH locked AS (SELECT id FROM followups_planstate WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR UPDATE)
UPDATE followups_planstate AS state
   SET planned_marks = fresh.marks, next_at = fresh.next_at, planned_at = %(now)s
  FROM locked
  JOIN unnest(%(ids)s::uuid[], %(marks)s::int[], %(next)s::timestamptz[]) AS fresh (id, marks, next_at)
    ON fresh.id = locked.id
 WHERE state.id = locked.id
"""


def adopt() -> None:
    """Vehicles, and customers with a birthday or on a list, that no import has reported get a row too. One
    statement."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(ADOPT)


def mark_vehicles(ids: Collection[UUID]) -> None:
    """Something about these changed. Taken in by the next plan even while one is under way."""
    _run(MARK_VEHICLES, ids)


def mark_customers(ids: Collection[UUID]) -> None:
    """Likewise. Customers of whom nothing is asked (no birthday, no list) have no row and need none."""
    _run(MARK_CUSTOMERS, ids)


def _run(statement: str, ids: Collection[UUID]) -> None:
    current_tenant()
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(ids)])


def mark_all() -> None:
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(MARK_ALL)


def to_plan(now: datetime, store_changed_at: datetime, only: Collection[UUID] | None) -> QuerySet[PlanState]:
    """What ``now`` has to be planned. A subject planned by a later clock is left alone: planning it again
    by an earlier one would take back what has happened in between."""
    states = PlanState.objects.filter(Q(planned_at=None) | Q(planned_at__lte=now)).order_by("id")
    if only is not None:
        return states.filter(pk__in=only)
    waiting = ~Q(marks=F("planned_marks")) | Q(next_at__lte=now) | Q(planned_at__lt=store_changed_at)
    return states.filter(waiting)


def planned(states: Collection[PlanState], next_at: dict[UUID, datetime | None], now: datetime) -> None:
    """Written with the marks that were read before the facts: a mark set since then still stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            PLANNED,
            {
                "ids": array(str(state.pk) for state in states),
                "marks": array(str(state.marks) for state in states),
                "next": array(at.isoformat() if at else None for at in (next_at.get(state.pk) for state in states)),
                "now": now,
            },
        )
