"""Rows of a file → documents: which rows are data, which belong together, which one wins.

One number, several rows, two reasons (follow-ups, "import_dms"): an order spread over its items
or payers, or the same document twice. They are told apart by the *head*, all that belongs to the
order as a whole (car, customer, dates, mileage, state):

1. A row that carries nothing of the head but the number continues the row above it.
2. Rows whose head equals the last row's are the document as it stands. Rows with another head
   are an earlier state of it: superseded, with a warning.
3. Among the former, rows that agree in item, payer, claim and insurer are one part given twice:
   the last one counts, with a warning. The others are parts and are added up.

So an export pasted under an older one replaces it item by item, and nothing is counted double.
A sales order has no parts: its last row counts. All rows of a document share its fate.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext as _

from . import deliveries, repair_orders
from .cells import Cell, is_blank, on_one_line, text_of
from .columns import Columns
from .errors import FileRefused
from .files import Row, Source
from .headers import plain_header
from .records import DeliveryRow, Document, Fault, RepairOrderRow, StoreFacts
from .repair_orders import IDENTIFYING_PART_FIELDS, PART_FIELDS, merge_parts
from .rows import RowReader
from .template import EXAMPLE_MARK

_TOTAL = re.compile(r"(?:合计|总计|小计|共计|累计|汇总)(?:金额)?[:：]?")
_FOOTER = re.compile(
    r"(?:合计|总计|小计|共计|累计|汇总|本页|页计|制表|打印|导出|制单|审核|统计时间|共\d+[条行单笔辆]|第\d+页)"
)
_ONLY_BLANKS = re.compile(r"\s+")


def read_documents(source: Source, columns: Columns, facts: StoreFacts) -> Iterator[Document]:
    """Every document of the file once. Raises FileRefused, also in mid-file.

    The file is read twice: first only for numbers that come back after other rows, so that the
    second reading can hold those rows, and only those, until it has them all.
    """
    if columns.missing:
        raise FileRefused("；".join(missing.sentence() for missing in columns.missing))
    reader = _DocumentReader(columns, facts)
    scattered = _scattered_numbers(source, columns)
    held: dict[str, list[Row]] = {}
    for number, rows in _runs(source, columns):
        if number and hash(number) in scattered:
            held.setdefault(number, []).extend(rows)
        else:
            yield reader.document(number, rows)
    for number, rows in held.items():
        yield reader.document(number, rows)


def data_rows(source: Source, columns: Columns) -> Iterator[tuple[str, Row]]:
    """(document number, row) of the rows below the header that are data.

    Blank rows, totals and footers, headers repeated on every printed page and the template's own
    example are not.
    """
    position, vin = columns.positions["number"], columns.positions["vin"]
    header = plain_header(columns.headers[position])
    for row in source.rows():
        line, cells = row
        if line <= columns.header_line:
            continue
        number = text_of(cells[position]) if position < len(cells) else ""
        # A word such as 合计 in the VIN's column is no VIN.
        has_vin = vin < len(cells) and cells[vin] != "" and text_of(cells[vin]).isascii()
        if has_vin and number.isalnum() and number.isascii():
            yield number, row
            continue
        number = on_one_line(number)
        if not (has_vin and text_of(cells[vin])) and _is_no_data(number, cells):
            continue
        if number and (plain_header(number) == header or number.startswith(EXAMPLE_MARK)):
            continue
        yield number, row


def _is_no_data(number: str, cells: Sequence[Cell]) -> bool:
    """Of a row without a VIN: blank, a total, or a footer.

    A total may have its count or sum in the number's column; then the word must stand alone in
    another cell. A row with a number of its own and no such word is data, if faulty.
    """
    texts = [_ONLY_BLANKS.sub("", text_of(cell)) for cell in cells if not is_blank(cell)]
    if number and not _FOOTER.match(_ONLY_BLANKS.sub("", number)):
        return any(_TOTAL.fullmatch(text) for text in texts)
    return not any(texts) or any(_FOOTER.match(text) for text in texts)


def _runs(source: Source, columns: Columns) -> Iterator[tuple[str, list[Row]]]:
    """Neighbouring rows of one number; a row without a number stands alone."""
    current, rows = "", list[Row]()
    for number, row in data_rows(source, columns):
        if number != current or not number:
            if rows:
                yield current, rows
            current, rows = number, []
        rows.append(row)
    if rows:
        yield current, rows


def _scattered_numbers(source: Source, columns: Columns) -> set[int]:
    """Hashes of the numbers that head more than one run (8 bytes a run while they are counted)."""
    hashes = array("q")
    current = ""
    for number, _row in data_rows(source, columns):
        if number != current:
            current = number
            if number:
                hashes.append(hash(number))
    ordered = sorted(hashes)
    return {one for one, next_one in pairwise(ordered) if one == next_one}


@dataclass(slots=True)
class _Part:
    """A row read: its record and what was said about it."""

    record: DeliveryRow | RepairOrderRow
    faults: list[Fault]
    warnings: list[Fault]


class _DocumentReader:
    def __init__(self, columns: Columns, facts: StoreFacts) -> None:
        self._columns = columns
        self._has_parts = columns.kind == "repair_orders"
        words = repair_orders.WORDS if self._has_parts else deliveries.WORDS
        self._row = RowReader(columns, facts, words)
        positions = columns.positions
        self._head = [
            position
            for field, position in positions.items()
            if field != "number" and not (self._has_parts and field in PART_FIELDS)
        ]
        self._part = [positions[field] for field in IDENTIFYING_PART_FIELDS if self._has_parts and field in positions]

    def document(self, number: str, rows: Sequence[Row]) -> Document:
        if len(rows) == 1:
            part = self._read(rows[0])
            return self._finished(number, (rows[0][0],), [part], part.warnings)
        return self._settled(number, rows)

    def _settled(self, number: str, rows: Sequence[Row]) -> Document:
        rows = self._continued(rows)
        standing, superseded = self._last_wins(rows)
        parts = [self._read(row) for row in standing]
        warnings = [warning for part in parts for warning in part.warnings]
        winner = rows[-1][0]
        warnings += [self._superseded(number, line, winner) for line in superseded]
        lines = tuple(line for line, _cells in rows)
        return self._finished(number, lines, parts, sorted(warnings, key=lambda w: w.line))

    def _read(self, row: Row) -> _Part:
        reader = self._row
        reader.begin(*row)
        record = repair_orders.read_repair_order(reader) if self._has_parts else deliveries.read_delivery(reader)
        return _Part(record, reader.faults, reader.warnings)

    def _finished(self, number: str, lines: tuple[int, ...], parts: list[_Part], warnings: list[Fault]) -> Document:
        faults = tuple(fault for part in parts for fault in part.faults)
        if faults:
            return Document(number, lines, None, faults, tuple(warnings))
        record = parts[-1].record
        if isinstance(record, RepairOrderRow):
            orders = [part.record for part in parts if isinstance(part.record, RepairOrderRow)]
            record = merge_parts(orders)
            if record.amount is not None and record.amount < 0 and not record.cancelled:
                record = replace(record, cancelled=True)
                reason = _("金额合计为负，按红冲处理：该工单视为作废，不产生回访")
                warnings = [*warnings, Fault(lines[-1], self._columns.header_of("amount"), reason)]
        return Document(number, lines, record, (), tuple(warnings))

    def _continued(self, rows: Sequence[Row]) -> list[Row]:
        """Rows with an empty head get the one of the row above (rule 1)."""
        width = len(self._columns.headers)
        whole: list[Row] = []
        for line, cells in rows:
            filled = [*cells, *[""] * (width - len(cells))]
            if whole and all(is_blank(filled[position]) for position in self._head):
                above = whole[-1][1]
                for position in self._head:
                    filled[position] = above[position]
            whole.append((line, filled))
        return whole

    def _last_wins(self, rows: Sequence[Row]) -> tuple[list[Row], list[int]]:
        """The rows that stand, and the lines of those that don't (rules 2 and 3)."""
        if not self._has_parts:
            return [rows[-1]], [line for line, _cells in rows[:-1]]
        last_head = self._texts(rows[-1], self._head)
        standing: dict[tuple[str, ...], Row] = {}
        superseded = []
        for row in rows:
            if self._texts(row, self._head) != last_head:
                superseded.append(row[0])
                continue
            part = self._texts(row, self._part)
            if part in standing:
                superseded.append(standing.pop(part)[0])
            standing[part] = row
        return list(standing.values()), superseded

    @staticmethod
    def _texts(row: Row, positions: Sequence[int]) -> tuple[str, ...]:
        return tuple(text_of(row[1][position]) for position in positions)

    def _superseded(self, number: str, line: int, winner: int) -> Fault:
        reason = _("单号“%(number)s”在文件中重复出现，以第 %(winner)d 行为准，本行未导入")
        return Fault(line, self._columns.header_of("number"), reason % {"number": number, "winner": winner})
