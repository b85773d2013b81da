"""How a call can end, and how it ended, in words for the screen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.followups.models import Attempt, FollowUp, OutcomeKind, State
from crm.followups.outcomes import ENDINGS, OF_VISITS, Ending, label_of
from crm.followups.reach import WRONG
from crm.followups.timeline import Past
from crm.followups.tries import InVain
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Pack
from tenants.roles import roles

TONES = {State.COMPLETED: "good", State.GIVEN_UP: "warn", State.ANSWERED: "info", State.WITHDRAWN: "muted"}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: Any


@dataclass(frozen=True, slots=True)
class OutcomeChoice:
    """``needs``: none, answers, time or reason (one of ``options``). ``hint``: what the product will do."""

    key: str
    label: Any
    needs: str
    hint: str
    options: list[Option]
    checked: bool


@dataclass(frozen=True, slots=True)
class ClosedComplaint:
    id: UUID
    no: str


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    answer_label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Closed:
    """``tracking``: where the wrong number went. ``message``: what became of the questionnaire sent as a link."""

    outcome_label: Any
    tone: str
    at: datetime | None
    by: str | None
    note: str
    complaint: ClosedComplaint | None
    tracking: str | None
    message: Any
    answers: list[Answer]


def choices(row: FollowUp, pack: Pack, before: InVain, owner: Any, wait: str) -> list[OutcomeChoice]:
    """``owner``: the colleague (Staff) who will be asked for a right number, if one is known. ``wait``: why another
    attempt in vain doesn't count yet, or empty."""
    return [
        OutcomeChoice(
            key=kind.value,
            label=label_of(kind, row.channel),
            needs=ending.needs,
            hint=(ending.failed and wait) or _hint(kind, ending, row, pack, before, owner),
            options=[Option(value, label) for value, label in ending.options()],
            checked=False,
        )
        for kind, ending in ENDINGS.items()
        if row.channel != Channel.VISIT or kind in OF_VISITS
    ]


def _hint(kind: OutcomeKind, ending: Ending, row: FollowUp, pack: Pack, before: InVain, owner: Any) -> str:
    if ending.failed:
        return _failing(row, pack, before)
    if kind == OutcomeKind.WRONG_NUMBER:
        if owner is None:
            return _("将登记客户信息跟踪，由客户关系经理指定核实人")
        role = roles().get(owner.role)
        words = {"name": owner.name, "role": role.title if role else ""}
        return _("将转给 %(name)s（%(role)s）核实") % words if role else _("将转给 %(name)s 核实") % words
    if ending.invites:
        return _("不再拨打，发送短信问卷") if sends_link(row, pack) else _("不再拨打")
    if kind == OutcomeKind.CALL_LATER:
        return _("到约定时间回到待办最前面")
    return _("不再拨打") if kind == OutcomeKind.MOVED else ""


def _failing(row: FollowUp, pack: Pack, before: InVain) -> str:
    words = {"number": before.here + 1, "limit": pack.calling.attempts_before_survey}
    sends = sends_link(row, pack)
    if before.enough(pack.calling):
        if sends:
            return _("第 %(number)d 次未接通，结束回访并发送短信问卷") % words
        return _("第 %(number)d 次未接通，结束回访") % words
    if sends:
        return _("第 %(number)d 次未接通；第 %(limit)d 次后发送短信问卷") % words
    return _("第 %(number)d 次未接通；第 %(limit)d 次后结束回访") % words


def sends_link(row: FollowUp, pack: Pack) -> bool:
    """Whether the standard has a questionnaire to send for this call, and the customer a mobile to get it."""
    rule = pack.rules[row.rule]
    mobile = row.customer.mobile and row.customer.mobile_state != WRONG
    return bool(rule.survey_link and rule.questionnaire and mobile)


def closed(row: FollowUp, tries: list[Attempt], read: Past, answers: list[tuple[str, str, bool]]) -> Closed:
    """``tries``: this call's attempts, newest first."""
    state, last = State(row.state), tries[0] if tries else None
    by_call = last is not None and state in (State.COMPLETED, State.GIVEN_UP, State.OPEN)
    made = last if by_call else None
    complaint = next((one for one in read.complaints if made and one.id == made.complaint_id), None)
    tracking = next((one for one in read.tracking if made and one.pk == made.tracking_id), None)
    message = next((one for one in read.messages if made and one.about and one.about == made.invitation_id), None)
    return Closed(
        outcome_label=label_of(OutcomeKind(made.outcome), row.channel) if made else state.label,
        tone=TONES.get(state, "danger"),
        at=made.at if made else row.ended_at,
        by=made.staff.name if made else None,
        note=made.note if made else "",
        complaint=ClosedComplaint(complaint.id, complaint.number) if complaint else None,
        tracking=_passed_on(tracking) if tracking else None,
        message=message.state_label if message else None,
        answers=[Answer(text, words, "danger" if low else "muted") for text, words, low in answers],
    )


def _passed_on(tracking: Any) -> str:
    if tracking.owner is None:
        return _("已登记客户信息跟踪，待指定核实人")
    return _("已转 %(name)s 核实") % {"name": tracking.owner.name}
