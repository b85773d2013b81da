"""How a call ends, and what follows from it, all in one transaction."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from followups_support import at, car, customer, deliver, repair, staff

from crm.complaints.models import Complaint
from crm.customers.models import Customer, MobileState, TrackingItem
from crm.followups import actions, planner, queries
from crm.followups.models import Attempt, Draft, FollowUp, Hold, PlanState
from crm.store.models import Store
from crm.surveys.models import Invitation, Response
from crm.surveys.questions import AnswersRefused
from sanfang.audit.models import Event
from sanfang.kernel.errors import Conflict, DomainError, Forbidden, NotFound
from sanfang.kernel.ids import uuid7
from sanfang.kernel.permissions import Actor
from sanfang.messaging.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
GOOD = {
    "overall": {"value": 5, "reasons": []},
    "advisor": {"value": 4, "reasons": []},
    "explanation": {"value": 4, "reasons": []},
    "repaired": {"value": "yes", "reasons": []},
    "clean": {"value": True, "reasons": []},
}
PAUSE = timedelta(minutes=10)
BAD = GOOD | {"overall": {"value": 2, "reasons": ["waiting"]}}


@pytest.fixture
def call() -> Any:
    """A third call that is open: repaired on the 10th, due on the 13th."""
    one = car()
    repair(one, "2026-03-10 09:00", "2026-03-10 16:00", mileage=32_480, advisor=staff("邓凯"))
    planner.plan(at("2026-03-12 09:00"))
    return FollowUp.objects.select_related("customer", "vehicle").get(rule="third-call")


def record(who: Actor, call: Any, outcome: Any, attempt: Any = 1, now: Any = NOW, **details: Any) -> Any:
    return actions.record_outcome(who, call, attempt=attempt, outcome=outcome, now=now, **details)


def fail(who: Actor, call: Any, times: Any, outcome: Any = "no_answer", start: Any = 1) -> Any:
    """So many attempts in vain, each after the pause that the standard asks for; the third at NOW."""
    for attempt in range(start, start + times):
        result = record(who, call, outcome, attempt, now=NOW - PAUSE * (3 - attempt))
        call.refresh_from_db()
    return result


# --- completed ------------------------------------------------------------------------------
def test_completed_keeps_the_answers_and_ends_the_call(li: Actor, call: Any) -> None:
    actions.hold(li, call, now=NOW)
    actions.save_draft(li, call, answers={"overall": {"value": 5, "reasons": []}}, note="很", now=NOW)
    result = record(li, call, "completed", answers=GOOD, note="很满意")
    call.refresh_from_db()
    assert (call.state, call.attempts, call.ended_at) == ("completed", 1, NOW)
    response = Response.objects.get(follow_up_id=call.pk)
    assert response.answers["overall"] == {"value": 5, "reasons": []}
    assert (response.questionnaire, response.pack_version) == ("service-callback", "2009.1")
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.outcome, attempt.staff_id, attempt.note) == (1, "completed", li.staff_id, "很满意")
    assert (result.complaint, result.invitation, result.tracking) == (None, None, None)
    assert not Draft.objects.exists()
    assert not Hold.objects.exists()
    assert Event.objects.filter(kind="callback.complete", object=call.pk, staff=li.staff_id).count() == 1


def test_missing_answers_are_named_and_nothing_is_written(li: Actor, call: Any) -> None:
    actions.hold(li, call, now=NOW)
    with pytest.raises(AnswersRefused) as refused:
        record(li, call, "completed", answers={"overall": {"value": 5, "reasons": []}})
    assert set(refused.value.problems) == {"advisor", "explanation", "repaired", "clean"}
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("open", 0)
    assert not Attempt.objects.exists()
    assert not Response.objects.exists()
    assert Hold.objects.exists()


def test_a_dissatisfied_answer_opens_a_complaint_in_the_same_transaction(li: Actor, call: Any) -> None:
    result = record(li, call, "completed", answers=BAD, note="等了两个小时")
    complaint = Complaint.objects.get()
    assert result.complaint == complaint.pk == Attempt.objects.get().complaint_id
    assert (complaint.customer, complaint.vehicle, complaint.channel) == (call.customer, call.vehicle, "callback")
    assert complaint.follow_up_id == call.pk
    assert str(complaint.repair_order_id) == call.trigger
    assert "三访" in complaint.title
    assert "等待时间长" in complaint.text
    assert "等了两个小时" in complaint.text
    assert complaint.contact_due == at("2026-03-12 12:00")


def test_the_same_submit_twice_counts_once_and_says_the_same(li: Actor, call: Any) -> None:
    first = record(li, call, "completed", answers=BAD)
    again = record(li, call, "completed", answers=BAD)
    assert again == first
    assert (Attempt.objects.count(), Response.objects.count(), Complaint.objects.count()) == (1, 1, 1)


# --- not reached ----------------------------------------------------------------------------
def test_after_the_third_failed_attempt_the_questionnaire_goes_out(li: Actor, call: Any) -> None:
    fail(li, call, 2)
    assert (call.state, call.attempts) == ("open", 2)
    assert not Invitation.objects.exists()
    result = fail(li, call, 1, "busy", start=3)
    assert (call.state, call.attempts, call.ended_at) == ("given_up", 3, NOW)
    invitation = Invitation.objects.get()
    assert result.invitation == invitation.pk
    assert invitation.questionnaire == "service-callback"
    message = Message.objects.get()
    assert message.to == call.customer.mobile
    assert [one.number for one in Attempt.objects.order_by("number")] == [1, 2, 3]


def test_only_failed_attempts_count_towards_the_questionnaire(li: Actor, call: Any) -> None:
    fail(li, call, 1, "switched_off")
    record(li, call, "call_later", 2, promised_at=at("2026-03-12 15:00"))
    record(li, call, "no_answer", 3, now=at("2026-03-12 15:00"))
    call.refresh_from_db()
    assert (call.state, call.promised_at) == ("open", None)
    record(li, call, "no_answer", 4, now=at("2026-03-12 16:00"))
    call.refresh_from_db()
    assert call.state == "given_up"


def test_a_rule_without_a_link_is_given_up_without_a_message(li: Actor) -> None:
    deliver(car(), "2026-02-20")
    planner.plan(NOW)
    second = FollowUp.objects.get(rule="second-call")
    result = fail(li, second, 3)
    assert second.state == "given_up"
    assert result.invitation is None
    assert not Message.objects.exists()


# --- refused, moved, later ------------------------------------------------------------------
def test_refused_ends_the_call_and_sends_the_questionnaire(li: Actor, call: Any) -> None:
    result = record(li, call, "refused", reason="no_time")
    call.refresh_from_db()
    assert call.state == "given_up"
    assert result.invitation == Invitation.objects.get().pk
    assert Attempt.objects.get().reason == "no_time"
    text = Message.objects.get().text
    assert "尊重您的意愿" in text
    assert "未能联系上" not in text
    assert "/s/{secret} " in text


def test_refused_without_a_right_mobile_sends_nothing(li: Actor, call: Any) -> None:
    Customer.objects.filter(pk=call.customer_id).update(mobile="", landline="028-85551234")
    result = record(li, call, "refused", reason="upset")
    assert result.invitation is None
    assert FollowUp.objects.get(pk=call.pk).state == "given_up"


def test_moved_ends_the_call_without_a_message(li: Actor, call: Any) -> None:
    result = record(li, call, "moved", note="已搬到西安")
    assert FollowUp.objects.get(pk=call.pk).state == "given_up"
    assert result.invitation is None


@pytest.mark.parametrize("reason", ["", "weather"])
@pytest.mark.parametrize("outcome", ["refused", "wrong_number"])
def test_a_reason_is_asked_for(li: Actor, call: Any, outcome: Any, reason: Any) -> None:
    with pytest.raises(DomainError) as refused:
        record(li, call, outcome, reason=reason)
    assert refused.value.field == "reason"
    assert not Attempt.objects.exists()


def test_call_later_keeps_the_promise(li: Actor, call: Any) -> None:
    record(li, call, "call_later", promised_at=at("2026-03-13 15:00"))
    call.refresh_from_db()
    assert (call.state, call.attempts, call.promised_at) == ("open", 1, at("2026-03-13 15:00"))
    assert Attempt.objects.get().promised_at == at("2026-03-13 15:00")


@pytest.mark.parametrize(
    ("promised", "code"),
    [
        (None, "no_time"),
        ("2026-03-12 10:00", "past"),
        ("2026-03-12 18:00", "closed_hours"),
        ("2026-03-13 08:45", "closed_hours"),  # open, but calls only from nine
        ("2026-03-13 17:30", "closed_hours"),
        ("2026-03-14 10:00", "closed_day"),
        ("2027-03-13 10:00", "too_far"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused_with_what_can(
    li: Actor, call: Any, place: Store, promised: Any, code: Any
) -> None:
    place.closed_days = ["2026-03-14"]
    place.save()
    with pytest.raises(DomainError) as refused:
        record(li, call, "call_later", promised_at=at(promised) if promised else None)
    assert (refused.value.code, refused.value.field) == (code, "callback_at")
    call.refresh_from_db()
    assert call.attempts == 0


def test_an_unknown_outcome_is_refused(li: Actor, call: Any) -> None:
    with pytest.raises(DomainError):
        record(li, call, "spoke_to_the_dog")


# --- wrong number ---------------------------------------------------------------------------
def test_a_wrong_number_goes_to_the_advisor_of_the_order(li: Actor, call: Any) -> None:
    number = call.customer.mobile
    result = record(li, call, "wrong_number", reason="empty", note="提示空号")
    item = TrackingItem.objects.get()
    assert result.tracking == item.pk
    assert (item.wrong_value, item.owner.name, item.vehicle) == (number, "邓凯", call.vehicle)  # type: ignore[union-attr]
    assert "空号" in item.note
    assert "提示空号" in item.note
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("open", 1)
    assert Customer.objects.get(pk=call.customer_id).mobile_state == MobileState.WRONG
    assert not Message.objects.exists()


def test_a_wrong_number_from_a_delivery_goes_to_the_consultant(li: Actor) -> None:
    deliver(car(), "2026-03-10", consultant=staff("廖晨"))
    planner.plan(NOW)
    record(li, FollowUp.objects.get(), "wrong_number", reason="stopped")
    assert TrackingItem.objects.get().owner.name == "廖晨"  # type: ignore[union-attr]


def test_a_reminder_goes_to_whoever_served_the_car_last(li: Actor) -> None:
    one = car(insurance_until=date(2026, 4, 20))
    deliver(one, "2025-03-10", consultant=staff("廖晨"))
    repair(one, "2025-06-10 09:00", "2025-06-10 16:00", advisor=staff("曾丽"))
    repair(one, "2025-09-10 09:00", "2025-09-10 16:00", advisor=staff("邓凯"))
    planner.plan(NOW)
    record(li, FollowUp.objects.get(rule="insurance"), "wrong_number", reason="stopped")
    assert TrackingItem.objects.get().owner.name == "邓凯"  # type: ignore[union-attr]


def test_the_wrong_number_never_comes_up_again_and_the_right_one_brings_the_call_back(li: Actor, call: Any) -> None:
    deliver(call.vehicle, "2026-03-10")
    planner.plan(NOW, only=[call.vehicle_id])
    assert len(_listed(li)) == 2
    record(li, call, "wrong_number", reason="empty")
    assert _listed(li) == []
    Customer.objects.filter(pk=call.customer_id).update(mobile="15409999999", mobile_state="unverified")
    assert len(_listed(li)) == 2


def test_a_wrong_landline_never_comes_up_again_either(li: Actor, call: Any) -> None:
    Customer.objects.filter(pk=call.customer_id).update(mobile="", landline="028-85551234")
    assert len(_listed(li)) == 1
    record(li, call, "wrong_number", reason="stopped")
    assert TrackingItem.objects.get().wrong_value == "028-85551234"
    assert queries.call(li, call.pk, now=NOW).phone_masked == ""
    assert _listed(li) == []


def test_a_customer_without_any_number_comes_up_once(li: Actor, call: Any) -> None:
    Customer.objects.filter(pk=call.customer_id).update(mobile="")
    assert len(_listed(li)) == 1
    record(li, call, "wrong_number", reason="empty")
    assert TrackingItem.objects.get().field == "other"
    assert _listed(li) == []


def test_a_number_corrected_meanwhile_is_not_reported_wrong(li: Actor, call: Any) -> None:
    with pytest.raises(Conflict):
        record(li, call, "wrong_number", reason="empty", dialled="138****0000")
    assert not TrackingItem.objects.exists()
    record(li, call, "wrong_number", reason="empty", dialled=queries.call(li, call.pk, now=NOW).phone_masked)
    assert TrackingItem.objects.count() == 1


def _listed(who: Actor) -> Any:
    return [item.id for group in queries.queue(who, now=NOW).groups for item in group.items]


# --- one customer, one caller ---------------------------------------------------------------
def test_a_held_customer_is_locked_for_the_others_with_name_and_time(li: Actor, zhou: Actor, call: Any) -> None:
    other = FollowUp.objects.create(**_copy(call, rule="second-call"))
    actions.hold(li, call, now=NOW)
    for locked in (call, other):
        with pytest.raises(Conflict) as refused:
            actions.hold(zhou, locked, now=at("2026-03-12 10:05"))
        assert "李娜" in str(refused.value)
        assert "10:00" in str(refused.value)
    with pytest.raises(Conflict):
        record(zhou, call, "no_answer")
    with pytest.raises(Conflict):
        actions.save_draft(zhou, call, answers={}, note="", now=NOW)
    assert not Attempt.objects.exists()
    call.refresh_from_db()
    assert call.attempts == 0


def test_a_hold_ends_by_itself_after_the_stores_time(li: Actor, zhou: Actor, call: Any, place: Store) -> None:
    actions.hold(li, call, now=NOW)
    place.hold_minutes = 5
    place.save()
    actions.save_draft(li, call, answers={}, note="", now=at("2026-03-12 10:10"))
    with pytest.raises(Conflict):
        actions.hold(zhou, call, now=at("2026-03-12 10:14"))
    taken = actions.hold(zhou, call, now=at("2026-03-12 10:15"))
    assert (taken.staff_id, taken.since) == (zhou.staff_id, at("2026-03-12 10:15"))


def test_holding_on_keeps_the_time_since(li: Actor, call: Any) -> None:
    actions.hold(li, call, now=NOW)
    assert actions.hold(li, call, now=at("2026-03-12 10:10")).since == NOW


def test_released_is_free(li: Actor, zhou: Actor, call: Any) -> None:
    actions.hold(li, call, now=NOW)
    actions.release(zhou, call)
    assert Hold.objects.count() == 1
    actions.release(li, call)
    actions.hold(zhou, call, now=NOW)


def test_taking_over_needs_its_capability_and_is_written_down(
    li: Actor, zhou: Actor, call: Any, actor: Callable[[str], Actor]
) -> None:
    actions.hold(li, call, now=NOW)
    with pytest.raises(Forbidden):
        actions.hold(zhou, call, now=NOW, take_over=True)
    manager = actor("陈雅婷")
    assert actions.hold(manager, call, now=NOW, take_over=True).staff_id == manager.staff_id
    event = Event.objects.get(kind="callback.taken_over")
    assert (event.staff_id, event.data["of"]) == (manager.staff_id, str(li.staff_id))


def test_a_customer_who_wants_no_calls_cannot_be_held(li: Actor, call: Any) -> None:
    call.customer.do_not_call = True
    call.customer.save()
    with pytest.raises(DomainError):
        actions.hold(li, call, now=NOW)
    assert _listed(li) == []


def test_an_ended_call_cannot_be_held_or_drafted(li: Actor, call: Any) -> None:
    record(li, call, "moved")
    call.refresh_from_db()
    with pytest.raises(Conflict):
        actions.hold(li, call, now=NOW)
    with pytest.raises(Conflict):
        actions.save_draft(li, call, answers={}, note="", now=NOW)


# --- two people, two submits ----------------------------------------------------------------
def test_a_stale_submit_is_a_conflict_that_names_the_other(li: Actor, zhou: Actor, call: Any) -> None:
    record(li, call, "no_answer")
    with pytest.raises(Conflict) as refused:
        record(zhou, call, "completed", answers=GOOD)
    assert "李娜" in str(refused.value)
    assert Attempt.objects.count() == 1
    assert not Response.objects.exists()


def test_another_outcome_for_the_same_attempt_is_a_conflict(li: Actor, call: Any) -> None:
    record(li, call, "no_answer")
    with pytest.raises(Conflict):
        record(li, call, "completed", answers=GOOD)
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("open", 1)


def test_a_call_answered_by_a_visit_meanwhile_is_a_conflict(li: Actor, call: Any) -> None:
    FollowUp.objects.filter(pk=call.pk).update(state="answered")
    with pytest.raises(Conflict):
        record(li, call, "no_answer")
    assert not Attempt.objects.exists()


def test_an_attempt_out_of_order_is_a_conflict(li: Actor, call: Any) -> None:
    with pytest.raises(Conflict):
        record(li, call, "no_answer", 2)
    assert not Attempt.objects.exists()


# --- who may --------------------------------------------------------------------------------
def test_who_may_only_look_may_not_call(actor: Callable[[str], Actor], call: Any) -> None:
    manager = actor("罗建川")  # general manager
    for action in (
        lambda: record(manager, call, "no_answer"),
        lambda: actions.hold(manager, call, now=NOW),
        lambda: actions.save_draft(manager, call, answers={}, note="", now=NOW),
        lambda: actions.release(manager, call),
    ):
        with pytest.raises(Forbidden):
            action()
    assert queries.queue(manager, now=NOW).groups
    advisor = actor("邓凯")
    for query in (
        lambda: queries.queue(advisor, now=NOW),
        lambda: queries.call(advisor, call.pk, now=NOW),
        lambda: queries.progress(advisor, now=NOW),
        lambda: queries.item(advisor, call, now=NOW),
        lambda: queries.get(advisor, call.pk),
    ):
        with pytest.raises(Forbidden):
            query()


def test_an_unknown_call_is_not_found(li: Actor) -> None:
    with pytest.raises(NotFound):
        queries.call(li, uuid7(), now=NOW)


# --- drafts ---------------------------------------------------------------------------------
def test_a_draft_comes_back_on_the_sheet(li: Actor, call: Any) -> None:
    actions.save_draft(li, call, answers={"overall": {"value": 2, "reasons": ["waiting"]}}, note="等太久", now=NOW)
    actions.save_draft(li, call, answers={"overall": {"value": 1, "reasons": ["price"]}}, note="太贵", now=NOW)
    sheet = queries.call(li, call.pk, now=NOW)
    assert Draft.objects.count() == 1
    assert (sheet.note, sheet.saved_at) == ("太贵", NOW)
    question = sheet.questionnaire.questions[0]  # type: ignore[union-attr]
    assert (question.answer, question.chosen_reasons) == ("1", ("price",))
    assert (sheet.questionnaire.required, sheet.questionnaire.answered) == (5, 1)  # type: ignore[union-attr]


def test_ending_a_call_marks_its_car_for_the_planner(li: Actor, call: Any) -> None:
    marks = PlanState.objects.get(pk=call.vehicle_id).marks
    record(li, call, "no_answer")
    assert PlanState.objects.get(pk=call.vehicle_id).marks == marks
    record(li, call, "moved", 2)
    assert PlanState.objects.get(pk=call.vehicle_id).marks == marks + 1


def _copy(call: Any, **changed: Any) -> Any:
    fields = {field.attname: getattr(call, field.attname) for field in FollowUp._meta.fields if field.name != "id"}
    return fields | changed


def test_the_next_call_is_the_one_that_breaks_first(li: Actor, zhou: Actor, call: Any) -> None:
    sooner = _other(call, due=at("2026-03-12 17:30"))
    _other(call, due=at("2026-03-12 11:30"), promised_at=at("2026-03-13 09:30"))
    held = _other(call, due=at("2026-03-12 12:00"))
    actions.hold(zhou, held, now=NOW)
    assert record(li, call, "no_answer").next == sooner.pk
    actions.release(zhou, held)
    assert record(li, sooner, "no_answer").next == held.pk
    assert record(li, held, "no_answer").next is None  # all tried today; nobody is called in circles


def _other(call: Any, **changed: Any) -> Any:
    return FollowUp.objects.create(**_copy(call, trigger=str(uuid7()), customer_id=customer().pk, **changed))
