"""Handing messages over: in the hours for it, once, whatever dies or fails on the way."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from care_support import MOBILE, NOW, Recorder, Ticking, a_customer, at, nothing_changes
from django.core.exceptions import ImproperlyConfigured

from crm.customers.models import Consent, Customer
from sanfang.kernel.errors import WrongTenant
from sanfang.messaging import delivery, house, tasks
from sanfang.messaging.actions import queue_message
from sanfang.messaging.gateways import Rejected, Unavailable
from sanfang.messaging.models import Message
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("recorder", "in_chengdu")


@pytest.fixture
def recorder(settings: Any) -> Iterator[type[Recorder]]:
    settings.MESSAGE_GATEWAY = "care_support.Recorder"
    Recorder.sent, Recorder.failure, Recorder.meanwhile = [], None, None
    yield Recorder
    Recorder.failure = Recorder.meanwhile = None


def queued(*, now: Any = NOW, customer: Customer | None = None) -> Message:
    customer = customer or a_customer()
    return queue_message(
        customer_id=customer.pk, mobile=MOBILE, text="您好 {secret}", secret="code", purpose="survey_link", now=now
    )


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.error


def test_what_has_lost_its_sense_is_not_sent_and_says_so() -> None:
    message = queued()
    Message.objects.filter(pk=message.pk).update(not_after=NOW + timedelta(days=14))
    assert delivery.send_waiting(Ticking(NOW + timedelta(days=14))) == 0
    assert Recorder.sent == []
    assert state_of(message) == ("failed", "expired")


def test_until_then_it_is_sent() -> None:
    message = queued()
    Message.objects.filter(pk=message.pk).update(not_after=NOW + timedelta(days=14))
    assert delivery.send_waiting(Ticking(NOW + timedelta(days=14, seconds=-1))) == 1
    assert state_of(message) == ("sent", "")


def test_a_message_is_sent_once_with_its_secret_and_its_id_as_the_key() -> None:
    message = queued()
    assert delivery.send_waiting(Ticking(NOW)) == 1
    (out,) = Recorder.sent
    assert (out.id, out.to) == (message.pk, MOBILE)
    assert "您好 code拒收请回复R" in out.text
    assert state_of(message) == ("sent", "")
    assert (message.sent_at, message.provider, message.provider_id, message.attempts) == (NOW, "development", "r-1", 1)
    with nothing_changes():
        assert delivery.send_waiting(Ticking(NOW)) == 0


@pytest.mark.parametrize(
    ("moment", "sends"), [("08:59", 0), ("09:00", 1), ("19:59", 1), ("20:00", 0), ("23:30", 0), ("03:00", 0)]
)
def test_outside_the_standards_hours_messages_are_held(moment: str, sends: int) -> None:
    queued(now=at("2026-11-16 12:00"))
    assert delivery.send_waiting(Ticking(at(f"2026-11-17 {moment}"))) == sends


def test_a_held_message_goes_out_when_the_hours_begin() -> None:
    message, clock = queued(now=at("2026-11-17 20:00")), Ticking(at("2026-11-17 20:00"))
    assert delivery.send_waiting(clock) == 0
    assert state_of(message)[0] == "queued"
    clock.now = at("2026-11-18 09:00")
    assert delivery.send_waiting(clock) == 1


def test_the_hours_are_the_stores_own(in_chengdu: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    queued()
    begin, end, _zone = house.house().hours()
    elsewhere = ZoneInfo("America/New_York")
    monkeypatch.setattr(type(house.house()), "hours", lambda self: (begin, end, elsewhere))
    assert delivery.send_waiting(Ticking(NOW)) == 0  # ten in the morning here is nine in the evening there


def test_the_hours_may_end_while_messages_are_going_out() -> None:
    for _ in range(3):
        queued(now=at("2026-11-17 19:59"))
    clock = Ticking(at("2026-11-17 19:59"))
    Recorder.meanwhile = lambda: clock.move(seconds=40)
    assert delivery.send_waiting(clock) == 2


def test_who_refuses_after_it_was_queued_gets_nothing() -> None:
    customer = a_customer()
    message, other = queued(customer=customer), queued(customer=customer)
    Customer.objects.filter(pk=customer.pk).update(do_not_call=True)
    delivery.send_waiting(Ticking(NOW))
    assert Recorder.sent == []
    assert state_of(message) == state_of(other) == ("failed", "do_not_call")


def test_an_opt_out_after_it_was_queued_holds() -> None:
    customer = a_customer()
    message = queued(customer=customer)
    Consent.objects.create(customer=customer, purpose="messages", granted=False, at=NOW)
    delivery.send_waiting(Ticking(NOW))
    assert (Recorder.sent, state_of(message)) == ([], ("failed", "opted_out"))


def test_a_rejected_message_is_not_tried_again() -> None:
    message, Recorder.failure = queued(), Rejected("template not filed")
    assert delivery.send_waiting(Ticking(NOW)) == 0
    assert state_of(message) == ("failed", "rejected")


def test_an_unreachable_provider_is_tried_again_later_and_later_and_then_no_more() -> None:
    message, clock = queued(), Ticking(NOW)
    Recorder.failure = Unavailable("no route")
    pauses = []
    for _ in range(delivery.TRIES - 1):
        assert delivery.send_waiting(clock) == 0
        assert state_of(message) == ("queued", "")
        pauses.append(message.not_before - clock.now)
        clock.now = message.not_before - timedelta(seconds=1)
        assert delivery.send_waiting(clock) == 0
        clock.now = message.not_before
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    delivery.send_waiting(clock)
    assert state_of(message) == ("failed", "unreachable")
    assert len(Recorder.sent) == delivery.TRIES


def test_a_killed_workers_message_goes_out_again_with_the_same_key() -> None:
    message, clock = queued(), Ticking(NOW)
    claimed = delivery.claim(message.pk, NOW)  # and then the worker died
    assert claimed is not None
    clock.move(minutes=4, seconds=59)
    assert delivery.send_waiting(clock) == 0
    clock.move(seconds=1)
    assert delivery.send_waiting(clock) == 1
    assert [out.id for out in Recorder.sent] == [message.pk]
    assert state_of(message) == ("sent", "")
    assert message.attempts == 2


def test_a_message_that_kills_its_workers_is_given_up() -> None:
    message, clock = queued(), Ticking(NOW)
    for _ in range(delivery.TRIES):
        assert delivery.claim(message.pk, clock.now) is not None
        clock.move(minutes=5)
        delivery.release_abandoned(clock.now)
    assert state_of(message) == ("failed", "unreachable")


def test_a_worker_that_was_thought_dead_does_not_overwrite_what_the_next_one_did() -> None:
    message, clock = queued(), Ticking(NOW)
    slow = delivery.claim(message.pk, NOW)
    assert slow is not None
    clock.move(minutes=6)
    assert delivery.send_waiting(clock) == 1
    Recorder.failure = Rejected("sent already")
    assert not delivery.hand_over(slow, Recorder(), clock)
    assert state_of(message) == ("sent", "")
    assert message.provider_id == "r-1"


def test_only_one_worker_gets_a_message() -> None:
    message = queued()
    assert delivery.claim(message.pk, NOW) is not None
    assert delivery.claim(message.pk, NOW) is None


def test_an_error_of_ours_leaves_the_claim_to_be_taken_up_again() -> None:
    message, Recorder.failure = queued(), KeyError("a bug")
    with pytest.raises(KeyError):
        delivery.send_waiting(Ticking(NOW))
    assert state_of(message) == ("sending", "")
    Recorder.failure = None
    assert delivery.send_waiting(Ticking(NOW + delivery.LEASE)) == 1


def test_the_oldest_go_first_and_a_run_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    customer = a_customer()
    order = [queued(customer=customer, now=NOW - timedelta(minutes=ago)).pk for ago in (1, 3, 2)]
    assert delivery.send_waiting(Ticking(NOW)) == 2
    assert [out.id for out in Recorder.sent] == [order[1], order[2]]


def test_the_tenants_task_refuses_to_run_without_one_and_sends_for_its_own_only(
    in_chengdu: Tenant, suzhou: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queued()
    monkeypatch.setattr(delivery, "may_send_at", lambda now: True)
    with pytest.raises(WrongTenant):
        tasks.send()
    tasks.send(_tenant=suzhou.schema_name)
    assert Recorder.sent == []
    tasks.send(_tenant=in_chengdu.schema_name)
    assert [out.id for out in Recorder.sent] == [message.pk]


def test_without_a_house_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:

    queued()
    monkeypatch.setattr(house, "_house", None)
    with pytest.raises(ImproperlyConfigured):
        delivery.send_waiting(Ticking(NOW))
    assert Recorder.sent == []
