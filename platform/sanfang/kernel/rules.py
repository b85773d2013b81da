"""The kinds of follow-up rules. A kind is code; its numbers come from a standard pack.

Windows are days counted from a rule's day 0, negative before it; opening and due day each move to
the store's next open day by themselves.
"""

from dataclasses import dataclass
from enum import StrEnum

from sanfang.kernel.events import TriggerKind


class Channel(StrEnum):
    PHONE = "phone"
    SMS = "sms"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Window:
    """From the store's opening on day ``opens`` to its closing on day ``due``."""

    opens: int
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every kind has: its name in the pack and how the customer is reached."""

    id: str
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysAfter(Rule):
    """Days after a car was handed over, left the shop, or a complaint was solved (day 0)."""

    trigger: TriggerKind
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesAfter(Rule):
    """From the moment the car was handed over or left, for so many minutes, open or closed."""

    trigger: TriggerKind
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterRule(Rule):
    """Day 0 is the day on which the follow-up of rule ``after`` was completed or given up."""

    after: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundDate(Rule):
    """Counted from a date that a vehicle carries: ``date`` is inspection or insurance."""

    date: TriggerKind
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly(Rule):
    """Every year on the customer's birthday (day 0)."""

    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundService(Rule):
    """Counted from the estimated next service; a maintenance visit answers it."""

    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutMaintenance(Rule):
    """A car that stays away: day 0 is the earlier of ``months_after_delivery`` months after a
    delivery without a maintenance order and ``months_after_estimate`` months past the estimated
    service. One follow-up, whichever comes first; a maintenance visit answers it."""

    months_after_delivery: int
    months_after_estimate: int
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLeaving(Rule):
    """Days since the car last left the shop (or was delivered); any visit answers it.

    ``unless_not_due``: left out, for good, when on the opening day the car's service isn't due.
    """

    window: Window
    unless_not_due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnList(Rule):
    """A customer on an imported lost or canvassing list (day 0 is the entry's); any visit answers it."""

    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyDraw(Rule):
    """Lost leads drawn by lot (day 0 is the draw's): every week on ``drawn_on`` (0 is Monday) and on the
    month's last day, so many that ``share`` per cent of the month's leads so far have been drawn."""

    window: Window
    share: int
    drawn_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion(Rule):
    """Around a date that is no customer's or vehicle's event: a public holiday, a store's event.

    Its customers are chosen by people (a segment, a guest list), so the kernel makes none of these;
    ``window`` tells whoever plans the occasion when to call.
    """

    window: Window


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A pack's rules as the kernel reads them.

    ``minimum_reading_days``: mileage readings closer together than this give no daily average.
    """

    rules: tuple[Rule, ...]
    minimum_reading_days: int
