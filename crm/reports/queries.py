"""The KPI panel, one KPI with its people and rules, and the records behind a figure (handbook §12, §15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.reports.counting import NOTHING, Figure, Filter, by_month, by_person, by_rule, counted, records
from crm.reports.kinds import KINDS
from crm.reports.listing import Line, listed
from crm.reports.periods import Month, month_of, read_month
from crm.reports.policy import KPIS
from crm.reports.remembered import lines
from crm.store.queries import StoreFacts, store
from sanfang.kernel.errors import NotFound
from sanfang.kernel.permissions import Actor
from sanfang.standards.kpis import Kpi, Target, kpis, targets
from sanfang.tenancy.models import Staff

__all__ = ["Chosen", "Month", "choose", "kpi_page", "month_of", "panel", "read_month", "record_page"]

NO_PIECES = Figure(0, None, 0)
SMALL = 30
"""Fewer than so many: a small sample (field notes §1.4)."""
MOST = 100
"""Records on one page."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page is about: a month, perhaps one person's, perhaps one rule's."""

    month: Month
    present: Month
    only: Filter
    person: str
    rule: str

    @property
    def query(self) -> str:
        """As the end of an address, so that every page behind a figure is about the same."""
        return f"?month={self.month.key}{self.others}"

    @property
    def others(self) -> str:
        """All but the month."""
        staff = f"&staff={self.only.staff}" if self.only.staff else ""
        return staff + (f"&rule={self.only.rule}" if self.only.rule else "")

    @property
    def without_person(self) -> str:
        return f"?month={self.month.key}" + (f"&rule={self.only.rule}" if self.only.rule else "")

    @property
    def without_rule(self) -> str:
        return f"?month={self.month.key}" + (f"&staff={self.only.staff}" if self.only.staff else "")

    @property
    def earlier(self) -> Month:
        return self.month.moved(-1)

    @property
    def later(self) -> Month | None:
        return self.month.moved(1) if self.month < self.present else None


@dataclass(frozen=True, slots=True)
class Measured:
    """One KPI in one month. ``met``: None without a target or without a figure. ``change``: against the month before,
    in points or pieces. ``points``: values of the months of the trend. ``mean``: of five-point answers, where that is
    what is counted."""

    id: str
    title: str
    says: str
    unit: str
    missing: str
    figure: Figure
    target: Target | None
    met: bool | None
    change: float | None
    better: bool | None
    points: list[float | None]
    small: bool
    mean: float | None

    @property
    def above_worst(self) -> float | None:
        """The mean as a share of the way from the worst answer to the best: all neutral is 50 %, not 60 %."""
        return None if self.mean is None else (self.mean - 1) * 25


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a KPI's table by person or rule."""

    key: str
    name: str
    figure: Figure
    met: bool | None
    small: bool


@dataclass(frozen=True, slots=True)
class Panel:
    chosen: Chosen
    kpis: list[Measured]
    later: list[Measured]
    pack: str


@dataclass(frozen=True, slots=True)
class KpiPage:
    """``months``: the trend, oldest first, with each month's figure."""

    chosen: Chosen
    kpi: Measured
    months: list[tuple[Month, Figure]]
    people: list[Share]
    rules: list[Share]


@dataclass(frozen=True, slots=True)
class RecordPage:
    chosen: Chosen
    kpi: Measured
    lines: list[Line]
    missed: bool
    page: int
    more: bool


def choose(place: StoreFacts, now: datetime, *, month: str = "", staff: str = "", rule: str = "") -> Chosen:
    """What an address asks for. Raises NotFound for somebody or a rule that there isn't."""
    person = None
    if staff:
        try:
            person = Staff.objects.filter(pk=UUID(staff)).first()
        except ValueError as fault:
            raise NotFound(f"staff {staff}") from fault
        if person is None:
            raise NotFound(f"staff {staff}")
    if rule and rule not in place.pack.rules:
        raise NotFound(f"rule {rule}")
    title = place.pack.rules[rule].title.get(get_language() or "") if rule else ""
    only = Filter(person.pk if person else None, rule)
    return Chosen(read_month(month, place, now), month_of(place, now), only, person.name if person else "", title)


def panel(actor: Actor, *, now: datetime, **asked: str) -> Panel:
    """Every KPI of a month, against the month before, with its line; what can't be counted yet says why. Three
    statements, four when the lines have to be worked out."""
    actor.require(KPIS)
    place = store()
    chosen = choose(place, now, **asked)
    wanted = [kpi for kpi in counted(kpis()) if _says_something(kpi, chosen.only)]
    months = chosen.month.trend()
    # Who owned what at the end of each of twelve months is asked on that KPI's own page.
    heavy = [kpi for kpi in wanted if kpi.kind == "owners"]
    light = [kpi for kpi in wanted if kpi.kind != "owners"]
    found = by_month(light, months[-2:], place, now, chosen.only)
    of_now = by_month(heavy, months[-1:], place, now, chosen.only)
    found |= {(key, 1): figure for (key, _first), figure in of_now.items()}
    before = lines(light, months[:-2], place, now, chosen.only)
    goals = targets(place.pack.id)
    measured = [_measured(kpi, found, months[-2:], goals, before.get(kpi.id)) for kpi in wanted]
    later = [_measured(kpi, {}, months[-1:], goals, None) for kpi in kpis().values() if kpi.missing]
    return Panel(chosen, measured, later, place.pack.title.get(get_language() or ""))


