"""What the manager's board and the queue ask: who does whose work, and how far everybody is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.followups.queries import (
    LABELS,
    TONES,
    Done,
    InHand,
    Open,
    OpenCall,
    load,
    open_calls,
    open_work_of,
)
from crm.store.queries import StoreFacts, store
from crm.team import duty
from crm.team.models import Deputy
from crm.team.policy import deputies
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff
from tenants.roles import roles

__all__ = ["GROUPS", "answers_for", "board", "callers", "deputy_page", "open_calls", "open_work_of", "work_of"]

GROUPS = LABELS
"""Groups of work in order of urgency, with their names."""
MOST = 200
PAST_DAYS = 60
"""How long a deputy who is over stays in the list."""


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the board. ``key``: staff id, None for what is nobody's in particular. ``open``: what they have to
    do now, their own and that of those they stand in for. ``away``: who does their work, until when."""

    key: UUID | None
    name: str
    role_label: str
    open: Open
    done: Done
    in_hand: list[InHand]
    away: "Away | None"
    stands_in_for: list[str]
    left: bool

    @property
    def due(self) -> int:
        """To be done by the end of today."""
        return self.open.overdue + self.open.today


@dataclass(frozen=True, slots=True)
class Away:
    deputy: str
    until: date


@dataclass(frozen=True, slots=True)
class Board:
    members: list[Member]
    shared: Member
    total_open: Open
    total_done: Done
    absent: int


@dataclass(frozen=True, slots=True)
class CallToHandOver:
    """``assignee``: whose it is, who may be away."""

    call: OpenCall
    group_label: Any
    tone: str
    assignee: str


@dataclass(frozen=True, slots=True)
class DeputyRow:
    """``state``: coming, now or over."""

    id: UUID
    absent: str
    deputy: str
    first: date
    last: date
    reason: str
    state: str
    made_by: str
    ended_at: datetime | None


def answers_for(staff_id: UUID, now: datetime, *, place: StoreFacts | None = None) -> frozenset[UUID]:
    """The staff ids whose work ``staff_id`` does at ``now``: their own, and that of absent people they stand in for.

    Empty for somebody who is away themselves. One statement, two without ``place``.
    """
    return duty.answers_for(staff_id, _standing_in(place or store(), now))


def board(actor: Actor, *, now: datetime) -> Board:
    """Everybody who makes calls, or made one today. Six statements."""
    deputies.require(actor, "see")
    place = store()
    found = load(place, now)
    standing_in = _deputies_now(place, now)
    substitutes = {row.absent_id: row.deputy_id for row in standing_in}
    people = {person.pk: person for person in _staff(set(found.done) | set(found.in_hand))}
    theirs = {key: Open() for key in people}
    shared = Open()
    for owner, open_ones in found.open.items():
        worker = duty.worker(owner, substitutes) if owner else None
        if worker in people and people[worker].active:
            theirs[worker] += open_ones
        else:
            shared += open_ones
    away = {row.absent_id: Away(row.deputy.name, row.last_day) for row in standing_in}
    names = {row.absent_id: row.absent.name for row in standing_in}
    members = [
        Member(
            key=person.pk,
            name=person.name,
            role_label=_role(person),
            open=theirs[person.pk],
            done=found.done.get(person.pk, Done()),
            in_hand=found.in_hand.get(person.pk, []),
            away=away.get(person.pk),
            stands_in_for=sorted(
                names[one] for one in duty.answers_for(person.pk, substitutes) if one != person.pk and one in names
            ),
            left=not person.active,
        )
        for person in people.values()
    ]
    total_open, total_done = Open(), Done()
    for one in (*theirs.values(), shared):
        total_open += one
    for day in found.done.values():
        total_done.attempts += day.attempts
        total_done.reached += day.reached
        total_done.ended += day.ended
    return Board(
        members=members,
        shared=Member(None, _("未分配"), "", shared, Done(), [], None, [], False),
        total_open=total_open,
        total_done=total_done,
        absent=len(away),
    )


def work_of(actor: Actor, key: UUID | None, *, group: str = "", now: datetime) -> tuple[list[CallToHandOver], int]:
    """The open calls that somebody has to make, their own and an absent colleague's (None: nobody's in particular),
    and how many there are. Five statements."""
    deputies.require(actor, "see")
    place = store()
    of = answers_for(key, now, place=place) if key else None
    rows, count = open_calls(place, now, of=of, group=group, most=MOST)
    names = dict(Staff.objects.filter(pk__in={row.assignee for row in rows}).values_list("pk", "name"))
    return [
        CallToHandOver(
            call=row,
            group_label=GROUPS[row.group],
            tone=TONES[row.group],
            assignee=names.get(row.assignee, "") if row.assignee else "",
        )
        for row in rows
    ], count


def callers(now: datetime) -> list[tuple[Staff, bool]]:
    """Everybody whose role makes calls, and whether they are here today. Three statements."""
    away = _standing_in(store(), now)
    return [(person, person.pk not in away) for person in _staff(())]


def deputy_page(actor: Actor, *, now: datetime) -> list[DeputyRow]:
    """Deputies now, to come, and those of the last weeks."""
    deputies.require(actor, "see")
    today = store().calendar.day_of(now)
    rows = deputies.visible(actor).select_related("absent", "deputy", "made_by")
    recent = rows.filter(last_day__gte=date.fromordinal(today.toordinal() - PAST_DAYS))
    listed = [
        DeputyRow(
            id=row.pk,
            absent=row.absent.name,
            deputy=row.deputy.name,
            first=row.first_day,
            last=row.last_day,
            reason=row.reason,
            state=_state(row, today),
            made_by=row.made_by.name,
            ended_at=row.ended_at,
        )
        for row in recent.order_by("first_day", "pk")
    ]
    order = {"now": 0, "coming": 1, "over": 2}
    return sorted(listed, key=lambda row: order[row.state])


def _state(row: Deputy, today: date) -> str:
    if row.ended_at is not None or row.last_day < today:
        return "over"
    return "now" if row.first_day <= today else "coming"


def _deputies_now(place: StoreFacts, now: datetime) -> list[Deputy]:
    """Of somebody who has left nobody's work is done; what they stood in for is their colleague's again."""
    today = place.calendar.day_of(now)
    rows = Deputy.objects.filter(first_day__lte=today, last_day__gte=today, deputy__active=True)
    return list(rows.filter(Q(ended_at=None) | Q(ended_at__gt=now)).select_related("absent", "deputy"))


def _standing_in(place: StoreFacts, now: datetime) -> dict[UUID, UUID]:
    return {row.absent_id: row.deputy_id for row in _deputies_now(place, now)}


def _staff(also: Collection[UUID]) -> list[Staff]:
    """Everybody at work whose role makes calls, and ``also`` these; specialists first."""
    order = {key: -place for place, key in enumerate(roles())}
    calling = [key for key, role in roles().items() if "callback.make" in role.capabilities]
    at_work = Q(active=True, user_id__isnull=False, role__in=calling)
    found: list[Any] = list(Staff.objects.filter(at_work | Q(pk__in=also)))
    return sorted(found, key=lambda person: (not person.active, order.get(person.role, 1), person.name))


def _role(person: Staff) -> str:
    role = roles().get(person.role)
    return role.title if role else ""
