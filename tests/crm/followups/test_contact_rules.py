"""Who may be called now, as it stands in the store: facts gathered, refused in words, and nothing changed by it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from care_support import nothing_changes
from followups_support import at, car, customer, deliver, repair, staff

from crm.customers.actions import record_word
from crm.customers.models import Consent, Customer, TrackingItem
from crm.followups import actions, contacts, planner, queries
from crm.followups.models import FollowUp, Hold
from crm.store.queries import store
from sanfang.audit.models import Access, Event
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
NIGHT = at("2026-03-12 21:00")


@pytest.fixture
def call() -> Any:
    one = car()
    repair(one, "2026-03-10 09:00", "2026-03-10 16:00", mileage=32_480, advisor=staff("邓凯"))
    planner.plan(at("2026-03-12 09:00"))
    return FollowUp.objects.select_related("customer", "vehicle").get(rule="third-call")


def other_call(call: Any, **changed: Any) -> Any:
    kept = {field.attname: getattr(call, field.attname) for field in FollowUp._meta.fields if field.name != "id"}
    return FollowUp.objects.create(**kept | {"trigger": "another", "trigger_kind": "date"} | changed)


def against(who: Actor, call: Any, now: Any = NOW) -> list[str]:
    verdict, _rules = contacts.of_call(who, call, store(), now)
    return [one.reason.value for one in verdict.objections]


def reached(call: Any, days_ago: int, who: Actor, outcome: str = "completed", **fields: Any) -> Any:
    earlier = other_call(call, trigger=f"earlier {days_ago}", state="completed", attempts=1)
    earlier.tries.create(number=1, staff_id=who.staff_id, at=NOW - timedelta(days=days_ago), outcome=outcome, **fields)
    return earlier


def test_nothing_stands_in_the_way(li: Actor, call: Any) -> None:
    assert against(li, call) == []
    assert actions.dial(li, call, now=NOW) == call.customer.mobile


def _served(call: Any, li: Actor, zhou: Actor) -> None:
    repair(call.vehicle, "2025-03-10 09:00", "2025-03-10 16:00", advisor_id=li.staff_id)


def _sold(call: Any, li: Actor, zhou: Actor) -> None:
    deliver(call.vehicle, "2024-03-10", consultant_id=li.staff_id)


def _refused(call: Any, li: Actor, zhou: Actor) -> None:
    record_word(zhou, call.customer, purpose="calls", granted=False, now=at("2026-03-02 11:00"))


def _reached(call: Any, li: Actor, zhou: Actor) -> None:
    reached(call, 2, zhou)


def _held(call: Any, li: Actor, zhou: Actor) -> None:
    actions.hold(zhou, call, now=NOW)


@pytest.mark.parametrize(
    ("given", "reason", "words"),
    [
        (_served, "served", "您接待过这位客户"),
        (_sold, "served", "您接待过这位客户"),
        (_refused, "do_not_call", "3-2 起不接受回访"),
        (_reached, "cool_down", "3-13 起可以拨打"),
        (_held, "held", "周思颖 正在处理"),
    ],
)
def test_each_reason_refuses_the_number_and_the_outcome_in_the_words_of_the_screen(
    li: Actor, zhou: Actor, call: Any, given: Any, reason: str, words: str
) -> None:
    given(call, li, zhou)
    assert against(li, call) == [reason]
    contact = queries.call(li, call.pk, now=NOW).contact
    assert (contact.allowed, [one.code for one in contact.reasons]) == (False, [reason])
    assert words in contact.reasons[0].text
    for action in (
        lambda: actions.dial(li, call, now=NOW),
        lambda: actions.record_outcome(li, call, attempt=1, outcome="no_answer", now=NOW),
    ):
        with nothing_changes(), pytest.raises(DomainError) as refused:
            action()
        assert (str(refused.value), refused.value.code) == (contact.reasons[0].text, reason)
        assert isinstance(refused.value, Conflict) == (reason == "held")
    assert not Access.objects.exists()


@pytest.mark.parametrize(("given", "may"), [(_served, False), (_refused, False), (_reached, True)])
def test_a_page_may_be_prepared_for_later_but_not_for_never(
    li: Actor, zhou: Actor, call: Any, given: Any, may: bool
) -> None:
    given(call, li, zhou)
    if may:
        actions.hold(li, call, now=NOW)
        return
    with nothing_changes(), pytest.raises(DomainError):
        actions.hold(li, call, now=NOW)


def test_another_who_served_nobody_may_call(li: Actor, zhou: Actor, call: Any) -> None:
    _served(call, li, zhou)
    assert against(zhou, call) == []


def test_having_served_another_customer_with_this_car_is_no_reason(li: Actor, call: Any) -> None:
    repair(call.vehicle, "2025-03-10 09:00", "2025-03-10 16:00", advisor_id=li.staff_id, customer=customer())
    repair(call.vehicle, "2025-04-10 09:00", "2025-04-10 16:00", advisor_id=li.staff_id, cancelled=True)
    assert against(li, call) == []
    assert queries.call(li, call.pk, now=NOW).contact.allowed


# --- the cool-down --------------------------------------------------------------------------
@pytest.mark.parametrize("outcome", ["no_answer", "busy", "switched_off", "wrong_number"])
def test_attempts_in_vain_do_not_start_it(li: Actor, call: Any, outcome: str) -> None:
    reached(call, 1, li, outcome)
    assert against(li, call) == []


@pytest.mark.parametrize(("days", "expected"), [(0, ["cool_down"]), (2, ["cool_down"]), (3, [])])
def test_it_lasts_as_long_as_the_standard_says(li: Actor, call: Any, days: int, expected: list[str]) -> None:
    reached(call, days, li)
    assert against(li, call) == expected


def test_a_complaints_call_need_not_wait(li: Actor, call: Any) -> None:
    reached(call, 1, li)
    complaint = other_call(call, rule="complaint-closing", trigger_kind="complaint", trigger=str(call.pk))
    assert against(li, complaint) == []
    assert queries.call(li, complaint.pk, now=NOW).contact.allowed


def test_a_callback_at_the_time_the_customer_named_need_not_wait(li: Actor, call: Any) -> None:
    later = at("2026-03-12 15:00")
    other = other_call(call)
    actions.record_outcome(li, call, attempt=1, outcome="call_later", promised_at=later, now=NOW)
    assert against(li, call, at("2026-03-12 14:59")) == ["cool_down"]
    assert against(li, call, later) == []
    # It is this call that they asked for, and no other.
    assert against(li, other, later) == ["cool_down"]
    # They weren't there at their own time: the wish still stands.
    actions.record_outcome(li, call, attempt=2, outcome="no_answer", now=later)
    call.refresh_from_db()
    assert against(li, call, at("2026-03-12 15:30")) == []
    assert queries.call(li, call.pk, now=at("2026-03-12 15:30")).contact.allowed


def test_the_next_call_is_of_somebody_who_may_be_called(li: Actor, zhou: Actor, call: Any) -> None:
    second = car()
    repair(second, "2026-03-10 09:00", "2026-03-10 16:30")
    planner.plan(at("2026-03-12 09:30"))
    theirs = FollowUp.objects.get(rule="third-call", vehicle=second)
    third = car()
    repair(third, "2026-03-10 09:00", "2026-03-10 16:30")
    planner.plan(at("2026-03-12 09:40"))
    last = FollowUp.objects.get(rule="third-call", vehicle=third)
    reached(theirs, 1, zhou)
    result = actions.record_outcome(li, call, attempt=1, outcome="no_answer", now=NOW)
    assert result.next == last.pk


# --- hours ----------------------------------------------------------------------------------
def test_at_night_nobody_is_called_unless_they_ask_for_it(li: Actor, call: Any) -> None:
    contact = queries.call(li, call.pk, now=NIGHT).contact
    assert [(one.code, one.waivable) for one in contact.reasons] == [("quiet", True)]
    assert contact.until == at("2026-03-13 09:00")
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.dial(li, call, now=NIGHT)
    assert str(refused.value) == contact.reasons[0].text
    assert actions.dial(li, call, now=NIGHT, asked=True) == call.customer.mobile
    [event] = Event.objects.filter(kind="callback.asked_for")
    assert (event.object, event.staff_id, event.data) == (call.pk, li.staff_id, {"lifted": ["quiet"]})


def test_asking_is_written_down_only_where_it_was_needed(li: Actor, call: Any) -> None:
    actions.dial(li, call, now=NOW, asked=True)
    assert not Event.objects.filter(kind="callback.asked_for").exists()


def test_a_wish_for_now_does_not_lift_a_wish_for_never(li: Actor, zhou: Actor, call: Any) -> None:
    _refused(call, li, zhou)
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.dial(li, call, now=NIGHT, asked=True)
    assert refused.value.code == "do_not_call"


def test_a_call_that_began_in_time_is_written_down_when_it_ends(li: Actor, call: Any) -> None:
    actions.dial(li, call, now=at("2026-03-12 17:29"))
    actions.record_outcome(li, call, attempt=1, outcome="no_answer", now=at("2026-03-12 17:33"))
    call.refresh_from_db()
    assert call.attempts == 1


# --- wishes ---------------------------------------------------------------------------------
def test_no_to_calls_is_do_not_call_until_the_next_yes(li: Actor, call: Any) -> None:
    record_word(li, call.customer, purpose="calls", granted=False, now=NOW, evidence="电话中要求")
    assert Customer.objects.get(pk=call.customer_id).do_not_call
    record_word(li, call.customer, purpose="calls", granted=True, now=NOW + timedelta(minutes=1))
    assert not Customer.objects.get(pk=call.customer_id).do_not_call
    assert against(li, call) == []
    assert [one.granted for one in Consent.objects.order_by("at")] == [False, True]
    kinds = Event.objects.filter(object=call.customer_id).order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["customer.refused", "customer.granted"]


def test_a_wish_about_messages_says_nothing_about_calls(li: Actor, call: Any) -> None:
    record_word(li, call.customer, purpose="messages", granted=False, now=NOW)
    assert against(li, call) == []
    text = contacts.of_customer(li, call.customer, store(), NOW, Channel.SMS)
    assert [one.code for one in text.reasons] == ["opted_out"]


def test_who_may_write_a_wish_down(actor: Callable[[str], Actor], call: Any) -> None:
    with nothing_changes(), pytest.raises(Forbidden):
        record_word(actor("邓凯"), call.customer, purpose="calls", granted=False, now=NOW)
    with nothing_changes(), pytest.raises(DomainError):
        record_word(actor("李娜"), call.customer, purpose="post", granted=False, now=NOW)


# --- what the page says is what the action finds ---------------------------------------------
def test_the_page_and_the_actions_agree(li: Actor, zhou: Actor, call: Any) -> None:
    steps: list[Any] = [
        lambda: None,
        lambda: _reached(call, li, zhou),
        lambda: actions.hold(zhou, other_call(call), now=NOW),
        lambda: _served(call, li, zhou),
        lambda: Customer.objects.filter(pk=call.customer_id).update(mobile="", landline="028-5551234"),
        lambda: TrackingItem.objects.create(
            customer=call.customer, wrong_value="028-5551234", found_by_id=zhou.staff_id, found_at=NOW
        ),
        lambda: _refused(call, li, zhou),
    ]
    for now in (NOW, NIGHT):
        for step in steps if now == NOW else steps[:1]:
            step()
            page = [one.code for one in queries.call(li, call.pk, now=now).contact.reasons]
            assert page == against(li, call, now)
    assert page == ["do_not_call", "no_number", "served", "cool_down", "quiet"]  # the hold has run out by night
    assert Hold.objects.exists()


def test_the_facts_are_one_statement(li: Actor, call: Any, django_assert_num_queries: Any) -> None:
    place = store()
    with django_assert_num_queries(1):
        contacts.of_call(li, call, place, NOW)
