"""Plays the weeks since the store began with Sanfang: its specialists call, its managers answer complaints.

Everything goes through the product's own actions with a clock of its own, so the demo's past is what a store's past
would be: answers, attempts, complaints, wrong numbers, promises, and a few calls that were never made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.complaints.actions import first_contact
from crm.complaints.policy import complaints
from crm.customers.actions import call_back, correct, verify
from crm.customers.policy import tracking
from crm.followups import planner
from crm.followups.actions import record_outcome
from crm.followups.models import Attempt
from crm.followups.queries import get, questionnaire_of, queue
from crm.store.queries import store
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor
from sanfang.messaging.delivery import send_waiting
from sanfang.standards.definitions import Question, QuestionKind
from tenants.models import Tenant

MINUTES_A_CALL = 4
OUTCOMES = {
    "completed": 74,
    "no_answer": 14,
    "busy": 3,
    "switched_off": 2,
    "call_later": 3,
    "refused": 2,
    "wrong_number": 1,
    "left for tomorrow": 1,
}
SHORT_OF_HANDS = timedelta(days=4)
"""The last days before the visitor comes: a colleague is ill, and half of the calls stay where they are."""
REASONS = {"refused": ("no_time", "not_interested"), "wrong_number": ("empty", "somebody_else", "stopped")}
PRAISE = ("挺好的，没什么问题。", "服务顾问很耐心。", "车开着不错，比以前的省油。", "休息区咖啡可以。", "")
BLAME = ("等了三个多小时才交车。", "异响还在，说好修好了。", "费用比报价多，没人提前说。", "车没洗干净。")
TOLD = ("已致电客户致歉，约定明天回店检查。", "已联系客户，说明费用构成，客户接受。", "已联系，安排服务经理跟进。")


@dataclass
class Played:
    """What was played so far, for the person who waits."""

    days: int = 0
    calls: int = 0
    complaints: int = 0
    corrected: int = 0


@dataclass
class Cast:
    specialists: list[Actor]
    manager: Actor
    by_staff: dict[Any, Actor] = field(default_factory=dict)


def play(tenant: Tenant, cast: Cast, until: datetime, told: Callable[[Played], None]) -> Played:
    """Inside ``tenant``: every day from the store's go-live to the evening before ``until``."""
    chance = Random(tenant.slug)
    place = store()
    played = Played()
    # Interrupted, it goes on after the last day on which somebody called.
    latest = Attempt.objects.order_by("-at").values_list("at", flat=True).first()
    day = place.calendar.day_of(latest) + timedelta(days=1) if latest else place.go_live
    last = place.calendar.day_of(until)
    while day < last:
        opening = timezone.make_aware(datetime.combine(day, time(9)), place.zone)
        planner.plan(opening)
        short = last - day < SHORT_OF_HANDS
        _call(cast, chance, opening, played, left=0.55 if short else 0.0)
        _answer_complaints(cast, chance, opening + timedelta(hours=7), played, answered=0.4 if short else 0.95)
        _put_right(cast, chance, opening + timedelta(hours=8), played)
        _send(opening + timedelta(hours=8))
        day += timedelta(days=1)
        played.days += 1
        told(played)
    planner.plan(until)
    return played


def _send(now: datetime) -> None:
    """The messages that wait, as the worker of that moment would have."""
    send_waiting(lambda: now)


def _call(cast: Cast, chance: Random, opening: datetime, played: Played, left: float) -> None:
    """The day's calls from the top of the queue, shared among the specialists; some share of them is left undone."""
    listed = [item for group in queue(cast.manager, now=opening).groups for item in group.items if not item.held_by]
    for place, item in enumerate(listed):
        caller = cast.specialists[place % len(cast.specialists)]
        now = opening + timedelta(
            minutes=MINUTES_A_CALL * (place // len(cast.specialists)), seconds=chance.randrange(60)
        )
        how = chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        if how != "left for tomorrow" and chance.random() >= left:
            played.calls += _end(caller, chance, item.id, how, now)


def _end(caller: Actor, chance: Random, key: Any, how: str, now: datetime) -> int:
    call = get(caller, key)
    questionnaire = questionnaire_of(call)
    happy = chance.random() > 0.05
    answers = _answers(questionnaire.questions, chance, happy) if questionnaire else {}
    try:
        # What follows by message leaves then, too: a worker of today must not find it weeks later.
        with transaction.atomic():
            record_outcome(
                caller,
                call,
                attempt=call.attempts + 1,
                outcome=how,
                answers=answers if how == "completed" else None,
                note=chance.choice(PRAISE if happy else BLAME) if how == "completed" else "",
                promised_at=now + timedelta(days=1) if how == "call_later" else None,
                reason=chance.choice(REASONS[how]) if how in REASONS else "",
                now=now,
            )
            _send(now)
    except DomainError:
        # The customer can't be called this way (no number, a promise outside the hours): it stays for tomorrow.
        return 0
    return 1


def _answers(questions: tuple[Question, ...], chance: Random, happy: bool) -> dict[str, dict[str, Any]]:
    """Somebody who is dissatisfied is so with one or two things, not with everything."""
    blamed = [one.id for one in questions if one.dissatisfied]
    low = set() if happy or not blamed else {chance.choice(blamed), chance.choice(blamed)}
    return {one.id: _answer(one, chance, one.id not in low) for one in questions}


def _answer(question: Question, chance: Random, happy: bool) -> dict[str, Any]:
    low = not happy and bool(question.dissatisfied)
    match question.kind:
        case QuestionKind.FIVE_POINT:
            value: Any = chance.choice((1, 2)) if low else chance.choices((5, 4, 3), (62, 34, 4))[0]
        case QuestionKind.NPS:
            value = chance.randrange(2, 6) if low else chance.choices((10, 9, 8, 7), (40, 30, 20, 10))[0]
        case QuestionKind.YES_NO:
            value = next(iter(question.dissatisfied), True) if low else (False not in question.dissatisfied or True)
        case QuestionKind.CHOICE:
            good = [one.id for one in question.choices if one.id not in question.dissatisfied]
            value = chance.choice(good)
        case _:
            value = None
    reasons = [chance.choice(question.reasons).id] if low and question.reasons else []
    return {"value": value, "reasons": reasons}


def _answer_complaints(cast: Cast, chance: Random, now: datetime, played: Played, answered: float) -> None:
    for complaint in complaints.visible(cast.manager).filter(state="registered").order_by("registered_at"):
        if chance.random() < answered:
            # Most within the two hours, some later.
            at = min(now, complaint.registered_at + timedelta(minutes=chance.choice((20, 45, 70, 100, 160))))
            first_contact(cast.manager, complaint, note=chance.choice(TOLD), now=at)
            played.complaints += 1


def _put_right(cast: Cast, chance: Random, now: datetime, played: Played) -> None:
    """Owners correct what they were asked; the next day a specialist has checked it."""
    for item in tracking.visible(cast.manager).filter(state="corrected"):
        call_back(cast.manager, item, now=now)
        verify(cast.manager, item, now=now)
    for item in tracking.visible(cast.manager).filter(state="open"):
        owner = cast.by_staff.get(item.owner_id)
        if owner and chance.random() < 0.5:
            correct(owner, item, value=f"1545{chance.randrange(10**7):07d}", now=now)
            played.corrected += 1
