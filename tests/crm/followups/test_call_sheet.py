"""One call on one page: what the specialist sees before, during and after."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation
from followups_support import at, car, customer, deliver, repair, staff

from crm.complaints import actions as complaints
from crm.customers.models import Consent, Customer
from crm.followups import actions, planner, queries, words
from crm.followups.models import FollowUp
from crm.store.models import Store
from crm.store.queries import store
from crm.vehicles.models import Ownership, Vehicle
from sanfang.kernel.ids import uuid7
from sanfang.kernel.permissions import Actor
from sanfang.standards.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
BAD = {
    "overall": {"value": 2, "reasons": ["waiting"]},
    "advisor": {"value": 4, "reasons": []},
    "explanation": {"value": 4, "reasons": []},
    "repaired": {"value": "yes", "reasons": []},
    "clean": {"value": True, "reasons": []},
}


@pytest.fixture
def vehicle() -> Any:
    one = car(customer("陈雅琴"), series="CS75", model="CS75 PLUS", plate="川A8K26N")
    deliver(one, "2025-06-01", consultant=staff("廖晨"))
    repair(one, "2025-12-01 09:00", "2025-12-01 11:00", mileage=24_360, kind="service", advisor=staff("曾丽"))
    repair(one, "2025-09-01 09:00", "2025-09-01 11:00", mileage=12_000)
    repair(
        one,
        "2026-03-10 14:05",
        "2026-03-10 17:40",
        number="RO-2603-0418",
        mileage=32_480,
        advisor=staff("邓凯"),
        technician="王立新",
        amount="1286.00",
        fault="低速刹车有异响",
        promised_at=at("2026-03-10 17:30"),
    )
    planner.plan(at("2026-03-12 09:00"))
    return one


@pytest.fixture
def call(vehicle: Vehicle) -> Any:
    return FollowUp.objects.select_related("customer", "vehicle").get(rule="third-call")


def sheet(who: Actor, call: Any, now: Any = NOW) -> Any:
    return queries.call(who, call.pk, now=now)


def outcome(sheet_: Any, key: Any) -> Any:
    return next(one for one in sheet_.outcomes if one.key == key)


def test_the_customer_and_the_car(li: Actor, call: Any, vehicle: Vehicle) -> None:
    Ownership.objects.update(since=date(2023, 1, 5))
    shown = sheet(li, call)
    assert (shown.purpose, shown.kind, shown.channel) == ("三访", "repair", "phone")
    assert (shown.attempts, shown.attempt, shown.max_attempts) == (0, 1, 3)
    assert (shown.customer.name, shown.customer.salutation, shown.customer.initial) == ("陈雅琴", "陈女士", "陈")
    assert (shown.customer.owner_since, shown.customer.last_contact) == (date(2025, 6, 1), None)
    assert shown.customer.consent_calls == "unknown"
    assert (shown.vehicle.model, shown.vehicle.plate, shown.vehicle.vin) == ("CS75 PLUS", "川A8K26N", vehicle.vin)
    assert shown.vehicle.bought_on == date(2025, 6, 1)
    number = call.customer.mobile
    assert shown.phone_masked == f"{number[:3]}****{number[-4:]}"
    assert number not in repr(shown)


def test_the_newest_word_on_consent_counts(li: Actor, call: Any) -> None:
    for granted, day in ((True, "2026-01-01 09:00"), (False, "2026-02-01 09:00")):
        Consent.objects.create(customer=call.customer, purpose="calls", granted=granted, at=at(day))
    Consent.objects.create(customer=call.customer, purpose="messages", granted=True, at=NOW)
    assert sheet(li, call).customer.consent_calls == "no"


def test_other_facts_in_words(li: Actor, call: Any) -> None:
    Customer.objects.update(company=True, birthday=date(1990, 3, 12), mobile_state="wrong")
    assert sheet(li, call).customer.other_facts == ["单位客户", "今天生日", "手机待更正"]


def test_the_visit_is_a_card_of_facts(li: Actor, call: Any) -> None:
    visit = sheet(li, call).visit
    assert (visit.title, str(visit.kind_label)) == ("RO-2603-0418", "一般维修")
    assert (visit.opened, visit.closed) == (at("2026-03-10 14:05"), at("2026-03-10 17:40"))
    assert [(fact.label, fact.value, fact.extra, fact.tone) for fact in visit.facts] == [
        ("服务顾问 / 技师", "邓凯 / 王立新", "", ""),
        ("里程", "32,480 km", "+8,120", ""),
        ("维修金额", "¥1,286.00", "", ""),
        ("客户描述", "低速刹车有异响", "", ""),
        ("交车承诺 / 实际", "17:30 / 17:40", "晚 10 分", "warn"),
    ]


def test_the_visit_of_a_delivery(li: Actor) -> None:
    deliver(car(), "2026-03-10", number="SO-1", consultant=staff("廖晨"), price="98800")
    planner.plan(NOW)
    visit = sheet(li, FollowUp.objects.get()).visit
    assert (visit.title, visit.opened) == ("SO-1", date(2026, 3, 10))
    assert [fact.value for fact in visit.facts] == ["廖晨", "CS75", "¥98,800.00"]


def test_a_visit_older_than_the_past_that_is_read_is_still_there(
    li: Actor, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.followups import timeline

    monkeypatch.setattr(timeline, "MOST", 1)
    repair(call.vehicle, "2026-03-11 09:00", "2026-03-11 10:00")
    assert sheet(li, call).visit.title == "RO-2603-0418"


def test_reminders_without_a_document_have_no_visit(li: Actor) -> None:
    car(insurance_until=date(2026, 4, 20))
    planner.plan(NOW)
    shown = sheet(li, FollowUp.objects.get())
    assert shown.visit is None
    assert "4月20日" in shown.script.text


def test_the_script_speaks_to_this_customer(li: Actor, call: Any) -> None:
    script = sheet(li, call).script
    for word in ("陈女士", "李娜", "3月10日"):
        assert word in script.text
    assert "____" not in script.text + script.closing + "".join(script.points)
    with translation.override("en"):
        script = sheet(li, call).script
        assert "10 March" in script.text
        assert "____" not in script.text


def test_a_reminder_says_when_and_at_what_mileage(li: Actor, vehicle: Vehicle) -> None:
    order = repair(vehicle, "2026-03-11 09:00", "2026-03-11 10:00", kind="service", mileage=33_000)
    # 33,000 km in 283 days: the 7,500 km of the next interval are reached on the 65th day after the visit.
    planner.plan(at("2026-05-06 09:00"), only=[vehicle.pk])
    reminder = FollowUp.objects.get(rule="service-reminder")
    values = words.script(reminder, load_pack("changan-dcrc"), store(), "李娜", order)[1]  # type: ignore[index]
    assert (values["due_date"], values["due_km"]) == ("5月15日", "40,500")


def test_the_estimate_is_read_back_from_a_window_that_closed_days_moved(
    li: Actor, vehicle: Vehicle, place: Store
) -> None:
    place.closed_days = ["2026-05-05", "2026-05-06"]
    place.save()
    order = repair(vehicle, "2026-03-11 09:00", "2026-03-11 10:00", kind="service", mileage=33_000)
    planner.plan(at("2026-05-07 09:00"), only=[vehicle.pk])
    reminder = FollowUp.objects.get(rule="service-reminder")
    assert reminder.opens == at("2026-05-07 08:30")
    assert words.script(reminder, load_pack("changan-dcrc"), store(), "李娜", order)[1]["due_date"] == "5月15日"  # type: ignore[index]


def test_a_second_call_reminds_of_the_first_service(li: Actor) -> None:
    one = car(series="CS75", model="CS75 PLUS")
    delivery = deliver(one, "2026-02-20")
    planner.plan(NOW)
    second = FollowUp.objects.get(rule="second-call")
    values = words.script(second, load_pack("changan-dcrc"), store(), "李娜", delivery)[1]  # type: ignore[index]
    assert (values["due_date"], values["due_km"]) == ("8月20日", "5,000")


def test_a_recent_complaint_warns_before_dialling(li: Actor, call: Any) -> None:
    assert sheet(li, call).alert is None
    made = complaints.register(
        li, customer=call.customer, channel="counter", title="车机黑屏", text="", now=NOW - timedelta(days=60)
    )
    alert = sheet(li, call).alert
    assert (alert.tone, alert.complaint_id) == ("warn", made.pk)
    assert "车机黑屏" in alert.text
    assert made.number in alert.text
    assert sheet(li, call, NOW + timedelta(days=40)).alert is None


def test_hints_say_what_the_product_will_do(li: Actor, call: Any) -> None:
    shown = sheet(li, call)
    assert [one.key for one in shown.outcomes[:5]] == [
        "completed",
        "no_answer",
        "call_later",
        "refused",
        "wrong_number",
    ]
    assert outcome(shown, "no_answer").hint == "第 1 次未接通；第 3 次后发送短信问卷"
    assert outcome(shown, "wrong_number").hint == "将转给 邓凯（服务顾问）核实"
    assert outcome(shown, "refused").hint == "不再拨打，发送短信问卷"
    assert [option.value for option in outcome(shown, "wrong_number").options] == ["empty", "somebody_else", "stopped"]
    for attempt in (1, 2):
        before = NOW - timedelta(minutes=10 * (3 - attempt))
        actions.record_outcome(li, call, attempt=attempt, outcome="busy", now=before)
    assert outcome(sheet(li, call), "no_answer").hint == "第 3 次未接通，结束回访并发送短信问卷"
    Customer.objects.update(mobile="", landline="028-85551234")
    shown = sheet(li, call)
    assert outcome(shown, "no_answer").hint == "第 3 次未接通，结束回访"
    assert outcome(shown, "refused").hint == "不再拨打"
    assert shown.phone_masked.endswith("34")


def test_the_complaint_hint_is_the_standards_clock(li: Actor, call: Any) -> None:
    assert sheet(li, call).complaint_hint == "提交后登记投诉单，2 小时内首次联系"


def test_times_offered_for_calling_back_can_be_kept(li: Actor, call: Any, place: Store) -> None:
    place.closed_days = ["2026-03-13"]
    place.save()
    callback = sheet(li, call).callback
    assert [quick.value for quick in callback.quick] == [
        at("2026-03-12 11:00"),
        at("2026-03-12 15:00"),
        at("2026-03-14 10:00"),
        at("2026-03-14 15:00"),
    ]
    assert [quick.label for quick in callback.quick] == ["今天 11:00", "今天 15:00", "3-14 10:00", "3-14 15:00"]
    assert callback.value == at("2026-03-12 11:00")
    for quick in callback.quick:
        FollowUp.objects.update(attempts=0, state="open")
        call.tries.all().delete()
        actions.record_outcome(li, call, attempt=1, outcome="call_later", promised_at=quick.value, now=NOW)
    late = sheet(li, call, at("2026-03-12 17:00")).callback
    assert [quick.label for quick in late.quick] == ["3-14 10:00", "3-14 15:00"]


def test_who_has_the_customer(li: Actor, call: Any, actor: Callable[[str], Actor]) -> None:
    assert sheet(li, call).hold.state == "free"
    actions.hold(li, call, now=NOW)
    assert (sheet(li, call).hold.state, sheet(li, call).hold.since) == ("mine", NOW)
    other = sheet(actor("周思颖"), call).hold
    assert (other.state, other.by) == ("other", "李娜")
    assert sheet(actor("周思颖"), call, NOW + timedelta(minutes=20)).hold.state == "free"


def test_the_timeline_has_everything_newest_first(li: Actor, call: Any) -> None:
    complaints.register(
        li, customer=call.customer, channel="counter", title="异响", text="", now=at("2026-03-11 12:00")
    )
    for attempt in (1, 2, 3):
        moment = NOW + timedelta(minutes=10 * (attempt - 1))
        actions.record_outcome(li, call, attempt=attempt, outcome="no_answer", note="响铃", now=moment)
    deliver(call.vehicle, "2026-03-11")
    planner.plan(at("2026-03-12 10:04"), only=[call.vehicle_id])
    other = FollowUp.objects.get(rule="first-call")
    actions.record_outcome(li, other, attempt=1, outcome="wrong_number", reason="empty", now=NOW + timedelta(minutes=9))
    entries = queries.timeline(call.customer, NOW + timedelta(hours=1))
    newest = ["call_missed", "note", "call_missed", "message", "call_missed", "call_missed"]
    assert sorted(entry.kind for entry in entries[:6]) == sorted(newest)
    assert [entry.kind for entry in entries[6:]] == ["complaint", "delivery", "repair", "repair", "repair", "delivery"]
    assert entries == sorted(entries, key=lambda entry: entry.at, reverse=True)
    first = entries[5]
    assert first.title == "三访 · 第 1 次外呼 · 无人接听"
    assert first.text == "李娜 · 响铃"
    assert entries[-1].day_only
    assert "交车" in entries[-1].title
    assert queries.timeline(call.customer, at("2026-03-10 15:00")) == entries[-3:]


def test_a_completed_call_shows_what_was_said_and_what_follows(li: Actor, call: Any) -> None:
    actions.record_outcome(li, call, attempt=1, outcome="completed", answers=BAD, note="等太久", now=NOW)  # type: ignore[arg-type]
    closed = sheet(li, call).closed
    assert (str(closed.outcome_label), closed.tone, closed.at, closed.by) == ("完成问卷", "good", NOW, "李娜")
    assert closed.note == "等太久"
    assert closed.complaint.no.startswith("TS2603-")
    assert closed.answers[0].answer_label == "不满意（等待时间长）"
    assert [answer.tone for answer in closed.answers] == ["danger", "muted", "muted", "muted", "muted"]
    assert (closed.tracking, closed.message) == (None, None)


def test_a_given_up_call_shows_what_became_of_the_message(li: Actor, call: Any) -> None:
    assert sheet(li, call).closed is None
    actions.record_outcome(li, call, attempt=1, outcome="refused", reason="upset", now=NOW)
    closed = sheet(li, call).closed
    assert (str(closed.outcome_label), closed.tone, str(closed.message)) == ("拒绝访问", "warn", "待发送")


def test_a_call_that_waits_for_a_number_says_with_whom(li: Actor, call: Any) -> None:
    actions.record_outcome(li, call, attempt=1, outcome="wrong_number", reason="empty", now=NOW)
    shown = sheet(li, call)
    assert shown.phone_masked == ""
    assert (str(shown.closed.outcome_label), shown.closed.tracking) == ("空号/错号", "已转 邓凯 核实")
    Customer.objects.update(mobile="15409999999", mobile_state="unverified")
    assert sheet(li, call).closed is None


def test_a_call_without_a_number_that_nobody_has_tried_is_open(li: Actor, call: Any) -> None:
    Customer.objects.update(mobile="")
    shown = sheet(li, call)
    assert (shown.phone_masked, shown.closed) == ("", None)


def test_answered_and_withdrawn_calls_say_so(li: Actor, call: Any) -> None:
    for state, label in (("answered", "已回厂"), ("withdrawn", "已撤销")):
        FollowUp.objects.update(state=state, ended_at=NOW if state == "answered" else None)
        closed = sheet(li, call).closed
        assert (str(closed.outcome_label), closed.by) == (label, None)


def test_the_questionnaire_is_the_one_of_the_version_that_asked(
    li: Actor, call: Any, monkeypatch: pytest.MonkeyPatch
) -> Any:
    pack = load_pack("changan-dcrc")
    newer = replace(pack, version="2027.1", questionnaires={}, rules={})
    from crm.store import queries as store_queries

    def both(name: str, version: Any = None) -> Any:
        return pack if version == "2009.1" else newer

    monkeypatch.setattr(store_queries, "load_pack", both)
    call.__class__.objects.update(pack_version="2009.1")
    shown = sheet(li, call)
    assert (shown.questionnaire.version, len(shown.questionnaire.questions)) == ("2009.1", 7)


def test_statements_of_a_closed_call(li: Actor, call: Any, django_assert_num_queries: Any) -> None:
    actions.record_outcome(li, call, attempt=1, outcome="completed", answers=BAD, now=NOW)  # type: ignore[arg-type]
    with django_assert_num_queries(5):
        sheet(li, call)


@pytest.mark.parametrize("document", ["nothing", "a delivery to somebody else"])
def test_who_has_owned_a_car_for_how_long_is_said_only_when_known(li: Actor, document: str) -> None:
    one = car()
    if document != "nothing":
        deliver(one, "2024-05-01", customer=customer())
    repair(one, "2026-03-10 09:00", "2026-03-10 16:00")
    planner.plan(at("2026-03-12 09:00"))
    assert sheet(li, FollowUp.objects.get(rule="third-call", vehicle=one)).customer.owner_since is None


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-12 09:00", ""),
        ("2026-03-12 17:29", ""),
        ("2026-03-12 08:59", "09:00–17:30"),
        ("2026-03-12 17:30", "09:00–17:30"),
        ("2026-03-12 22:30", "09:00–17:30"),
        ("2026-03-14 10:00", "今天休息"),
    ],
)
def test_a_time_that_is_not_for_calling_is_said_so(li: Actor, call: Any, place: Store, moment: str, said: str) -> None:
    place.closed_days = ["2026-03-14"]
    place.save()
    quiet = sheet(li, call, at(moment)).quiet
    assert bool(quiet) == bool(said)
    assert said in quiet


def test_a_finished_call_leads_to_the_customers_others(li: Actor, call: Any) -> None:
    other = FollowUp.objects.create(**_fields(call, trigger=str(uuid7()), due=at("2026-03-13 17:30")))
    FollowUp.objects.create(**_fields(call, trigger="taken back", state="withdrawn"))
    FollowUp.objects.create(**_fields(call, trigger="not yet", opens=at("2026-04-01 08:30")))
    actions.record_outcome(li, call, attempt=1, outcome="moved", now=NOW)
    found = [(one.id, one.purpose, str(one.state_label)) for one in sheet(li, call).others]
    assert (other.pk, "三访", "待回访") in found
    assert call.pk not in [key for key, _purpose, _label in found]
    assert not {"已撤销"} & {label for _key, _purpose, label in found}
    assert len(found) == FollowUp.objects.filter(customer=call.customer, opens__lte=NOW, channel="phone").count() - 2
    assert sheet(li, other).others == []


def _fields(call: Any, **changed: Any) -> Any:
    kept = {field.attname: getattr(call, field.attname) for field in FollowUp._meta.fields if field.name != "id"}
    return kept | changed
