"""Who does whose work, against a slow model that walks through every day."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from crm.followups.assigning import shared_out
from crm.team.duty import Period, answers_for, closes_a_circle, standing_in, worker

DAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)
ANNA, BO, CAI, DI = (UUID(int=number) for number in range(1, 5))
PEOPLE = (ANNA, BO, CAI, DI)


def away(absent: UUID, deputy: UUID, first: int = 0, last: int = 0, ended_at: datetime | None = None) -> Period:
    return Period(absent, deputy, DAY + timedelta(days=first), DAY + timedelta(days=last), ended_at)


def at(day: int) -> tuple[date, datetime]:
    return DAY + timedelta(days=day), NOON + timedelta(days=day)


def test_the_work_comes_to_the_deputy_and_returns_by_itself() -> None:
    periods = [away(ANNA, BO, 1, 3)]
    for day, who in ((0, ANNA), (1, BO), (3, BO), (4, ANNA)):
        assert worker(ANNA, standing_in(periods, *at(day))) == who, day
    assert answers_for(BO, standing_in(periods, *at(2))) == {ANNA, BO}
    assert answers_for(ANNA, standing_in(periods, *at(2))) == frozenset()


def test_the_deputy_of_a_deputy() -> None:
    deputies = standing_in([away(ANNA, BO, 0, 5), away(BO, CAI, 2, 3)], *at(2))
    assert worker(ANNA, deputies) == CAI
    assert answers_for(CAI, deputies) == {ANNA, BO, CAI}


def test_whoever_is_back_early_has_their_work_at_once() -> None:
    period = away(ANNA, BO, 0, 5, ended_at=NOON)
    assert worker(ANNA, standing_in([period], DAY, NOON - timedelta(seconds=1))) == BO
    assert worker(ANNA, standing_in([period], DAY, NOON)) == ANNA


def test_two_who_stand_in_for_each_other_are_a_circle_only_on_the_same_day() -> None:
    known = [away(ANNA, BO, 0, 2), away(CAI, ANNA, 0, 9)]
    assert closes_a_circle(away(BO, ANNA, 2, 4), known)
    assert closes_a_circle(away(BO, CAI, 1, 1), known)
    assert not closes_a_circle(away(BO, ANNA, 3, 4), known)
    assert not closes_a_circle(away(BO, DI, 0, 4), known)


days = st.integers(0, 8)
a_period = st.builds(
    lambda absent, deputy, first, length: away(absent, deputy, first, first + length),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    days,
    st.integers(0, 4),
).filter(lambda one: one.absent != one.deputy)


@st.composite
def appointed(draw: st.DrawFn) -> list[Period]:
    """Periods as the action lets them in: one deputy a day for each person, no circles."""
    known: list[Period] = []
    for one in draw(st.lists(a_period, max_size=8)):
        taken = any(one.absent == other.absent and one.meets(other) for other in known)
        if not taken and not closes_a_circle(one, known):
            known.append(one)
    return known


@given(appointed(), days)
def test_everybodys_work_is_done_by_exactly_one_who_is_there(periods: list[Period], day: int) -> None:
    deputies = standing_in(periods, *at(day))
    doing = {person: answers_for(person, deputies) for person in PEOPLE}
    assert sorted(one for work in doing.values() for one in work) == sorted(PEOPLE)
    assert all(not work for person, work in doing.items() if person in deputies)


@given(st.lists(a_period, max_size=5), a_period)
def test_a_circle_is_one_on_some_day(known: list[Period], wanted: Period) -> None:
    def circle(day: date) -> bool:
        edges = {one.absent: one.deputy for one in known if one.first <= day <= one.last}
        if not wanted.first <= day <= wanted.last:
            return False
        person, steps = wanted.deputy, 0
        while person in edges and person != wanted.absent and steps < 10:
            person, steps = edges[person], steps + 1
        return person == wanted.absent

    own = [one for one in known if one.absent == wanted.absent and one.meets(wanted)]
    doubled = any(a is not b and a.absent == b.absent and a.meets(b) for a in known for b in known)
    if not own and not doubled:
        assert closes_a_circle(wanted, known) == any(circle(DAY + timedelta(days=n)) for n in range(20))


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 5))
def test_work_is_shared_evenly_and_a_customer_has_one_caller(customers: list[int], people: int) -> None:
    work = [(uuid4(), UUID(int=100 + customer)) for customer in customers]
    team = [uuid4() for _ in range(people)]
    shares = shared_out(work, team)
    assert shares.keys() == {call for call, _customer in work}
    callers: dict[UUID, set[UUID | None]] = {}
    for call, customer in work:
        callers.setdefault(customer, set()).add(shares[call])
    assert all(len(who) == 1 for who in callers.values())
    load = [sum(whose == person for whose in shares.values()) for person in team]
    biggest = max((customers.count(one) for one in set(customers)), default=0)
    assert max(load) - min(load) <= biggest
