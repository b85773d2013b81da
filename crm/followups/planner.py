"""The planner: reads what happened, has the rules kernel decide, and writes the difference set-wise.

What stands in the table afterwards depends on the facts alone, so it is the same planned once or twice,
late, after every import or all at once:

* a follow-up that the rules ask for and that isn't there is made (``INSERT … ON CONFLICT DO NOTHING``);
* one that nobody has attempted gets the window and the customer that hold by the facts of now;
* an open one that a visit answered is *answered*; when that visit is taken back, it is open again;
* one that nobody has attempted and that nothing asks for any more (its document was cancelled, its date
  replaced) is *withdrawn*; when the trigger comes back, so does it;
* what a person completed or gave up is never touched.

Each standard's follow-ups are kept to what that standard asks for; new ones are made by the one of today, and only
what opens since it was chosen (:mod:`crm.followups.asking`).

Go-live: a follow-up whose trigger's own day (the delivery, the day the car left, the date itself) lies
before the store's go-live isn't made (follow-ups.md, "In a store").

Planners of one tenant take turns batch by batch (an advisory lock). Calls go on meanwhile: every update
names the number of attempts that was read, so a call that ends in between wins.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from crm.followups import facts, fresh_rows, marks
from crm.followups.asking import (
    FINAL,
    Batch,
    Standards,
    Wanted,
    ask_for_customers,
    ask_for_leads,
    ask_for_vehicles,
    asked_by,
)
from crm.followups.models import FollowUp, PlanState, State
from crm.leads.queries import Lead
from crm.store.queries import StoreFacts, store
from sanfang.kernel import followups as kernel
from sanfang.kernel.events import TriggerKind
from sanfang.kernel.rules import WeeklyDraw

BATCH = 1000
PLANNER_LOCK = 7301
"""First half of the advisory lock's key; the second is the schema. No other lock may use it."""

MOVE = """
UPDATE followups_followup AS known
   SET opens = fresh.opens, due = fresh.due, state = fresh.state, trigger_on = fresh.trigger_on,
       customer_id = fresh.customer, vehicle_id = fresh.vehicle,
       ended_at = fresh.ended_at, answered_by = fresh.answered_by
  FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::date[], %s::uuid[],
              %s::uuid[], %s::timestamptz[], %s::uuid[])
       AS fresh (id, attempts, opens, due, state, trigger_on, customer, vehicle, ended_at, answered_by)
 WHERE known.id = fresh.id AND known.attempts = fresh.attempts AND known.state NOT IN ('completed', 'given_up')
"""


@dataclass(slots=True)
class PlanResult:
    """What a plan did. ``subjects``: vehicles and customers looked at; ``moved``: windows or customers."""

    subjects: int = 0
    made: int = 0
    moved: int = 0
    answered: int = 0
    withdrawn: int = 0
    reopened: int = 0


def plan(now: datetime, *, only: Collection[UUID] | None = None) -> PlanResult:
    """Plans what has changed or come due by ``now``; with ``only``, those vehicles and customers whatever."""
    result = PlanResult()
    place = store()
    standards = Standards(place)
    if only is None and standards.has(standards.of_today, WeeklyDraw):
        with transaction.atomic():
            _take_turns()
            _plan_draws(standards, now, result)
    marks.adopt()
    after: UUID | None = None
    while True:
        with transaction.atomic():
            _take_turns()
            waiting = marks.to_plan(now, place.changed_at, only)
            states = list((waiting.filter(pk__gt=after) if after else waiting)[:BATCH])
            if not states:
                return result
            _plan_batch(states, standards, now, result)
        after = states[-1].pk


def _take_turns() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [PLANNER_LOCK])


def _plan_batch(states: list[PlanState], standards: Standards, now: datetime, result: PlanResult) -> None:
    vehicles = [state.pk for state in states if state.subject == PlanState.Subject.VEHICLE]
    customers = [state.pk for state in states if state.subject == PlanState.Subject.CUSTOMER]
    batch = Batch()
    known: list[FollowUp] = []
    if vehicles:
        known = list(FollowUp.objects.filter(vehicle__in=vehicles))
        ask_for_vehicles(batch, vehicles, known, standards, now)
    if customers:
        theirs = FollowUp.objects.filter(customer__in=customers, vehicle=None)
        of_customers = list(theirs.exclude(trigger_kind=TriggerKind.LOST_LEAD))
        ask_for_customers(batch, customers, of_customers, standards, now)
        known += of_customers
    known += _known_elsewhere(batch.wanted.get(standards.of_today, {}), known)
    result.subjects += len(states)
    result.made += _make(batch.wanted.get(standards.of_today, {}), known, standards.place, now)
    _move(batch, known, result)
    marks.planned(states, batch.next_at, now)


