"""Whether a customer may be contacted now, and if not, why and until when (handbook §3, rules of calling, and §9).

A pure function of facts: :func:`decide`. Each reason is judged by itself, so that a screen can name all of them, and
what lifts one (a wish of the customer's, a complaint) never lifts another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sanfang.kernel.calendar import ONE_DAY, StoreCalendar
from sanfang.kernel.rules import Channel

Stretch = tuple[datetime, datetime]
FURTHEST = 366
"""Days that are searched for the next hour in which contact is allowed."""


class Reason(StrEnum):
    """Why not, the weightiest first."""

    DO_NOT_CALL = "do_not_call"
    OPTED_OUT = "opted_out"
    WRONG_NUMBER = "wrong_number"
    NO_NUMBER = "no_number"
    SERVED = "served"
    HELD = "held"
    COOL_DOWN = "cool_down"
    TOO_MANY = "too_many"
    QUIET = "quiet"


LASTING = frozenset(Reason) - {Reason.HELD, Reason.COOL_DOWN, Reason.TOO_MANY, Reason.QUIET}
"""What doesn't pass with time."""


@dataclass(frozen=True, slots=True)
class ContactRules:
    """The standard's numbers. ``cool_down_days`` are days of the store's calendar: connected on Monday, 3 days, again
    from Thursday on. ``messages_at_most`` within ``messages_within``; None is no limit."""

    calendar: StoreCalendar
    calls_from: time
    calls_to: time
    cool_down_days: int
    messages_at_most: int | None = None
    messages_within: timedelta = ONE_DAY


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What is known when somebody is about to contact a customer.

    ``refused_at``, ``opted_out_at``: when they said so, where it was written down. ``number``: there is one to reach
    them on; ``wrong``: it was found to be somebody else's. ``served``: the caller looked after this customer in sales
    or service. ``holder``: the colleague who has the customer, not the caller. ``connected``: when a call to them last
    got through. ``messages``: when each of theirs was put in line. ``promised``: the time that the customer named for
    this. ``asked_for``: they ask to be rung up right now. ``complaint``: it is about a complaint of theirs.
    """

    do_not_call: bool = False
    refused_at: datetime | None = None
    opted_out: bool = False
    opted_out_at: datetime | None = None
    number: bool = True
    wrong: bool = False
    served: bool = False
    holder: str = ""
    held_since: datetime | None = None
    held_until: datetime | None = None
    connected: datetime | None = None
    messages: tuple[datetime, ...] = ()
    promised: datetime | None = None
    asked_for: bool = False
    complaint: bool = False


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason. ``since``: from when on it has stood, where that is known. ``until``: when it ends by itself, or
    None. ``waivable``: the customer's own wish to be contacted now lifts it. ``who``: the colleague it is about."""

    reason: Reason
    since: datetime | None = None
    until: datetime | None = None
    waivable: bool = False
    who: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    objections: tuple[Objection, ...]

    @property
    def allowed(self) -> bool:
        return not self.objections

    @property
    def until(self) -> datetime | None:
        """When all of them have ended; None where one doesn't end by itself, or there is none."""
        ends = [one.until for one in self.objections if one.until is not None]
        return max(ends) if ends and len(ends) == len(self.objections) else None

    def without(self, *reasons: Reason) -> "Verdict":
        """The same, had these not been asked."""
        return Verdict(tuple(one for one in self.objections if one.reason not in reasons))


def decide(channel: Channel, facts: ContactFacts, rules: ContactRules, now: datetime) -> Verdict:
    """Every reason against contacting this customer by ``channel`` now; none means yes."""
    weight = list(Reason).index
    found = sorted(_objections(channel, facts, rules, now), key=lambda one: weight(one.reason))
    return Verdict(tuple(one for one in found if not (facts.asked_for and one.waivable)))


def hours_on(channel: Channel, rules: ContactRules, day: date) -> list[Stretch]:
    """The stretches of ``day`` in which the standard allows this channel. Calls and visits need the store to be open,
    so that somebody is there for what follows from them; a message doesn't."""

    def at(clock: time) -> datetime:
        return rules.calendar.instant(datetime.combine(day, clock))

    begin, end = at(rules.calls_from), at(rules.calls_to)
    if channel is Channel.SMS:
        return [(begin, end)]
    open_for = [(max(opens, begin), min(closes, end)) for opens, closes in rules.calendar.stretches(day)]
    return [(opens, closes) for opens, closes in open_for if opens < closes]


def _objections(channel: Channel, facts: ContactFacts, rules: ContactRules, now: datetime) -> Iterator[Objection]:
    if facts.do_not_call:
        yield Objection(Reason.DO_NOT_CALL, since=facts.refused_at)
    if channel is Channel.SMS:
        yield from _against_message(facts, rules, now)
    else:
        if facts.holder and facts.held_until and facts.held_until > now:
            yield Objection(Reason.HELD, facts.held_since, facts.held_until, who=facts.holder)
    if channel is Channel.PHONE:
        yield from _against_call(facts, rules, now)
    quiet = _quiet(channel, rules, now)
    if quiet is not None:
        yield quiet


def _against_message(facts: ContactFacts, rules: ContactRules, now: datetime) -> Iterator[Objection]:
    if facts.opted_out:
        yield Objection(Reason.OPTED_OUT, since=facts.opted_out_at)
    if facts.wrong:
        yield Objection(Reason.WRONG_NUMBER)
    elif not facts.number:
        yield Objection(Reason.NO_NUMBER)
    if rules.messages_at_most is None:
        return
    recent = sorted((at for at in facts.messages if at > now - rules.messages_within), reverse=True)
    if len(recent) >= rules.messages_at_most:
        last = recent[rules.messages_at_most - 1]
        yield Objection(Reason.TOO_MANY, since=recent[0], until=last + rules.messages_within)


def _against_call(facts: ContactFacts, rules: ContactRules, now: datetime) -> Iterator[Objection]:
    if not facts.number or facts.wrong:
        yield Objection(Reason.NO_NUMBER)
    if facts.served:
        yield Objection(Reason.SERVED)
    expected = facts.complaint or (facts.promised is not None and facts.promised <= now)
    if facts.connected is not None and not expected:
        again = rules.calendar.day_of(facts.connected) + rules.cool_down_days * ONE_DAY
        until = rules.calendar.start_of(again)
        if now < until:
            yield Objection(Reason.COOL_DOWN, since=facts.connected, until=until, waivable=True)


def _quiet(channel: Channel, rules: ContactRules, now: datetime) -> Objection | None:
    today = rules.calendar.day_of(now)
    if any(begin <= now < end for begin, end in hours_on(channel, rules, today)):
        return None
    days = (today + count * ONE_DAY for count in range(FURTHEST))
    coming = (begin for day in days for begin, _end in hours_on(channel, rules, day) if begin > now)
    return Objection(Reason.QUIET, until=next(coming, None), waivable=channel is not Channel.SMS)
