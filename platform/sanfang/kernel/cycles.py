"""One vehicle's cycles: which trigger rules at each moment, what opens, what a visit answers.

A *cycle* runs from the moment the car left (or was handed over) to its next visit. Maintenance
orders make the cycles of `AroundService` and `WithoutMaintenance`, orders of every kind those of
`SinceLeaving`. Inside a cycle windows move with what becomes known, until they open.

Decided here where the documents leave it open:

* **A delivery starts the car's life anew.** Orders opened before it (the pre-delivery inspection,
  an earlier owner's services) give it no trigger, no reading and no interval; windows that have
  opened before stay open until a visit answers them.
* **An order whose leaving date is missing** keeps the car in the shop, unless a younger order of the
  same sort has left: then the car evidently left with that one. Of two orders in the shop at once
  the one that leaves last starts the cycle.
* **At one instant**: a delivery comes before the shop; maintenance visits before other orders;
  openings before leavings. A window that opens at the very instant of a visit has opened.
* **"Not yet due"** compares the estimate with the unmoved opening day: on that day the car is due.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import attrgetter

from sanfang.kernel.calendar import StoreCalendar, add_months
from sanfang.kernel.estimate import LastService, Reading, next_service
from sanfang.kernel.events import (
    MAINTENANCE,
    Delivery,
    RepairOrder,
    TriggerKind,
    VehicleHistory,
)
from sanfang.kernel.rules import AroundService, Rule, Ruleset, SinceLeaving, WithoutMaintenance
from sanfang.kernel.visits import LEAVES, MAINTENANCE_OPENS, Shop, lives, moments

CycleRule = AroundService | WithoutMaintenance | SinceLeaving


@dataclass(slots=True)
class Draft:
    """A window that has been fixed, or would open if nothing else became known."""

    rule: Rule
    kind: TriggerKind
    trigger: str
    day: date
    opens: datetime
    due: datetime
    answered_at: datetime | None = None
    answered_by: str | None = None


@dataclass(slots=True)
class Cycle:
    """``day``: day 0; ``pending``: the windows that haven't opened yet, by rule."""

    kind: TriggerKind
    trigger: str
    day: date
    pending: list[Draft] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)

    def settle(self, moment: datetime, unanswered: list[Draft]) -> None:
        """Fix the windows that have opened by ``moment``."""
        if not self.pending:
            return
        still: list[Draft] = []
        for draft in self.pending:
            if draft.opens <= moment:
                self.opened.add(draft.rule.id)
                unanswered.append(draft)
            else:
                still.append(draft)
        self.pending = still


