"""Registering complaints, their numbers and their first-contact clock (handbook §7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import uuid4

import pytest
from care_support import DISSATISFIED, NOW, SHANGHAI, a_customer, a_vehicle, at, invite, nothing_changes

from crm.complaints import actions, clock, queries
from crm.complaints.models import Complaint
from crm.store.queries import store
from crm.surveys import actions as surveys
from sanfang.audit.models import Access, Event, History
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
    assert clock.first_contact(complaint, NOW, facts.calendar).total_seconds == 1800


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
    shown = clock.first_contact(complaint, at(f"2026-11-17 {asked}"), store().calendar)
    assert (shown.state, shown.due, shown.done_at) == (state, at("2026-11-17 12:00"), complaint.contacted_at)


@pytest.mark.parametrize(("asked", "near"), [("11:30", False), ("11:31", True), ("12:01", False)])
def test_the_last_quarter_of_the_time_is_near(asked: str, near: bool) -> None:
    assert clock.first_contact(register(None), at(f"2026-11-17 {asked}"), store().calendar).is_near == near


@pytest.mark.parametrize(
    ("registered", "asked", "minutes"),
    [
        ("2026-11-17 22:31", "2026-11-17 22:31", 120),
        ("2026-11-17 22:31", "2026-11-18 08:00", 120),
        ("2026-11-17 22:31", "2026-11-18 09:00", 90),
        ("2026-11-17 16:30", "2026-11-17 23:00", 60),  # an hour was used before closing
        ("2026-11-17 16:30", "2026-11-18 10:00", -30),
        ("2026-11-17 10:00", "2026-11-18 08:40", -340),  # overdue is working time as well
    ],
)
def test_what_is_left_is_working_time(registered: str, asked: str, minutes: int) -> None:
    shown = clock.first_contact(register(None, now=at(registered)), at(asked), store().calendar)
    assert shown.left_seconds == minutes * 60
    opens, closes = shown.coming[0]
    assert closes > at(asked)
    assert (opens.astimezone(SHANGHAI).hour, closes.astimezone(SHANGHAI).hour) == (8, 17)


def test_a_stopped_clock_keeps_what_was_left() -> None:
    complaint = register(None)
    complaint.contacted_at = at("2026-11-17 11:00")
    shown = clock.first_contact(complaint, at("2026-11-20 11:00"), store().calendar)
    assert (shown.left_seconds, shown.coming) == (3600, ())


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


@pytest.mark.parametrize("note", ["", "  \n "])
def test_without_a_word_of_what_was_said_the_clock_goes_on(actor: Actors, note: str) -> None:
    complaint = register(None)
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.first_contact(actor(MANAGER), complaint, note=note, now=NOW)
    assert refused.value.field == "note"
    assert clock.first_contact(complaint, NOW, store().calendar).state == "running"


def test_only_the_first_contact_counts_and_the_second_hears_whose_it_was(actor: Actors) -> None:
    complaint = register(None)
    actions.first_contact(actor(MANAGER), complaint, note="已致电", now=NOW + timedelta(hours=1))
    with nothing_changes(), pytest.raises(Conflict, match=MANAGER):
        actions.first_contact(actor(SERVICE_MANAGER), complaint, note="已致电", now=NOW + timedelta(hours=3))


def test_who_may_not_handle_changes_nothing(actor: Actors) -> None:
    complaint = register(None)
    for name in (SPECIALIST, ADVISOR):
        with nothing_changes(), pytest.raises(Forbidden):
            actions.first_contact(actor(name), complaint, note="已致电", now=NOW)


def test_the_board_shows_first_what_breaks_first(actor: Actors) -> None:
    customer, vehicle = a_customer(), a_vehicle()
    done = register(None, customer=customer, title="已联系", now=NOW - timedelta(hours=1))
    actions.first_contact(actor(MANAGER), done, note="已致电", now=NOW)
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
        with django_assert_num_queries(3):  # type: ignore[attr-defined]
            queries.board(manager, NOW)


def test_a_timeline_has_the_customers_own_complaints_newest_first() -> None:
    customer = a_customer()
    register(None, customer=customer, title="很久以前", now=NOW - timedelta(days=91))
    register(None, customer=customer, title="最近", now=NOW - timedelta(days=89))
    register(None, customer=a_customer(mobile="15420000000"), title="别人的")
    assert [row.title for row in queries.of_customer(customer)] == ["最近", "很久以前"]


def test_a_page_has_what_whoever_phones_should_know(actor: Actors) -> None:
    customer, vehicle = a_customer(do_not_call=True), a_vehicle()
    earlier = register(None, customer=customer, title="上一次", now=NOW - timedelta(days=40))
    complaint = register(actor(SPECIALIST), customer=customer, vehicle=vehicle, text="等了三个小时")
    register(None, customer=a_customer(mobile="15420000009"), title="别人的")
    page = queries.page(actor(MANAGER), complaint.pk, NOW)
    assert (page.row.customer_name, page.row.plate, page.vin) == ("陈静怡", "川A6K88F", vehicle.vin)
    assert (page.phone_masked, page.do_not_call, page.may_call) == ("154****4567", True, True)
    assert page.words == ["等了三个小时"]
    assert [one.id for one in page.earlier] == [earlier.pk]
    assert page.contact is None
    assert customer.mobile not in str(page)

    actions.first_contact(actor(SERVICE_MANAGER), complaint, note="约周五复检", now=NOW + timedelta(minutes=9))
    told = queries.page(actor(SPECIALIST), complaint.pk, NOW).contact
    assert told == queries.FirstContact(SERVICE_MANAGER, NOW + timedelta(minutes=9), "约周五复检")
    assert not queries.page(actor(SPECIALIST), complaint.pk, NOW).may_call
    with pytest.raises(Forbidden):
        queries.page(actor(ADVISOR), complaint.pk, NOW)


def test_a_page_quotes_what_the_customer_wrote_in_the_questionnaire() -> None:
    customer = a_customer()
    invitation, _code = invite(customer)
    said = DISSATISFIED | {"opinion": {"value": "还是有异响", "reasons": []}}
    surveys.answer(invitation, answers=said, note="请尽快联系", now=NOW)
    page = queries.page(Actor(uuid4(), "谁", "x", frozenset({"complaint.see"})), Complaint.objects.get().pk, NOW)
    assert page.words == ["还是有异响", "请尽快联系"]
    low = [answer for _question, answer, low in page.answers if low]
    assert len(low) == 2
    assert "等待时间长" in low[0]


def test_the_number_is_shown_to_whoever_handles_it_and_that_is_written_down(actor: Actors) -> None:
    customer = a_customer()
    complaint = register(None, customer=customer)
    for name in (SPECIALIST, ADVISOR):
        with nothing_changes(), pytest.raises(Forbidden):
            actions.reveal_mobile(actor(name), complaint, now=NOW)
    manager = actor(SERVICE_MANAGER)
    assert actions.reveal_mobile(manager, complaint, now=NOW, address="198.51.100.7") == customer.mobile
    seen = Access.objects.get()
    assert (seen.staff_id, seen.object, seen.what, seen.reason, seen.address) == (
        manager.staff_id,
        customer.pk,
        "mobile",
        complaint.number,
        "198.51.100.7",
    )
