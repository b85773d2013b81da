"""The weekly draw 抽取: which lost leads are called, by a lot that anybody can draw again (handbook §3, ``lost-sale``).

Every lead is in one drum: that of the first draw after it became known. A draw takes from its drum as many as it
needs for ``share`` per cent of all the month's leads known by then. The month is the one the lead was lost in; its last
day has a draw too, which is how the share holds at the month's end.

The lot of a lead is the SHA-256 of ``seed:day of the draw:id of the lead`` (UTF-8, the day as YYYY-MM-DD); the smallest
are drawn. So the same leads and the same seed give the same draw, in whatever order they were told, and nothing that
becomes known later changes a draw that was made.

Decided here where the documents leave it open: a draw takes place when its day ends, so the leads of that day are in
it; its window counts from that day.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from operator import attrgetter

from sanfang.kernel.calendar import StoreCalendar, add_months
from sanfang.kernel.events import LostLead
from sanfang.kernel.rules import WeeklyDraw

DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Ticket:
    """A lead in the drum of the draw on ``day``. ``month``: the first day of the month it counts for."""

    lead: LostLead
    month: date
    day: date
    lot: str


def draw_day(day: date, drawn_on: int) -> date:
    """The first draw that what became known on ``day`` is in."""
    weekly = day + timedelta(days=(drawn_on - day.weekday()) % DAYS_A_WEEK)
    return min(weekly, add_months(day.replace(day=1), 1) - timedelta(days=1))


def tickets(
    rule: WeeklyDraw, calendar: StoreCalendar, leads: Iterable[LostLead], seed: int, until: datetime
) -> Iterator[Ticket]:
    """Everything in the drums of the draws made by ``until``, in no particular order."""
    for lead in leads:
        known = lead.at if lead.known is None else max(lead.known, lead.at)
        if known > until:
            continue
        day = draw_day(calendar.day_of(known), rule.drawn_on)
        if calendar.end_of(day) <= until:
            lot = sha256(f"{seed}:{day}:{lead.id}".encode()).hexdigest()
            yield Ticket(lead, calendar.day_of(lead.at).replace(day=1), day, lot)


def drawn(
    rule: WeeklyDraw, calendar: StoreCalendar, leads: Iterable[LostLead], seed: int, until: datetime
) -> list[Ticket]:
    """The tickets drawn by ``until``, in the order of the draws."""
    drums: dict[tuple[date, date], list[Ticket]] = defaultdict(list)
    for ticket in tickets(rule, calendar, leads, seed, until):
        drums[ticket.day, ticket.month].append(ticket)
    known: Counter[date] = Counter()
    taken: Counter[date] = Counter()
    found: list[Ticket] = []
    for (_day, month), drum in sorted(drums.items()):
        known[month] += len(drum)
        wanted = -(-known[month] * rule.share // 100) - taken[month]
        taken[month] += wanted
        found += sorted(drum, key=attrgetter("lot", "lead.id"))[:wanted]
    return found