def kpi_page(actor: Actor, key: str, *, now: datetime, **asked: str) -> KpiPage:
    """One KPI: its trend, and this month by person and by rule."""
    actor.require(KPIS)
    kpi, place = _known(key), store()
    chosen = choose(place, now, **asked)
    kind, months = KINDS[kpi.kind], chosen.month.trend()
    figures = _trend(kpi, months, place, now, chosen.only)
    goals = targets(place.pack.id)
    target = goals.get(key)
    people: list[Share] = []
    if kind.by_staff:
        of = by_person(kpi, chosen.month, place, now, chosen.only)
        names = dict(Staff.objects.filter(pk__in=[one for one in of if one]).values_list("pk", "name"))
        people = [
            _share(str(one or ""), names.get(one, _("无人")) if one else _("无人"), figure, target)
            for one, figure in of.items()
        ]
    rules: list[Share] = []
    if kind.by_rule:
        for name, figure in by_rule(kpi, chosen.month, place, now, chosen.only).items():
            rule = place.pack.rules.get(name)
            title = rule.title.get(get_language() or "") if rule else name or _("其他")
            rules.append(_share(name if rule else "", title, figure, target))
    return KpiPage(
        chosen=chosen,
        kpi=_measured(kpi, {(key, 0): figures[-1]}, months[-1:], goals),
        months=list(zip(months, figures, strict=True)),
        people=sorted(people, key=lambda one: (not one.key, -(one.figure.whole or one.figure.part))),
        rules=sorted(rules, key=lambda one: -(one.figure.whole or one.figure.part)),
    )


def record_page(
    actor: Actor, key: str, *, now: datetime, missed: bool = False, page: int = 1, **asked: str
) -> RecordPage:
    """What a figure is made of, by the same statement that counted it."""
    actor.require(KPIS)
    kpi, place = _known(key), store()
    chosen = choose(place, now, **asked)
    figures = by_month([kpi], [chosen.month], place, now, chosen.only)
    rows = records(
        kpi, chosen.month, place, now, chosen.only, missed=missed, most=MOST + 1, skip=(max(page, 1) - 1) * MOST
    )
    return RecordPage(
        chosen=chosen,
        kpi=_measured(kpi, figures, [chosen.month], targets(place.pack.id)),
        lines=listed(KINDS[kpi.kind].record, rows[:MOST], place),
        missed=missed,
        page=max(page, 1),
        more=len(rows) > MOST,
    )


def _trend(kpi: Kpi, months: list[Month], place: StoreFacts, now: datetime, only: Filter) -> list[Figure]:
    """The KPI in each of ``months``."""
    if kpi.kind == "owners":
        before = lines([kpi], months[:-1], place, now, only)[kpi.id]
        counts = [int(value or 0) for value in before]
        of_now = by_month([kpi], months[-1:], place, now, only).get((kpi.id, 0), NO_PIECES)
        return [*(Figure(count, None, count) for count in counts), of_now]
    found = by_month([kpi], months, place, now, only)
    empty = NO_PIECES if kpi.unit == "count" else NOTHING
    return [found.get((kpi.id, at), empty) for at in range(len(months))]


def _known(key: str) -> Kpi:
    kpi = kpis().get(key)
    if kpi is None or kpi.kind not in KINDS:
        raise NotFound(f"kpi {key}")
    return kpi


def _says_something(kpi: Kpi, only: Filter) -> bool:
    """Of one person or rule, only what belongs to people and rules."""
    kind = KINDS[kpi.kind]
    return (kind.by_staff or only.staff is None) and (kind.by_rule or not only.rule)


def _measured(
    kpi: Kpi,
    found: Mapping[tuple[str, int], Figure],
    months: list[Month],
    goals: Mapping[str, Target],
    earlier: list[float | None] | None = None,
) -> Measured:
    """``earlier``: values of the months before ``months``; None: there is no line to draw."""
    language = get_language() or ""
    empty = NO_PIECES if kpi.unit == "count" and not kpi.missing else NOTHING
    figures = [found.get((kpi.id, place), empty) for place in range(len(months))]
    figure, target = figures[-1], goals.get(kpi.id)
    before = figures[-2].value if len(figures) > 1 and earlier is not None else None
    value = figure.value
    change = None if value is None or before is None else value - before
    return Measured(
        id=kpi.id,
        title=kpi.title.get(language),
        says=kpi.says.get(language),
        unit=kpi.unit,
        missing=kpi.missing.get(language) if kpi.missing else "",
        figure=figure,
        target=target,
        met=_met(figure, target),
        change=change,
        better=_better(change, target),
        points=[*earlier, *(one.value for one in figures)] if earlier is not None else [],
        small=_small(figure),
        mean=value / 20 if kpi.kind == "mean" and value is not None else None,
    )


def _share(key: str, name: str, figure: Figure, target: Target | None) -> Share:
    return Share(key, name, figure, _met(figure, target), _small(figure))


def _met(figure: Figure, target: Target | None) -> bool | None:
    value = figure.value
    return None if target is None or value is None else target.met(value)


def _better(change: float | None, target: Target | None) -> bool | None:
    """Whether the change is for the better; None where nothing changed."""
    if not change:
        return None
    return (change > 0) == (target is None or target.at_least is not None)


def _small(figure: Figure) -> bool:
    return figure.whole is not None and 0 < figure.n < SMALL
