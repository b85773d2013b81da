"""Whether a customer may be contacted: hand-written cases for each rule, and what holds whatever the facts are."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfang.kernel.calendar import CLOSED, StoreCalendar
from sanfang.kernel.contacts import (
    LASTING,
    ContactFacts,
    ContactRules,
    Reason,
    decide,
    hours_on,
)
from sanfang.kernel.rules import Channel

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = StoreCalendar(ZONE, special={date(2026, 3, 14): CLOSED})  # 08:30–17:30
RULES = ContactRules(CALENDAR, time(9), time(20), 3, messages_at_most=2, messages_within=timedelta(days=7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


NOW = at("2026-03-12 10:00")
CALL, TEXT, VISIT = Channel.PHONE, Channel.SMS, Channel.VISIT
FREE = ContactFacts()


def reasons(channel: Channel, now: datetime = NOW, rules: ContactRules = RULES, **facts: Any) -> list[str]:
    return [one.reason.value for one in decide(channel, ContactFacts(**facts), rules, now).objections]


def test_nothing_against_it() -> None:
    assert [decide(channel, FREE, RULES, NOW).allowed for channel in Channel] == [True] * 3


@pytest.mark.parametrize(
    ("channel", "facts", "expected"),
    [
        (CALL, {"do_not_call": True}, ["do_not_call"]),
        (VISIT, {"do_not_call": True}, ["do_not_call"]),
        (TEXT, {"do_not_call": True}, ["do_not_call"]),
        # A wish about messages says nothing about calls.
        (TEXT, {"opted_out": True}, ["opted_out"]),
        (CALL, {"opted_out": True}, []),
        (CALL, {"number": False}, ["no_number"]),
        (CALL, {"wrong": True}, ["no_number"]),
        (TEXT, {"number": False}, ["no_number"]),
        (TEXT, {"wrong": True}, ["wrong_number"]),
        (VISIT, {"number": False}, []),
        # The caller must not have served the customer; a visit is often made by whoever did.
        (CALL, {"served": True}, ["served"]),
        (VISIT, {"served": True}, []),
        (TEXT, {"served": True}, []),
        (CALL, {"do_not_call": True, "served": True, "number": False}, ["do_not_call", "no_number", "served"]),
    ],
)
def test_what_stands_in_the_way_of_what(channel: Channel, facts: dict[str, Any], expected: list[str]) -> None:
    assert reasons(channel, **facts) == expected


# --- with a colleague -----------------------------------------------------------------------
def test_a_customer_with_a_colleague_is_theirs_until_the_hold_ends() -> None:
    held: dict[str, Any] = {
        "holder": "周思颖",
        "held_since": at("2026-03-12 09:50"),
        "held_until": at("2026-03-12 10:20"),
    }
    [one] = decide(CALL, ContactFacts(**held), RULES, NOW).objections
    assert (one.reason, one.who, one.until) == (Reason.HELD, "周思颖", at("2026-03-12 10:20"))
    assert reasons(CALL, at("2026-03-12 10:20"), **held) == []
    assert reasons(TEXT, **held) == []


# --- the cool-down --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-12 10:00", ["cool_down"]),
        ("2026-03-13 17:00", ["cool_down"]),
        ("2026-03-15 09:00", []),  # connected on the 12th: the 15th is the third day after it
    ],
)
def test_one_connected_call_in_three_days(now: str, expected: list[str]) -> None:
    assert reasons(CALL, at(now), connected=at("2026-03-12 09:00")) == expected


def test_the_cool_down_says_since_and_until_when() -> None:
    [one] = decide(CALL, ContactFacts(connected=at("2026-03-12 09:00")), RULES, NOW).objections
    assert (one.since, one.until) == (at("2026-03-12 09:00"), at("2026-03-15 00:00"))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"complaint": True}, []),
        ({"promised": at("2026-03-12 10:00")}, []),
        ({"promised": at("2026-03-12 10:01")}, ["cool_down"]),  # not before the time they named
        ({"asked_for": True}, []),
    ],
)
def test_complaints_and_callbacks_the_customer_asked_for_need_not_wait(facts: Any, expected: list[str]) -> None:
    assert reasons(CALL, connected=at("2026-03-12 09:00"), **facts) == expected


def test_a_standard_without_a_cool_down_has_none() -> None:
    assert reasons(CALL, rules=replace(RULES, cool_down_days=0), connected=at("2026-03-12 09:00")) == []


@pytest.mark.parametrize("channel", [TEXT, VISIT])
def test_the_cool_down_is_about_calls(channel: Channel) -> None:
    assert reasons(channel, connected=at("2026-03-12 09:00")) == []


# --- hours ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-12 08:59", "2026-03-12 09:00"),  # open, but too early for calls
        ("2026-03-12 09:00", None),
        ("2026-03-12 17:29", None),
        ("2026-03-12 17:30", "2026-03-13 09:00"),  # calls allowed, but nobody is there
        ("2026-03-13 17:30", "2026-03-15 09:00"),  # the 14th is closed
        ("2026-03-14 12:00", "2026-03-15 09:00"),
    ],
)
def test_quiet_hours_of_calls(now: str, until: str | None) -> None:
    verdict = decide(CALL, FREE, RULES, at(now))
    assert verdict.allowed == (until is None)
    assert verdict.until == (at(until) if until else None)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-12 19:59", None),
        ("2026-03-12 20:00", "2026-03-13 09:00"),
        ("2026-03-14 12:00", None),  # a message needs nobody in the store
    ],
)
def test_quiet_hours_of_messages(now: str, until: str | None) -> None:
    assert decide(TEXT, FREE, RULES, at(now)).until == (at(until) if until else None)


def test_the_customers_wish_lifts_the_hour_of_a_call_and_never_of_a_message() -> None:
    late = at("2026-03-12 22:00")
    assert reasons(CALL, late, asked_for=True) == []
    assert reasons(TEXT, late, asked_for=True) == ["quiet"]
    # A promise says when; it is no leave for the night after it.
    assert reasons(CALL, late, promised=at("2026-03-12 15:00")) == ["quiet"]
    assert reasons(CALL, late, complaint=True) == ["quiet"]


def test_a_store_whose_hours_never_meet_those_for_calls_has_no_next_time() -> None:
    night = StoreCalendar(ZONE, special={NOW.date() + timedelta(days=day): CLOSED for day in range(-1, 400)})
    [one] = decide(CALL, FREE, replace(RULES, calendar=night), NOW).objections
    assert (one.reason, one.until) == (Reason.QUIET, None)


# --- how often ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sent", "until"),
    [
        (["2026-03-05 10:00", "2026-03-11 10:00"], None),  # the older one is a week old
        (["2026-03-05 10:01", "2026-03-11 10:00"], "2026-03-12 10:01"),
        (["2026-03-06 10:00", "2026-03-07 10:00", "2026-03-08 10:00"], "2026-03-14 10:00"),
    ],
)
def test_so_many_messages_in_so_many_days(sent: list[str], until: str | None) -> None:
    verdict = decide(TEXT, ContactFacts(messages=tuple(at(one) for one in sent)), RULES, NOW)
    assert verdict.until == (at(until) if until else None)
    assert verdict.allowed == (until is None)


# --- whatever the facts are -----------------------------------------------------------------
moments = st.integers(0, 30 * 24 * 60).map(lambda minutes: at("2026-03-01") + timedelta(minutes=minutes))
some = st.none() | moments
facts_of_any = st.builds(
    ContactFacts,
    do_not_call=st.booleans(),
    opted_out=st.booleans(),
    number=st.booleans(),
    wrong=st.booleans(),
    served=st.booleans(),
    holder=st.sampled_from(["", "周思颖"]),
    held_since=some,
    held_until=some,
    connected=some,
    messages=st.lists(moments, max_size=5).map(tuple),
    promised=some,
    asked_for=st.booleans(),
    complaint=st.booleans(),
)
rules_of_any = st.builds(
    lambda begin, hours, days, most, within: ContactRules(
        CALENDAR, time(begin), time(begin + hours), days, most, timedelta(days=within)
    ),
    st.integers(0, 12),
    st.integers(1, 11),
    st.integers(0, 10),
    st.none() | st.integers(1, 4),
    st.integers(1, 10),
)


def _ever_open(channel: Channel, rules: ContactRules) -> bool:
    return any(hours_on(channel, rules, date(2026, 4, 1) + timedelta(days=day)) for day in range(7))


@given(st.sampled_from(Channel), facts_of_any, rules_of_any, moments)
def test_each_reason_ends_when_it_says_and_not_before(
    channel: Channel, facts: ContactFacts, rules: ContactRules, now: datetime
) -> None:
    for one in decide(channel, facts, rules, now).objections:
        if one.until is None:
            assert one.reason in LASTING or not _ever_open(channel, rules)
            continue
        assert one.until > now
        just_before = [
            other.reason for other in decide(channel, facts, rules, one.until - timedelta.resolution).objections
        ]
        then = [other.reason for other in decide(channel, facts, rules, one.until).objections]
        assert one.reason not in then
        # A promise may come due in between, which is a reason of its own to be allowed.
        assert one.reason in just_before or facts.promised is not None


@given(st.sampled_from(Channel), facts_of_any, rules_of_any, moments)
def test_what_lifts_one_reason_lifts_no_other(
    channel: Channel, facts: ContactFacts, rules: ContactRules, now: datetime
) -> None:
    def found(**changed: Any) -> set[Reason]:
        return {one.reason for one in decide(channel, replace(facts, **changed), rules, now).objections}

    strict = found(asked_for=False, complaint=False, promised=None)
    assert strict - found(asked_for=False, complaint=True, promised=None) <= {Reason.COOL_DOWN}
    assert strict - found(asked_for=False, complaint=False, promised=now) <= {Reason.COOL_DOWN}
    assert strict - found(asked_for=True, complaint=False, promised=None) <= {Reason.COOL_DOWN, Reason.QUIET}


@given(st.sampled_from(Channel), facts_of_any, rules_of_any, moments)
def test_one_more_wish_of_the_customer_never_allows_more(
    channel: Channel, facts: ContactFacts, rules: ContactRules, now: datetime
) -> None:
    before = {one.reason for one in decide(channel, facts, rules, now).objections}
    for changed in ({"do_not_call": True}, {"opted_out": True}, {"number": False}, {"served": True}):
        after = {one.reason for one in decide(channel, replace(facts, **changed), rules, now).objections}  # type: ignore[arg-type]
        assert before <= after


@given(facts_of_any, rules_of_any, moments)
def test_at_most_one_connected_call_in_a_cool_down(facts: ContactFacts, rules: ContactRules, now: datetime) -> None:
    """The rule itself, counted in days by hand."""
    verdict = decide(CALL, replace(facts, promised=None, complaint=False, asked_for=False), rules, now)
    if verdict.allowed and facts.connected is not None:
        assert (now.date() - facts.connected.date()).days >= rules.cool_down_days


@given(st.sampled_from(Channel), rules_of_any, moments)
def test_when_the_hour_comes_contact_is_allowed(channel: Channel, rules: ContactRules, now: datetime) -> None:
    verdict = decide(channel, FREE, rules, now)
    when = now if verdict.allowed else verdict.until
    if when is not None:
        assert any(begin <= when < end for begin, end in hours_on(channel, rules, CALENDAR.day_of(when)))
