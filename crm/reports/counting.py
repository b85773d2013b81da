"""Asks the database for figures. One statement for any number of KPIs, months, people or rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from crm.reports.kinds import KINDS, select, values
from crm.reports.periods import Month
from crm.store.queries import StoreFacts
from sanfang.standards.kpis import Kpi


@dataclass(frozen=True, slots=True)
class Figure:
    """``part`` / ``whole`` of ``n`` records; ``whole`` is None for a plain count."""

    part: int
    whole: int | None
    n: int

    @property
    def value(self) -> float | None:
        """Per cent, or the count; None where there is nothing to divide by."""
        if self.whole is None:
            return float(self.part)
        return self.part * 100 / self.whole if self.whole else None


NOTHING = Figure(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Filter:
    """``staff``: one person's; ``rule``: of one rule; both may be left open."""

    staff: UUID | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    id: UUID
    day: date
    staff: UUID | None
    rule: str
    part: int
    whole: int | None


def by_month(
    wanted: Iterable[Kpi], months: list[Month], place: StoreFacts, now: datetime, only: Filter = Filter()
) -> dict[tuple[str, int], Figure]:
    """(KPI, place of the month in ``months``) → figure; months without records are left out. One statement."""
    query = Query(place, now, months, people=only.staff is not None)
    parts = [query.select(kpi, only, "width_bucket(day, {months}::date[]) - 1 AS key") for kpi in wanted]
    if not parts:
        return {}
    return {(kpi, int(key)): figure for kpi, key, figure in query.grouped(parts)}


def by_person(kpi: Kpi, month: Month, place: StoreFacts, now: datetime, only: Filter) -> dict[UUID | None, Figure]:
    """Of one month, by whose work it was. One statement."""
    query = Query(place, now, [month], people=True)
    return {key: figure for _kpi, key, figure in query.grouped([query.select(kpi, only, "staff AS key")])}


def by_rule(kpi: Kpi, month: Month, place: StoreFacts, now: datetime, only: Filter) -> dict[str, Figure]:
    query = Query(place, now, [month], people=only.staff is not None)
    return {key: figure for _kpi, key, figure in query.grouped([query.select(kpi, only, "rule AS key")])}


def records(
    kpi: Kpi, month: Month, place: StoreFacts, now: datetime, only: Filter, *, missed: bool, most: int, skip: int = 0
) -> list[Record]:
    """What a figure is made of, the newest first; ``missed``: only what is missing in its numerator."""
    query = Query(place, now, [month], people=True)
    sql = query.filtered(kpi, only, "id, day, staff, rule, part, whole")
    if missed:
        sql = f"SELECT * FROM ({sql}) AS one WHERE part < whole"  # noqa: S608
    sql += f" ORDER BY day DESC, id LIMIT {int(most)} OFFSET {int(skip)}"
    return [Record(*row) for row in query.run(sql)]


class Query:
    """Builds one statement and keeps its values, each definition's under a name of its own."""

    def __init__(self, place: StoreFacts, now: datetime, months: list[Month], *, people: bool) -> None:
        self.people = people
        self.values: dict[str, Any] = {
            "start": months[0].start(place),
            "end": months[-1].end(place),
            "first_day": months[0].first,
            "end_day": months[-1].moved(1).first,
            "now": now,
            "today": place.calendar.day_of(now),
            "zone": str(place.zone),
            "go_live": place.go_live,
            "months": [month.first for month in months],
            "lasts": [month.last for month in months],
        }
        self.common = frozenset(self.values)
        self.months = len(months)

    def select(self, kpi: Kpi, only: Filter, key: str) -> str:
        """``kpi, key, part, whole, n`` by ``key``."""
        rows = self.filtered(kpi, only, "*")
        key = key.replace("{months}", "%(months)s")
        name = self._keep(kpi.id, "name", kpi.id)
        return (
            f"SELECT {name} AS kpi, {key}, sum(part) AS part, sum(whole) AS whole, count(*) AS n"  # noqa: S608
            f" FROM ({rows}) AS record GROUP BY 2"
        )

    def filtered(self, kpi: Kpi, only: Filter, columns: str) -> str:
        sql = select(kpi.kind, dict(kpi.params), people=self.people)
        for name, value in values(dict(kpi.params)).items():
            sql = sql.replace(f"{{{name}}}", self._keep(kpi.id, name, value))
        for name in self.common:
            sql = sql.replace(f"{{{name}}}", f"%({name})s")
        conditions = []
        if only.staff is not None:
            conditions.append(f"staff = {self._keep(kpi.id, 'staff', only.staff)}")
        if only.rule:
            conditions.append(f"rule = {self._keep(kpi.id, 'rule', only.rule)}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {columns} FROM ({sql}) AS every{where}"  # noqa: S608

    def grouped(self, parts: list[str]) -> Iterable[tuple[str, Any, Figure]]:
        for kpi, key, part, whole, n in self.run(" UNION ALL ".join(f"({one})" for one in parts)):
            yield kpi, key, Figure(int(part), None if whole is None else int(whole), n)

    def run(self, sql: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, self.values)
            return list(cursor.fetchall())

    def _keep(self, kpi: str, name: str, value: Any) -> str:
        self.values[f"{kpi}_{name}"] = value
        return f"%({kpi}_{name})s"


def counted(wanted: Mapping[str, Kpi]) -> list[Kpi]:
    """Those whose data exist."""
    return [kpi for kpi in wanted.values() if kpi.kind in KINDS]
