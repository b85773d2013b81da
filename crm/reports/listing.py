"""The records behind a figure as lines of a list: whose, about which car, what it added, where it stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.reports.counting import Record
from crm.store.queries import StoreFacts
from sanfang.tenancy.models import Staff

# Whom and which car a record is about, and the address it has. Names only: no number leaves these lists.
SOURCES = {
    "call": """SELECT f.id, c.name, v.plate, f.state, 'call', f.id FROM followups_followup AS f
                 JOIN customers_customer AS c ON c.id = f.customer_id
                 LEFT JOIN vehicles_vehicle AS v ON v.id = f.vehicle_id WHERE f.id = ANY(%s)""",
    "check": """SELECT k.id, c.name, v.plate, '', 'check', k.id FROM checks_check AS k
                  JOIN followups_attempt AS a ON a.id = k.attempt_id
                  JOIN followups_followup AS f ON f.id = a.follow_up_id
                  JOIN customers_customer AS c ON c.id = f.customer_id
                  LEFT JOIN vehicles_vehicle AS v ON v.id = f.vehicle_id WHERE k.id = ANY(%s)""",
    "order": """SELECT o.id, coalesce(c.name, o.sender_name), v.plate, o.number, '', o.id FROM vehicles_repairorder AS o
                  JOIN vehicles_vehicle AS v ON v.id = o.vehicle_id
                  LEFT JOIN customers_customer AS c ON c.id = o.customer_id WHERE o.id = ANY(%s)""",
    "lead": """SELECT l.id, c.name, '', l.number, '', l.id FROM leads_lead AS l
                 JOIN customers_customer AS c ON c.id = l.customer_id WHERE l.id = ANY(%s)""",
    "response": """SELECT r.id, c.name, v.plate, '', CASE WHEN r.follow_up_id IS NULL THEN '' ELSE 'call' END,
                          r.follow_up_id FROM surveys_response AS r
                     JOIN customers_customer AS c ON c.id = r.customer_id
                     LEFT JOIN vehicles_vehicle AS v ON v.id = r.vehicle_id WHERE r.id = ANY(%s)""",
    "complaint": """SELECT p.id, c.name, v.plate, p.number, 'complaint', p.id FROM complaints_complaint AS p
                      JOIN customers_customer AS c ON c.id = p.customer_id
                      LEFT JOIN vehicles_vehicle AS v ON v.id = p.vehicle_id WHERE p.id = ANY(%s)""",
    "customer": "SELECT c.id, c.name, '', c.number, '', c.id FROM customers_customer AS c WHERE c.id = ANY(%s)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """``route`` and ``target``: the address of its page, empty where it has none. ``whole`` None: it counts once."""

    customer: str
    plate: str
    detail: str
    day: date
    person: str
    rule: str
    part: int
    whole: int | None
    route: str
    target: UUID | None

    @property
    def hit(self) -> bool:
        return self.whole is None or self.part >= self.whole


def listed(kind: str, rows: list[Record], place: StoreFacts) -> list[Line]:
    """Two statements, however many records."""
    with connection.cursor() as cursor:
        cursor.execute(SOURCES[kind], [[row.id for row in rows]])
        known = {row[0]: row[1:] for row in cursor.fetchall()}
    people = _names(row.staff for row in rows if row.staff)
    return [_line(row, known[row.id], people, place) for row in rows if row.id in known]


def _line(row: Record, known: Any, people: dict[UUID, str], place: StoreFacts) -> Line:
    customer, plate, detail, route, target = known
    rule = place.pack.rules.get(row.rule)
    return Line(
        customer=customer or _("未留姓名"),
        plate=plate or "",
        detail=STATES[detail]() if detail in STATES else detail,
        day=row.day,
        person=people.get(row.staff, "") if row.staff else "",
        rule=rule.title.get(get_language() or "") if rule else row.rule,
        part=row.part,
        whole=row.whole,
        route=route,
        target=target,
    )


STATES: dict[str, Callable[[], str]] = {
    "open": lambda: _("待回访"),
    "completed": lambda: _("已完成"),
    "given_up": lambda: _("已放弃"),
    "answered": lambda: _("已回厂"),
}


def _names(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Staff.objects.filter(pk__in=set(ids)).values_list("pk", "name"))
