"""What would a standard ask of us? Calls of the coming weeks, by the one kernel, out of the store's own data.

*Known* is what the standard asks for because of what has happened: the kernel is asked what will have opened by the end
of the weeks if nothing else happens. *Expected* is what new business will add: deliveries, orders and lost leads of the
last four weeks are taken to come again every four weeks. Every call is taken to be made on the day its window opens.
Nothing is written.

Left out, because nobody can know them: complaints, lists that aren't imported yet, holidays and events.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from crm.followups import facts
from crm.followups.asking import Version, asked_by, in_the_drums
from crm.followups.models import FollowUp, PlanState
from crm.leads.queries import Lead
from crm.store.queries import StoreFacts
from sanfang.kernel.events import LostLead
from sanfang.kernel.followups import FollowUp as Asked
from sanfang.kernel.followups import RulesKernel, State
from sanfang.kernel.rules import DaysAfter, MinutesAfter
from sanfang.standards.definitions import Pack

BATCH = 1000
COLUMNS = ("rule", "trigger", "trigger_kind", "state", "ended_at", "pack", "pack_version")
AGAIN = 28
"""Business comes again after so many days: whole weeks, so that weekdays stay what they are."""
Progress = Callable[[int, int], object]
"""Told how many of how many subjects have been looked at."""


@dataclass(slots=True)
class Days:
    """How many follow-ups of one rule open on each day."""

    known: list[int]
    expected: list[int]


@dataclass(slots=True)
class Demand:
    """What one standard asks for from ``first`` on, by rule."""

    pack: str
    version: str
    rules: dict[str, Days] = field(default_factory=dict)


@dataclass(slots=True)
class Forecast:
    """``at``: when it was worked out; ``subjects``: vehicles and customers looked at."""

    at: datetime
    first: date
    days: int
    subjects: int
    demands: dict[str, Demand]


def silent(done: int, total: int) -> None:
    """For whoever doesn't wait."""


def forecast(
    packs: Sequence[Pack], place: StoreFacts, now: datetime, days: int, progress: Progress = silent
) -> Forecast:
    """What each of ``packs`` asks for in the ``days`` days from tomorrow on."""
    counts = [_Count(pack, place, now, days) for pack in packs]
    vehicle_ids, customer_ids = (_subjects(kind) for kind in PlanState.Subject)
    total, done = len(vehicle_ids) + len(customer_ids), 0
    until = counts[0].until
    followed = {rule for count in counts for rule in count.kernel.after_rule}
    for ids in _batches(vehicle_ids):
        rows = list(FollowUp.objects.filter(vehicle__in=ids).only(*COLUMNS))
        ended = facts.outcomes(row for row in rows if row.rule in followed)
        there = {(row.rule, row.trigger): asked_by(row) for row in rows}
        for vehicle in facts.vehicle_facts(ids, place, now):
            if vehicle.owner is None and not vehicle.customers:
                continue
            for count in counts:
                count.take(count.kernel.vehicle(vehicle.by(count.pack), ended, until).made, there)
        done += len(ids)
        progress(done, total)
    for ids in _batches(customer_ids):
        rows = list(FollowUp.objects.filter(customer__in=ids, vehicle=None).only(*COLUMNS))
        there = {(row.rule, row.trigger): asked_by(row) for row in rows}
        for history in facts.customer_histories(ids, place):
            for count in counts:
                count.take(count.kernel.customer(history, {}, until).made, there)
        done += len(ids)
        progress(done, total)
    for count in counts:
        if count.kernel.draws:
            count.take_leads()
    return Forecast(now, counts[0].first, days, total, {count.pack.id: count.demand for count in counts})


def size() -> int:
    """How many vehicles and customers a forecast looks at. One statement."""
    return PlanState.objects.count()


def _subjects(kind: str) -> list[UUID]:
    """Whom the planner looks at is whom a standard can ask anything of."""
    return list(PlanState.objects.filter(subject=kind).order_by("pk").values_list("pk", flat=True))


def _batches(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


class _Count:
    """One standard's follow-ups while they are counted."""

    def __init__(self, pack: Pack, place: StoreFacts, now: datetime, days: int) -> None:
        self.pack, self.place = pack, place
        self.calendar = place.calendar
        self.kernel = RulesKernel(pack.ruleset, place.calendar)
        self.days = days
        self.first = place.calendar.day_of(now) + timedelta(days=1)
        self.until = place.calendar.end_of(self.first + timedelta(days=days - 1))
        self.demand = Demand(pack.id, pack.version)
        self.version = (pack.id, pack.version)
        self.own = self.version == (place.pack.id, place.pack.version)
        self.by_rule: dict[str, Days] = defaultdict(lambda: Days([0] * days, [0] * days))

    def take(self, made: Iterable[Asked], there: Mapping[facts.Key, Version]) -> None:
        """``there``: what has been asked for already, and by whom; no other standard asks for it again."""
        for one in made:
            opens = self.calendar.day_of(one.opens)
            asked = there.get((one.rule, one.trigger), self.version) != self.version
            if one.state is State.OPEN and one.day >= self.place.go_live and not asked:
                self.add(one.rule, opens, expected=False)
                if opens < self.first and self.own and one.due >= self.place.calendar.start_of(self.first):
                    self.follow(one.rule, self.first, expected=False)
            self.come_again(one)
        self.demand.rules = dict(self.by_rule)

    def add(self, rule: str, opens: date, *, expected: bool) -> None:
        """One more of ``rule`` on that day, and what counts from its end."""
        index = (opens - self.first).days
        if 0 <= index < self.days:
            days = self.by_rule[rule]
            (days.expected if expected else days.known)[index] += 1
            self.follow(rule, opens, expected=expected)

    def follow(self, rule: str, ended: date, *, expected: bool) -> None:
        for later in self.kernel.after_rule.get(rule, ()):
            opens = self.calendar.next_open_day(ended + timedelta(days=later.window.opens))
            self.add(later.id, opens, expected=expected)

    def come_again(self, one: Asked) -> None:
        """What of the last weeks comes again, as often as the weeks ahead have room for it."""
        rule = self.pack.rules[one.rule].rule
        if not isinstance(rule, DaysAfter | MinutesAfter) or not -AGAIN <= (one.day - self.first).days < 0:
            return
        offset = rule.window.opens if isinstance(rule, DaysAfter) else 0
        for times in range(1, self.days // AGAIN + 2):
            day = one.day + timedelta(days=AGAIN * times + offset)
            self.add(one.rule, self.calendar.next_open_day(day) if offset else day, expected=True)

    def take_leads(self) -> None:
        """Real lost leads and those that come again, in the same draws."""
        place, calendar = self.place, self.calendar
        since = place.since or place.go_live if self.own else self.first - timedelta(days=1)
        rows = Lead.objects.filter(
            kind=Lead.Kind.LOST_LEAD, cancelled=False, day__gte=self.first - 2 * timedelta(AGAIN)
        )
        told = in_the_drums(rows, place, since)
        for lead in rows:
            if -AGAIN <= (lead.day - self.first).days < 0:
                for times in range(1, self.days // AGAIN + 2):
                    day = lead.day + timedelta(days=AGAIN * times)
                    told.append(LostLead(f"{lead.pk}+{times}", "", calendar.start_of(day)))
        for one in self.kernel.lost_leads(told, {}, self.until, place.draw_seed).made:
            self.add(one.rule, calendar.day_of(one.opens), expected="+" in one.trigger)
        self.demand.rules = dict(self.by_rule)
