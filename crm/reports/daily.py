"""The daily callback reports 销售/维修回访日报 and their month (handbook §3, §12): every call that was tried."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.customers.queries import masked_mobile
from crm.followups.queries import CONNECTED, OUTCOMES
from crm.reports.kinds_of_report import sales_rules
from crm.reports.periods import Month
from crm.reports.policy import DAILY
from crm.store.queries import StoreFacts, store
from crm.surveys.queries import labelled
from sanfang.kernel.errors import Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.standards.definitions import Pack
from sanfang.standards.packs import load_pack

# Read in one statement, so that what a report says of a day is of one moment.
CALLS = """
SELECT a.at, a.outcome, a.note, a.promised_at, a.invitation_id IS NOT NULL, a.tracking_id IS NOT NULL, f.id, f.rule,
       f.pack, f.pack_version, c.id, c.name,
       CASE WHEN c.mobile <> '' AND c.mobile_state <> 'wrong' THEN c.mobile ELSE c.landline END,
       coalesce(v.plate, ''), coalesce(nullif(v.model, ''), v.series, ''), s.name, r.questionnaire, r.answers,
       coalesce(r.note, ''), p.number
  FROM followups_attempt AS a
  JOIN followups_followup AS f ON f.id = a.follow_up_id
  JOIN customers_customer AS c ON c.id = f.customer_id
  JOIN staff AS s ON s.id = a.staff_id
  LEFT JOIN vehicles_vehicle AS v ON v.id = f.vehicle_id
  LEFT JOIN LATERAL (SELECT * FROM surveys_response AS r
                      WHERE r.follow_up_id = f.id AND a.outcome = 'completed' AND r.source = 'call'
                      ORDER BY r.at DESC LIMIT 1) AS r ON true
  LEFT JOIN complaints_complaint AS p ON p.id = a.complaint_id
 WHERE a.at >= %(start)s AND a.at < %(end)s AND (f.rule = ANY(%(sales)s::text[])) = %(is_sales)s
 ORDER BY f.rule, f.pack, f.pack_version, a.at, a.id
"""

DAYS = """
SELECT (a.at AT TIME ZONE %(zone)s)::date, count(*), count(DISTINCT f.customer_id),
       count(*) FILTER (WHERE a.outcome = ANY(%(connected)s::text[])),
       count(*) FILTER (WHERE a.outcome = 'completed'), count(a.complaint_id)
  FROM followups_attempt AS a
  JOIN followups_followup AS f ON f.id = a.follow_up_id
 WHERE a.at >= %(start)s AND a.at < %(end)s AND (f.rule = ANY(%(sales)s::text[])) = %(is_sales)s
 GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Call:
    """``phone``: masked. ``answers``: one for each of the section's questions, with whether it means dissatisfied.
    ``leads_to``: what followed from the call."""

    at: datetime
    caller: str
    call: UUID
    customer_id: UUID
    customer: str
    vehicle: str
    phone: str
    full_phone: str
    reached: bool
    outcome: Any
    answers: list[tuple[str, bool]]
    dissatisfied: int
    note: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class Section:
    """The calls of one rule; ``questions`` are the columns of its answers."""

    title: str
    questions: list[str]
    calls: list[Call]

    @property
    def rows(self) -> list[tuple[Call, list[tuple[str, str, bool]]]]:
        """Each call with its answers beside their questions, which a narrow screen shows again and again."""
        return [
            (call, [(asked, *said) for asked, said in zip(self.questions, call.answers, strict=True)])
            for call in self.calls
        ]


@dataclass(frozen=True, slots=True)
class Numbers:
    tried: int
    customers: int
    reached: int
    completed: int
    dissatisfied: int

    @property
    def reached_percent(self) -> int | None:
        return round(self.reached * 100 / self.tried) if self.tried else None


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of opening; None for what was called outside of all of them."""

    begins: datetime | None
    ends: datetime | None
    tried: int
    reached: int


@dataclass(frozen=True, slots=True)
class Report:
    """``closed``: the store isn't open on that day."""

    kind: str
    day: date
    today: date
    closed: bool
    shifts: list[Shift]
    numbers: Numbers
    sections: list[Section]
    store: str


@dataclass(frozen=True, slots=True)
class DayLine:
    day: date
    closed: bool
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class MonthReport:
    kind: str
    month: Month
    present: Month
    days: list[DayLine]
    total: Numbers
    store: str


def kinds(actor: Actor) -> list[str]:
    """The reports this person may see. Raises Forbidden where there are none."""
    found = [kind for kind, capability in DAILY.items() if actor.may(capability)]
    if not found:
        raise Forbidden("daily reports")
    return found


def require(actor: Actor, kind: str) -> None:
    actor.require(DAILY[kind])