def _plan_draws(standards: Standards, now: datetime, result: PlanResult) -> None:
    """Lost leads are looked at all together, whenever anything is planned: they are few, and a draw needs them all."""
    place = standards.place
    leads = list(Lead.objects.filter(kind=Lead.Kind.LOST_LEAD, day__gte=place.go_live))
    if not leads:
        return
    batch = Batch()
    ask_for_leads(batch, (lead for lead in leads if not lead.cancelled), standards, now)
    keys = [str(lead.pk) for lead in leads]
    rows = list(FollowUp.objects.filter(trigger__in=keys, trigger_kind=TriggerKind.LOST_LEAD))
    cancelled = {str(lead.pk) for lead in leads if lead.cancelled}
    result.made += _make(batch.wanted.get(standards.of_today, {}), rows, place, now)
    _move(batch, [row for row in rows if asked_by(row) == standards.of_today or row.trigger in cancelled], result)


# --- what is written ------------------------------------------------------------------------
def _known_elsewhere(wanted: Mapping[facts.Key, Wanted], known: Iterable[FollowUp]) -> Iterable[FollowUp]:
    """Follow-ups of these triggers that stand with another vehicle: the document has changed its car."""
    missing = wanted.keys() - {(row.rule, row.trigger) for row in known}
    if not missing:
        return []
    rows = FollowUp.objects.filter(trigger__in={trigger for _rule, trigger in missing})
    return [row for row in rows if (row.rule, row.trigger) in missing]


def _make(wanted: Mapping[facts.Key, Wanted], known: Iterable[FollowUp], place: StoreFacts, now: datetime) -> int:
    there = {(row.rule, row.trigger) for row in known}
    start = place.calendar.start_of(place.since) if place.since else None
    fresh = [
        one
        for key, one in wanted.items()
        if one.opened and key not in there and (start is None or one.followup.opens >= start)
    ]
    fresh_rows.insert(fresh, place.pack, now)
    return len(fresh)


def _as_asked(one: Wanted) -> dict[str, object]:
    """The columns that follow the facts as long as nobody has called."""
    answered = one.followup.state == kernel.State.ANSWERED_BY_VISIT
    return {
        "opens": one.followup.opens,
        "due": one.followup.due,
        "state": State.ANSWERED if answered else State.OPEN,
        "trigger_on": one.followup.day,
        "customer_id": one.customer,
        "vehicle_id": one.vehicle,
        "ended_at": one.followup.finished if answered else None,
        "answered_by": UUID(one.followup.answered_by) if answered and one.followup.answered_by else None,
    }


def _move(batch: Batch, known: Iterable[FollowUp], result: PlanResult) -> None:
    """One statement brings every follow-up that is there to what the facts ask for."""
    changes: list[tuple[FollowUp, dict[str, object]]] = []
    for row in known:
        if row.state in FINAL:
            continue
        target = _target(row, batch.wanted.get(asked_by(row), {}).get((row.rule, row.trigger)))
        if any(getattr(row, column) != value for column, value in target.items()):
            changes.append((row, target))
            _count(row, str(target["state"]), result)
    if not changes:
        return
    columns = ("opens", "due", "state", "trigger_on", "customer_id", "vehicle_id", "ended_at", "answered_by")
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            [
                [row.pk for row, _target in changes],
                [row.attempts for row, _target in changes],
                *([target.get(column, getattr(row, column)) for row, target in changes] for column in columns),
            ],
        )


def _target(row: FollowUp, one: Wanted | None) -> dict[str, object]:
    """What ``row`` should say. An attempted follow-up keeps its window and its customer."""
    if one is None:
        if row.attempts:
            return {}
        return {"state": State.WITHDRAWN, "ended_at": None, "answered_by": None}
    asked = _as_asked(one)
    if row.attempts:
        return {column: asked[column] for column in ("state", "ended_at", "answered_by")}
    return asked


def _count(row: FollowUp, state: str, result: PlanResult) -> None:
    if state == row.state:
        result.moved += 1
    elif state == State.ANSWERED:
        result.answered += 1
    elif state == State.WITHDRAWN:
        result.withdrawn += 1
    else:
        result.reopened += 1
