"""Rows of a file → documents: which rows are data, which belong together, which one wins.

How the rows of one number become one document is told in `settling`. All of them share its fate.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, pairwise
from zlib import crc32

from django.utils.translation import gettext as _

from . import deliveries, lists, repair_orders
from .cells import Cell, is_blank, on_one_line, text_of
from .columns import Columns
from .errors import FileRefused
from .fields import LISTS
from .files import Row, Source
from .headers import plain_header
from .records import Document, Fault, Record, RepairOrderRow, StoreFacts
from .repair_orders import merge_parts
from .rows import RowReader
from .settling import Settler
from .template import EXAMPLE_MARK

_TOTAL = re.compile(r"(?:合计|总计|小计|共计|累计|汇总)(?:金额)?[:：]?")
_FOOTER = re.compile(
    r"(?:合计|总计|小计|共计|累计|汇总|本页|页计|制表|打印|导出|制单|审核|统计时间|共\d+[条行单笔辆]|第\d+页)"
)
_SORTED_AT_ONCE = 250_000
_ONLY_BLANKS = re.compile(r"\s+")


def read_documents(
    source: Source, columns: Columns, facts: StoreFacts, *, skip: int = 0, scattered: Set[int] | None = None
) -> Iterator[Document]:
    """Every document of the file once, without the first ``skip``. Raises FileRefused, also in mid-file.

    The file is read twice: first only for numbers that come back after other rows, so that the
    second reading can hold those rows, and only those, until it has them all. ``scattered``: what
    the first reading found, for whoever goes on in the middle.
    """
    if columns.missing:
        raise FileRefused("；".join(missing.sentence() for missing in columns.missing))
    reader = _DocumentReader(columns, facts)
    found = scattered_numbers(source, columns) if scattered is None else scattered
    for number, rows in islice(_units(source, columns, found), skip, None):
        yield reader.document(number, rows)


def _units(source: Source, columns: Columns, scattered: Set[int]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each document, the scattered ones at the end."""
    held: dict[str, list[Row]] = {}
    for number, rows in _runs(source, columns):
        if number and _mark(number) in scattered:
            held.setdefault(number, []).extend(rows)
        else:
            yield number, rows
    yield from held.items()


def data_rows(source: Source, columns: Columns) -> Iterator[tuple[str, Row]]:
    """(document number, row) of the rows below the header that are data.

    Blank rows, totals and footers, headers repeated on every printed page and the template's own
    example are not.
    """
    if columns.kind in LISTS:
        yield from _list_rows(source, columns)
        return
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


def _list_rows(source: Source, columns: Columns) -> Iterator[tuple[str, Row]]:
    """Of a list, where a row that says whom it is about is data. Its number may be blank: then it stands alone."""
    number_at = columns.positions.get("number")
    headed = {
        columns.positions[field] for field in ("mobile", "landline", "vin", "plate") if field in columns.positions
    }
    for row in source.rows():
        line, cells = row
        if line <= columns.header_line:
            continue
        number = on_one_line(text_of(cells[number_at])) if number_at is not None and number_at < len(cells) else ""
        if number.startswith(EXAMPLE_MARK) or _repeats_header(cells, columns, headed):
            continue
        if lists.names_somebody(cells, columns.positions) or not _is_no_data(number, cells):
            yield number, row


def _repeats_header(cells: Sequence[Cell], columns: Columns, places: Set[int]) -> bool:
    return any(
        place < len(cells)
        and (text := text_of(cells[place]))
        and plain_header(text) == plain_header(columns.headers[place])
        for place in places
    )


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


def scattered_numbers(source: Source, columns: Columns) -> Set[int]:
    """Marks of the numbers that head more than one run (8 bytes a run while they are counted).

    Another process has to make the same marks, and Python's own hashes differ from one to the next. A number that
    has another's mark by chance is held until the end of the file for nothing.
    """
    hashes = array("q")
    current = ""
    for number, _row in data_rows(source, columns):
        if number != current:
            current = number
            if number:
                hashes.append(_mark(number))
    found = set[int]()
    # By parts: a sorted list of a million numbers would be as large as all the rest.
    parts = len(hashes) // _SORTED_AT_ONCE + 1
    for part in range(parts):
        ordered = sorted(one for one in hashes if one % parts == part)
        found.update(one for one, next_one in pairwise(ordered) if one == next_one)
    return found


def _mark(number: str) -> int:
    return crc32(number.encode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class _Part:
    """A row read: its record and what was said about it."""

    record: Record
    faults: list[Fault]
    warnings: list[Fault]


class _DocumentReader:
    def __init__(self, columns: Columns, facts: StoreFacts) -> None:
        self._columns = columns
        kind = columns.kind
        if kind == "deliveries":
            words, self._record = deliveries.WORDS, deliveries.read_delivery
        elif kind == "repair_orders":
            words, self._record = repair_orders.WORDS, repair_orders.read_repair_order
        else:
            words, self._record = lists.WORDS, partial(lists.read_lead, kind=kind)
        self._row = RowReader(columns, facts, words)
        self._settler = Settler(columns, facts.zone)

    _record: Callable[[RowReader], Record]

    def document(self, number: str, rows: Sequence[Row]) -> Document:
        if len(rows) == 1:
            part = self._read(rows[0])
            return self._finished(number, (rows[0][0],), [part], part.warnings)
        return self._settled(number, rows)

    def _settled(self, number: str, rows: Sequence[Row]) -> Document:
        standing, warnings = self._settler.settle(number, rows)
        parts = [self._placed(self._read((row.line, row.cells)), row.lent) for row in standing]
        # What is said of a cell that was lent to several rows is said once.
        told = dict.fromkeys([*warnings, *(warning for part in parts for warning in part.warnings)])
        lines = tuple(line for line, _cells in rows)
        return self._finished(number, lines, parts, sorted(told, key=lambda warning: warning.line))

    def _placed(self, part: _Part, lent: Mapping[str, int]) -> _Part:
        """Says of lent cells on which line they stand."""
        lines = {self._columns.header_of(field): line for field, line in lent.items()}

        def placed(faults: list[Fault]) -> list[Fault]:
            return [replace(fault, line=lines.get(fault.column, fault.line)) for fault in faults]

        return _Part(part.record, placed(part.faults), placed(part.warnings))

    def _read(self, row: Row) -> _Part:
        reader = self._row
        reader.begin(*row)
        return _Part(self._record(reader), reader.faults, reader.warnings)

    def _finished(self, number: str, lines: tuple[int, ...], parts: list[_Part], warnings: list[Fault]) -> Document:
        faults = tuple(dict.fromkeys(fault for part in parts for fault in part.faults))
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
