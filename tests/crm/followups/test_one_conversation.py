"""Calls close together are one conversation; a slip is taken back with all it caused; a visit instead of a call."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from care_support import nothing_changes
from followups_support import at, car, repair, staff
from hypothesis import given
from hypothesis import strategies as st

from crm.complaints.actions import first_contact
from crm.complaints.models import Complaint
from crm.customers.models import Customer, TrackingItem
from crm.followups import actions, contacts, planner, queries
from crm.followups.actions import Part
from crm.followups.conversation import belongs, companions
from crm.followups.models import Attempt, Draft, FollowUp, Hold
from crm.followups.undoing import can_undo
from crm.store.queries import store
from crm.surveys.models import Invitation, Response
from sanfang.audit.models import Event
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.messaging.delivery import send_waiting
from sanfang.messaging.models import Message
from sanfang.standards.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
SOON = NOW + timedelta(minutes=2)
GOOD: dict[str, Any] = {
    "overall": {"value": 5, "reasons": []},
    "advisor": {"value": 4, "reasons": []},
    "explanation": {"value": 4, "reasons": []},
    "repaired": {"value": "yes", "reasons": []},
    "clean": {"value": True, "reasons": []},
}
BAD = GOOD | {"overall": {"value": 2, "reasons": ["waiting"]}}
CALLING = load_pack("changan-dcrc").calling


@pytest.fixture
def call() -> Any:
    one = car()
    repair(one, "2026-03-10 09:00", "2026-03-10 16:00", mileage=32_480, advisor=staff("邓凯"))
    planner.plan(at("2026-03-12 09:00"))
    return FollowUp.objects.select_related("customer", "vehicle").get(rule="third-call")


@pytest.fixture
def other(call: Any) -> Any:
    """Another order of the same customer, two days later."""
    return another(call)


def another(call: Any, **changed: Any) -> Any:
    kept = {field.attname: getattr(call, field.attname) for field in FollowUp._meta.fields if field.name != "id"}
    fresh = {"trigger": "another", "trigger_kind": "date", "due": at("2026-03-15 17:30")}
    return FollowUp.objects.create(**kept | fresh | changed)


def record(who: Actor, call: Any, outcome: str = "completed", now: Any = NOW, attempt: int = 1, **more: Any) -> Any:
    if outcome == "completed":
        more.setdefault("answers", GOOD)
    return actions.record_outcome(who, call, attempt=attempt, outcome=outcome, now=now, **more)


def states(*calls: Any) -> set[tuple[str, int]]:
    rows = FollowUp.objects.filter(pk__in=[one.pk for one in calls])
    return set(rows.values_list("state", "attempts"))


# --- one conversation -----------------------------------------------------------------------
def test_two_calls_close_together_are_answered_in_one(li: Actor, call: Any, other: Any) -> None:
    assert companions(call, NOW) == [other]
    actions.record_conversation(
        li, call, also=[Part(other, 1, "completed", BAD, note="等太久")], attempt=1, outcome="completed",
        answers=GOOD, now=NOW,
    )  # fmt: skip
    assert set(FollowUp.objects.filter(pk__in=[call.pk, other.pk]).values_list("state", "attempts")) == {
        ("completed", 1)
    }
    assert {one.follow_up_id: bool(one.dissatisfied) for one in Response.objects.all()} == {
        call.pk: False,
        other.pk: True,
    }
    assert Complaint.objects.get().follow_up_id == other.pk


def test_each_has_its_own_outcome(li: Actor, call: Any, other: Any) -> None:
    later = at("2026-03-12 15:00")
    actions.record_conversation(
        li, call, also=[Part(other, 1, "call_later", promised_at=later)], attempt=1, outcome="completed",
        answers=GOOD, now=NOW,
    )  # fmt: skip
    other.refresh_from_db()
    assert (other.state, other.promised_at) == ("open", later)
    # The cool-down began, but this one they asked for.
    assert [one.reason for one in contacts.of_call(li, other, store(), later)[0].objections] == []


def test_a_ring_in_vain_is_one_for_both(li: Actor, call: Any, other: Any) -> None:
    actions.record_conversation(li, call, also=[Part(other, 1, "no_answer")], attempt=1, outcome="no_answer", now=NOW)
    assert list(Attempt.objects.values_list("number", "at")) == [(1, NOW)] * 2


@pytest.mark.parametrize(("first", "second"), [("completed", "no_answer"), ("busy", "refused")])
def test_one_line_is_not_both_engaged_and_answered(li: Actor, call: Any, other: Any, first: str, second: str) -> None:
    more = {"answers": GOOD} if first == "completed" else {}
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.record_conversation(
            li, call, also=[Part(other, 1, second, reason="no_time")], attempt=1, outcome=first, now=NOW, **more
        )
    assert refused.value.code == "not_one_call"


def test_a_missing_answer_in_either_writes_neither(li: Actor, call: Any, other: Any) -> None:
    with nothing_changes(), pytest.raises(DomainError):
        actions.record_conversation(
            li, call, also=[Part(other, 1, "completed", {})], attempt=1, outcome="completed", answers=GOOD, now=NOW
        )


def test_sent_twice_it_counts_once(li: Actor, call: Any, other: Any) -> None:
    for _time in range(2):
        other.refresh_from_db()
        actions.record_conversation(
            li, call, also=[Part(other, 1, "completed", BAD)], attempt=1, outcome="completed", answers=BAD, now=NOW
        )
    assert (Attempt.objects.count(), Response.objects.count(), Complaint.objects.count()) == (2, 2, 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"due": at("2026-03-16 17:31")},  # more than three days after the first
        {"opens": at("2026-03-12 10:01")},
        {"state": "answered"},
        {"channel": "sms"},
        {"promised_at": at("2026-03-12 15:00")},
    ],
)
def test_what_belongs_to_another_call(li: Actor, call: Any, changed: dict[str, Any]) -> None:
    other = another(call, **changed)
    assert companions(call, NOW) == []
    with nothing_changes(), pytest.raises(DomainError):
        actions.record_conversation(
            li, call, also=[Part(other, 1, "completed", GOOD)], attempt=1, outcome="completed", answers=GOOD, now=NOW
        )


def test_another_customers_call_is_never_a_part(li: Actor, call: Any) -> None:
    repair(car(), "2026-03-10 09:00", "2026-03-10 16:00")
    planner.plan(at("2026-03-12 09:30"))
    theirs = FollowUp.objects.exclude(customer=call.customer).get(rule="third-call")
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.record_conversation(
            li, call, also=[Part(theirs, 1, "completed", GOOD)], attempt=1, outcome="completed", answers=GOOD, now=NOW
        )
    assert refused.value.code == "not_together"


@given(due=st.integers(-20, 20), other=st.integers(-20, 20), opened=st.integers(-20, 20))
def test_close_together_is_the_standards_days(due: int, other: int, opened: int) -> None:
    def row(days: int, **fields: Any) -> FollowUp:
        opens = NOW - timedelta(days=fields.pop("opened", 1))
        return FollowUp(channel="phone", state="open", opens=opens, due=NOW + timedelta(days=days), **fields)

    first, second = row(due), row(other, opened=opened)
    expected = opened >= 0 and other - max(due, 0) <= CALLING.together.days
    assert belongs(second, first, CALLING, NOW) == expected


# --- taking back ----------------------------------------------------------------------------
def undo(who: Actor, call: Any, now: datetime = SOON) -> None:
    actions.undo(who, call, now=now)
    call.refresh_from_db()


def test_a_slip_is_taken_back_with_all_it_caused(li: Actor, call: Any) -> None:
    before = (call.state, call.attempts, call.promised_at, call.ended_at)
    record(li, call, answers=BAD, note="等了两个小时")
    undo(li, call)
    assert (call.state, call.attempts, call.promised_at, call.ended_at) == before
    for kind in (Attempt, Response, Complaint):
        assert not kind.objects.exists()
    draft = Draft.objects.get()
    assert (draft.answers, draft.note) == (BAD, "等了两个小时")
    assert Hold.objects.get().staff_id == li.staff_id
    assert Event.objects.filter(kind="callback.undone", staff=li.staff_id).count() == 1
    assert contacts.of_call(li, call, store(), SOON)[0].allowed
    record(li, call, now=SOON)
    assert Attempt.objects.get().outcome == "completed"


def test_a_questionnaire_that_has_not_left_never_leaves(li: Actor, call: Any) -> None:
    record(li, call, "refused", reason="upset")
    undo(li, call)
    assert not Invitation.objects.exists()
    [message] = Message.objects.all()
    assert (message.state, message.error) == ("failed", "taken_back")
    assert send_waiting(lambda: SOON) == 0
    # Refused after all: the questionnaire goes out as ever.
    record(li, call, "refused", reason="upset", now=SOON)
    assert Message.objects.filter(state="queued").count() == 1


def test_one_that_has_left_cannot_be_called_back(li: Actor, call: Any) -> None:
    record(li, call, "refused", reason="upset")
    assert send_waiting(lambda: NOW) == 1
    with nothing_changes(), pytest.raises(Conflict) as refused:
        undo(li, call)
    assert "已经发出" in str(refused.value)


@pytest.mark.parametrize("state", ["unverified", "verified"])
def test_a_number_is_again_what_it_was_held_for(li: Actor, call: Any, state: str) -> None:
    Customer.objects.filter(pk=call.customer_id).update(mobile_state=state)
    call = queries.get(li, call.pk)
    record(li, call, "wrong_number", reason="empty")
    assert Customer.objects.get(pk=call.customer_id).mobile_state == "wrong"
    undo(li, call)
    assert Customer.objects.get(pk=call.customer_id).mobile_state == state
    assert not TrackingItem.objects.exists()


def test_a_complaint_somebody_works_on_stays(li: Actor, call: Any, actor: Callable[[str], Actor]) -> None:
    record(li, call, answers=BAD)
    first_contact(actor("蒋国华"), Complaint.objects.get(), note="已致电", now=SOON)
    with nothing_changes(), pytest.raises(Conflict) as refused:
        undo(li, call)
    assert "已有人处理" in str(refused.value)


def test_a_promise_before_it_is_a_promise_again(li: Actor, call: Any) -> None:
    later = at("2026-03-12 15:00")
    record(li, call, "call_later", promised_at=later)
    record(li, call, "no_answer", later, 2)
    undo(li, call, later + timedelta(minutes=1))
    assert (call.attempts, call.promised_at) == (1, later)


def test_only_the_newest_by_whoever_recorded_it_and_not_for_long(li: Actor, zhou: Actor, call: Any) -> None:
    with nothing_changes(), pytest.raises(DomainError):
        undo(li, call)
    record(li, call, "no_answer")
    made = Attempt.objects.select_related("follow_up").get()
    last = NOW + CALLING.undo
    assert [can_undo(who, made, when) for who, when in ((li, last), (zhou, last))] == [True, False]
    assert not can_undo(li, made, last + timedelta(seconds=1))
    with nothing_changes(), pytest.raises(DomainError) as refused:
        undo(zhou, call)
    assert refused.value.code == "not_yours"
    with nothing_changes(), pytest.raises(DomainError) as refused:
        undo(li, call, last + timedelta(seconds=1))
    assert refused.value.code == "too_late"
    undo(li, call, last)
    with nothing_changes(), pytest.raises(DomainError):
        undo(li, call, last)


def test_who_may_not_call_may_not_undo(li: Actor, call: Any, actor: Callable[[str], Actor]) -> None:
    record(li, call, "no_answer")
    with nothing_changes(), pytest.raises(Forbidden):
        undo(actor("邓凯"), call)


def test_a_customer_somebody_else_has_meanwhile(li: Actor, zhou: Actor, call: Any) -> None:
    record(li, call, "no_answer")
    call.refresh_from_db()
    actions.hold(zhou, call, now=SOON)
    with nothing_changes(), pytest.raises(Conflict) as refused:
        undo(li, call)
    assert "周思颖" in str(refused.value)


def test_a_conversation_is_taken_back_as_one(li: Actor, call: Any, other: Any) -> None:
    actions.record_conversation(
        li, call, also=[Part(other, 1, "completed", BAD)], attempt=1, outcome="completed", answers=GOOD, now=NOW
    )
    undo(li, other)
    assert states(call, other) == {("open", 0)}
    assert not Attempt.objects.exists()
    assert Draft.objects.count() == 2


# --- visits ---------------------------------------------------------------------------------
def test_a_visit_is_planned_listed_and_written_down(li: Actor, call: Any) -> None:
    when = at("2026-03-12 15:00")
    actions.plan_visit(li, call, at=when, note="送保养手册", now=NOW)
    assert (call.channel, call.promised_at) == ("visit", when)
    assert [group.key for group in queries.queue(li, now=NOW).groups] == ["promised"]
    sheet = queries.call(li, call.pk, now=when)
    assert (sheet.channel, sheet.contact.allowed) == ("visit", True)
    assert [str(one.label) for one in sheet.outcomes] == ["完成问卷", "没有遇到", "改约时间", "拒绝访问", "已搬离"]
    # Written down in the evening, after it.
    record(li, call, now=at("2026-03-12 18:30"))
    call.refresh_from_db()
    assert (call.state, Attempt.objects.get().outcome) == ("completed", "completed")


def test_a_customer_without_a_number_can_be_visited(li: Actor, call: Any) -> None:
    Customer.objects.filter(pk=call.customer_id).update(mobile="", landline="")
    actions.plan_visit(li, call, at=at("2026-03-12 15:00"), now=NOW)
    assert queries.queue(li, now=NOW).groups[0].items[0].id == call.pk


def test_who_wants_no_contact_is_not_visited(li: Actor, call: Any) -> None:
    Customer.objects.filter(pk=call.customer_id).update(do_not_call=True)
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.plan_visit(li, call, at=at("2026-03-12 15:00"), now=NOW)
    assert refused.value.code == "do_not_call"


def test_a_visit_has_no_line_that_is_busy(li: Actor, call: Any) -> None:
    actions.plan_visit(li, call, at=at("2026-03-12 15:00"), now=NOW)
    for outcome in ("busy", "switched_off", "wrong_number"):
        with nothing_changes(), pytest.raises(DomainError):
            record(li, call, outcome, reason="empty")


def test_a_visit_that_is_off_is_a_call_again(li: Actor, call: Any) -> None:
    actions.plan_visit(li, call, at=at("2026-03-12 15:00"), now=NOW)
    actions.call_instead(li, call, now=NOW)
    assert (call.channel, call.promised_at) == ("phone", None)
    planner.plan(at("2026-03-12 11:00"))
    record(li, call)
    with nothing_changes(), pytest.raises(Conflict):
        actions.plan_visit(li, call, at=at("2026-03-12 15:00"), now=NOW)


def test_planning_again_leaves_a_visit_a_visit(li: Actor, call: Any) -> None:
    actions.plan_visit(li, call, at=at("2026-03-12 15:00"), now=NOW)
    actions.replan()
    planner.plan(at("2026-03-12 11:00"))
    call.refresh_from_db()
    assert (call.channel, call.promised_at) == ("visit", at("2026-03-12 15:00"))
