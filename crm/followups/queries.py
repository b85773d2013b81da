"""What the specialist's screen asks (screen contract "Workbench"). Instants are aware, never formatted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.complaints.queries import RECENT
from crm.customers.queries import salutation
from crm.followups import work
from crm.followups.callsheet import call
from crm.followups.load import Done, InHand, Load, Open, OpenCall, load, open_calls, open_work_of
from crm.followups.models import Attempt, FollowUp, State
from crm.followups.outcomes import ENDINGS
from crm.followups.policy import callbacks
from crm.followups.reach import callable_at, number_to_call
from crm.followups.sheets import CallSheet
from crm.followups.timeline import TimelineEntry, timeline
from crm.followups.words import Packs, kind, title
from crm.store.queries import StoreFacts, store
from crm.vehicles.actions import DOCUMENTS_OF_IMPORT
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Questionnaire
from sanfang.standards.packs import load_pack

__all__ = [
    "LABELS",
    "TONES",
    "CallSheet",
    "Done",
    "InHand",
    "Load",
    "Open",
    "OpenCall",
    "TimelineEntry",
    "anything_planned",
    "call",
    "get",
    "item",
    "load",
    "made_for_import",
    "open_calls",
    "open_work_of",
    "progress",
    "questionnaire_of",
    "queue",
    "timeline",
]

MOST = 100
"""How many calls of each group the queue shows; the counts count all."""
TONES = {work.OVERDUE: "danger", work.TODAY: "warn", work.PROMISED: "info", work.LATER: "muted"}
LABELS = {
    work.OVERDUE: _("已逾期"),
    work.TODAY: _("今天"),
    work.PROMISED: _("约定回拨"),
    work.LATER: _("以后到期"),
}
FILTERS = {
    "todo": (_("待办"), work.GROUPS, "muted"),
    "overdue": (_("逾期"), (work.OVERDUE,), "danger"),
    "promised": (_("约定"), (work.PROMISED,), "info"),
}
DONE = "done"
"""A filter of its own: what ended today, to be looked up again. Its calls belong to no group of work."""
CONNECTED = [outcome for outcome, ending in ENDINGS.items() if ending.connected]


@dataclass(frozen=True, slots=True)
class Progress:
    """Today's calls of the store. ``total``: ended today and still to end today. ``reached_percent``: of the
    attempts made today, how many reached somebody; None before the first."""

    done: int
    total: int
    reached_percent: int | None


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    label: Any
    count: int
    current: bool
    tone: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """``held_by``: the colleague the customer is with. ``attention``: what to know before dialling, in a word.
    ``unreached``: how often they were rung up in vain."""

    id: UUID
    customer_id: UUID
    customer_name: str
    salutation: str
    purpose: str
    vehicle: str
    due: datetime
    promised_at: datetime | None
    tone: str
    unreached: int
    kind: str
    held_by: str | None
    attention: Any
    done: bool
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: Any
    tone: str
    items: list[QueueItem]
    count: int


@dataclass(frozen=True, slots=True)
class Queue:
    """``messages_waiting``: greetings that the standard sends by message and that have come due; they are
    planned and counted, and go out once campaigns can send them."""

    progress: Progress
    filters: list[Filter]
    groups: list[Group]
    messages_waiting: int

    def around(self, key: UUID) -> tuple[UUID | None, UUID | None]:
        """The calls before and after ``key`` as they are listed; the first one after a call that isn't."""
        ids = [item.id for group in self.groups for item in group.items]
        if key not in ids:
            return None, next(iter(ids), None)
        at = ids.index(key)
        return ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None


def get(actor: Actor, key: UUID | str) -> FollowUp:
    """One call with its customer and car, for the actions. NotFound or Forbidden."""
    return callbacks.get(actor, key, rows=FollowUp.objects.select_related("customer", "vehicle"))


def questionnaire_of(follow_up: FollowUp) -> Questionnaire | None:
    """What this call asks, in the version it was planned by; None where it only records an outcome."""
    pack = load_pack(follow_up.pack, version=follow_up.pack_version)
    name = pack.rules[follow_up.rule].questionnaire
    return pack.questionnaires[name] if name else None


def queue(actor: Actor, *, filter: str = "todo", now: datetime) -> Queue:  # noqa: A002
    """The calls to make, what breaks first on top; calls of one customer stand together within a group."""
    callbacks.require(actor, "see")
    place = store()
    counts = _counts(place, now)
    if filter == DONE:
        return Queue(
            _progress(counts, place, now), _filters(counts, DONE), _done(actor, counts, place, now), counts["messages"]
        )
    current = filter if filter in FILTERS else "todo"
    sections = FILTERS[current][1]
    only = None
    if current != "todo":
        conditions = work.in_group(place, now)
        only = conditions[sections[0]]
    rows = work.page(place, now, most=MOST, only=only) if any(counts[section] for section in sections) else []
    uneasy = _uneasy(rows, now)
    packs = Packs()
    groups = []
    for section in sections:
        items = [_item(row, actor, packs, uneasy, now) for row in rows if row.section == section]
        if items:
            groups.append(Group(section, LABELS[section], TONES[section], _together(items), counts[section]))
    return Queue(
        progress=_progress(counts, place, now),
        filters=_filters(counts, current),
        groups=groups,
        messages_waiting=counts["messages"],
    )


