"""The rules kernel: events in, follow-ups out (handbook §3). The only engine there is.

`RulesKernel` replays one vehicle or one customer at a time; none knows of another, so a batch of
any size gives what the whole file gives. Only lost leads are looked at together: they are drawn by lot
(`draws`). `batch.replay` takes a whole batch of events.

At the instant ``until`` every event up to and including it is known and nothing later is. What
``made`` lists has opened by then; ``coming`` lists what would open next if nothing else happened,
so the earliest of it says when a subject has to be looked at again.

Decided here where the documents leave it open:

* An outcome counts as soon as its follow-up's trigger is known, even if it is older than the trigger.
* An outcome before the window opens doesn't hold the window: it still moves with new readings, and
  when a visit comes before it opens it isn't made.
* An outcome at the very instant of a visit wins over the visit; completed wins over given up.
* A customer's first event is a delivery, an order opened or a complaint solved; birthdays count from
  that calendar day on, the day itself included.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sanfang.kernel.calendar import StoreCalendar, anniversary
from sanfang.kernel.cycles import CycleRules, VehicleCycles
from sanfang.kernel.draws import drawn
from sanfang.kernel.events import (
    Complaint,
    CustomerHistory,
    LostLead,
    Outcomes,
    TriggerKind,
    VehicleHistory,
)
from sanfang.kernel.lists import answer, needless
from sanfang.kernel.rules import (
    AfterRule,
    AroundDate,
    DaysAfter,
    MinutesAfter,
    OnList,
    Rule,
    Ruleset,
    WeeklyDraw,
    Window,
    Yearly,
)


class State(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    GIVEN_UP = "given_up"
    ANSWERED_BY_VISIT = "answered_by_visit"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing to do. Unique by ``rule``, ``kind`` and ``trigger``.

    ``day``: day 0 as the trigger gives it. ``opens`` and ``due`` in UTC. ``finished`` is when it was
    ended, ``answered_by`` the repair order whose visit ended it.
    """

    rule: str
    kind: TriggerKind
    trigger: str
    day: date
    customer: str
    vin: str | None
    channel: str
    opens: datetime
    due: datetime
    state: State
    finished: datetime | None
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """``made``: has opened. ``coming``: would open next; either in no particular order."""

    made: list[FollowUp]
    coming: list[FollowUp]

    @property
    def next_opens(self) -> datetime | None:
        """When this replay would come out differently though nothing happens; None is never."""
        return min((followup.opens for followup in self.coming), default=None)


class RulesKernel:
    """A pack's rules in one store's calendar."""

    def __init__(self, ruleset: Ruleset, calendar: StoreCalendar) -> None:
        self.calendar = calendar
        self.cycle_rules = CycleRules(ruleset)
        self.after_trigger: dict[TriggerKind, list[DaysAfter | MinutesAfter]] = defaultdict(list)
        self.around_date: dict[TriggerKind, list[AroundDate]] = defaultdict(list)
        self.yearly: list[Yearly] = []
        self.on_list: list[OnList] = []
        self.draws: list[WeeklyDraw] = []
        self.after_rule: dict[str, list[AfterRule]] = defaultdict(list)
        for rule in ruleset.rules:
            match rule:
                case DaysAfter() | MinutesAfter():
                    self.after_trigger[rule.trigger].append(rule)
                case AroundDate():
                    self.around_date[rule.date].append(rule)
                case Yearly():
                    self.yearly.append(rule)
                case OnList():
                    self.on_list.append(rule)
                case WeeklyDraw():
                    self.draws.append(rule)
                case AfterRule():
                    self.after_rule[rule.after].append(rule)

    def vehicle(self, history: VehicleHistory, outcomes: Outcomes, until: datetime) -> Replay:
        """Everything the rules ask for one vehicle as known at ``until``."""
        return _Subject(self, outcomes, until).vehicle(history)

    def customer(self, history: CustomerHistory, outcomes: Outcomes, until: datetime) -> Replay:
        """Everything the rules ask for one customer (complaints, birthday, lists) as known at ``until``."""
        return _Subject(self, outcomes, until).customer(history)

    def lost_leads(self, leads: Iterable[LostLead], outcomes: Outcomes, until: datetime, seed: int = 0) -> Replay:
        """What the draws made by ``until`` ask for, of all the store's lost leads."""
        return _Subject(self, outcomes, until).lost_leads(leads, seed)


