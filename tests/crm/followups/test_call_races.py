"""Two connections at once: planners, specialists, and both."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from care_support import at_once
from django.db import connection, transaction
from followups_support import at, car, deliver, repair

from crm.complaints.models import Complaint
from crm.followups import actions, planner, tasks
from crm.followups.asking import ask_for_vehicles
from crm.followups.models import Attempt, FollowUp, Hold, PlanState
from crm.store.models import Store
from crm.surveys.models import Response
from crm.vehicles.models import Delivery, RepairOrder
from sanfang.kernel.errors import Conflict
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")

NOW = at("2026-03-12 10:00")
BAD = {
    "overall": {"value": 2, "reasons": ["waiting"]},
    "advisor": {"value": 4, "reasons": []},
    "explanation": {"value": 4, "reasons": []},
    "repaired": {"value": "yes", "reasons": []},
    "clean": {"value": True, "reasons": []},
}


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.plan, "later", lambda: None)


@pytest.fixture
def store(chengdu: Tenant) -> Any:
    with inside(chengdu):
        Store.objects.update(go_live=date(2026, 1, 1), changed_at=datetime(2026, 1, 1, tzinfo=UTC))
        for model in (Complaint, Response, FollowUp, Hold, PlanState, Delivery, RepairOrder):
            model.objects.all().delete()
    return chengdu


@pytest.fixture
def call(store: Any) -> Any:
    with inside(store):
        one = car()
        repair(one, "2026-03-10 09:00", "2026-03-10 16:00")
        planner.plan(at("2026-03-12 09:00"))
        return FollowUp.objects.select_related("customer", "vehicle").get(vehicle=one)


def test_planners_at_once_make_one_of_each(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "BATCH", 7)
    with inside(store):
        cars = [car() for _ in range(40)]
        for one in cars:
            deliver(one, "2026-03-10")
    results = at_once(store, *[lambda: planner.plan(NOW)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    with inside(store):
        made = FollowUp.objects.filter(vehicle__in=cars)
        assert sorted(made.values_list("rule", flat=True)) == ["first-call"] * 40
    assert sum(result.made for result in results) == 40


def test_importers_and_planners_at_once_never_wait_for_each_other_for_ever(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setattr(planner, "BATCH", 10)
    with inside(store):
        cars = [car() for _ in range(60)]
        for one in cars:
            deliver(one, "2026-03-10")
        keys = [one.pk for one in cars]
        planner.plan(NOW)

    def importing(seed: Any) -> Any:
        def work() -> None:
            for _round in range(6):
                shuffled = random.Random(seed).sample(keys, len(keys))
                actions.replan(shuffled)

        return work

    def planning() -> None:
        for minute in range(6):
            planner.plan(at(f"2026-03-12 10:1{minute}"))

    results = at_once(store, importing(1), importing(2), planning, planning)
    assert results == [None] * 4
    with inside(store):
        planner.plan(at("2026-03-12 10:30"))
        assert not planner.marks.to_plan(at("2026-03-12 10:31"), NOW, None).exists()  # type: ignore[attr-defined]
        assert FollowUp.objects.filter(vehicle__in=keys).count() == 60


def test_planner_and_importer_lock_in_the_same_order(store: Any) -> None:
    """The importer has the first car and wants the second; the planner, given them the other way round, must
    wait for the first without holding the second."""
    with inside(store):
        keys = sorted(car().pk for _ in range(2))
        planner.plan(NOW)
        backwards = list(PlanState.objects.filter(pk__in=keys).order_by("-pk"))
    first_is_held = threading.Event()

    def importing() -> None:
        with transaction.atomic():
            actions.replan(keys[:1])
            first_is_held.set()
            _wait_for_a_waiter()
            actions.replan(keys[1:])

    def planning() -> None:
        assert first_is_held.wait(20)
        planner.marks.planned(backwards, {}, NOW)  # type: ignore[attr-defined]

    assert at_once(store, importing, planning) == [None, None]


def _wait_for_a_waiter() -> None:
    for _try in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the planner didn't wait")


def test_a_double_click_counts_once(store: Any, call: Any, actor: Callable[[str], Actor]) -> Any:
    li = actor("李娜")

    def submit() -> Any:
        return actions.record_outcome(li, call, attempt=1, outcome="completed", answers=BAD, now=NOW)  # type: ignore[arg-type]

    results = at_once(store, *[submit] * 5)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len(set(results)) == 1
    with inside(store):
        assert (Attempt.objects.filter(follow_up=call).count(), Complaint.objects.count()) == (1, 1)
        assert FollowUp.objects.get(pk=call.pk).attempts == 1


def test_of_two_specialists_one_records_and_the_other_hears_who(
    store: Any, call: Any, actor: Callable[[str], Actor]
) -> Any:
    people = [actor("李娜"), actor("周思颖")]

    def submit(who: Actor) -> Any:
        return lambda: actions.record_outcome(who, call, attempt=1, outcome="no_answer", now=NOW)

    results = at_once(store, *[submit(who) for who in people])
    refused = [result for result in results if isinstance(result, Conflict)]
    assert len(refused) == 1
    winner = people[0] if isinstance(results[1], Conflict) else people[1]
    assert winner.name in str(refused[0])
    with inside(store):
        assert Attempt.objects.get(follow_up=call).staff_id == winner.staff_id


def test_of_two_specialists_one_gets_the_customer(store: Any, call: Any, actor: Callable[[str], Actor]) -> None:
    people = [actor("李娜"), actor("周思颖")]
    for _round in range(5):
        results = at_once(store, *[lambda who=who: actions.hold(who, call, now=NOW) for who in people])
        refused = [result for result in results if isinstance(result, Conflict)]
        got = [result for result in results if isinstance(result, Hold)]
        assert (len(refused), len(got)) == (1, 1)
        with inside(store):
            Hold.objects.all().delete()


def test_an_ended_hold_goes_to_one_of_two(store: Any, call: Any, actor: Callable[[str], Actor]) -> None:
    with inside(store):
        actions.hold(actor("何雨桐"), call, now=at("2026-03-12 08:00"))
    people = [actor("李娜"), actor("周思颖")]
    results = at_once(store, *[lambda who=who: actions.hold(who, call, now=NOW) for who in people])
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Hold"]


def test_a_call_that_ends_while_the_planner_works_wins(store: Any, call: Any, actor: Callable[[str], Actor]) -> Any:
    """The planner has read an unattempted call whose order is gone; the call is recorded before it writes."""
    li = actor("李娜")
    read, recorded = threading.Event(), threading.Event()
    asking = ask_for_vehicles

    def slowly(*arguments: Any) -> None:
        asking(*arguments)
        read.set()
        assert recorded.wait(20)

    def planning() -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(planner, "ask_for_vehicles", slowly)
            return planner.plan(NOW)

    def calling() -> None:
        assert read.wait(20)
        with transaction.atomic():
            actions.record_outcome(li, call, attempt=1, outcome="no_answer", now=NOW)
        recorded.set()

    with inside(store):
        type(call.vehicle).objects.get(pk=call.vehicle_id).repair_orders.update(cancelled=True)
        actions.replan([call.vehicle_id])
    results = at_once(store, planning, calling)
    assert not [result for result in results if isinstance(result, Exception)]
    with inside(store):
        call.refresh_from_db()
        assert (call.state, call.attempts) == ("open", 1)