def _filters(counts: dict[str, int], current: str) -> list[Filter]:
    of_work = [
        Filter(key, label, sum(counts[section] for section in inside), key == current, tone)
        for key, (label, inside, tone) in FILTERS.items()
    ]
    return [*of_work, Filter(DONE, pgettext_lazy("queue", "已完成"), counts["ended"], current == DONE, "muted")]


def _done(actor: Actor, counts: dict[str, int], place: StoreFacts, now: datetime) -> list[Group]:
    """What ended today, the newest first."""
    rows = FollowUp.objects.filter(_ended_today(place, now)).select_related("customer__hold__staff", "vehicle")
    found = list(rows.order_by("-ended_at", "pk")[:MOST])
    uneasy, packs = _uneasy(found, now), Packs()
    items = [_item(row, actor, packs, uneasy, now) for row in found]
    return [Group(DONE, _("今天已完成"), "muted", items, counts["ended"])] if items else []


def _ended_today(place: StoreFacts, now: datetime) -> Q:
    return Q(state__in=(State.COMPLETED, State.GIVEN_UP), ended_at__gte=work.today(place, now))


def anything_planned(actor: Actor) -> bool:
    """Whether this store has ever had a call to make; a new one has nothing until its first import."""
    return callbacks.visible(actor).exists()


def progress(actor: Actor, *, now: datetime) -> Progress:
    callbacks.require(actor, "see")
    place = store()
    return _progress(_counts(place, now), place, now)


def made_for_import(source: UUID) -> int:
    """How many follow-ups there are about the documents that an import brought."""
    with connection.cursor() as cursor:
        brought = f"SELECT id::text FROM ({DOCUMENTS_OF_IMPORT}) AS document"  # noqa: S608
        cursor.execute(
            f"SELECT count(*) FROM followups_followup WHERE trigger IN ({brought})",  # noqa: S608
            {"source": source},
        )
        return int(cursor.fetchone()[0])


def item(actor: Actor, follow_up: FollowUp, *, now: datetime) -> QueueItem:
    """One line of the queue as it is now, also when the call has just ended."""
    callbacks.require(actor, "see")
    place = store()
    row = work.todo(place, now).filter(pk=follow_up.pk).select_related("customer__hold__staff", "vehicle").first()
    if row is None:
        row = FollowUp.objects.select_related("customer__hold__staff", "vehicle").get(pk=follow_up.pk)
    return _item(row, actor, Packs(), _uneasy([row], now), now)


def _counts(place: StoreFacts, now: datetime) -> dict[str, int]:
    """How many calls each group has, how many ended today, how many messages wait. One statement."""
    to_call = callable_at(now)
    ended = _ended_today(place, now)
    waiting = Q(state=State.OPEN, channel=Channel.SMS, opens__lte=now)
    rows = FollowUp.objects.filter(Q(state=State.OPEN) | ended)
    sections = work.in_group(place, now)
    return rows.aggregate(
        ended=Count("pk", filter=ended),
        messages=Count("pk", filter=waiting),
        **{name: Count("pk", filter=to_call & condition) for name, condition in sections.items()},
    )


def _progress(counts: dict[str, int], place: StoreFacts, now: datetime) -> Progress:
    made = Attempt.objects.filter(at__gte=work.today(place, now), at__lte=now).aggregate(
        all=Count("pk"), connected=Count("pk", filter=Q(outcome__in=CONNECTED))
    )
    return Progress(
        done=counts["ended"],
        total=counts["ended"] + counts[work.OVERDUE] + counts[work.TODAY],
        reached_percent=round(made["connected"] * 100 / made["all"]) if made["all"] else None,
    )


def _uneasy(rows: list[Any], now: datetime) -> set[UUID]:
    """Which of these customers complained lately. One statement."""
    if not rows:
        return set()
    lately = FollowUp.objects.filter(
        pk__in=[row.pk for row in rows], customer__complaints__registered_at__gt=now - RECENT
    )
    return set(lately.values_list("customer_id", flat=True))


def _item(row: Any, actor: Actor, packs: Packs, uneasy: set[UUID], now: datetime) -> QueueItem:
    pack, customer = packs.of(row), row.customer
    section = getattr(row, "section", None)
    hold = getattr(customer, "hold", None)
    elsewhere = hold is not None and hold.until > now and hold.staff_id != actor.staff_id
    attention: Any = None
    if not number_to_call(customer):
        attention = _("缺电话")
    elif row.customer_id in uneasy:
        attention = _("近期投诉")
    return QueueItem(
        id=row.pk,
        customer_id=row.customer_id,
        customer_name=customer.name,
        salutation=salutation(customer),
        purpose=title(row, pack),
        vehicle=row.vehicle.title if row.vehicle else "",
        due=row.due,
        promised_at=row.promised_at,
        tone=TONES[section] if section else "muted",
        unreached=getattr(row, "unreached", 0),
        kind=kind(row, pack),
        held_by=hold.staff.name if hold is not None and elsewhere else None,
        attention=attention,
        done=section is None,
        ended_at=row.ended_at,
    )


def _together(items: list[QueueItem]) -> list[QueueItem]:
    """A customer's further calls directly behind their first: one conversation can serve them all."""
    first: dict[UUID, int] = {}
    for place, one in enumerate(items):
        first.setdefault(one.customer_id, place)
    return sorted(items, key=lambda one: first[one.customer_id])
