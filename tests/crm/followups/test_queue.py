"""The queue: what breaks first comes first, counted and grouped, in few statements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from followups_support import at, car, customer, deliver, repair

from crm.complaints import actions as complaints
from crm.followups import actions, planner, queries
from crm.followups.models import FollowUp
from sanfang.kernel.ids import uuid7
from sanfang.kernel.permissions import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
GROUPS = {
    "overdue": {"due": at("2026-03-11 17:30")},
    "today": {"due": at("2026-03-12 17:30")},
    "promised": {"due": at("2026-03-12 17:30"), "promised_at": at("2026-03-12 15:00")},
    "later": {"due": at("2026-03-13 17:30")},
}


def follow_up(**fields: Any) -> Any:
    one = fields.pop("vehicle", None) or car()
    return FollowUp.objects.create(
        **{
            "rule": "third-call",
            "trigger": str(uuid7()),
            "trigger_kind": "repair_order",
            "trigger_on": NOW.date(),
            "customer": one.ownerships.get().customer,
            "vehicle": one,
            "channel": "phone",
            "opens": at("2026-03-11 08:30"),
            "due": at("2026-03-13 17:30"),
            "pack": "changan-dcrc",
            "pack_version": "2009.1",
            "planned_at": NOW,
            **fields,
        }
    )


def groups(who: Actor, now: Any = NOW, **options: Any) -> Any:
    return {group.key: [item.id for item in group.items] for group in queries.queue(who, now=now, **options).groups}


def test_every_call_is_in_its_group(li: Actor) -> None:
    made = {key: follow_up(**fields).pk for key, fields in GROUPS.items()}
    assert groups(li) == {key: [pk] for key, pk in made.items()}


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"due": NOW}, "today"),
        ({"due": NOW - timedelta(microseconds=1)}, "overdue"),
        ({"due": at("2026-03-12 23:59")}, "today"),
        ({"due": at("2026-03-13 00:00")}, "later"),
        ({"promised_at": NOW}, "overdue"),
        ({"promised_at": NOW + timedelta(seconds=1)}, "promised"),
        ({"due": at("2026-03-01 17:30"), "promised_at": at("2026-03-16 10:00")}, "promised"),
    ],
)
def test_where_one_group_ends_and_the_next_begins(li: Actor, fields: Any, key: Any) -> None:
    follow_up(**fields)
    assert list(groups(li)) == [key]


@pytest.mark.parametrize(
    "fields",
    [
        {"opens": NOW + timedelta(seconds=1)},
        {"state": "completed"},
        {"state": "given_up"},
        {"state": "answered"},
        {"state": "withdrawn"},
        {"channel": "sms"},
    ],
)
def test_what_is_no_call_now_is_not_listed(li: Actor, fields: Any) -> None:
    follow_up(**fields)
    queue = queries.queue(li, now=NOW)
    assert queue.groups == []
    assert [one.count for one in queue.filters] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ({}, True),
        ({"do_not_call": True}, False),
        ({"mobile_state": "wrong"}, False),
        ({"mobile_state": "wrong", "landline": "028-85551234"}, True),
        ({"mobile": "", "landline": "028-85551234"}, True),
        ({"mobile": ""}, True),
    ],
)
def test_who_can_be_called_is_listed(li: Actor, fields: Any, listed: Any) -> None:
    follow_up(vehicle=car(customer(**fields)))
    assert bool(groups(li)) is listed


def test_messages_that_wait_are_counted_apart(li: Actor) -> None:
    follow_up(channel="sms")
    follow_up(channel="sms", opens=NOW + timedelta(days=1))
    assert queries.queue(li, now=NOW).messages_waiting == 1


def test_filters_count_everything_and_show_their_part(li: Actor) -> None:
    made = {key: follow_up(**fields).pk for key, fields in GROUPS.items()}
    queue = queries.queue(li, filter="overdue", now=NOW)
    assert [(one.key, one.count, one.current) for one in queue.filters] == [
        ("todo", 4, False),
        ("overdue", 1, True),
        ("promised", 1, False),
        ("done", 0, False),
    ]
    assert groups(li, filter="overdue") == {"overdue": [made["overdue"]]}
    assert groups(li, filter="promised") == {"promised": [made["promised"]]}
    assert groups(li, filter="nonsense") == {key: [pk] for key, pk in made.items()}


def test_within_a_group_the_earliest_due_then_the_standards_priority_comes_first(li: Actor) -> None:
    second = follow_up(rule="second-call")
    third = follow_up(rule="third-call")
    first = follow_up(rule="first-call")
    urgent = follow_up(rule="lost-contact", due=at("2026-03-13 12:00"))
    assert groups(li) == {"later": [urgent.pk, first.pk, third.pk, second.pk]}


def test_a_call_tried_in_vain_today_waits_behind_the_others(li: Actor) -> None:
    tried = follow_up(due=at("2026-03-12 17:00"))
    fresh = follow_up(due=at("2026-03-12 17:30"))
    actions.record_outcome(li, tried, attempt=1, outcome="no_answer", now=NOW)
    assert groups(li) == {"today": [fresh.pk, tried.pk]}
    assert groups(li, now=at("2026-03-13 10:00")) == {"overdue": [tried.pk, fresh.pk]}


def test_calls_of_one_customer_stand_together(li: Actor) -> None:
    one = car()
    first = follow_up(vehicle=one, due=at("2026-03-12 12:00"))
    between = follow_up(due=at("2026-03-12 13:00"))
    second = follow_up(vehicle=one, rule="first-call", due=at("2026-03-12 14:00"))
    assert groups(li) == {"today": [first.pk, second.pk, between.pk]}


def test_an_item_says_what_the_list_shows(li: Actor, actor: Callable[[str], Actor]) -> None:
    one = follow_up(
        vehicle=car(customer("王雅琴", gender="female"), series="CS75", model="CS75 PLUS"), **GROUPS["overdue"]
    )
    zhou = actor("周思颖")
    actions.hold(zhou, one, now=NOW)
    complaints.register(
        zhou, customer=one.customer, channel="counter", title="异响", text="", now=NOW - timedelta(days=30)
    )
    [item] = queries.queue(li, now=NOW).groups[0].items
    assert (item.customer_name, item.salutation, item.purpose) == ("王雅琴", "王女士", "三访")
    assert (item.vehicle, item.kind, item.tone, item.unreached) == ("CS75 PLUS", "repair", "danger", 0)
    assert (item.held_by, str(item.attention), item.done) == ("周思颖", "近期投诉", False)
    [own] = queries.queue(zhou, now=NOW).groups[0].items
    assert own.held_by is None
    [later] = queries.queue(li, now=NOW + timedelta(days=61)).groups[0].items
    assert (later.held_by, later.attention) == (None, None)


@pytest.mark.parametrize(
    ("rule", "kind_", "trigger_kind"),
    [
        ("first-call", "delivery", "delivery"),
        ("third-call", "repair", "repair_order"),
        ("service-reminder", "reminder", "repair_order"),
        ("insurance", "reminder", "insurance"),
        ("lost-contact", "winback", "delivery"),
        ("complaint-closing", "complaint", "complaint"),
    ],
)
def test_kinds_of_calls(li: Actor, rule: Any, kind_: Any, trigger_kind: Any) -> None:
    follow_up(rule=rule, trigger_kind=trigger_kind)
    assert queries.queue(li, now=NOW).groups[0].items[0].kind == kind_


def test_an_ended_call_is_shown_as_done(li: Actor) -> None:
    one = follow_up()
    assert queries.item(li, one, now=NOW).done is False
    actions.record_outcome(li, one, attempt=1, outcome="moved", now=NOW)
    assert queries.item(li, one, now=NOW).done is True


def test_progress_counts_what_ended_today_and_what_is_still_due(li: Actor) -> None:
    nothing = queries.progress(li, now=NOW)
    assert (nothing.done, nothing.total, nothing.reached_percent) == (0, 0, None)
    calls = [follow_up(**GROUPS["today"]) for _ in range(3)]
    follow_up(**GROUPS["overdue"])
    follow_up(**GROUPS["later"])
    follow_up(**GROUPS["promised"])
    follow_up(state="completed", ended_at=at("2026-03-11 23:59"))
    actions.record_outcome(li, calls[0], attempt=1, outcome="moved", now=NOW)
    actions.record_outcome(li, calls[1], attempt=1, outcome="no_answer", now=NOW)
    actions.record_outcome(li, calls[2], attempt=1, outcome="busy", now=NOW)
    shown = queries.progress(li, now=NOW)
    assert (shown.done, shown.total, shown.reached_percent) == (1, 4, 33)
    assert queries.queue(li, now=NOW).progress == shown


def test_around_gives_the_neighbours_as_listed(li: Actor) -> None:
    first, second, third = [follow_up(due=at(f"2026-03-12 1{hour}:00")).pk for hour in (1, 2, 3)]
    queue = queries.queue(li, now=NOW)
    assert queue.around(second) == (first, third)
    assert queue.around(first) == (None, second)
    assert queue.around(third) == (second, None)
    assert queue.around(uuid7()) == (None, first)


def test_long_groups_are_cut_and_counted_whole(li: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.followups.queue.MOST", 2)
    for _ in range(3):
        follow_up(**GROUPS["overdue"])
    promised = follow_up(**GROUPS["promised"])
    queue = queries.queue(li, now=NOW)
    assert [(len(group.items), group.count) for group in queue.groups] == [(2, 3), (1, 1)]
    assert queue.groups[1].items[0].id == promised.pk


def test_statements_of_queue_and_call_do_not_grow(li: Actor, django_assert_num_queries: Any) -> None:
    def season(cars: Any) -> None:
        for _ in range(cars):
            one = car(insurance_until=at("2026-04-15 00:00").date())
            deliver(one, "2026-02-20")
            for day in (10, 11):
                repair(one, f"2026-03-{day - 1:02} 09:00", f"2026-03-{day:02} 16:00", mileage=day * 1000)
            someone = one.ownerships.get().customer
            complaints.register(li, customer=someone, channel="counter", title="异响", text="", now=NOW)
        planner.plan(at("2026-03-12 09:00"))
        untried = FollowUp.objects.filter(rule="third-call").exclude(customer__follow_ups__attempts__gt=0)
        for call in untried.distinct("customer")[:cars]:
            actions.record_outcome(li, call, attempt=1, outcome="no_answer", now=NOW)
            actions.record_outcome(
                li, call, attempt=2, outcome="call_later", promised_at=at("2026-03-12 15:00"), now=NOW
            )

    for cars in (2, 12):
        season(cars)
        with django_assert_num_queries(3):
            queue = queries.queue(li, now=NOW)
        with django_assert_num_queries(2):
            queries.progress(li, now=NOW)
        for group in queue.groups:
            with django_assert_num_queries(3):
                queries.call(li, group.items[0].id, now=NOW)


def test_only_attempts_that_reached_nobody_are_counted_as_such(li: Actor) -> None:
    one = follow_up()
    steps: list[tuple[str, Any]] = [
        ("call_later", {"promised_at": at("2026-03-12 10:15")}),
        ("no_answer", {}),
        ("busy", {}),
    ]
    for number, (outcome, details) in enumerate(steps, start=1):
        moment = NOW + timedelta(minutes=10 * number)
        actions.record_outcome(li, one, attempt=number, outcome=outcome, now=moment, **details)
    [item] = queries.queue(li, now=at("2026-03-12 11:00")).groups[0].items
    assert item.unreached == 2
    assert queries.item(li, one, now=at("2026-03-12 11:00")).unreached == 2


def test_what_ended_today_can_be_looked_up_again(li: Actor) -> None:
    calls = [follow_up(**GROUPS["today"]) for _ in range(3)]
    follow_up(state="completed", ended_at=at("2026-03-11 23:59"))
    follow_up(state="answered", ended_at=NOW)
    actions.record_outcome(li, calls[0], attempt=1, outcome="moved", now=NOW)
    actions.record_outcome(li, calls[1], attempt=1, outcome="refused", reason="no_time", now=NOW + timedelta(minutes=1))
    later = NOW + timedelta(hours=1)
    ended = queries.queue(li, filter="done", now=later)
    assert [(one.key, one.count) for one in ended.filters if one.current] == [("done", 2)]
    assert [(group.key, group.count) for group in ended.groups] == [("done", 2)]
    assert [item.id for item in ended.groups[0].items] == [calls[1].pk, calls[0].pk]
    assert [item.done for item in ended.groups[0].items] == [True, True]
    assert ended.around(calls[1].pk) == (None, calls[0].pk)
    assert ended.progress == queries.queue(li, now=later).progress
