"""The weekly draw against random leads: its share, its fairness to what was known, and that it can be drawn again."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sanfang.kernel.batch import replay
from sanfang.kernel.calendar import CLOSED, StoreCalendar
from sanfang.kernel.draws import draw_day, drawn
from sanfang.kernel.events import Events, LostLead
from sanfang.kernel.rules import Channel, Ruleset, WeeklyDraw, Window

STORE = StoreCalendar(ZoneInfo("Asia/Shanghai"), special={date(2024, 3, 31): CLOSED})
START, DAYS = date(2024, 1, 15), 120
AFTER = datetime(2024, 8, 1, tzinfo=UTC)
QUICK = settings(max_examples=150, deadline=None)
moments = st.integers(0, DAYS * 24 * 60).map(lambda minute: STORE.start_of(START) + timedelta(minutes=minute))
rules = st.builds(
    WeeklyDraw,
    id=st.just("lost-sale"),
    channel=st.just(Channel.PHONE),
    window=st.just(Window(0, 7)),
    share=st.sampled_from([1, 15, 34, 50, 99, 100]),
    drawn_on=st.integers(0, 6),
)
seeds = st.integers(-3, 10**9)


@st.composite
def leads(draw: st.DrawFn) -> list[LostLead]:
    found = [LostLead(f"L{n}", f"C{n % 7}", at) for n, at in enumerate(draw(st.lists(moments, max_size=60)))]
    late = draw(st.sets(st.sampled_from(range(60)), max_size=5))
    return [
        replace(one, known=one.at + timedelta(days=draw(st.integers(0, 60)))) if n in late else one
        for n, one in enumerate(found)
    ]


def known_at(lead: LostLead) -> datetime:
    return lead.known or lead.at


@QUICK
@given(rules, leads(), seeds)
def test_at_every_months_end_the_share_of_its_known_leads_was_drawn(
    rule: WeeklyDraw, leads: list[LostLead], seed: int
) -> None:
    for month in range(1, 8):
        ends = STORE.start_of(date(2024, month + 1, 1)) - timedelta.resolution
        of_month = [one for one in leads if STORE.day_of(one.at).month == month and known_at(one) <= ends]
        tickets = [one for one in drawn(rule, STORE, leads, seed, ends) if one.lead in of_month]
        assert 100 * len(tickets) >= rule.share * len(of_month)
        assert 100 * (len(tickets) - 1) < rule.share * len(of_month) or not of_month


@QUICK
@given(rules, leads(), seeds, moments)
def test_a_draw_made_stays_whatever_becomes_known_later(
    rule: WeeklyDraw, leads: list[LostLead], seed: int, until: datetime
) -> None:
    then = drawn(rule, STORE, [one for one in leads if known_at(one) <= until], seed, until)
    assert drawn(rule, STORE, leads, seed, until) == then
    assert drawn(rule, STORE, leads, seed, AFTER)[: len(then)] == then


@QUICK
@given(rules, leads(), seeds, st.randoms(use_true_random=False))
def test_nobody_is_drawn_twice_nor_before_they_are_known_nor_later_than_a_week_after(
    rule: WeeklyDraw, leads: list[LostLead], seed: int, chance: random.Random
) -> None:
    tickets = drawn(rule, STORE, leads, seed, AFTER)
    assert len({ticket.lead.id for ticket in tickets}) == len(tickets)
    assert drawn(rule, STORE, chance.sample(leads, len(leads)), seed, AFTER) == tickets
    for ticket in tickets:
        waited = (ticket.day - STORE.day_of(known_at(ticket.lead))).days
        assert 0 <= waited <= 6
        last_of_month = (ticket.day + timedelta(days=1)).day == 1
        assert ticket.day.weekday() == rule.drawn_on or last_of_month


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 6))
def test_the_next_draw_by_looking_day_by_day(day: date, drawn_on: int) -> None:
    found = day
    while found.weekday() != drawn_on and (found + timedelta(days=1)).day != 1:
        found += timedelta(days=1)
    assert draw_day(day, drawn_on) == found


def test_every_lead_has_the_same_chance() -> None:
    """Over many seeds each of twenty leads of a week is drawn about as often: 3 of 20 in 2,000 draws are 300."""
    rule = WeeklyDraw(id="lost-sale", channel=Channel.PHONE, window=Window(0, 7), share=15, drawn_on=6)
    at = STORE.start_of(date(2024, 5, 7))
    all_leads = [LostLead(f"L{n}", "C1", at) for n in range(20)]
    often = {lead.id: 0 for lead in all_leads}
    for seed in range(2_000):
        for ticket in drawn(rule, STORE, all_leads, seed, AFTER):
            often[ticket.lead.id] += 1
    assert all(230 < times < 370 for times in often.values()), often  # more than four standard deviations


def test_the_window_counts_from_the_draw_and_is_not_known_before_it() -> None:
    rule = WeeklyDraw(id="lost-sale", channel=Channel.PHONE, window=Window(0, 7), share=15, drawn_on=6)
    events = Events(lost_leads=(LostLead("L1", "C1", STORE.start_of(date(2024, 3, 27))),))
    ruleset = Ruleset((rule,), minimum_reading_days=30)
    ends = STORE.end_of(date(2024, 3, 31))  # a closed Sunday and the month's end
    before = replay(ruleset, STORE, events, ends - timedelta.resolution)
    assert (before.made, before.coming) == ([], [])
    (one,) = replay(ruleset, STORE, events, ends).coming
    assert (one.day, STORE.day_of(one.opens), STORE.day_of(one.due)) == (
        date(2024, 3, 31),
        date(2024, 4, 1),
        date(2024, 4, 7),
    )
    assert replay(ruleset, STORE, events, STORE.opening(date(2024, 4, 1))).made == [one]
