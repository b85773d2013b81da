"""The daily reports: every call once, masked, in the right report; workbooks in which nothing is a formula."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from address_table import a_call
from care_support import DISSATISFIED, NOW, at, nothing_changes
from followups_support import staff
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from crm.followups.models import Attempt, FollowUp
from crm.reports import actions
from crm.reports.daily import Call, daily, kinds, monthly, shifts
from crm.reports.periods import Month
from crm.store.actions import open_store
from crm.surveys.models import Response
from sanfang.audit.models import Access, Event
from sanfang.kernel.errors import DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from tenants.models import Tenant

TODAY = date(2026, 11, 17)
EVIL = '=HYPERLINK("http://evil.example","点我")'
Actors = Callable[[str], Actor]


@pytest.fixture
def chen(in_chengdu: Tenant, actor: Actors) -> Actor:
    return actor("陈雅婷")


def a_try(rule: str = "third-call", moment: datetime = NOW, outcome: str = "completed", **more: Any) -> Attempt:
    call = FollowUp.objects.get(pk=a_call())
    FollowUp.objects.filter(pk=call.pk).update(rule=rule)
    return Attempt.objects.create(follow_up=call, number=1, staff=staff("李娜"), at=moment, outcome=outcome, **more)


def answered(attempt: Attempt, answers: Any = DISSATISFIED) -> None:
    call = FollowUp.objects.get(pk=attempt.follow_up_id)
    Response.objects.create(
        customer=call.customer,
        vehicle=call.vehicle,
        pack=call.pack,
        pack_version=call.pack_version,
        questionnaire="service-callback",
        source="call",
        follow_up_id=call.pk,
        by=attempt.staff,
        at=attempt.at,
        answers=answers,
    )


def test_each_call_stands_in_one_report_once(chen: Actor) -> None:
    for rule in ("first-call", "second-call", "third-call", "service-reminder"):
        a_try(rule)
    a_try("third-call", at("2026-11-16 23:59"))
    a_try("third-call", at("2026-11-18 00:00"))
    found = {kind: daily(chen, kind, TODAY, now=at("2026-11-20 09:00")) for kind in ("sales", "service")}
    assert [section.title for section in found["sales"].sections] == ["首访", "二访"]
    assert [section.title for section in found["service"].sections] == ["保养提醒", "三访"]
    assert [found[kind].numbers.tried for kind in found] == [2, 2]


def test_a_line_says_who_what_and_what_follows(chen: Actor) -> None:
    attempt = a_try(note="等太久", promised_at=at("2026-11-18 15:00"))
    answered(attempt)
    section = daily(chen, "service", TODAY, now=NOW).sections[0]
    line = section.calls[0]
    said = dict(zip(section.questions, line.answers, strict=True))
    low = [question for question, (_answer, is_low) in said.items() if is_low]
    assert len(low) == line.dissatisfied == 2
    assert "非常不满意（等待时间长、费用偏高）" in [answer for answer, _low in said.values()]
    assert "****" in line.phone
    assert line.full_phone == attempt.follow_up.customer.mobile
    assert (line.reached, line.note, line.leads_to) == (True, "等太久", "约定回拨 11-18 15:00")


def test_a_missed_call_has_no_answers(chen: Actor) -> None:
    attempt = a_try(outcome="no_answer")
    answered(attempt)
    line = daily(chen, "service", TODAY, now=NOW).sections[0].calls[0]
    assert not line.reached
    assert {answer for answer, _low in line.answers} == {""}


def test_a_closed_day_and_two_shifts(chen: Actor) -> None:
    hours = {"mon": None, "tue": [["08:30", "12:00"], ["13:30", "17:30"]]}
    open_store(go_live=date(2026, 1, 1), opening_hours=hours, now=NOW)
    for moment in ("2026-11-17 08:30", "2026-11-17 12:00", "2026-11-17 13:30", "2026-11-16 10:00"):
        a_try(moment=at(moment))
    report = daily(chen, "service", TODAY, now=at("2026-11-17 18:00"))
    assert [one.tried for one in report.shifts] == [1, 1, 1]
    assert report.shifts[-1].begins is None
    monday = daily(chen, "service", TODAY - timedelta(days=1), now=NOW)
    assert monday.closed
    assert [(one.begins, one.tried) for one in monday.shifts] == [(None, 1)]


def a_line(moment: datetime, reached: bool) -> Call:
    return Call(moment, "", None, None, "", "", "", "", reached, "", [], 0, "", "")  # type: ignore[arg-type]


minutes = st.integers(0, 24 * 60)


@given(st.lists(st.tuples(minutes, st.booleans()), max_size=20), st.lists(minutes, max_size=6, unique=True))
def test_every_call_is_in_one_shift(calls: list[tuple[int, bool]], edges: list[int]) -> None:
    midnight = datetime(2026, 11, 17, tzinfo=UTC)
    marks = sorted(edges)[: len(edges) // 2 * 2]
    stretches = [
        (midnight + timedelta(minutes=marks[n]), midnight + timedelta(minutes=marks[n + 1]))
        for n in range(0, len(marks), 2)
    ]
    lines = [a_line(midnight + timedelta(minutes=minute), reached) for minute, reached in calls]
    found = shifts(lines, stretches)
    assert sum(one.tried for one in found) == len(calls)
    assert sum(one.reached for one in found) == sum(reached for _minute, reached in calls)
    for (begins, ends), one in zip(stretches, found, strict=False):
        assert one.tried == sum(begins <= line.at < ends for line in lines)


def test_the_month_is_the_sum_of_its_days(chen: Actor) -> None:
    now = at("2026-11-20 09:00")
    for moment, outcome in [
        ("2026-11-01 00:00", "completed"),
        ("2026-11-17 10:00", "no_answer"),
        ("2026-11-17 11:00", "refused"),
        ("2026-10-31 23:59", "completed"),
    ]:
        a_try(moment=at(moment), outcome=outcome)
    report = monthly(chen, "service", Month(date(2026, 11, 1)), now=now)
    assert len(report.days) == 20
    for line in report.days:
        assert line.numbers == daily(chen, "service", line.day, now=now).numbers
    assert (report.total.tried, report.total.reached, report.total.completed) == (3, 2, 1)


def test_nothing_in_a_workbook_is_a_formula_and_numbers_are_masked(chen: Actor) -> None:
    attempt = a_try(note=EVIL)
    customer = attempt.follow_up.customer
    customer.name = "+cmd|' /C calc'!A0"
    customer.save()
    answered(attempt, {**DISSATISFIED, "opinion": {"value": "@SUM(1)", "reasons": []}})
    name, content = actions.export_day(chen, "service", TODAY, now=NOW)
    assert name == "service-2026-11-17.xlsx"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {part: book.read(part).decode() for part in book.namelist() if part.endswith(".xml")}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert customer.mobile not in "".join(parts.values())
    rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert EVIL in rows[1]
    assert customer.name in rows[1]
    assert "@SUM(1)" in rows[1]
    event = Event.objects.get(kind="report.exported")
    assert event.data == {"report": "service", "about": "2026-11-17", "full": False, "calls": 1}
    assert not Access.objects.exists()


def test_whole_numbers_need_a_reason_and_are_written_down(chen: Actor) -> None:
    attempt = a_try()
    with nothing_changes(), pytest.raises(DomainError):
        actions.export_day(chen, "service", TODAY, full=True, reason=" ", now=NOW)
    _name, content = actions.export_day(chen, "service", TODAY, full=True, reason="上门走访", now=NOW)
    rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert attempt.follow_up.customer.mobile in rows[1]
    look = Access.objects.get()
    assert (look.object, look.staff_id, look.reason) == (attempt.follow_up.customer_id, chen.staff_id, "上门走访")


def test_who_may_see_which_and_take_it_along(chen: Actor, actor: Actors) -> None:
    sales, service, specialist = actor("郭晓燕"), actor("蒋国华"), actor("李娜")
    assert (kinds(sales), kinds(service), kinds(chen)) == (["sales"], ["service"], ["sales", "service"])
    refused: list[Callable[[], Any]] = [
        lambda: daily(sales, "service", TODAY, now=NOW),
        lambda: monthly(service, "sales", Month(date(2026, 11, 1)), now=NOW),
        lambda: kinds(specialist),
        lambda: actions.export_day(service, "service", TODAY, now=NOW),
        lambda: actions.export_month(specialist, "sales", Month(date(2026, 11, 1)), now=NOW),
    ]
    for attempt in refused:
        with nothing_changes(), pytest.raises(Forbidden):
            attempt()
