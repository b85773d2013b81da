"""Two standards beside each other: what each asks of the store in the coming weeks, and what the store can do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.followups.forecast import Days, Demand, Forecast
from crm.store.queries import StoreFacts
from sanfang.kernel.calendar import StoreCalendar
from sanfang.kernel.events import TriggerKind
from sanfang.kernel.rules import Channel, DaysAfter, MinutesAfter, Occasion, Rule
from sanfang.standards.definitions import Calling, FollowUpRule, Pack
from sanfang.standards.packs import load_pack
from sanfang.tenancy.models import Staff
from tenants.roles import roles

WEEK = 7


@dataclass(frozen=True, slots=True)
class Load:
    """What one standard asks for in all the days shown. ``calls`` by day; ``expected``: of those, what new business
    is taken to bring. ``a_day`` and ``each``: on an open day, and of each person. ``over``: days beyond capacity."""

    pack: Pack
    title: str
    calls: list[int]
    total: int
    expected: int
    messages: int
    a_day: float
    each: float
    most: int
    most_on: date
    over: int


@dataclass(frozen=True, slots=True)
class Week:
    first: date
    last: date
    calls: list[int]
    capacity: int


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in both standards: when it asks, and calls or messages a week; None where a standard has no such rule
    or nobody can know how often it will ask."""

    title: str
    channel: str
    words: list[str | None]
    a_week: list[float | None]

    @property
    def cells(self) -> list[tuple[str | None, float | None]]:
        return list(zip(self.words, self.a_week, strict=True))


@dataclass(frozen=True, slots=True)
class Comparison:
    """``loads``: the store's own standard first. ``capacity``: calls by day that ``people`` can make."""

    first: date
    last: date
    days: list[date]
    people: int
    capacity: list[int]
    loads: list[Load]
    weeks: list[Week]
    rules: list[RuleLine]
    at: datetime


def callers() -> QuerySet[Staff]:
    """Who spends the day calling: those who may call and don't run the centre. One statement."""
    those = {key for key, role in roles().items() if _calls(role.capabilities)}
    return Staff.objects.filter(active=True, role__in=those)


def _calls(capabilities: frozenset[str]) -> bool:
    return "callback.make" in capabilities and "standard.choose" not in capabilities


def compare(found: Forecast, place: StoreFacts, other: str, days: int, people: int) -> Comparison:
    """The store's standard against ``other``, for the first ``days`` days of the forecast."""
    dates = [found.first + timedelta(days=number) for number in range(days)]
    packs = [place.pack, load_pack(other)]
    demands = [found.demands.get(pack.id) or Demand(pack.id, pack.version) for pack in packs]
    capacity = [_capacity(place.calendar, place.pack.calling, day, people) for day in dates]
    loads = [_load(pack, demand, dates, capacity, place, people) for pack, demand in zip(packs, demands, strict=True)]
    weeks = [
        Week(
            dates[start],
            dates[start + WEEK - 1],
            [sum(load.calls[start : start + WEEK]) for load in loads],
            sum(capacity[start : start + WEEK]),
        )
        for start in range(0, days, WEEK)
    ]
    lines = list(_rules(packs, demands, days))
    return Comparison(found.first, dates[-1], dates, people, capacity, loads, weeks, lines, found.at)


def _load(pack: Pack, demand: Demand, dates: list[date], capacity: list[int], place: StoreFacts, people: int) -> Load:
    spoken = [days for rule, days in demand.rules.items() if pack.rules[rule].channel != Channel.SMS]
    written = [days for rule, days in demand.rules.items() if pack.rules[rule].channel == Channel.SMS]
    shown = len(dates)
    calls = [sum(one.known[day] + one.expected[day] for one in spoken) for day in range(shown)]
    open_days = sum(bool(place.calendar.stretches(day)) for day in dates)
    a_day = sum(calls) / open_days if open_days else 0.0
    most = max(range(shown), key=calls.__getitem__)
    return Load(
        pack=pack,
        title=pack.title.get(get_language() or ""),
        calls=calls,
        total=sum(calls),
        expected=sum(sum(one.expected[:shown]) for one in spoken),
        messages=sum(_all(one, shown) for one in written),
        a_day=a_day,
        each=a_day / people,
        most=calls[most],
        most_on=dates[most],
        over=sum(calls[day] > capacity[day] for day in range(shown)),
    )


def _all(days: Days, shown: int) -> int:
    return sum(days.known[:shown]) + sum(days.expected[:shown])


def _capacity(calendar: StoreCalendar, calling: Calling, day: date, people: int) -> int:
    """Calls that ``people`` can make while the store is open and customers may be called."""
    minutes = 0.0
    for opens, closes in calendar.stretches(day):
        starts = max(opens, _at(calendar, day, calling.calls_from))
        ends = min(closes, _at(calendar, day, calling.calls_to))
        minutes += max((ends - starts).total_seconds() / 60, 0)
    return int(minutes / calling.minutes_a_call) * people


def _at(calendar: StoreCalendar, day: date, clock: time) -> datetime:
    return calendar.instant(datetime.combine(day, clock))


def _rules(packs: list[Pack], demands: list[Demand], days: int) -> Iterable[RuleLine]:
    """Every rule of either standard, in the order in which they are called."""
    names = list(dict.fromkeys(name for pack in packs for name in pack.rules))
    for name in names:
        told = next(pack.rules[name] for pack in packs if name in pack.rules)
        yield RuleLine(
            title=told.title.get(get_language() or ""),
            channel=told.channel,
            words=[in_words(pack.rules[name]) if name in pack.rules else None for pack in packs],
            a_week=[
                (_all(demand.rules[name], days) if name in demand.rules else 0) * WEEK / days
                if name in pack.rules and _can_be_reckoned(pack.rules[name].rule)
                else None
                for pack, demand in zip(packs, demands, strict=True)
            ],
        )


def _can_be_reckoned(rule: Rule) -> bool:
    """Neither whom people will choose nor who will complain."""
    complaint = isinstance(rule, DaysAfter) and rule.trigger is TriggerKind.COMPLAINT
    return not (complaint or isinstance(rule, Occasion))


def in_words(rule: FollowUpRule) -> str:
    """When a rule asks for its call: 第 1–3 天."""
    kernel: Any = rule.rule
    if isinstance(kernel, MinutesAfter):
        return _("%(minutes)d 分钟内") % {"minutes": kernel.minutes}
    opens, due = kernel.window.opens, kernel.window.due
    if opens == due < 0:
        return _("提前 %(opens)d 天") % {"opens": -opens}
    if due < 0:
        return _("提前 %(opens)d–%(due)d 天") % {"opens": -opens, "due": -due}
    if opens == due:
        return _("当天") if opens == 0 else _("第 %(day)d 天") % {"day": opens}
    if opens == 0:
        return _("当天至第 %(due)d 天") % {"due": due}
    return _("第 %(opens)d–%(due)d 天") % {"opens": opens, "due": due}
