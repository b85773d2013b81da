"""The queue: the calls to make, what breaks first on top, counted and grouped in three statements."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.complaints.queries import complained_since
from crm.customers.queries import salutation
from crm.followups import work
from crm.followups.models import FollowUp, State
from crm.followups.outcomes import ENDINGS
from crm.followups.policy import callbacks
from crm.followups.reach import callable_at, number_to_call
from crm.followups.selection import EVERYTHING, Selection, order_of
from crm.followups.words import Packs, kind, title
from crm.store.queries import StoreFacts, store
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.tenancy.together import together

MOST = 40
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
    ``unreached``: how often they were rung up in vain. ``assignee``: whose work it is; empty is everybody's."""

    id: UUID
    customer_id: UUID
    customer_name: str
    salutation: str
    purpose: str
    vehicle: str
    plate: str
    due: datetime
    promised_at: datetime | None
    tone: str
    unreached: int
    kind: str
    held_by: str | None
    assignee: str
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
class Head:
    """The figures above the queue. ``counts``: of every group, whether it is listed or not."""

    progress: Progress
    filters: list[Filter]
    counts: dict[str, int]
    messages_waiting: int


@dataclass(frozen=True, slots=True)
class Queue:
    """``messages_waiting``: greetings that the standard sends by message and that have come due; they are
    planned and counted, and go out once campaigns can send them."""

    progress: Progress
    filters: list[Filter]
    groups: list[Group]
    counts: dict[str, int]
    messages_waiting: int

    def around(self, key: UUID) -> tuple[UUID | None, UUID | None]:
        return _around([item.id for group in self.groups for item in group.items], key)


def queue(
    actor: Actor,
    *,
    filter: str = "todo",  # noqa: A002
    selection: Selection = EVERYTHING,
    now: datetime,
    place: StoreFacts | None = None,
) -> Queue:
    """The calls to make, what breaks first on top; calls of one customer stand together within a group.

    Three statements, two with ``place``.
    """
    callbacks.require(actor, "see")
    place = place or store()
    counts = _counts(place, now, selection)
    current = filter if filter in FILTERS or filter == DONE else "todo"
    packs, groups = Packs(), []
    if current == DONE:
        ended = _ended(place, now, selection)
        shown, uneasy = _read(now, ended) if counts["ended_here"] else ([[]], set())
        if shown[0]:
            items = [_item(row, actor, packs, uneasy, now) for row in shown[0]]
            groups.append(Group(DONE, _("今天已完成"), "muted", items, counts["ended_here"]))
    else:
        sections = [section for section in FILTERS[current][1] if counts[section]]
        pages = [_page(place, now, section, selection) for section in sections]
        read, uneasy = _read(now, *pages) if pages else ([], set())
        for section, rows in zip(sections, read, strict=True):
            items = [_item(row, actor, packs, uneasy, now) for row in rows]
            if items:
                groups.append(Group(section, LABELS[section], TONES[section], _side_by_side(items), counts[section]))
    told = _head(counts, current)
    return Queue(told.progress, told.filters, groups, told.counts, told.messages_waiting)


def head(
    actor: Actor,
    *,
    filter: str = "todo",  # noqa: A002
    selection: Selection = EVERYTHING,
    now: datetime,
    place: StoreFacts | None = None,
) -> Head:
    """The figures alone, for a page that has its queue. One statement with ``place``."""
    callbacks.require(actor, "see")
    return _head(_counts(place or store(), now, selection), filter)


def neighbours(
    actor: Actor,
    key: UUID,
    *,
    filter: str = "todo",  # noqa: A002
    selection: Selection = EVERYTHING,
    now: datetime,
    place: StoreFacts | None = None,
) -> tuple[UUID | None, UUID | None]:
    """The calls before and after ``key`` as they are listed; the first one after a call that isn't. One statement
    with ``place``."""
    callbacks.require(actor, "see")
    place = place or store()
    if filter == DONE:
        return _around(list(_ended(place, now, selection).values_list("pk", flat=True)), key)
    current = filter if filter in FILTERS else "todo"
    pages = [_page(place, now, section, selection).only("customer_id") for section in FILTERS[current][1]]
    listed: list[UUID] = []
    for rows in together(*(one.select_related(None) for one in pages)):
        first = _first_places(row.customer_id for row in rows)
        listed += [row.pk for row in sorted(rows, key=lambda row: first[row.customer_id])]
    return _around(listed, key)


def next_of(actor: Actor, done: UUID, *, selection: Selection, now: datetime, place: StoreFacts) -> UUID | None:
    """The call to go on with after ``done``, among those that are looked at. One statement."""
    callbacks.require(actor, "see")
    return work.next_after(actor, done, place, now, only=selection.condition(), order=order_of(selection))


def progress(actor: Actor, *, now: datetime) -> Progress:
    return head(actor, now=now).progress


def item(actor: Actor, follow_up: FollowUp, *, now: datetime, place: StoreFacts | None = None) -> QueueItem:
    """One line of the queue as it is now, also when the call has just ended. One statement with ``place``."""
    callbacks.require(actor, "see")
    place = place or store()
    still = Exists(FollowUp.objects.filter(callable_at(now), pk=OuterRef("pk")))
    rows = work.described(FollowUp.objects.filter(pk=follow_up.pk), place, now).annotate(still=still)
    (shown,), uneasy = _read(now, rows.select_related("customer__hold__staff", "vehicle", "assignee"))
    row = shown[0]
    if not row.still:
        row.section = None
    return _item(row, actor, Packs(), uneasy, now)


