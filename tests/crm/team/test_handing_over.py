"""Handing work over and standing in for somebody, in the database: rights, history, refusals."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from address_table import a_call
from care_support import NOW, nothing_changes
from django.utils import timezone
from followups_support import staff

from crm.followups.models import FollowUp, Hold
from crm.team import actions
from crm.team.models import Deputy
from crm.team.queries import answers_for, board, work_of
from sanfang.audit.models import Event, History
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

MONDAY = date(2026, 11, 16)
Actors = Callable[[str], Actor]
pytestmark = pytest.mark.usefixtures("in_chengdu")


@pytest.fixture
def chen(actor: Actors, chengdu: Tenant) -> Actor:
    return actor("陈雅婷")


def calls(count: int) -> list[UUID]:
    return [a_call() for _ in range(count)]


def owners(keys: list[UUID]) -> list[str | None]:
    found = dict(FollowUp.objects.filter(pk__in=keys).values_list("pk", "assignee__name"))
    return [found[key] for key in keys]


def appoint(chen: Actor, absent: str, deputy: str, first: int = 0, last: int = 4, **more: str) -> Deputy:
    day = NOW.date()
    return actions.appoint(
        chen,
        absent=staff(absent).pk,
        deputy=staff(deputy).pk,
        first=day + timedelta(days=first),
        last=day + timedelta(days=last),
        now=NOW,
        **more,
    )


def test_calls_are_handed_over_with_their_history(chen: Actor) -> None:
    keys = calls(3)
    said = actions.assign(chen, keys, [staff("李娜").pk], now=NOW)
    assert owners(keys) == ["李娜"] * 3
    assert "3" in said
    event = Event.objects.get(kind="callback.assigned", object=keys[0])
    assert event.staff_id == chen.staff_id
    assert event.data == {"of": None, "to": str(staff("李娜").pk)}
    change = History.objects.filter(object=keys[0], change="~").latest("id")
    assert change.after == {"assignee_id": str(staff("李娜").pk)}


def test_handing_over_again_to_the_same_changes_nothing(chen: Actor) -> None:
    keys = calls(2)
    actions.assign(chen, keys, [staff("李娜").pk], now=NOW)
    with nothing_changes():
        actions.assign(chen, keys, [staff("李娜").pk], now=NOW)


def test_several_share_and_nobody_gives_it_back_to_everybody(chen: Actor) -> None:
    keys = calls(6)
    actions.assign(chen, keys, [staff("李娜").pk, staff("周思颖").pk], now=NOW)
    assert sorted(filter(None, owners(keys))) == ["周思颖"] * 3 + ["李娜"] * 3
    actions.assign(chen, keys, [], now=NOW)
    assert owners(keys) == [None] * 6


def test_a_call_that_is_being_made_or_has_ended_stays(chen: Actor) -> None:
    held, ended, free = calls(3)
    customer = FollowUp.objects.get(pk=held).customer_id
    lina = staff("李娜")
    Hold.objects.create(customer_id=customer, staff=lina, since=NOW, until=NOW + timedelta(minutes=5), begun_at=NOW)
    FollowUp.objects.filter(pk=ended).update(state="completed")
    actions.assign(chen, [held, ended, free], [staff("周思颖").pk], now=NOW)
    assert owners([held, ended, free]) == [None, None, "周思颖"]


@pytest.mark.parametrize("name", ["李娜", "蒋国华", "邓凯"])
def test_whoever_may_not_changes_nothing(actor: Actors, chen: Actor, name: str) -> None:
    keys, who = calls(1), actor(name)
    row = appoint(chen, "周思颖", "何雨桐")
    attempts: list[Callable[[], object]] = [
        lambda: actions.assign(who, keys, [], now=NOW),
        lambda: actions.hand_over(who, staff("李娜").pk, [], now=NOW),
        lambda: appoint(who, "李娜", "周思颖"),
        lambda: actions.end(who, row, now=NOW),
        lambda: board(who, now=NOW),
        lambda: work_of(who, None, now=NOW),
    ]
    for attempt in attempts:
        with nothing_changes(), pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("name", ["邓凯", "罗建川"])
def test_work_goes_only_to_those_who_make_calls(chen: Actor, name: str) -> None:
    keys = calls(1)
    with nothing_changes(), pytest.raises(DomainError):
        actions.assign(chen, keys, [staff(name).pk], now=NOW)
    with nothing_changes(), pytest.raises(DomainError):
        appoint(chen, "李娜", name)


def test_nobody_is_given_to_somebody_who_has_left(chen: Actor) -> None:
    Staff.objects.filter(name="李娜").update(active=False)
    with pytest.raises(DomainError):
        actions.assign(chen, calls(1), [staff("李娜").pk], now=NOW)


def test_a_deputy_does_the_work_for_the_period_and_it_returns(chen: Actor) -> None:
    keys = calls(2)
    actions.assign(chen, keys, [staff("李娜").pk], now=NOW)
    appoint(chen, "李娜", "周思颖", last=2)
    lina, zhou = staff("李娜").pk, staff("周思颖").pk
    assert answers_for(zhou, NOW) == {lina, zhou}
    assert answers_for(lina, NOW) == frozenset()
    after = NOW + timedelta(days=3)
    assert answers_for(zhou, after) == {zhou}
    assert answers_for(lina, after) == {lina}
    assert owners(keys) == ["李娜"] * 2


@pytest.mark.parametrize(("first", "last", "code"), [(-3, -1, "past"), (2, 1, "turned_round"), (0, 400, "too_long")])
def test_days_that_cannot_be(chen: Actor, first: int, last: int, code: str) -> None:
    with nothing_changes(), pytest.raises(DomainError) as refusal:
        appoint(chen, "李娜", "周思颖", first, last)
    assert refusal.value.code == code


def test_one_deputy_a_day_and_no_circle(chen: Actor) -> None:
    appoint(chen, "李娜", "周思颖", 0, 3)
    with nothing_changes(), pytest.raises(Conflict) as refusal:
        appoint(chen, "李娜", "何雨桐", 3, 5)
    assert "周思颖" in str(refusal.value)
    with nothing_changes(), pytest.raises(DomainError) as circle:
        appoint(chen, "周思颖", "李娜", 3, 5)
    assert circle.value.code == "circle"
    appoint(chen, "李娜", "何雨桐", 4, 5)
    appoint(chen, "周思颖", "何雨桐", 2, 5)


def test_back_early_and_once_only(chen: Actor) -> None:
    row = appoint(chen, "李娜", "周思颖")
    actions.end(chen, row, now=NOW)
    assert answers_for(staff("李娜").pk, NOW + timedelta(minutes=1)) == {staff("李娜").pk}
    with pytest.raises(Conflict):
        actions.end(chen, row, now=NOW)
    appoint(chen, "李娜", "何雨桐")


def test_a_leaver_leaves_nothing_behind(chen: Actor) -> None:
    keys = calls(3)
    lina, zhou = staff("李娜").pk, staff("周思颖").pk
    actions.assign(chen, keys, [lina], now=NOW)
    appoint(chen, "周思颖", "李娜")
    assert actions.hand_over(chen, lina, [staff("何雨桐").pk], now=NOW) == 3
    assert owners(keys) == ["何雨桐"] * 3
    assert answers_for(zhou, NOW + timedelta(minutes=1)) == {zhou}


def test_a_leavers_work_that_nobody_handed_over_is_everybodys(chen: Actor) -> None:
    keys = calls(2)
    actions.assign(chen, keys, [staff("李娜").pk], now=NOW)
    Staff.objects.filter(name="李娜").update(active=False)
    rows, count = work_of(chen, None, now=timezone.now())
    assert count == 2
    assert {row.call.id for row in rows} == set(keys)


def test_the_board_counts_each_call_once_and_at_whoever_does_it(chen: Actor) -> None:
    now = timezone.now()
    day = now.astimezone().date()
    keys = calls(5)
    actions.assign(chen, keys[:2], [staff("李娜").pk], now=now)
    actions.assign(chen, keys[2:3], [staff("周思颖").pk], now=now)
    Deputy.objects.create(
        absent=staff("李娜"),
        deputy=staff("周思颖"),
        first_day=day - timedelta(days=2),
        last_day=day + timedelta(days=2),
        made_by=staff("陈雅婷"),
        made_at=now,
    )
    found = board(chen, now=now)
    by_name = {one.name: one for one in found.members}
    assert by_name["周思颖"].open.all == 3
    assert by_name["周思颖"].stands_in_for == ["李娜"]
    assert by_name["李娜"].open.all == 0
    assert by_name["李娜"].away is not None
    assert found.shared.open.all == 2
    assert found.total_open.all == 5
