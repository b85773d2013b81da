"""The planner: reads what happened, has the rules kernel decide, and writes the difference set-wise.

What stands in the table afterwards depends on the facts alone, so it is the same planned once or twice,
late, after every import or all at once:

* a follow-up that the rules ask for and that isn't there is made (``INSERT … ON CONFLICT DO NOTHING``);
* one that nobody has attempted gets the window and the customer that hold by the facts of now;
* an open one that a visit answered is *answered*; when that visit is taken back, it is open again;
* one that nobody has attempted and that nothing asks for any more (its document was cancelled, its date
  replaced) is *withdrawn*; when the trigger comes back, so does it;
* what a person completed or gave up is never touched.

Go-live: a follow-up whose trigger's own day (the delivery, the day the car left, the date itself) lies
before the store's go-live isn't made (follow-ups.md, "In a store").

Planners of one tenant take turns batch by batch (an advisory lock). Calls go on meanwhile: every update
names the number of attempts that was read, so a call that ends in between wins.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from crm.followups import facts, marks
from crm.followups.models import FollowUp, PlanState, State
from crm.store.queries import StoreFacts, store
from sanfang.kernel import followups as kernel
from sanfang.kernel.followups import RulesKernel
from sanfang.kernel.rules import AfterRule, DaysAfter, MinutesAfter

BATCH = 500
PLANNER_LOCK = 7301
"""First half of the advisory lock's key; the second is the schema. No other lock may use it."""
FINAL = (State.COMPLETED, State.GIVEN_UP)
OF_ITS_DOCUMENT = (DaysAfter, MinutesAfter, AfterRule)
"""Kinds of rules about one visit or delivery: its customer is called, whoever has the car since."""

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


@dataclass(slots=True)
class Wanted:
    """One thing the rules ask for, and whom to call. What hasn't ``opened`` yet is not made, only moved."""

    followup: kernel.FollowUp
    customer: UUID
    vehicle: UUID | None
    opened: bool


@dataclass(slots=True)
class Batch:
    """What the rules ask for a batch, by rule and trigger, and when each subject has to be looked at again."""

    wanted: dict[facts.Key, Wanted] = field(default_factory=dict)
    next_at: dict[UUID, datetime | None] = field(default_factory=dict)


def plan(now: datetime, *, only: Collection[UUID] | None = None) -> PlanResult:
    """Plans what has changed or come due by ``now``; with ``only``, those vehicles and customers whatever."""
    result = PlanResult()
    place = store()
    rules = RulesKernel(place.pack.ruleset, place.calendar)
    marks.adopt()
    after: UUID | None = None
    while True:
        with transaction.atomic():
            _take_turns()
            waiting = marks.to_plan(now, place.changed_at, only)
            states = list((waiting.filter(pk__gt=after) if after else waiting)[:BATCH])
            if not states:
                return result
            _plan_batch(states, place, rules, now, result)
        after = states[-1].pk


def _take_turns() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [PLANNER_LOCK])


def _plan_batch(
    states: list[PlanState], place: StoreFacts, rules: RulesKernel, now: datetime, result: PlanResult
) -> None:
    vehicles = [state.pk for state in states if state.subject == PlanState.Subject.VEHICLE]
    customers = [state.pk for state in states if state.subject == PlanState.Subject.CUSTOMER]
    known = list(FollowUp.objects.filter(vehicle__in=vehicles)) if vehicles else []
    known += FollowUp.objects.filter(customer__in=customers, vehicle=None) if customers else []
    batch = Batch()
    if vehicles:
        _ask_for_vehicles(batch, vehicles, known, place, rules, now)
    if customers:
        _ask_for_customers(batch, customers, known, place, rules, now)
    known += _known_elsewhere(batch, known)
    result.subjects += len(states)
    result.made += _make(batch, known, place, now)
    _move(batch, known, result)
    marks.planned(states, batch.next_at, now)


# --- what the rules ask for -----------------------------------------------------------------
def _ask_for_vehicles(
    batch: Batch,
    vehicle_ids: list[UUID],
    known: Iterable[FollowUp],
    place: StoreFacts,
    rules: RulesKernel,
    now: datetime,
) -> None:
    ended = facts.outcomes(known)
    for vehicle in facts.vehicle_facts(vehicle_ids, place, now):
        replay = rules.vehicle(vehicle.history, ended, now)
        batch.next_at[vehicle.id] = min(filter(None, (replay.next_opens, vehicle.next_event)), default=None)
        for followup, opened in _both(replay):
            on_document = vehicle.customers.get(followup.trigger)
            if isinstance(place.pack.rules[followup.rule].rule, OF_ITS_DOCUMENT):
                customer = on_document or vehicle.owner
            else:
                customer = vehicle.owner or on_document
            _want(batch, followup, customer, vehicle.id, opened, place)


def _ask_for_customers(
    batch: Batch,
    customer_ids: list[UUID],
    known: Iterable[FollowUp],
    place: StoreFacts,
    rules: RulesKernel,
    now: datetime,
) -> None:
    ended = facts.outcomes(known)
    for history in facts.customer_histories(customer_ids, place):
        customer = UUID(history.customer.id)
        replay = rules.customer(history, ended, now)
        batch.next_at[customer] = replay.next_opens
        for followup, opened in _both(replay):
            _want(batch, followup, customer, None, opened, place)


def _both(replay: kernel.Replay) -> Iterable[tuple[kernel.FollowUp, bool]]:
    yield from ((followup, False) for followup in replay.coming)
    yield from ((followup, True) for followup in replay.made)


def _want(
    batch: Batch,
    followup: kernel.FollowUp,
    customer: UUID | None,
    vehicle: UUID | None,
    opened: bool,
    place: StoreFacts,
) -> None:
    """A car without anybody to call (the store's own) asks for nothing."""
    if customer is not None and followup.day >= place.go_live:
        batch.wanted[followup.rule, followup.trigger] = Wanted(followup, customer, vehicle, opened)


# --- what is written ------------------------------------------------------------------------
def _known_elsewhere(batch: Batch, known: Iterable[FollowUp]) -> Iterable[FollowUp]:
    """Follow-ups of these triggers that stand with another vehicle: the document has changed its car."""
    missing = batch.wanted.keys() - {(row.rule, row.trigger) for row in known}
    if not missing:
        return []
    rows = FollowUp.objects.filter(trigger__in={trigger for _rule, trigger in missing})
    return [row for row in rows if (row.rule, row.trigger) in missing]


def _make(batch: Batch, known: Iterable[FollowUp], place: StoreFacts, now: datetime) -> int:
    there = {(row.rule, row.trigger) for row in known}
    fresh = [
        FollowUp(
            rule=one.followup.rule,
            trigger=one.followup.trigger,
            trigger_kind=one.followup.kind,
            channel=one.followup.channel,
            pack=place.pack.id,
            pack_version=place.pack.version,
            planned_at=now,
            **_as_asked(one),
        )
        for key, one in batch.wanted.items()
        if one.opened and key not in there
    ]
    if fresh:
        FollowUp.objects.bulk_create(fresh, ignore_conflicts=True)
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
        target = _target(row, batch.wanted.get((row.rule, row.trigger)))
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
