"""Drawing calls, judging them, who may and who sees what."""

import random
from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
from address_table import a_call
from care_support import NOW, nothing_changes
from followups_support import staff
from hypothesis import given
from hypothesis import strategies as st

from crm.checks import actions
from crm.checks.checklist import checklist, judge
from crm.checks.draw import draw
from crm.checks.models import Check
from crm.checks.queries import one, page
from crm.followups.models import Attempt
from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.kernel.permissions import Actor
from tenants.models import Tenant

NOVEMBER = date(2026, 11, 1)
ITEMS = checklist().items
ALL_MET = dict.fromkeys((item.id for item in ITEMS), True)
Actors = Callable[[str], Actor]

some_calls = st.lists(st.tuples(st.uuids(version=4), st.sampled_from([uuid4() for _ in range(4)])), max_size=30)


@given(some_calls, st.integers(0, 99), st.integers(1, 5), st.randoms())
def test_a_draw_can_be_repeated_whatever_the_order(
    calls: list[tuple[UUID, UUID]], seed: int, each: int, dice: random.Random
) -> None:
    drawn = draw(calls, seed, each)
    shuffled = list(calls)
    dice.shuffle(shuffled)
    assert draw(shuffled, seed, each) == drawn
    caller = dict(calls)
    for person in set(caller.values()):
        theirs = [call for call, who in calls if who == person]
        assert sum(caller[call] == person for call in drawn) == min(each, len(theirs))
    assert set(draw(calls, seed, each)) <= set(draw(calls, seed, each + 1))


def test_another_seed_draws_others() -> None:
    person = uuid4()
    calls = [(uuid4(), person) for _ in range(40)]
    assert draw(calls, 1, 5) != draw(calls, 2, 5)


@given(st.dictionaries(st.sampled_from([item.id for item in ITEMS]), st.sampled_from([True, False, None])))
def test_the_score_is_of_what_came_up(points: dict[str, bool | None]) -> None:
    judged = judge(points, checklist())
    asked = [item for item in ITEMS if points.get(item.id) is not None]
    assert (judged is None) == (not asked)
    if judged:
        met = sum(item.weight for item in asked if points[item.id])
        assert judged.score == met * 100 // sum(item.weight for item in asked)
        musts = all(points[item.id] for item in asked if item.must)
        assert judged.passed == (judged.score >= 90 and musts)


def test_weights_come_to_a_hundred() -> None:
    assert sum(item.weight for item in ITEMS) == 100


def a_talk(name: str, outcome: str = "completed") -> Attempt:
    return Attempt.objects.create(follow_up_id=a_call(), number=1, staff=staff(name), at=NOW, outcome=outcome)


@pytest.fixture
def chen(in_chengdu: Tenant, actor: Actors) -> Actor:
    return actor("陈雅婷")


def drawn_check(chen: Actor, name: str = "李娜") -> Check:
    talk = a_talk(name)
    actions.draw(chen, month=NOVEMBER, each=50, seed=7, now=NOW)
    return Check.objects.get(attempt=talk)


def test_talks_of_the_month_are_drawn_once(chen: Actor) -> None:
    for name in ("李娜", "李娜", "李娜", "周思颖"):
        a_talk(name)
    silent = a_talk("李娜", "no_answer")
    assert actions.draw(chen, month=NOVEMBER, each=2, seed=7, now=NOW) == 3
    with nothing_changes():
        assert actions.draw(chen, month=NOVEMBER, each=2, seed=7, now=NOW) == 0
    assert not Check.objects.filter(attempt=silent).exists()
    assert actions.draw(chen, month=date(2026, 10, 1), each=2, seed=7, now=NOW) == 0


@pytest.mark.parametrize(("each", "seed"), [(0, 1), (51, 1), (2, -1), (2, 2**31)])
def test_a_draw_that_cannot_be(chen: Actor, each: int, seed: int) -> None:
    a_talk("李娜")
    with nothing_changes(), pytest.raises(DomainError):
        actions.draw(chen, month=NOVEMBER, each=each, seed=seed, now=NOW)


def test_a_result_reaches_whose_call_it_was(chen: Actor, actor: Actors) -> None:
    check, lina = drawn_check(chen), actor("李娜")
    with pytest.raises(Forbidden):
        one(lina, check.pk)
    actions.record(chen, check, points={**ALL_MET, "words": False}, comment="记全客户原话", now=NOW)
    shown = one(lina, check.pk)
    assert (shown.row.score, shown.row.state, shown.comment) == (90, "passed", "记全客户原话")
    actions.see(chen, check, now=NOW)
    assert Check.objects.get(pk=check.pk).seen_at is None
    actions.see(lina, Check.objects.get(pk=check.pk), now=NOW)
    assert Check.objects.get(pk=check.pk).seen_at == NOW
    assert [row.id for row in page(lina, NOVEMBER).rows] == [check.pk]
    assert page(actor("周思颖"), NOVEMBER).rows == []
    with pytest.raises(Forbidden):
        one(actor("周思颖"), check.pk)
    rate = page(chen, NOVEMBER).rates[0]
    assert (rate.name, rate.made, rate.passed, rate.percent) == ("李娜", 1, 1, 100)


def test_a_must_that_was_missed_fails_the_call(chen: Actor) -> None:
    check = drawn_check(chen)
    with nothing_changes(), pytest.raises(DomainError):
        actions.record(chen, check, points={**ALL_MET, "greeting": False}, now=NOW)
    check.refresh_from_db()
    actions.record(chen, check, points={**ALL_MET, "greeting": False}, comment="没有报店名", now=NOW)
    assert check.passed is False


def test_nobody_judges_their_own_call_and_nothing_is_not_a_result(chen: Actor) -> None:
    own = drawn_check(chen, "陈雅婷")
    with nothing_changes(), pytest.raises(DomainError):
        actions.record(chen, own, points=ALL_MET, now=NOW)
    other = drawn_check(chen)
    with nothing_changes(), pytest.raises(DomainError):
        actions.record(chen, other, points={"greeting": None, "made up": True}, now=NOW)


def test_whoever_may_not_changes_nothing(chen: Actor, actor: Actors) -> None:
    check = drawn_check(chen)
    for name in ("李娜", "罗建川", "蒋国华"):
        with nothing_changes(), pytest.raises(Forbidden):
            actions.draw(actor(name), month=NOVEMBER, each=2, seed=8, now=NOW)
        with nothing_changes(), pytest.raises(Forbidden):
            actions.record(actor(name), check, points=ALL_MET, now=NOW)
    with pytest.raises(NotFound):
        one(chen, uuid4())
