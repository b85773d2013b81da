"""What an attempt can end in, and what that does to the follow-up: tables that actions, screens and tests read."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.followups.models import FollowUp, OutcomeKind, State
from sanfang.kernel.errors import Conflict
from sanfang.kernel.rules import Channel
from sanfang.kernel.transitions import Transitions

CALLER, MACHINE = "callback.make", ""
"""Nobody has the machine's "capability", so no screen offers its verbs."""

TRANSITIONS = Transitions(
    [
        ("complete", [State.OPEN], State.COMPLETED, CALLER),
        ("try", [State.OPEN], State.OPEN, CALLER),
        ("give_up", [State.OPEN], State.GIVEN_UP, CALLER),
        ("answer", [State.OPEN, State.WITHDRAWN], State.ANSWERED, MACHINE),
        ("withdraw", [State.OPEN, State.ANSWERED], State.WITHDRAWN, MACHINE),
        ("reopen", [State.ANSWERED, State.WITHDRAWN], State.OPEN, MACHINE),
    ]
)


class Refused(models.TextChoices):
    NO_TIME = "no_time", _("没时间")
    NOT_INTERESTED = "not_interested", _("不愿接受回访")
    UPSET = "upset", _("情绪激动")
    OTHER = "other", _("其他")


class Wrong(models.TextChoices):
    EMPTY = "empty", _("空号")
    SOMEBODY_ELSE = "somebody_else", _("机主不是客户")
    STOPPED = "stopped", _("停机")


@dataclass(frozen=True, slots=True)
class Ending:
    """``needs``: what the caller has to say with it (none, answers, time, reason). ``failed``: counts towards
    the attempts after which the questionnaire goes out instead. ``invites``: it goes out at once. ``connected``:
    the customer was on the line."""

    verb: str
    needs: str = "none"
    failed: bool = False
    invites: bool = False
    connected: bool = False
    tone: str = "muted"
    reasons: type[models.TextChoices] | None = None

    def options(self) -> list[tuple[str, Any]]:
        return list(self.reasons.choices) if self.reasons else []


ENDINGS = {
    OutcomeKind.COMPLETED: Ending("complete", needs="answers", connected=True, tone="good"),
    OutcomeKind.NO_ANSWER: Ending("try", failed=True, tone="warn"),
    OutcomeKind.CALL_LATER: Ending("try", needs="time", connected=True, tone="info"),
    OutcomeKind.REFUSED: Ending("give_up", needs="reason", invites=True, connected=True, tone="warn", reasons=Refused),
    OutcomeKind.WRONG_NUMBER: Ending("try", needs="reason", tone="danger", reasons=Wrong),
    OutcomeKind.BUSY: Ending("try", failed=True, tone="warn"),
    OutcomeKind.SWITCHED_OFF: Ending("try", failed=True, tone="warn"),
    OutcomeKind.MOVED: Ending("give_up", connected=True),
}
FAILED = [kind for kind, ending in ENDINGS.items() if ending.failed]
CONNECTED = [kind for kind, ending in ENDINGS.items() if ending.connected]
OF_VISITS = (
    OutcomeKind.COMPLETED,
    OutcomeKind.NO_ANSWER,
    OutcomeKind.CALL_LATER,
    OutcomeKind.REFUSED,
    OutcomeKind.MOVED,
)
"""How a visit can end: nobody was there, or another day was agreed on; there is no line that could be busy."""
VISIT_LABELS = {OutcomeKind.NO_ANSWER: _("没有遇到"), OutcomeKind.CALL_LATER: _("改约时间")}


def label_of(kind: OutcomeKind, channel: str) -> Any:
    """What the outcome is called where the customer was visited instead of rung up."""
    return VISIT_LABELS.get(kind, kind.label) if channel == Channel.VISIT else kind.label


def ended(follow_up: FollowUp) -> Conflict:
    """Somebody wants to do something with a follow-up that is over."""
    words = _("这个回访已经结束（%(state)s），请处理下一位客户。")
    return Conflict(words % {"state": State(follow_up.state).label}, code="ended")