class _Subject:
    """One subject's replay in the making."""

    def __init__(self, kernel: RulesKernel, outcomes: Outcomes, until: datetime) -> None:
        self.kernel = kernel
        self.calendar = kernel.calendar
        self.outcomes = outcomes
        self.until = until
        self.owner = ""
        self.vin: str | None = None
        self.made: list[FollowUp] = []
        self.coming: list[FollowUp] = []

    def vehicle(self, history: VehicleHistory) -> Replay:
        self.owner, self.vin = history.vehicle.customer, history.vehicle.vin
        for delivery in history.deliveries:
            self.after(TriggerKind.DELIVERY, delivery.id, delivery.at)
        for order in history.orders:
            if order.closed is not None:
                self.after(TriggerKind.REPAIR_ORDER, order.id, max(order.closed, order.opened))
        for kind, days in (
            (TriggerKind.INSPECTION, history.vehicle.inspection_due),
            (TriggerKind.INSURANCE, history.vehicle.insurance_due),
        ):
            for rule in self.kernel.around_date[kind]:
                for day in dict.fromkeys(days):  # one per date, however often it was given
                    self.add_window(rule, rule.window, kind, f"{self.vin}:{day}", day)
        cycles = VehicleCycles(self.kernel.cycle_rules, self.calendar, history, self.until)
        for draft in cycles.made + cycles.coming:
            self.add(
                draft.rule,
                draft.kind,
                draft.trigger,
                draft.day,
                draft.opens,
                draft.due,
                draft.answered_at,
                draft.answered_by,
            )
        return Replay(self.made, self.coming)

    def customer(self, history: CustomerHistory) -> Replay:
        self.owner = history.customer.id
        for complaint in history.complaints:
            for trigger, solved in rounds(complaint):
                self.after(TriggerKind.COMPLAINT, trigger, solved)
        if history.customer.birthday is not None:
            for rule in self.kernel.yearly:
                self.birthdays(rule, history, history.customer.birthday)
        if history.entries:
            self.listed(history)
        return Replay(self.made, self.coming)

    def listed(self, history: CustomerHistory) -> None:
        visits = [order for order in history.orders if order.opened <= self.until]
        known = [
            replace(order, closed=None) if order.closed is not None and order.closed > self.until else order
            for order in visits
        ]
        for entry in history.entries:
            if entry.at > self.until:
                continue
            day = self.calendar.day_of(entry.at)
            for rule in self.kernel.on_list:
                opens, due = self.window(rule.window, day)
                if needless(entry, opens, known):
                    continue
                visit = answer(entry, visits)
                answered = (None, None) if visit is None else (visit.opened, visit.id)
                self.add(rule, TriggerKind.LOST_LIST, entry.id, day, opens, due, *answered)

    def lost_leads(self, leads: Iterable[LostLead], seed: int) -> Replay:
        leads = list(leads)
        for rule in self.kernel.draws:
            for ticket in drawn(rule, self.calendar, leads, seed, self.until):
                self.owner = ticket.lead.customer
                self.add_window(rule, rule.window, TriggerKind.LOST_LEAD, ticket.lead.id, ticket.day)
        return Replay(self.made, self.coming)

    def birthdays(self, rule: Yearly, history: CustomerHistory, birthday: date) -> None:
        """Every year from the customer's first event on; without any only the year of ``until``."""
        today = self.calendar.day_of(self.until)
        events = [solved for complaint in history.complaints for solved in complaint.solved]
        if history.customer.first_event is not None:
            events.append(history.customer.first_event)
        first = min((at for at in events if at <= self.until), default=None)
        since = date(today.year, 1, 1) if first is None else self.calendar.day_of(first)
        for year in range(max(since.year, birthday.year), today.year + 2):
            day = anniversary(birthday, year)
            if day < since:
                continue
            last = self.calendar.opening(day + timedelta(days=rule.window.opens)) > self.until
            self.add_window(rule, rule.window, TriggerKind.BIRTHDAY, f"{self.owner}:{day}", day)
            if last:
                break

    def after(self, kind: TriggerKind, trigger: str, at: datetime) -> None:
        """What counts from an event itself."""
        if at > self.until:
            return
        day = self.calendar.day_of(at)
        for rule in self.kernel.after_trigger[kind]:
            if isinstance(rule, DaysAfter):
                self.add_window(rule, rule.window, kind, trigger, day)
            else:
                due = at + timedelta(minutes=rule.minutes)
                self.add(rule, kind, trigger, day, at.astimezone(UTC), due.astimezone(UTC))

    def add_window(self, rule: Rule, window: Window, kind: TriggerKind, trigger: str, day: date) -> None:
        self.add(rule, kind, trigger, day, *self.window(window, day))

    def window(self, window: Window, day: date) -> tuple[datetime, datetime]:
        """Opening and due day move to the next open day, each by itself."""
        opens = self.calendar.opening(day + timedelta(days=window.opens))
        return opens, self.calendar.closing(day + timedelta(days=window.due))

    def add(
        self,
        rule: Rule,
        kind: TriggerKind,
        trigger: str,
        day: date,
        opens: datetime,
        due: datetime,
        answered_at: datetime | None = None,
        answered_by: str | None = None,
    ) -> None:
        """One follow-up with its final state, and what follows from its end."""
        outcome = self.outcomes.get((rule.id, kind, trigger))
        if outcome is not None and outcome.at > self.until:
            outcome = None
        state, finished = State.OPEN, None
        if answered_at is not None and (outcome is None or answered_at < outcome.at):
            state, finished = State.ANSWERED_BY_VISIT, answered_at
        elif outcome is not None:
            state, finished, answered_by = State(outcome.finish), outcome.at, None
        followup = FollowUp(
            rule.id,
            kind,
            trigger,
            day,
            self.owner,
            self.vin,
            rule.channel.value,
            opens,
            due,
            state,
            finished,
            answered_by,
        )
        (self.made if opens <= self.until else self.coming).append(followup)
        if outcome is not None and state is not State.ANSWERED_BY_VISIT:
            ended = self.calendar.day_of(outcome.at)
            for later in self.kernel.after_rule.get(rule.id, ()):
                self.add_window(later, later.window, kind, trigger, ended)


def rounds(complaint: Complaint) -> list[tuple[str, datetime]]:
    """Each time it was solved, with its trigger: the complaint's id, then ID#2, ID#3 …"""
    return [
        (complaint.id if number == 1 else f"{complaint.id}#{number}", solved)
        for number, solved in enumerate(sorted(complaint.solved), start=1)
    ]
