"""However and whenever it was planned, the same stands in the table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from followups_support import at, car, customer, deliver, repair
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.followups import actions, planner
from crm.followups.models import FollowUp, PlanState
from crm.vehicles.models import Delivery, Ownership, RepairOrder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

START = date(2025, 12, 20)  # some days before go-live
LAST = 260

days = st.integers(0, LAST - 1)
cars = st.integers(0, 1)
pick = st.integers(0, 9)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), days, cars, pick),
        st.tuples(st.just("repair"), days, cars, pick),
        st.tuples(st.just("service"), days, cars, pick),
        st.tuples(st.just("close"), days, cars, pick),
        st.tuples(st.just("cancel"), days, cars, pick),
        st.tuples(st.just("correct"), days, cars, pick),
        st.tuples(st.just("insure"), days, cars, pick),
        st.tuples(st.just("sell"), days, cars, pick),
        st.tuples(st.just("end"), days, cars, pick),
        st.tuples(st.just("try"), days, cars, pick),
        st.tuples(st.just("plan"), days, cars, pick),
    ),
    max_size=14,
)


@contextmanager
def undone() -> Iterator[None]:
    """Everything in the block is rolled back, so that every example begins in an empty store."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def clock(day: int, hour: int = 12) -> Any:
    return at(f"{START + timedelta(days=day)} {hour:02}:00")


def happen(step: tuple[str, int, int, int], fleet: list[Any]) -> None:
    what, day, which, number = step
    vehicle, when = fleet[which], START + timedelta(days=day)
    if what == "deliver":
        deliver(vehicle, str(when))
    elif what in ("repair", "service"):
        closed = None if number < 2 else f"{when} {10 + number}:00"
        repair(vehicle, f"{when} 09:00", closed, kind=what, mileage=day * 40 + number)
    elif what == "close":
        orders = RepairOrder.objects.filter(vehicle=vehicle, closed_at=None, opened_at__lte=clock(day))
        orders.update(closed_at=clock(day, 11))
    elif what == "cancel":
        document = [*Delivery.objects.filter(vehicle=vehicle), *RepairOrder.objects.filter(vehicle=vehicle)]
        for one in document[number : number + 1]:
            one.cancelled = not one.cancelled
            one.save()
    elif what == "correct":
        for one in Delivery.objects.filter(vehicle=vehicle)[:1]:
            one.delivered_on = when - timedelta(days=number)
            one.save()
    elif what == "insure":
        vehicle.insurance_until = when + timedelta(days=number * 10)
        vehicle.save()
    elif what == "sell":
        Ownership.objects.filter(vehicle=vehicle, until=None).update(until=when)
        Ownership.objects.create(vehicle=vehicle, customer=customer(), since=when)
    else:
        people(what, day, vehicle, number)
    actions.replan([vehicle.pk])


def people(what: str, day: int, vehicle: Any, number: int) -> None:
    """Somebody ends a call, or tries one in vain."""
    rows = FollowUp.objects.filter(vehicle=vehicle, state="open", opens__lte=clock(day)).order_by("rule", "trigger")
    for row in rows[number % 3 : number % 3 + 1]:
        row.attempts += 1
        if what == "end":
            row.state, row.ended_at = ("completed" if number % 2 else "given_up"), clock(day)
        row.save()


def table(**which: Any) -> list[dict[str, Any]]:
    rows = FollowUp.objects.filter(**which).exclude(state="withdrawn")
    return list(rows.values().order_by("rule", "trigger"))  # type: ignore[arg-type]


def without_names(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in ("id", "planned_at")} for row in rows]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=steps)
def test_planned_bit_by_bit_or_all_at_once_it_comes_to_the_same(steps: Any) -> None:
    with undone():
        fleet = [car(), car(series="睿行")]
        steps = sorted(steps, key=lambda step: step[1])
        for step, following in pairwise([*steps, ("plan", LAST, 0, 0)]):
            happen(step, fleet)
            if step[0] == "plan" or following[3] % 2:
                planner.plan(clock(step[1]))
        end = clock(LAST)
        planner.plan(end)
        bit_by_bit = table()

        actions.replan()
        again = planner.plan(end)
        assert (again.made, again.moved, again.answered, again.withdrawn, again.reopened) == (0, 0, 0, 0, 0)
        assert table() == bit_by_bit

        FollowUp.objects.filter(attempts=0).delete()
        PlanState.objects.all().delete()
        planner.plan(end)
        all_at_once = without_names(table(opens__lte=end))
        assert all_at_once == [row for row in without_names(bit_by_bit) if row["opens"] <= end]

        keys = list(FollowUp.objects.values_list("rule", "trigger"))
        assert len(keys) == len(set(keys))
