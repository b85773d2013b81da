"""HTML tables: what many systems call an .xls."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.utils.translation import gettext as _

from .delimited import MOST_COLUMNS, too_many_columns
from .errors import FileRefused

_CHUNK = 1 << 16
_BEGINNINGS = ("<!doctype html", "<html", "<table", "<head", "<meta", "<body", "<style")


def looks_like_html(head: bytes, encoding: str) -> bool:
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n").lower()
    if text.startswith(("<?xml", "<!--")):
        text = text[text.find(">") + 1 :].lstrip()
    return text.startswith(_BEGINNINGS)


class _TableReader(HTMLParser):
    """Collects the rows of all tables on the page, one after the other, as a spreadsheet would."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._span = 1
        self._carried: dict[int, tuple[int, str]] = {}
        self._rowspan = 1
        self._ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._ignored += 1
        elif tag == "tr":
            self._end_row()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
            if self._row is None:
                self._row = []
            self._fill_carried()
            given = dict(attrs)
            self._span = _span(given.get("colspan"))
            self._rowspan = _span(given.get("rowspan"))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._ignored = max(0, self._ignored - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            self._carried.clear()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._ignored:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_row()

    def _fill_carried(self) -> None:
        """Cells that reach down from a row above stand before the next cell of this one."""
        if self._row is None:
            return
        while (column := len(self._row)) in self._carried:
            left, text = self._carried.pop(column)
            if left > 1:
                self._carried[column] = (left - 1, text)
            self._row.append(text)

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        text = "".join(self._cell).strip()
        if self._rowspan > 1:
            self._carried[len(self._row)] = (self._rowspan - 1, text)
        self._row.extend([text, *[""] * (self._span - 1)])
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        self._fill_carried()
        if self._row is not None:
            self.rows.append(self._row)
            self._row = None


def _span(value: str | None) -> int:
    return min(int(value), MOST_COLUMNS + 1) if value and value.isdecimal() and int(value) else 1


def read_rows(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """(row of the table, counted over the whole page; cells); blank rows are left out."""
    reader = _TableReader()
    seen = 0
    with path.open(encoding=encoding) as file:
        while True:
            chunk = file.read(_CHUNK)
            if chunk:
                reader.feed(chunk)
            else:
                reader.close()
            rows, reader.rows = reader.rows, []
            for row in rows:
                seen += 1
                if len(row) > MOST_COLUMNS:
                    raise FileRefused(too_many_columns(len(row), seen))
                if any("\0" in cell for cell in row):
                    raise FileRefused(
                        _("第 %(line)d 行含有空字符（NUL），文件已损坏或不是表格，请重新导出") % {"line": seen}
                    )
                if any(cell for cell in row):
                    yield seen, row
            if not chunk:
                return