def daily(actor: Actor, kind: str, day: date | None, *, now: datetime) -> Report:
    """Every call tried on ``day`` (today where None, and for days to come). Two statements."""
    require(actor, kind)
    place = store()
    today = place.calendar.day_of(now)
    day = today if day is None or day > today else day
    start, end = place.calendar.start_of(day), place.calendar.start_of(day + timedelta(days=1))
    sections = _sections(_run(CALLS, kind, start, end), place)
    calls = [call for section in sections for call in section.calls]
    return Report(
        kind=kind,
        day=day,
        today=today,
        closed=not place.calendar.stretches(day),
        shifts=shifts(calls, place.calendar.stretches(day)),
        numbers=Numbers(
            tried=len(calls),
            customers=len({call.customer_id for call in calls}),
            reached=sum(call.reached for call in calls),
            completed=sum(call.outcome == OUTCOMES["completed"] for call in calls),
            dissatisfied=sum(bool(call.dissatisfied) for call in calls),
        ),
        sections=sections,
        store=place.name,
    )


def monthly(actor: Actor, kind: str, month: Month, *, now: datetime) -> MonthReport:
    """The numbers of every day of the month so far. Two statements."""
    require(actor, kind)
    place = store()
    today = place.calendar.day_of(now)
    rows = _run(DAYS, kind, month.start(place), month.end(place), str(place.zone))
    found = {row[0]: Numbers(*row[1:]) for row in rows}
    nothing = Numbers(0, 0, 0, 0, 0)
    days = [month.first + timedelta(days=number) for number in range((month.last - month.first).days + 1)]
    lines = [DayLine(day, not place.calendar.stretches(day), found.get(day, nothing)) for day in days if day <= today]
    return MonthReport(
        kind=kind,
        month=month,
        present=Month(today.replace(day=1)),
        days=lines,
        total=Numbers(*(sum(column) for column in zip(*(_columns(one.numbers) for one in lines), strict=True))),
        store=place.name,
    )


def shifts(calls: Iterable[Call], stretches: Iterable[tuple[datetime, datetime]]) -> list[Shift]:
    """The calls of each stretch of opening; outside of all only if there were any."""
    calls = list(calls)
    found, inside = [], 0
    for begins, ends in stretches:
        those = [call for call in calls if begins <= call.at < ends]
        inside += len(those)
        found.append(Shift(begins, ends, len(those), sum(call.reached for call in those)))
    if inside < len(calls):
        reached = sum(call.reached for call in calls) - sum(one.reached for one in found)
        found.append(Shift(None, None, len(calls) - inside, reached))
    return found


def _columns(one: Numbers) -> tuple[int, ...]:
    return one.tried, one.customers, one.reached, one.completed, one.dissatisfied


def _run(sql: str, kind: str, start: datetime, end: datetime, zone: str = "") -> list[Any]:
    values: dict[str, Any] = {
        "start": start,
        "end": end,
        "zone": zone,
        "sales": sales_rules(),
        "is_sales": kind == "sales",
        "connected": [str(one) for one in CONNECTED],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _sections(rows: list[Any], place: StoreFacts) -> list[Section]:
    """Rows come sorted by rule and version of the standard, whose questions are a section's columns."""
    sections: dict[tuple[str, str, str], Section] = {}
    for row in rows:
        key = (row[7], row[8], row[9])
        pack = load_pack(row[8], version=row[9])
        if key not in sections:
            sections[key] = _section(row[7], pack)
        sections[key].calls.append(_call(row, pack, sections[key].questions, place))
    return list(sections.values())


def _section(name: str, pack: Pack) -> Section:
    language = get_language() or ""
    rule = pack.rules[name]
    asked = pack.questionnaires[rule.questionnaire].questions if rule.questionnaire else ()
    return Section(rule.title.get(language), [one.text.get(language) for one in asked], [])


def _call(row: Any, pack: Pack, questions: list[str], place: StoreFacts) -> Call:
    at, outcome, note, promised_at, invited, tracked, call, _rule, _pack, _version, *rest = row
    customer_id, customer, phone, plate, model, caller, questionnaire, answers, said, complaint = rest
    lines = labelled(pack, pack.questionnaires[questionnaire], json.loads(answers)) if questionnaire else []
    words = {question: (answer, low) for question, answer, low in lines}
    leads_to = [
        complaint and _("投诉单 %(number)s") % {"number": complaint},
        promised_at and _("约定回拨 %(time)s") % {"time": f"{place.calendar.local(promised_at):%m-%d %H:%M}"},
        invited and _("已发短信问卷"),
        tracked and _("已转客户信息跟踪"),
    ]
    return Call(
        at=at,
        caller=caller,
        call=call,
        customer_id=customer_id,
        customer=customer or _("未留姓名"),
        vehicle=" ".join(filter(None, [model, plate])),
        phone=masked_mobile(phone) if phone else "",
        full_phone=phone,
        reached=outcome in CONNECTED,
        outcome=OUTCOMES[outcome],
        answers=[words.get(question, ("", False)) for question in questions],
        dissatisfied=sum(low for _answer, low in words.values()),
        note=note or said,
        leads_to="；".join(filter(None, leads_to)),
    )
