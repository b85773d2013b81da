"""New follow-ups into their table: one statement for a batch, its columns as arrays in PostgreSQL's own notation.

The ORM made a model of every row and a placeholder of every value, which was two thirds of what planning cost.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from crm.followups.arrays import array, quoted
from crm.followups.asking import Wanted
from crm.followups.models import State
from sanfang.kernel import followups as kernel
from sanfang.standards.definitions import Pack

INSERT = """
INSERT INTO followups_followup (id, rule, trigger, trigger_kind, channel, opens, due, trigger_on, customer_id,
                                vehicle_id, state, ended_at, answered_by, attempts, pack, pack_version, planned_at,
                                updated_at)
SELECT public.sanfang_uuid7(), fresh.*, 0, %s, %s, %s, now()
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::date[],
              %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[]) AS fresh
ON CONFLICT DO NOTHING
"""


def insert(fresh: Sequence[Wanted], pack: Pack, now: datetime) -> None:
    """Makes these follow-ups, asked for by ``pack``; those that are there already stay as they are."""
    if not fresh:
        return
    asked = [one.followup for one in fresh]
    answered = [one.state is kernel.State.ANSWERED_BY_VISIT for one in asked]
    columns = [
        array(one.rule for one in asked),
        array(quoted(one.trigger) for one in asked),
        array(one.kind for one in asked),
        array(one.channel for one in asked),
        array(one.opens.isoformat() for one in asked),
        array(one.due.isoformat() for one in asked),
        array(one.day.isoformat() for one in asked),
        array(str(one.customer) for one in fresh),
        array(str(one.vehicle) if one.vehicle else None for one in fresh),
        array(State.ANSWERED.value if ended else State.OPEN.value for ended in answered),
        array(
            one.finished.isoformat() if ended and one.finished else None
            for one, ended in zip(asked, answered, strict=True)
        ),
        array(one.answered_by if ended else None for one, ended in zip(asked, answered, strict=True)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [pack.id, pack.version, now, *columns])