class VehicleCycles:
    """Replays one vehicle up to ``until``. ``made``: what opened; ``coming``: what would open next."""

    readings: list[Reading]
    last: LastService | None
    service: Cycle | None
    leaving: Cycle | None

    def __init__(
        self, ruleset: "CycleRules", calendar: StoreCalendar, history: VehicleHistory, until: datetime
    ) -> None:
        self.rules = ruleset
        self.calendar = calendar
        self.intervals = history.vehicle.intervals
        self.until = until
        self.made: list[Draft] = []
        self.coming: list[Draft] = []
        self.unanswered_service: list[Draft] = []
        self.unanswered_leaving: list[Draft] = []
        orders = sorted((order for order in history.orders if order.opened <= until), key=attrgetter("opened", "id"))
        deliveries = sorted(
            (delivery for delivery in history.deliveries if delivery.at <= until),
            key=attrgetter("at", "id"),
        )
        for delivery, its_orders, ends in lives(deliveries, orders):
            self.live(delivery, its_orders, ends)
        self.made += self.unanswered_service + self.unanswered_leaving

    def live(self, delivery: Delivery | None, orders: list[RepairOrder], ends: datetime | None) -> None:
        """The car's life from one delivery (or from the first order) to the next one, if any."""
        self.start_anew()
        in_service, in_shop = Shop(), Shop()
        if delivery is not None:
            self.handed_over(delivery)
        for at, what, _, _, order in moments(orders, ends or self.until):
            self.settle(at)
            if what != LEAVES:
                in_shop.enters(order)
                if what == MAINTENANCE_OPENS:
                    in_service.enters(order)
                self.visits(order)
                continue
            day = self.calendar.day_of(at)
            if order.kind in MAINTENANCE:
                self.serviced(order, day)
                self.service = None
                if in_service.leaves(order):
                    self.begin_service(TriggerKind.REPAIR_ORDER, order.id, day)
            self.leaving = None
            if in_shop.leaves(order):
                self.begin_leaving(TriggerKind.REPAIR_ORDER, order.id, day)
        self.settle(ends or self.until)
        if ends is None:
            for cycle in (self.service, self.leaving):
                if cycle is not None:
                    self.coming.extend(cycle.pending)

    def start_anew(self) -> None:
        self.readings = []
        self.last = None
        self.service = None
        self.leaving = None

    # --- what happens ---------------------------------------------------------------------
    def handed_over(self, delivery: Delivery) -> None:
        day = self.calendar.day_of(delivery.at)
        self.readings.append(Reading(day, 0))
        first_months, first_km = self.intervals.first_months, self.intervals.first_km
        self.last = LastService(day, 0, first_months, first_km, readings_before=1)
        self.begin_service(TriggerKind.DELIVERY, delivery.id, day)
        self.begin_leaving(TriggerKind.DELIVERY, delivery.id, day)

    def visits(self, order: RepairOrder) -> None:
        """The visit answers what is open for its sort, ends the cycle and tells a mileage."""
        self.answer(self.unanswered_leaving, order)
        self.leaving = None
        if order.kind in MAINTENANCE:
            self.answer(self.unanswered_service, order)
            self.service = None
        day = self.calendar.day_of(order.opened)
        if order.mileage is not None:
            self.readings.append(Reading(day, order.mileage))
        if order.kind not in MAINTENANCE:
            self.told_by_dms(order, day)
            self.replan_service()

    def told_by_dms(self, order: RepairOrder, day: date) -> None:
        """What the DMS holds for the next service rules until the next service is done."""
        if order.next_service_day is None and order.next_service_km is None:
            return
        if self.last is None:  # neither sold nor serviced here: nothing else is known
            self.last = LastService(day, None, None, None, readings_before=len(self.readings))
        if order.next_service_day is not None:
            self.last.next_day = order.next_service_day
        if order.next_service_km is not None:
            self.last.next_km = order.next_service_km

    def serviced(self, order: RepairOrder, day: date) -> None:
        """From now on the next service counts from this one."""
        self.last = LastService(
            day,
            order.mileage,
            self.intervals.months,
            self.intervals.km,
            readings_before=len(self.readings),
            next_day=order.next_service_day,
            next_km=order.next_service_km,
        )

    def answer(self, unanswered: list[Draft], order: RepairOrder) -> None:
        """Also what is past its due day; whether someone had ended it before is settled later."""
        for draft in unanswered:
            draft.answered_at, draft.answered_by = order.opened, order.id
        self.made.extend(unanswered)
        unanswered.clear()

    def settle(self, moment: datetime) -> None:
        if self.service is not None:
            self.service.settle(moment, self.unanswered_service)
        if self.leaving is not None:
            self.leaving.settle(moment, self.unanswered_leaving)

    # --- what is planned ------------------------------------------------------------------
    def estimate(self) -> date | None:
        if self.last is None:
            return None
        return next_service(self.last, self.readings, self.rules.minimum_reading_days)

    def begin_service(self, kind: TriggerKind, trigger: str, day: date) -> None:
        self.service = Cycle(kind, trigger, day)
        self.replan_service()

    def replan_service(self) -> None:
        """The service cycle's windows as known now; those that have opened stay."""
        cycle = self.service
        if cycle is None or not self.rules.service:
            return
        estimate = self.estimate()
        cycle.pending = []
        for rule in self.rules.service:
            if rule.id in cycle.opened:
                continue
            if isinstance(rule, AroundService):
                day = estimate
            else:
                day = stays_away(rule, cycle, estimate)
            if day is not None:
                cycle.pending.append(self.draft(rule, cycle, day))

    def begin_leaving(self, kind: TriggerKind, trigger: str, day: date) -> None:
        """The windows counted from the day the car left. Nothing moves them before the next visit,
        so what the opening day would decide is decided now."""
        if not self.rules.leaving:
            return
        self.leaving = cycle = Cycle(kind, trigger, day)
        for rule in self.rules.leaving:
            estimate = self.estimate() if rule.unless_not_due else None
            if estimate is None or estimate <= day + timedelta(days=rule.window.opens):
                cycle.pending.append(self.draft(rule, cycle, day))

    def draft(self, rule: CycleRule, cycle: Cycle, day: date) -> Draft:
        return Draft(
            rule,
            cycle.kind,
            cycle.trigger,
            cycle.day,
            self.calendar.opening(day + timedelta(days=rule.window.opens)),
            self.calendar.closing(day + timedelta(days=rule.window.due)),
        )


def stays_away(rule: WithoutMaintenance, cycle: Cycle, estimate: date | None) -> date | None:
    """Day 0 of a car that stays away: the earlier of the two legs, None as long as neither runs."""
    days = [] if estimate is None else [add_months(estimate, rule.months_after_estimate)]
    if cycle.kind is TriggerKind.DELIVERY:
        days.append(add_months(cycle.day, rule.months_after_delivery))
    return min(days, default=None)


class CycleRules:
    """The rules of a pack that live in cycles."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.minimum_reading_days = ruleset.minimum_reading_days
        self.service = [rule for rule in ruleset.rules if isinstance(rule, AroundService | WithoutMaintenance)]
        self.leaving = [rule for rule in ruleset.rules if isinstance(rule, SinceLeaving)]
