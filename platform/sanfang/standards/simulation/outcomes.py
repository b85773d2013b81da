"""Which follow-up an outcome in an event file means.

A file names a trigger by its id alone. Ids are unique only per kind of event, so where a delivery
and a repair order share one, the outcome is taken for the later of those that had happened by then.
"""

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from sanfang.kernel.calendar import anniversary
from sanfang.kernel.events import MAINTENANCE, Events, Outcome, TriggerKind
from sanfang.kernel.followups import rounds
from sanfang.kernel.rules import (
    AfterRule,
    AroundDate,
    AroundService,
    DaysAfter,
    MinutesAfter,
    Occasion,
    OnList,
    Rule,
    SinceLeaving,
    WeeklyDraw,
    WithoutMaintenance,
    Yearly,
)
from sanfang.standards.definitions import Pack
from sanfang.standards.simulation.event_file import EventFile, NamedOutcome
from sanfang.standards.simulation.faults import EventFileError, told_at
from sanfang.standards.simulation.rows import read_day

Happened = list[tuple[TriggerKind, datetime | None]]
"""The kinds of event that carry one id, each with when it happened (None: at no moment)."""


def read_outcomes(pack: Pack, file: EventFile) -> Events:
    """The file's events with its outcomes; raises EventFileError naming unknown rules and triggers."""
    triggers = Triggers(file)
    faults: list[str] = []
    outcomes = []
    for named in file.outcomes:
        known = pack.rules.get(named.rule)
        if known is None:
            faults.append(_told(named, "rule", _("标准 %(pack)s 没有规则“%(rule)s”。"), pack))
            continue
        rule = known.rule
        while isinstance(rule, AfterRule):
            rule = pack.rules[rule.after].rule
        if isinstance(rule, Occasion):
            continue  # chosen by people, so not simulated
        happened = triggers.of(rule, named.trigger)
        if not happened:
            faults.append(_told(named, "trigger", _("规则“%(rule)s”没有触发事件“%(trigger)s”。"), pack))
            continue
        by_then = [(at, kind) for kind, at in happened if at is not None and at <= named.at]
        kind = max(by_then)[1] if by_then else happened[0][0]
        outcomes.append(Outcome(named.rule, kind, named.trigger, named.at, named.finish))
    if faults:
        raise EventFileError(faults)
    return Events(
        customers=tuple(file.customers.values()),
        vehicles=tuple(file.vehicles.values()),
        deliveries=tuple(file.deliveries.values()),
        orders=tuple(file.orders.values()),
        complaints=tuple(file.complaints.values()),
        lost_leads=tuple(file.lost_leads.values()),
        entries=tuple(file.lost_list.values()),
        outcomes=tuple(outcomes),
    )


def _told(named: NamedOutcome, field: str, message: str, pack: Pack) -> str:
    words = {"pack": pack.id, "rule": named.rule, "trigger": named.trigger}
    return told_at(f"{named.row.place}.{field}", message % words)


class Triggers:
    """Every trigger that a file's events can give, whether or not a follow-up comes of it."""

    def __init__(self, file: EventFile) -> None:
        self.file = file
        self.complaints = {
            trigger: solved for complaint in file.complaints.values() for trigger, solved in rounds(complaint)
        }
        self.dates: dict[TriggerKind, set[str]] = defaultdict(set)
        for vehicle in file.vehicles.values():
            self.dates[TriggerKind.INSPECTION] |= {f"{vehicle.vin}:{day}" for day in vehicle.inspection_due}
            self.dates[TriggerKind.INSURANCE] |= {f"{vehicle.vin}:{day}" for day in vehicle.insurance_due}

    def of(self, rule: Rule, trigger: str) -> Happened:
        """What ``trigger`` can mean to ``rule``; empty when the file has nothing of that name."""
        match rule:
            case DaysAfter() | MinutesAfter():
                return self.events(trigger, rule.trigger)
            case AroundService() | WithoutMaintenance():
                order = self.file.orders.get(trigger)
                found = self.events(trigger, TriggerKind.DELIVERY)
                if order is not None and order.kind in MAINTENANCE:
                    found += self.events(trigger, TriggerKind.REPAIR_ORDER)
                return found
            case SinceLeaving():
                return self.events(trigger, TriggerKind.DELIVERY) + self.events(trigger, TriggerKind.REPAIR_ORDER)
            case AroundDate():
                return [(rule.date, None)] if trigger in self.dates[rule.date] else []
            case Yearly():
                return [(TriggerKind.BIRTHDAY, None)] if self.is_birthday(trigger) else []
            case OnList():
                return [(TriggerKind.LOST_LIST, None)] if trigger in self.file.lost_list else []
            case WeeklyDraw():
                return [(TriggerKind.LOST_LEAD, None)] if trigger in self.file.lost_leads else []
        return []

    def events(self, trigger: str, kind: TriggerKind) -> Happened:
        if kind is TriggerKind.DELIVERY and trigger in self.file.deliveries:
            return [(kind, self.file.deliveries[trigger].at)]
        if kind is TriggerKind.REPAIR_ORDER and trigger in self.file.orders:
            return [(kind, self.file.orders[trigger].closed)]
        if kind is TriggerKind.COMPLAINT and (trigger in self.complaints or trigger in self.file.complaints):
            return [(kind, self.complaints.get(trigger))]
        return []

    def is_birthday(self, trigger: str) -> bool:
        name, _colon, day_text = trigger.rpartition(":")
        customer, day = self.file.customers.get(name), read_day(day_text)
        if customer is None or customer.birthday is None or day is None:
            return False
        return anniversary(customer.birthday, day.year) == day
