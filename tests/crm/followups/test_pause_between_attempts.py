"""Attempts in vain need a pause between them: a slip of the keyboard makes no three of them, and sends no message."""

from datetime import timedelta
from typing import Any

import pytest
from followups_support import at, car, deliver, repair

from crm.followups import actions, planner, queries
from crm.followups.models import Attempt, FollowUp
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor
from sanfang.messaging.models import Message
from sanfang.standards.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
PAUSE = load_pack("changan-dcrc").calling.pause
TOO_SOON = NOW + PAUSE - timedelta(seconds=1)


@pytest.fixture
def call() -> Any:
    """A third call of somebody who has a first call as well; rung up in vain at ten."""
    one = car()
    repair(one, "2026-03-10 09:00", "2026-03-10 16:00")
    deliver(one, "2026-03-10")
    planner.plan(at("2026-03-12 09:00"))
    return FollowUp.objects.select_related("customer", "vehicle").get(rule="third-call")


def record(who: Actor, call: Any, outcome: str, attempt: int, now: Any, **details: Any) -> Any:
    return actions.record_outcome(who, call, attempt=attempt, outcome=outcome, now=now, **details)


def test_three_slips_of_the_keyboard_are_one_attempt(li: Actor, call: Any) -> None:
    assert PAUSE.total_seconds() >= 60
    record(li, call, "no_answer", 1, NOW)
    for attempt, outcome in ((2, "no_answer"), (2, "busy"), (2, "switched_off"), (3, "no_answer")):
        with pytest.raises(DomainError):
            record(li, call, outcome, attempt, TOO_SOON)
    call.refresh_from_db()
    assert (call.state, call.attempts, Attempt.objects.count()) == ("open", 1, 1)
    assert not Message.objects.exists()
    with pytest.raises(DomainError) as refused:
        record(li, call, "no_answer", 2, TOO_SOON)
    assert "10:00" in str(refused.value)
    assert "10:10" in str(refused.value)
    record(li, call, "no_answer", 2, NOW + PAUSE)
    assert Attempt.objects.count() == 2


def test_the_same_submit_once_more_still_counts_once(li: Actor, call: Any) -> None:
    assert record(li, call, "no_answer", 1, NOW) == record(li, call, "no_answer", 1, NOW + timedelta(seconds=1))
    assert Attempt.objects.count() == 1


def test_another_call_of_the_same_customer_rings_the_same_telephone(li: Actor, call: Any) -> None:
    other = FollowUp.objects.get(rule="first-call")
    assert record(li, call, "no_answer", 1, NOW).next is None
    with pytest.raises(DomainError):
        record(li, other, "busy", 1, TOO_SOON)
    assert FollowUp.objects.get(pk=other.pk).attempts == 0
    record(li, other, "busy", 1, NOW + PAUSE)
    assert FollowUp.objects.get(pk=other.pk).attempts == 1


@pytest.mark.parametrize(
    ("outcome", "details"),
    [
        ("refused", {"reason": "no_time"}),
        ("moved", {}),
        ("wrong_number", {"reason": "empty"}),
        ("call_later", {"promised_at": at("2026-03-12 15:00")}),
    ],
)
def test_whoever_rings_back_at_once_is_written_down(li: Actor, call: Any, outcome: str, details: Any) -> None:
    record(li, call, "no_answer", 1, NOW)
    record(li, call, outcome, 2, NOW + timedelta(seconds=30), **details)
    assert Attempt.objects.count() == 2


def test_a_promised_minute_may_be_soon_after_they_were_on_the_line(li: Actor, call: Any) -> None:
    record(li, call, "call_later", 1, NOW, promised_at=NOW + timedelta(minutes=2))
    record(li, call, "no_answer", 2, NOW + timedelta(minutes=2))
    assert Attempt.objects.count() == 2


def test_the_screen_says_so_before_it_refuses(li: Actor, call: Any) -> None:
    record(li, call, "no_answer", 1, NOW)
    hints = {one.key: one.hint for one in queries.call(li, call.pk, now=TOO_SOON).outcomes}
    assert "10:10 起" in hints["no_answer"] == hints["busy"] == hints["switched_off"]
    assert "10:10" not in hints["refused"]
    later = {one.key: one.hint for one in queries.call(li, call.pk, now=NOW + PAUSE).outcomes}
    assert later["no_answer"].startswith("第 2 次未接通")
