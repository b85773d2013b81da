"""The rows that were not imported, in the file's own columns, with the reason beside each.

Correct and import again: the header is the one of the source, a CSV keeps its encoding and
delimiter (UTF-8 gets the mark by which spreadsheets know it), everything else becomes XLSX.
Nothing in it is ever a formula: in a CSV such cells get an apostrophe, which the importer takes
away again; in XLSX they are text cells.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from .cells import FORMULA_STARTS, Cell, marked_as_text
from .columns import Columns
from .files import Source
from .headers import plain_header

# Read back by this name, so that the reasons of a corrected file don't pile up.
REASON_HEADERS = ("原因", "Reason")
_LONGEST_XLSX_TEXT = 32_767
_WRITTEN_AS = {"utf-8": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}


def error_file_name(source: Source) -> str:
    """The input's name with a mark; the suffix tells what the file is, whatever the input's said."""
    suffix = ".csv" if source.form == "csv" else ".xlsx"
    return _("%(name)s-错误行") % {"name": source.path.stem} + suffix


def write_error_file(source: Source, columns: Columns, reasons: Iterable[tuple[int, str]], target: Path) -> int:
    """Write the rows on the given lines (ascending) with their reasons; returns how many.

    The source is read once more, so only the reasons have to be kept, not the rows.
    """
    rows = _rows_with_reasons(source, columns, reasons)
    if source.form == "csv":
        return _write_csv(source, rows, target)
    return _write_xlsx(rows, target)


def _rows_with_reasons(source: Source, columns: Columns, reasons: Iterable[tuple[int, str]]) -> Iterator[list[Cell]]:
    """The header, then each faulty row, all of them ending with the reason."""
    width = len(columns.headers)
    if width and plain_header(columns.headers[-1]) in map(plain_header, REASON_HEADERS):
        width -= 1
    yield [*columns.headers[:width], _("原因")]
    wanted = iter(reasons)
    line, reason = next(wanted, (0, ""))
    for at, cells in source.rows():
        if at == line:
            row = [*cells[:width], *[""] * (width - len(cells))]
            # Cells beyond the header are what the reason complains about: keep them in sight.
            yield [*row, reason, *cells[len(columns.headers) :]]
            line, reason = next(wanted, (0, ""))


def _write_csv(source: Source, rows: Iterator[list[Cell]], target: Path) -> int:
    written = -1
    encoding = _WRITTEN_AS.get(source.encoding, source.encoding)
    with target.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=source.delimiter)
        for row in rows:
            writer.writerow(marked_as_text(cell) if isinstance(cell, str) else cell for cell in row)
            written += 1
    return max(written, 0)


def _write_xlsx(rows: Iterator[list[Cell]], target: Path) -> int:
    written = -1
    with xlsxwriter.Workbook(str(target), {"constant_memory": True}) as book:
        sheet = book.add_worksheet(_("错误行"))
        formats = {
            "text": book.add_format({"num_format": "@"}),
            "quoted": book.add_format({"num_format": "@", "quote_prefix": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "time": book.add_format({"num_format": "hh:mm:ss"}),
        }
        for place, row in enumerate(rows):
            _write_row(sheet, place, row, formats)
            written += 1
        sheet.freeze_panes(1, 0)
    return max(written, 0)


def _write_row(sheet: Worksheet, place: int, row: Sequence[Cell], formats: dict[str, Format]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            if cell:
                kind = "quoted" if cell.startswith(FORMULA_STARTS) else "text"
                sheet.write_string(place, column, cell[:_LONGEST_XLSX_TEXT], formats[kind])
        elif isinstance(cell, bool):
            sheet.write_boolean(place, column, cell)
        elif isinstance(cell, (int, float)):
            sheet.write_number(place, column, cell)
        elif isinstance(cell, datetime):
            sheet.write_datetime(place, column, cell, formats["moment"])
        elif isinstance(cell, date):
            sheet.write_datetime(place, column, cell, formats["day"])
        elif isinstance(cell, (time, timedelta)):
            sheet.write_datetime(place, column, cell, formats["time"])