def _read(now: datetime, *rows: Any) -> tuple[list[list[Any]], set[UUID]]:
    """The rows of each, and which customers with calls complained lately. One statement."""
    *found, complained = together(*rows, complained_since(now))
    return found, {one.customer_id for one in complained}


def _page(place: StoreFacts, now: datetime, section: str, selection: Selection) -> Any:
    return work.page(place, now, section, most=MOST, only=selection.condition(), order=order_of(selection))


def _ended(place: StoreFacts, now: datetime, selection: Selection) -> Any:
    """What ended today, the newest first."""
    rows = FollowUp.objects.filter(selection.condition() & _ended_today(place, now))
    return rows.select_related("customer__hold__staff", "vehicle", "assignee").order_by("-ended_at", "pk")[:MOST]


def _ended_today(place: StoreFacts, now: datetime) -> Q:
    return Q(state__in=(State.COMPLETED, State.GIVEN_UP), ended_at__gte=work.today(place, now))


COUNTS = """
SELECT section, count(*) FROM ({chosen}) AS todo (section) GROUP BY section
UNION ALL
SELECT 'to_end', count(*) FROM ({everything}) AS todo (section) WHERE section IN (%s, %s)
UNION ALL
SELECT 'ended', count(*) FROM followups_followup WHERE state IN (%s, %s) AND ended_at >= %s
UNION ALL
SELECT 'messages', count(*) FROM followups_followup WHERE state = %s AND channel = %s AND opens <= %s
UNION ALL
SELECT 'made', count(*) FROM followups_attempt WHERE at >= %s AND at <= %s
UNION ALL
SELECT 'connected', count(*) FROM followups_attempt WHERE at >= %s AND at <= %s AND outcome = ANY(%s)
"""
"""Written by hand around the one condition that matters: Django takes longer to put such a statement together than
PostgreSQL to answer it."""


def _counts(place: StoreFacts, now: datetime, selection: Selection) -> dict[str, int]:
    """How many calls each group has, how many ended today, how many messages wait; the day's attempts. One statement.

    Progress is the whole store's, whatever is selected.
    """
    day = work.today(place, now)
    chosen, chosen_params = _sections(place, now, selection.condition())
    everything, params = (chosen, chosen_params) if selection == EVERYTHING else _sections(place, now, Q())
    given = [
        *chosen_params, *params, work.OVERDUE, work.TODAY, State.COMPLETED, State.GIVEN_UP, day,
        State.OPEN, Channel.SMS, now, day, now, day, now, [str(one.value) for one in CONNECTED],
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(chosen=chosen, everything=everything), given)
        found = dict(cursor.fetchall())
    counts = {name: found.get(name, 0) for name in (*work.GROUPS, "to_end", "ended", "messages", "made", "connected")}
    counts["ended_here"] = counts["ended"]
    if selection != EVERYTHING:
        counts["ended_here"] = FollowUp.objects.filter(selection.condition() & _ended_today(place, now)).count()
    return counts


def _sections(place: StoreFacts, now: datetime, only: Q) -> tuple[str, Any]:
    """SQL that gives the group of every call that can be made."""
    rows = FollowUp.objects.filter(callable_at(now) & only).annotate(section=work.section_of(place, now))
    compiler: Any = rows.order_by().values_list("section").query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    return str(sql), params


def _head(counts: dict[str, int], current: str) -> Head:
    made = counts["made"] or 0
    of_work = [
        Filter(key, label, sum(counts[section] for section in inside), key == current, tone)
        for key, (label, inside, tone) in FILTERS.items()
    ]
    done = Filter(DONE, pgettext_lazy("queue", "已完成"), counts["ended_here"], current == DONE, "muted")
    return Head(
        progress=Progress(
            done=counts["ended"],
            total=counts["ended"] + counts["to_end"],
            reached_percent=round(counts["connected"] * 100 / made) if made else None,
        ),
        filters=[*of_work, done],
        counts={name: counts[name] for name in work.GROUPS},
        messages_waiting=counts["messages"],
    )


def _item(row: Any, actor: Actor, packs: Packs, uneasy: Collection[UUID], now: datetime) -> QueueItem:
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
        plate=row.vehicle.plate if row.vehicle else "",
        due=row.due,
        promised_at=row.promised_at,
        tone=TONES[section] if section else "muted",
        unreached=getattr(row, "unreached", 0),
        kind=kind(row, pack),
        held_by=hold.staff.name if hold is not None and elsewhere else None,
        assignee=row.assignee.name if row.assignee else "",
        attention=attention,
        done=section is None,
        ended_at=row.ended_at,
    )


def _first_places(customers: Iterable[UUID]) -> dict[UUID, int]:
    first: dict[UUID, int] = {}
    for place, who in enumerate(customers):
        first.setdefault(who, place)
    return first


def _side_by_side(items: list[QueueItem]) -> list[QueueItem]:
    """A customer's further calls directly behind their first: one conversation can serve them all."""
    first = _first_places(one.customer_id for one in items)
    return sorted(items, key=lambda one: first[one.customer_id])


def _around(listed: list[UUID], key: UUID) -> tuple[UUID | None, UUID | None]:
    if key not in listed:
        return None, next(iter(listed), None)
    at = listed.index(key)
    return listed[at - 1] if at else None, listed[at + 1] if at + 1 < len(listed) else None
