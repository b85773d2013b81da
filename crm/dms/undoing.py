"""An import is taken back: what it made goes, what it changed says again what it said before.

The history is the journal (:mod:`sanfang.audit.journal`). Row by row, what somebody has changed or worked on since
stays as it is, and is named. Who had a car is worked out afresh from the documents that are left. One transaction under
the turn of the store's imports: killed, it has changed nothing; sent twice, the second finds it done. Names that an
import brought of advisors and consultants stay: staff outlive their documents.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from crm.dms.models import ImportRun
from crm.dms.progress import Watch
from crm.followups import actions as followups
from crm.vehicles import actions as vehicles
from sanfang.audit import journal
from sanfang.audit.journal import Changed, Journal
from sanfang.tenancy.context import current_tenant

DOCUMENTS = ("leads_lead", "vehicles_repairorder", "vehicles_delivery")
CARS, PEOPLE = "vehicles_vehicle", "customers_customer"
SHOWN = 200
"""Refused rows that a run keeps for its page."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that stays. ``why``: ``edited`` (somebody has changed it), ``called`` (somebody has worked on its
    follow-up, which is ``follow_up``) or ``named`` (something that stays belongs to it). ``run``: the import that
    changed it, where it was one. ``label``: what people know the row by; ``customer``: whose it is."""

    table: str
    id: str
    why: str
    label: str = ""
    customer: str = ""
    at: str = ""
    by: str = ""
    run: str = ""
    follow_up: str = ""


@dataclass(slots=True)
class Undone:
    """What taking back came to: rows ``removed`` and ``restored`` by table; the first refusals, and how many."""

    removed: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    refused_total: int = 0

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            self.refused_total += 1
            if len(self.refused) < SHOWN:
                self.refused.append(refusal)

    def kept(self) -> dict[str, Any]:
        return asdict(self)


def take_back(run: ImportRun, now: datetime, watch: Watch) -> Undone:
    """Part of the caller's transaction. Raises :class:`~crm.dms.progress.Unwanted` when it is no longer wanted."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
    mine = Journal(str(run.pk), run.journal_after or 0, run.journal_until)
    undone = Undone()
    cars: set[UUID] = set()
    people: set[UUID] = set()
    for place, table in enumerate(DOCUMENTS, 1):
        _documents(mine, table, undone, cars, people, now)
        watch.written(0.15 * place)
    vehicles.settle_owners(cars, current_tenant().time_zone)
    watch.written(0.6)
    for table in (CARS, PEOPLE):
        _files(mine, table, undone, cars if table == CARS else people, now)
        watch.written(0.8 if table == CARS else 0.95)
    undone.refused = list(_labelled(undone.refused))
    followups.replan(_there(CARS, cars), customer_ids=_there(PEOPLE, people))
    return undone


def _documents(mine: Journal, table: str, undone: Undone, cars: set[UUID], people: set[UUID], now: datetime) -> None:
    """Documents that the import made go, unless somebody has worked on what they asked for."""
    undone.refuse(_edited(table, mine.changed_since(table)))
    made = mine.made(table)
    busy = followups.worked_on(made)
    undone.refuse(Refusal(table, str(key), "called", follow_up=str(call)) for key, call in busy.items())
    gone = [key for key in made if key not in busy]
    _belonging(table, gone, cars, people)
    followups.forget(triggers=gone)
    journal.remove(table, gone)
    restored = mine.give_back(table, now)
    _belonging(table, restored, cars, people)
    undone.removed[table], undone.restored[table] = len(gone), len(restored)


def _files(mine: Journal, table: str, undone: Undone, touched: set[UUID], now: datetime) -> None:
    """Cars and people of whom nothing is left go; what the import said of the others is taken back."""
    undone.refuse(_edited(table, mine.changed_since(table)))
    restored = mine.give_back(table, now)
    made = mine.made(table)
    free = journal.unnamed(table, made, but={"followups_followup"})
    followups.forget(**{"vehicles" if table == CARS else "customers": free})
    gone = journal.unnamed(table, free)
    journal.remove(table, gone)
    stay = set(made) - set(gone)
    undone.refuse(Refusal(table, str(key), "named") for key in sorted(stay))
    touched |= {*restored, *stay}
    undone.removed[table], undone.restored[table] = len(gone), len(restored)


def _belonging(table: str, ids: Collection[UUID], cars: set[UUID], people: set[UUID]) -> None:
    """Whose documents these are, and of which cars."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT vehicle_id, customer_id FROM {table} WHERE id = ANY(%s)", [list(ids)])  # noqa: S608
        for car, person in cursor.fetchall():
            cars.update(filter(None, [car]))
            people.update(filter(None, [person]))


def _there(table: str, ids: Collection[UUID]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE id = ANY(%s)", [list(ids)])  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def _edited(table: str, changed: Iterable[Changed]) -> Iterable[Refusal]:
    for one in changed:
        yield Refusal(
            table, str(one.object), "edited", at=one.at.isoformat(), by=str(one.actor or ""), run=_run(one.request)
        )


LABELS = {
    "leads_lead": ("number", "customer_id"),
    "vehicles_repairorder": ("number", "customer_id"),
    "vehicles_delivery": ("number", "customer_id"),
    CARS: ("coalesce(nullif(plate, ''), vin)", "NULL"),
    PEOPLE: ("name", "id"),
}
"""What a row is known by, and whose it is."""


def _labelled(refusals: Sequence[Refusal]) -> Iterable[Refusal]:
    told: dict[str, tuple[str, Any]] = {}
    with connection.cursor() as cursor:
        for table, (label, customer) in LABELS.items():
            ids = [one.id for one in refusals if one.table == table]
            cursor.execute(
                f"SELECT id::text, {label}, {customer} FROM {table} WHERE id = ANY(%s::uuid[])",  # noqa: S608
                [ids],
            )
            told |= {key: (label, customer) for key, label, customer in cursor.fetchall()}
    for one in refusals:
        label, customer = told.get(one.id, ("", None))
        yield replace(one, label=label, customer=str(customer or ""))


def _run(request: str) -> str:
    """The import whose id a request is; "" for anything else."""
    try:
        key = UUID(request)
    except ValueError:
        return ""
    return str(key) if ImportRun.objects.filter(pk=key).exists() else ""
