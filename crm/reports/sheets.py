"""Reports as workbooks. Every text is written as a text: nothing that a customer said becomes a formula or a link."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils.translation import gettext as _

from crm.reports.daily import MonthReport, Report, Section

TEXT_ONLY = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
LONGEST_CELL = 32767
LONGEST_NAME = 31
NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
WIDTHS = {"text": 18, "long": 40, "time": 8, "number": 9}


def day_workbook(report: Report, zone: ZoneInfo, *, full: bool) -> bytes:
    """One sheet for each rule. ``full``: with whole telephone numbers; whoever calls this has asked for the right."""
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, TEXT_ONLY) as book:
        sheets = Sheets(book)
        if not report.sections:
            sheets.add(_("回访日报"), [(_("当天没有回访"), "text")], [])
        for section in report.sections:
            sheets.add(section.title, _columns(section), (_row(section, one, zone, full) for one in section.calls))
    return into.getvalue()


def month_workbook(report: MonthReport) -> bytes:
    heads = [
        (_("日期"), "text"),
        (_("休息日"), "number"),
        (_("拨打"), "number"),
        (_("客户"), "number"),
        (_("接通"), "number"),
        (_("完成问卷"), "number"),
        (_("不满意"), "number"),
    ]
    rows: list[list[Any]] = [
        [one.day.isoformat(), _("休息日") if one.closed else "", *_numbers(one.numbers)] for one in report.days
    ]
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, TEXT_ONLY) as book:
        Sheets(book).add(report.month.key, heads, [*rows, [_("合计"), "", *_numbers(report.total)]])
    return into.getvalue()


class Sheets:
    """Writes tables into a workbook, each with a name of its own."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.head = book.add_format({"bold": True, "bg_color": "#ECF0F3", "text_wrap": True, "valign": "top"})
        self.cell = book.add_format({"text_wrap": True, "valign": "top"})
        self.low = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#9A2D17"})
        self.names: set[str] = set()

    def add(self, name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
        sheet = self.book.add_worksheet(self._name(name))
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        for column, (title, width) in enumerate(columns):
            sheet.set_column(column, column, WIDTHS[width])
            sheet.write_string(0, column, title, self.head)
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self._write(sheet, line, column, value)

    def _write(self, sheet: Any, line: int, column: int, value: Any) -> None:
        text, low = value if isinstance(value, tuple) else (value, False)
        if isinstance(text, int):
            sheet.write_number(line, column, text, self.cell)
        else:
            sheet.write_string(line, column, str(text)[:LONGEST_CELL], self.low if low else self.cell)

    def _name(self, wanted: str) -> str:
        """Excel takes 31 characters, some signs not at all, and no name twice."""
        clean = wanted.translate(NOT_IN_NAMES).strip()[:LONGEST_NAME] or "1"
        name, number = clean, 2
        while name.casefold() in self.names:
            name = f"{clean[: LONGEST_NAME - 4]} {number}"
            number += 1
        self.names.add(name.casefold())
        return name


def _columns(section: Section) -> list[tuple[str, str]]:
    return [
        (_("时间"), "time"),
        (_("专员"), "text"),
        (_("客户"), "text"),
        (_("车辆"), "text"),
        (_("电话"), "text"),
        (_("结果"), "text"),
        *((question, "text") for question in section.questions),
        (_("不满意项"), "number"),
        (_("客户原话"), "long"),
        (_("后续"), "long"),
    ]


def _row(section: Section, one: Any, zone: ZoneInfo, full: bool) -> list[Any]:
    at: datetime = one.at.astimezone(zone)
    phone = one.full_phone if full else one.phone
    head = [f"{at:%H:%M}", one.caller, one.customer, one.vehicle, phone, str(one.outcome)]
    return [*head, *one.answers, one.dissatisfied, one.note, one.leads_to]


def _numbers(one: Any) -> list[int]:
    return [one.tried, one.customers, one.reached, one.completed, one.dissatisfied]
