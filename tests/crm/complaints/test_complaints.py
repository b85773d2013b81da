"""Registering complaints, their numbers and their first-contact clock (handbook §7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import uuid4

import pytest
from care_support import NOW, a_customer, a_vehicle, at, nothing_changes

from crm.complaints import actions, clock, queries
from crm.complaints.models import Complaint
from crm.store.queries import store
from sanfang.audit.models import Event, History
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor

pytestmark = pytest.mark.usefixtures("in_chengdu")

SPECIALIST, MANAGER, SERVICE_MANAGER, ADVISOR = "李娜", "陈雅婷", "蒋国华", "邓凯"
Actors = Callable[[str], Actor]


def register(actor: Actor | None, **facts: object) -> Complaint:
    given = {"channel": "callback", "title": "等待时间长", "text": "等了三个小时", "now": NOW, **facts}
    return actions.register(actor, customer=given.pop("customer", None) or a_customer(), **given)  # type: ignore[arg-type]


def test_a_complaint_gets_a_number_and_an_event(actor: Actors) -> None:
    lina, follow_up = actor(SPECIALIST), uuid4()
    complaint = register(lina, follow_up_id=follow_up)
    assert complaint.number == "TS2611-0001"
    assert complaint.registered_by_id == lina.staff_id
    assert (complaint.severity, complaint.state) == ("ordinary", "registered")
    event = Event.objects.get(object=complaint.pk)
    assert (event.kind, event.staff_id, event.at) == ("complaint.registered", lina.staff_id, NOW)
    assert History.objects.filter(object=complaint.pk, change="+").count() == 1
    assert Complaint.objects.get(follow_up_id=follow_up) == complaint


def test_numbers_count_up_and_start_anew_in_the_stores_own_month(actor: Actors) -> None:
    lina, customer = actor(SPECIALIST), a_customer()
    last_of_november, first_of_december = at("2026-11-30 23:59"), at("2026-12-01 00:00")
    assert first_of_december.astimezone(UTC).month == 11
    numbers = [
        register(lina, customer=customer, now=moment).number
        for moment in (NOW, last_of_november, first_of_december, first_of_december)
    ]
    assert numbers == ["TS2611-0001", "TS2611-0002", "TS2612-0001", "TS2612-0002"]


@pytest.mark.parametrize(
    ("registered", "due"),
    [
        ("2026-11-17 10:00", "2026-11-17 12:00"),
        ("2026-11-17 15:30", "2026-11-17 17:30"),
        ("2026-11-17 16:30", "2026-11-18 09:30"),
        ("2026-11-17 21:00", "2026-11-18 10:30"),
        ("2026-11-17 06:00", "2026-11-17 10:30"),
    ],
)
def test_the_clock_runs_in_working_time(registered: str, due: str) -> None:
    assert register(None, now=at(registered)).contact_due == at(due)


def test_how_long_the_clock_runs_is_the_standards_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = store()
    strict = replace(facts.pack, complaints=replace(facts.pack.complaints, first_contact_minutes=30))
    monkeypatch.setattr(actions, "store", lambda: replace(facts, pack=strict))
    complaint = register(None)
    assert complaint.contact_due == NOW + timedelta(minutes=30)
    assert clock.first_contact(complaint, NOW).total_seconds == 1800


@pytest.mark.parametrize(
    ("contacted", "asked", "state"),
    [
        (None, "11:59", "running"),
        (None, "12:00", "running"),
        (None, "12:01", "broken"),
        ("12:00", "18:00", "met"),
        ("12:01", "18:00", "broken"),
    ],
)
def test_the_clocks_state_follows_from_its_instants(contacted: str | None, asked: str, state: str) -> None:
    complaint = register(None)
    complaint.contacted_at = at(f"2026-11-17 {contacted}") if contacted else None
    shown = clock.first_contact(complaint, at(f"2026-11-17 {asked}"))
    assert (shown.state, shown.due, shown.done_at) == (state, at("2026-11-17 12:00"), complaint.contacted_at)


def test_the_last_quarter_of_the_time_is_near() -> None:
    complaint = register(None)
    assert not clock.first_contact(complaint, at("2026-11-17 11:30")).is_near(at("2026-11-17 11:30"))
    assert clock.first_contact(complaint, at("2026-11-17 11:31")).is_near(at("2026-11-17 11:31"))
    assert not clock.first_contact(complaint, at("2026-11-17 12:01")).is_near(at("2026-11-17 12:01"))


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"title": "  "}, "title"), ({"channel": "pigeon"}, "channel"), ({"severity": "awful"}, "severity")],
)
def test_bad_input_is_refused_with_its_field(facts: dict[str, str], field: str) -> None:
    customer = a_customer()
    with nothing_changes(), pytest.raises(DomainError) as refused:
        register(None, customer=customer, **facts)
    assert refused.value.field == field


def test_who_may_not_register_changes_nothing(actor: Actors) -> None:
    customer = a_customer()
    for name in (ADVISOR, SERVICE_MANAGER):
        with nothing_changes(), pytest.raises(Forbidden):
            register(actor(name), customer=customer)


def test_the_first_contact_stops_the_clock(actor: Actors) -> None:
    complaint, manager = register(None), actor(MANAGER)
    later = NOW + timedelta(hours=1)
    actions.first_contact(manager, complaint, note=" 已道歉，约周三到店 ", now=later)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.contacted_at, complaint.contacted_by_id) == (
        "contacted",
        later,
        manager.staff_id,
    )
    assert complaint.contact_note == "已道歉，约周三到店"
    assert list(Event.objects.filter(object=complaint.pk).order_by("at").values_list("kind", flat=True)) == [
        "complaint.registered",
        "complaint.contacted",
    ]


def test_only_the_first_contact_counts_and_the_second_hears_whose_it_was(actor: Actors) -> None:
    complaint = register(None)
    actions.first_contact(actor(MANAGER), complaint, note="", now=NOW + timedelta(hours=1))
    with nothing_changes(), pytest.raises(Conflict, match=MANAGER):
        actions.first_contact(actor(SERVICE_MANAGER), complaint, note="", now=NOW + timedelta(hours=3))


def test_who_may_not_handle_changes_nothing(actor: Actors) -> None:
    complaint = register(None)
    for name in (SPECIALIST, ADVISOR):
        with nothing_changes(), pytest.raises(Forbidden):
            actions.first_contact(actor(name), complaint, note="", now=NOW)


def test_the_board_shows_first_what_breaks_first(actor: Actors) -> None:
    customer, vehicle = a_customer(), a_vehicle()
    done = register(None, customer=customer, title="已联系", now=NOW - timedelta(hours=1))
    actions.first_contact(actor(MANAGER), done, note="", now=NOW)
    register(None, customer=customer, title="新的")
    register(actor(SPECIALIST), customer=customer, vehicle=vehicle, title="过时", now=at("2026-11-16 09:00"))
    register(None, customer=customer, title="快到时", now=at("2026-11-17 08:30"))

    board = queries.board(actor(MANAGER), at("2026-11-17 10:15"))

    assert [row.title for row in board.complaints] == ["过时", "快到时", "新的", "已联系"]
    assert [row.clock.state for row in board.complaints] == ["broken", "running", "running", "met"]
    assert (board.stats.broken, board.stats.near, board.stats.open) == (1, 1, 3)
    first = board.complaints[0]
    assert (first.customer_name, first.vehicle, first.plate, first.source) == (
        "陈静怡",
        "CS75 PLUS",
        "川A6K88F",
        SPECIALIST,
    )
    assert first.verbs == ("contact",)
    assert board.complaints[-1].verbs == ()
    assert customer.mobile not in str(board)


def test_the_board_offers_only_what_one_may_do(actor: Actors) -> None:
    register(None)
    assert queries.board(actor(SPECIALIST), NOW).complaints[0].verbs == ()
    with pytest.raises(Forbidden):
        queries.board(actor(ADVISOR), NOW)


def test_the_board_asks_as_much_for_thirty_as_for_three(
    actor: Actors, django_assert_num_queries: Callable[..., object]
) -> None:
    manager, customer = actor(MANAGER), a_customer()
    for count in (3, 27):
        for _ in range(count):
            register(actor(SPECIALIST), customer=customer)
        with django_assert_num_queries(2):  # type: ignore[attr-defined]
            queries.board(manager, NOW)


def test_a_timeline_has_the_customers_own_complaints_newest_first() -> None:
    customer = a_customer()
    register(None, customer=customer, title="很久以前", now=NOW - timedelta(days=91))
    register(None, customer=customer, title="最近", now=NOW - timedelta(days=89))
    register(None, customer=a_customer(mobile="15420000000"), title="别人的")
    assert [row.title for row in queries.of_customer(customer)] == ["最近", "很久以前"]
