"""How much work there is and whose: what the manager's board asks. Three statements, however many people."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q

from crm.followups import work
from crm.followups.models import Attempt, FollowUp, Hold, State
from crm.followups.outcomes import ENDINGS
from crm.followups.reach import callable_at
from crm.followups.words import Packs, title
from crm.store.queries import StoreFacts

ENDED = (State.COMPLETED, State.GIVEN_UP)
CONNECTED = [outcome for outcome, ending in ENDINGS.items() if ending.connected]


@dataclass(slots=True)
class Open:
    """Calls that can be made, by group of work (:mod:`crm.followups.work`)."""

    overdue: int = 0
    today: int = 0
    promised: int = 0
    later: int = 0

    def __iadd__(self, other: "Open") -> "Open":
        self.overdue += other.overdue
        self.today += other.today
        self.promised += other.promised
        self.later += other.later
        return self

    @property
    def all(self) -> int:
        return self.overdue + self.today + self.promised + self.later


@dataclass(slots=True)
class Done:
    """One person's day so far: ``attempts`` they made, of which ``reached`` somebody, and calls they ``ended``."""

    attempts: int = 0
    reached: int = 0
    ended: int = 0

    @property
    def reached_percent(self) -> int | None:
        return round(self.reached * 100 / self.attempts) if self.attempts else None


@dataclass(frozen=True, slots=True)
class InHand:
    customer: str
    since: datetime
    calling: bool


@dataclass(frozen=True, slots=True)
class Load:
    """By staff id; ``open`` by whose work it is (None: nobody's in particular)."""

    open: dict[UUID | None, Open] = field(default_factory=lambda: defaultdict(Open))
    done: dict[UUID, Done] = field(default_factory=dict)
    in_hand: dict[UUID, list[InHand]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A line of the list from which calls are handed over."""

    id: UUID
    customer_id: UUID
    customer_name: str
    vehicle: str
    purpose: str
    group: str
    due: datetime
    promised_at: datetime | None
    attempts: int
    assignee: UUID | None
    held_by: str


def load(place: StoreFacts, now: datetime) -> Load:
    found = Load()
    groups = {name: Count("pk", filter=condition) for name, condition in work.in_group(place, now).items()}
    of_owners: Any = FollowUp.objects.filter(callable_at(now)).values("assignee").annotate(**groups)
    for row in of_owners:
        found.open[row["assignee"]] = Open(**{name: row[name] for name in work.GROUPS})
    made = Attempt.objects.filter(at__gte=work.today(place, now), at__lte=now).values("staff")
    last = Q(number=F("follow_up__attempts"), follow_up__state__in=ENDED)
    of_callers: Any = made.annotate(
        attempts=Count("pk"),
        reached=Count("pk", filter=Q(outcome__in=CONNECTED)),
        ended=Count("pk", filter=last),
    )
    for row in of_callers:
        found.done[row["staff"]] = Done(row["attempts"], row["reached"], row["ended"])
    for hold in Hold.objects.filter(until__gt=now).select_related("customer").order_by("since"):
        found.in_hand[hold.staff_id].append(InHand(hold.customer.name, hold.since, hold.begun_at is not None))
    return found


def open_calls(
    place: StoreFacts, now: datetime, *, of: Collection[UUID] | None, group: str = "", most: int
) -> tuple[list[OpenCall], int]:
    """The first ``most`` open calls of these people (None: everybody's), what breaks first on top, and how many
    there are. Two statements."""
    rows = work.todo(place, now)
    rows = rows.filter(Q(assignee=None) | Q(assignee__active=False) if of is None else Q(assignee__in=of))
    if group:
        rows = rows.filter(section=group)
    count = rows.count()
    packs = Packs()
    found = rows.select_related("customer__hold__staff", "vehicle").order_by("deadline", "priority", "pk")[:most]
    return [
        OpenCall(
            id=row.pk,
            customer_id=row.customer_id,
            customer_name=row.customer.name,
            vehicle=row.vehicle.title if row.vehicle else "",
            purpose=title(row, packs.of(row)),
            group=row.section,
            due=row.due,
            promised_at=row.promised_at,
            attempts=row.attempts,
            assignee=row.assignee_id,
            held_by=_holder(row, now),
        )
        for row in found
    ], count


def open_work_of(staff_id: UUID) -> int:
    """How many open calls are this person's, to be called now or later."""
    return int(FollowUp.objects.filter(state=State.OPEN, assignee=staff_id).count())


def _holder(row: Any, now: datetime) -> str:
    hold = getattr(row.customer, "hold", None)
    return hold.staff.name if hold is not None and hold.until > now else ""
