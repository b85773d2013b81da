"""The planner writes what the kernel decides: once, set-wise, whatever was there before."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from followups_support import at, car, customer, deliver, owner_of, planned, repair, stock_car

from crm.followups import actions, planner
from crm.followups.models import FollowUp, PlanState
from crm.store.actions import open_store
from crm.store.models import Store
from crm.vehicles.models import Delivery, Ownership, Vehicle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

FIRST = ("first-call", "2026-03-03 08:30", "2026-03-05 17:30", "open")
SECOND = ("second-call", "2026-03-20 08:30", "2026-03-23 17:30", "open")


def plan(now: str, **options: Any) -> Any:
    return planner.plan(at(now), **options)


def test_a_delivery_asks_for_its_calls_when_their_windows_open() -> None:
    car_ = car()
    deliver(car_, "2026-03-02")
    plan("2026-03-03 08:29")
    assert planned() == []
    plan("2026-03-03 08:30")
    assert planned() == [FIRST]
    plan("2026-03-20 08:30")
    assert planned() == [FIRST, SECOND]
    call = FollowUp.objects.get(rule="first-call")
    assert (call.customer, call.vehicle) == (owner_of(car_), car_)
    assert (call.pack, call.pack_version, call.channel) == ("changan-dcrc", "2009.1", "phone")
    assert call.trigger_on == date(2026, 3, 2)


def test_planning_twice_changes_nothing() -> None:
    deliver(car(), "2026-03-02")
    first = plan("2026-03-21 09:00")
    assert first.made == 2
    rows = list(FollowUp.objects.values().order_by("id"))
    again = plan("2026-03-21 09:00")
    assert (again.subjects, again.made) == (0, 0)
    everything = plan("2026-03-21 09:00", only=list(PlanState.objects.values_list("pk", flat=True)))
    assert (everything.subjects, everything.made, everything.moved) == (1, 0, 0)
    assert list(FollowUp.objects.values().order_by("id")) == rows


def test_a_late_plan_finds_the_computed_windows() -> None:
    deliver(car(), "2026-03-02")
    plan("2026-05-30 12:00")
    assert planned()[:2] == [FIRST, SECOND]
    assert "lost-contact" in {row[0] for row in planned()}


def test_nothing_is_made_for_what_happened_before_go_live() -> None:
    old = car()
    deliver(old, "2025-12-31")
    repair(old, "2025-12-31 09:00", "2025-12-31 10:00")
    new = car()
    deliver(new, "2026-01-01")
    plan("2026-01-10 12:00")
    assert [row.vehicle for row in FollowUp.objects.all()] == [new]


def test_a_later_go_live_withdraws_what_nobody_has_called() -> None:
    deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    open_store(go_live=date(2026, 3, 3), now=at("2026-03-03 10:00"))
    result = plan("2026-03-03 11:00")
    assert result.withdrawn == 1
    assert planned() == []


@pytest.mark.parametrize("flag", ["cancelled", "internal"])
def test_taken_back_and_internal_documents_count_nowhere(flag: Any) -> None:
    car_ = car()
    deliver(car_, "2026-03-02", **{flag: True})
    repair(car_, "2026-03-01 09:00", "2026-03-02 10:00", **{flag: True})  # type: ignore[arg-type]
    plan("2026-03-04 09:00")
    assert planned() == []


def test_a_car_not_handed_over_yet_asks_for_nothing() -> None:
    deliver(car(), None)
    plan("2026-03-04 09:00")
    assert planned() == []


def test_a_car_without_anybody_to_call_asks_for_nothing_until_it_has_an_owner() -> None:
    stock = stock_car()
    deliver(stock, "2026-03-02", customer=None)
    plan("2026-03-04 09:00")
    assert planned() == []
    buyer = customer()
    Ownership.objects.create(vehicle=stock, customer=buyer, since=date(2026, 3, 2))
    actions.replan([stock.pk])
    plan("2026-03-04 10:00")
    assert planned(customer=buyer) == [FIRST]


def test_a_cancelled_document_withdraws_its_call_and_a_restored_one_brings_it_back() -> None:
    delivery = deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    Delivery.objects.update(cancelled=True)
    actions.replan([delivery.vehicle_id])
    assert plan("2026-03-03 10:00").withdrawn == 1
    assert FollowUp.objects.get().state == "withdrawn"
    Delivery.objects.update(cancelled=False)
    actions.replan([delivery.vehicle_id])
    assert plan("2026-03-03 11:00").reopened == 1
    assert planned() == [FIRST]


def test_a_corrected_date_moves_a_call_that_nobody_attempted() -> None:
    delivery = deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    call = FollowUp.objects.get()
    Delivery.objects.update(delivered_on=date(2026, 3, 1))
    actions.replan([delivery.vehicle_id])
    assert plan("2026-03-03 10:00").moved == 1
    assert planned() == [("first-call", "2026-03-02 08:30", "2026-03-04 17:30", "open")]
    assert FollowUp.objects.get().pk == call.pk
    # Into the future: it is there, and opens later.
    Delivery.objects.update(delivered_on=date(2026, 3, 3))
    actions.replan([delivery.vehicle_id])
    plan("2026-03-03 11:00")
    assert planned() == [("first-call", "2026-03-04 08:30", "2026-03-06 17:30", "open")]


@pytest.mark.parametrize("change", [{"delivered_on": date(2026, 2, 28)}, {"cancelled": True}])
def test_an_attempted_call_keeps_its_window_and_stays(change: Any) -> None:
    delivery = deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    FollowUp.objects.update(attempts=1)
    Delivery.objects.update(**change)
    actions.replan([delivery.vehicle_id])
    result = plan("2026-03-03 10:00")
    assert (result.moved, result.withdrawn) == (0, 0)
    assert planned() == [FIRST]


@pytest.mark.parametrize("state", ["completed", "given_up"])
def test_what_a_person_ended_is_never_touched(state: Any) -> None:
    delivery = deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    FollowUp.objects.update(state=state, ended_at=at("2026-03-03 09:30"))
    before = FollowUp.objects.values().get()
    Delivery.objects.update(cancelled=True)
    actions.replan([delivery.vehicle_id])
    result = plan("2026-03-03 10:00")
    assert FollowUp.objects.values().get() == before
    assert result.withdrawn == 0


def test_a_visit_answers_an_open_reminder_even_an_attempted_one() -> None:
    car_ = car()
    deliver(car_, "2026-01-05")
    plan("2026-03-06 09:00")
    lost = FollowUp.objects.get(rule="lost-contact")
    FollowUp.objects.filter(pk=lost.pk).update(attempts=1)
    order = repair(car_, "2026-03-07 10:00", kind="first_service")
    actions.replan([car_.pk])
    assert plan("2026-03-07 10:30").answered == 1
    lost.refresh_from_db()
    assert (lost.state, lost.ended_at, lost.answered_by) == ("answered", at("2026-03-07 10:00"), order.pk)
    order.cancelled = True
    order.save()
    actions.replan([car_.pk])
    plan("2026-03-07 11:00")
    lost.refresh_from_db()
    assert (lost.state, lost.ended_at, lost.answered_by) == ("open", None, None)


def test_the_customer_of_the_visit_is_called_and_the_owner_of_today_reminded() -> None:
    car_ = car()
    buyer = owner_of(car_)
    deliver(car_, "2026-01-05")
    plan("2026-01-06 09:00")
    Ownership.objects.filter(vehicle=car_).update(until=date(2026, 1, 20))
    second_hand = customer("王建国")
    Ownership.objects.create(vehicle=car_, customer=second_hand, since=date(2026, 1, 20))
    actions.replan([car_.pk])
    plan("2026-03-10 09:00")
    called = {row.rule: row.customer for row in FollowUp.objects.all()}
    assert called == {"first-call": buyer, "second-call": buyer, "lost-contact": second_hand}


def test_a_document_that_changed_its_car_takes_its_call_along() -> None:
    wrong, right = car(), car()
    delivery = deliver(wrong, "2026-03-02")
    plan("2026-03-03 09:00")
    Delivery.objects.filter(pk=delivery.pk).update(vehicle=right, customer=owner_of(right))
    actions.replan([wrong.pk, right.pk])
    plan("2026-03-03 10:00")
    call = FollowUp.objects.get()
    assert (call.vehicle, call.customer, call.state) == (right, owner_of(right), "open")


def test_the_dms_next_service_overrides_the_interval() -> None:
    car_ = car(next_service_on=date(2026, 4, 20))
    repair(car_, "2026-02-01 09:00", "2026-02-01 16:00", kind="service", mileage=10_000)
    plan("2026-04-10 08:30")
    assert ("service-reminder", "2026-04-10 08:30", "2026-04-17 17:30", "open") in planned()


def test_a_next_service_left_over_from_before_the_visit_says_nothing() -> None:
    car_ = car(next_service_on=date(2026, 1, 20), next_service_km=9_000)
    repair(car_, "2026-02-01 09:00", "2026-02-01 16:00", kind="service", mileage=10_000)
    plan("2026-02-03 09:00")
    assert {row[0] for row in planned()} == {"third-call"}


def test_intervals_come_from_the_pack_by_model() -> None:
    truck, car_ = car(series="睿行", model="睿行M60"), car(series="CS75", model="CS75 PLUS")
    for one in (truck, car_):
        deliver(one, "2026-01-05")
    plan("2026-03-26 08:30")
    reminded = FollowUp.objects.filter(rule="service-reminder").values_list("vehicle", flat=True)
    assert list(reminded) == [truck.pk]  # three months against six


def test_inspection_and_insurance_follow_the_dates_of_the_car() -> None:
    car_ = car(inspection_due=date(2026, 5, 10), insurance_until=date(2026, 5, 10))
    plan("2026-04-25 09:00")
    assert {row[0] for row in planned()} == {"inspection", "insurance", "insurance-again"}
    Vehicle.objects.update(insurance_until=date(2027, 5, 10))
    actions.replan([car_.pk])
    plan("2026-04-25 10:00")
    assert {row[0] for row in planned()} == {"inspection"}


def test_birthdays_are_planned_as_messages() -> None:
    somebody = customer(birthday=date(1990, 3, 8))
    repair(car(somebody), "2026-01-05 09:00", internal=True)
    repair(car(somebody), "2026-02-05 09:00")
    plan("2026-03-08 09:00")
    assert planned() == [("birthday", "2026-03-08 08:30", "2026-03-08 17:30", "open")]
    call = FollowUp.objects.get()
    assert (call.customer, call.vehicle, call.channel) == (somebody, None, "sms")
    plan("2027-03-08 09:00")
    assert [row[1][:4] for row in planned(rule="birthday")] == ["2026", "2027"]


def test_a_birthday_written_down_later_is_taken_in() -> None:
    somebody = customer()
    deliver(car(somebody), "2026-01-05")
    plan("2026-03-01 09:00")
    somebody.birthday = date(1990, 3, 8)
    somebody.save()
    plan("2026-03-08 09:00")
    assert planned(rule="birthday") == [("birthday", "2026-03-08 08:30", "2026-03-08 17:30", "open")]
    somebody.birthday = date(1990, 3, 9)
    somebody.save()
    actions.replan((), customer_ids=[somebody.pk])
    plan("2026-03-09 09:00")
    assert planned(rule="birthday") == [("birthday", "2026-03-09 08:30", "2026-03-09 17:30", "open")]


def test_a_document_dated_in_the_future_is_taken_in_when_its_day_has_come() -> None:
    deliver(car(), "2026-03-10")
    plan("2026-03-02 09:00")
    assert planned() == []
    plan("2026-03-11 08:30")
    assert planned() == [("first-call", "2026-03-11 08:30", "2026-03-13 17:30", "open")]


def test_changed_opening_hours_are_taken_in_by_themselves() -> None:
    deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    open_store(go_live=date(2026, 1, 1), closed_days=["2026-03-05"], now=at("2026-03-03 10:00"))
    plan("2026-03-03 10:15")
    assert planned() == [("first-call", "2026-03-03 08:30", "2026-03-06 17:30", "open")]


def test_an_older_clock_takes_nothing_back() -> None:
    deliver(car(), "2026-03-02")
    plan("2026-03-03 09:00")
    actions.replan()
    assert plan("2026-03-02 09:00").subjects == 0
    assert planned() == [FIRST]


def test_a_mark_set_while_planning_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    car_ = car()
    deliver(car_, "2026-03-02")
    kept = planner.marks.planned  # type: ignore[attr-defined]

    def marked_meanwhile(*arguments: Any) -> None:
        actions.replan([car_.pk])
        kept(*arguments)

    monkeypatch.setattr(planner.marks, "planned", marked_meanwhile)  # type: ignore[attr-defined]
    plan("2026-03-03 09:00")
    monkeypatch.undo()
    assert plan("2026-03-03 09:15").subjects == 1
    assert plan("2026-03-03 09:30").subjects == 0


def test_batches_cost_the_same_whatever_is_in_them(django_assert_num_queries: Any) -> None:
    def season(cars: Any) -> None:
        for _ in range(cars):
            one = car()
            deliver(one, "2026-03-02")
            repair(one, "2026-03-10 09:00", "2026-03-10 16:00", mileage=800)
            customer(birthday=date(1990, 3, 12))

    season(2)
    with django_assert_num_queries(21):
        plan("2026-03-12 09:00")
    season(20)
    with django_assert_num_queries(21):
        plan("2026-03-12 10:00")


def test_many_batches_make_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        deliver(car(), "2026-03-02")
    monkeypatch.setattr(planner, "BATCH", 2)
    result = plan("2026-03-03 09:00")
    assert (result.subjects, result.made) == (5, 5)


def test_a_store_not_opened_yet_is_left_alone() -> None:
    from crm.followups import tasks
    from sanfang.tenancy.context import current_tenant, door

    Store.objects.all().delete()
    tenant = current_tenant()
    with door():
        tasks.plan.apply(kwargs={"_tenant": tenant.schema_name}).get()
    assert PlanState.objects.count() == 0


def test_the_task_plans_its_tenant() -> None:
    from crm.followups import tasks
    from sanfang.tenancy.context import current_tenant, door

    deliver(car(), "2026-03-02")
    tenant = current_tenant()
    with door():
        tasks.plan.apply(kwargs={"_tenant": tenant.schema_name}).get()
    assert PlanState.objects.filter(planned_at__gt=datetime(2026, 1, 1, tzinfo=UTC)).exists()
