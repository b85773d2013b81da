"""Rows of one number → the rows that stand, each with the whole head, and what was overruled.

A DMS writes one order over several rows (items, payers) and repeats its head – all that belongs to the order
as a whole: car, customer, dates, state – in all of them, in some, or only in the first. And a file may hold the
same document twice. So:

1. A blank cell of the head says nothing: the row takes what the other rows of the document say there.
2. Where filled cells disagree the last one wins. The others are warned about, each where it stands.
3. Rows that disagree about the car or the day it came are another visit under the same number: the last visit
   is the document, the other is not imported and lends it nothing. Rows that disagree only about when the car
   left are an earlier state of the same visit: not imported, but the blanks of the later rows are filled from them.
4. Whose number it is goes with the name: where the last name isn't the earlier one, what stood beside the earlier
   (telephone, address …) is not lent to it.
5. Rows that give a part again (same item, payer, claim and insurer) are counted once, the last one. A row
   that could not be a document by itself, having no car or day of its own, gives nothing again: it goes on.

Every row that isn't imported is warned about as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from .cells import Cell, half_width, on_one_line, text_of
from .columns import Columns
from .dates import parse_moment
from .errors import BadValue
from .fields import LISTS, Kind
from .files import Row
from .phones import NO_PHONES, parse_mobile_cell
from .records import Fault
from .repair_orders import IDENTIFYING_PART_FIELDS, PART_FIELDS
from .values import parse_mileage

Said: TypeAlias = dict[str, Any]
"""Field → what its cell means; cells that say nothing are left out."""

_DATES = frozenset(
    {
        "opened", "closed", "promised", "finished", "sold", "last_service", "next_service",
        "delivered", "ordered", "invoiced", "left_stock", "insurance_expiry", "day", "met", "last_visit",
    }
)  # fmt: skip
_ADDRESS = ("province", "city", "district", "address", "postcode")
_MILEAGES = frozenset({"mileage", "mileage_out", "next_service_mileage"})
_PHONES = frozenset({"mobile", "landline", "sender_mobile", "sender_landline"})

_CARRIED_ON = ("order_type", "repair_type")
"""May differ between parts; where a part leaves them blank it is of the kind of the row above."""
_PERSONS = {
    "customer_name": ("customer_number", "customer_kind", "gender", "mobile", "landline", *_ADDRESS),
    "sender_name": ("sender_mobile", "sender_landline"),
}
"""Name → what is said of whoever bears it."""
_VISIT = ("vin", "opened")
_LEFT = ("closed",)
_ALONE: Mapping[Kind, Sequence[str]] = {
    "deliveries": ("vin", "customer_name"),
    "repair_orders": ("vin", "opened"),
    **dict.fromkeys(LISTS, ()),
}
"""A row without these can't be a document by itself."""


class Given(NamedTuple):
    """A cell of the head as the document has it."""

    line: int
    cell: Cell
    means: Any


@dataclass(frozen=True, slots=True)
class Standing:
    """A row that counts. ``lent``: field → line of the cell that the row was given because its own doesn't hold."""

    line: int
    cells: list[Cell]
    lent: dict[str, int]


@dataclass(slots=True)
class _Heard:
    """A row with what its head says, and what it says of visit and leaving together with the rows above it."""

    line: int
    cells: list[Cell]
    said: Said
    of: Said


class Settler:
    def __init__(self, columns: Columns, zone: ZoneInfo) -> None:
        self._columns = columns
        self._zone = zone
        self._has_parts = has_parts = columns.kind == "repair_orders"
        positions = columns.positions
        self._head = {
            field: position
            for field, position in positions.items()
            if field != "number" and not (has_parts and field in PART_FIELDS)
        }
        self._part = [positions[field] for field in IDENTIFYING_PART_FIELDS if has_parts and field in positions]

    def settle(self, number: str, rows: Sequence[Row]) -> tuple[list[Standing], list[Fault]]:
        heard = self._heard(rows)
        visit = heard[-1].of
        of_visit = [row for row in heard if _agree_in(row.of, visit, _VISIT)]
        head = self._head_of(of_visit)
        current = [row for row in of_visit if _agree_in(row.of, visit, _LEFT)]
        counted = self._once(current)
        warnings = self._overruled(heard, head)
        last = rows[-1][0]
        for row in heard:
            if counted.get(row.line) != row.line:
                lends = _agree_in(row.of, visit, _VISIT)
                warnings.append(self._left_out(number, row.line, counted.get(row.line, last), lends))
        standing = [self._with_head(row, head) for row in current if counted[row.line] == row.line]
        return standing, warnings

    def _heard(self, rows: Sequence[Row]) -> list[_Heard]:
        width = len(self._columns.headers)
        heard: list[_Heard] = []
        above: Said = {}
        for line, cells in rows:
            filled = [*cells, *[""] * (width - len(cells))]
            # A row with too many cells is out of step: that is its fault, and none of its cells can be relied on.
            said = self._said(filled) if all(cell == "" for cell in filled[width:]) else {}
            if not _agree_in(said, above, _VISIT):
                above = {}
            elif heard:
                self._carry_on(heard[-1].cells, filled)
            above = {**above, **{field: said[field] for field in (*_VISIT, *_LEFT) if _is_news(field, said, above)}}
            heard.append(_Heard(line, filled, said, above))
        return heard

    def _carry_on(self, above: Sequence[Cell], cells: list[Cell]) -> None:
        for field in _CARRIED_ON:
            position = self._columns.positions.get(field)
            if self._has_parts and position is not None and not text_of(cells[position]):
                cells[position] = above[position]

    def _said(self, cells: Sequence[Cell]) -> Said:
        said = {}
        for field, position in self._head.items():
            cell = cells[position]
            if cell != "" and (text := text_of(cell)):
                means = self._meaning(field, cell, text)
                if means is not None:
                    said[field] = means
        return said

    def _meaning(self, field: str, cell: Cell, text: str) -> Any:
        """What two ways of writing the same have in common; None for ways of writing "nothing"."""
        try:
            if field in _DATES:
                return parse_moment(cell, self._zone)
            if field in _MILEAGES:
                return parse_mileage(text, _unheard)
            if field in _PHONES:
                phones = parse_mobile_cell(text, _unheard)
                return None if phones == NO_PHONES else phones
        except BadValue:
            pass
        return half_width(text).upper() if field in ("vin", "plate") else on_one_line(text)

    def _head_of(self, rows: Sequence[_Heard]) -> dict[str, Given]:
        """The last thing said in each column, of the person last named; of two that agree the one that says more."""
        head: dict[str, Given] = {}
        for row in rows:
            for name, beside in _PERSONS.items():
                if name in head and name in row.said and row.said[name] != head[name].means:
                    for field in beside:
                        head.pop(field, None)
            known = {field: given.means for field, given in head.items()}
            for field, means in row.said.items():
                if _is_news(field, row.said, known):
                    head[field] = Given(row.line, row.cells[self._head[field]], means)
        return head

    def _once(self, rows: Sequence[_Heard]) -> dict[int, int]:
        """Line of each row → the line that counts in its place: its own, or that of the row that gives it again."""
        instead: dict[int, int] = {}
        standing: dict[tuple[tuple[str, ...], int], list[int]] = {}
        count: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            part = tuple(text_of(row.cells[position]) for position in self._part)
            if part in count and all(field in row.said for field in _ALONE[self._columns.kind]):
                # The document is given once more from here on.
                count = Counter()
            count[part] += 1
            lines = standing.setdefault((part, count[part]), [])
            lines.append(row.line)
            instead.update(dict.fromkeys(lines, row.line))
        return instead

    def _with_head(self, row: _Heard, head: dict[str, Given]) -> Standing:
        cells, lent = list(row.cells), {}
        for field, given in head.items():
            if row.said.get(field) != given.means:
                cells[self._head[field]] = given.cell
                lent[field] = given.line
        return Standing(row.line, cells, lent)

    def _overruled(self, rows: Sequence[_Heard], head: dict[str, Given]) -> list[Fault]:
        warnings = []
        for row in rows:
            other_visit = not _agree_in(row.of, rows[-1].of, _VISIT)
            for field, means in row.said.items():
                given = head.get(field)
                if (given and _agree(means, given.means)) or (other_visit and field not in _VISIT):
                    continue
                old = on_one_line(text_of(row.cells[self._head[field]]))
                reason = _("“%(old)s”是同一单号中另一姓名的，未导入") % {"old": old}
                if given:
                    texts = {"old": old, "new": on_one_line(text_of(given.cell)), "line": given.line}
                    reason = _("“%(old)s”与同一单号第 %(line)d 行的“%(new)s”不一致，以第 %(line)d 行为准") % texts
                warnings.append(Fault(row.line, self._columns.header_of(field), reason))
        return warnings

    def _left_out(self, number: str, line: int, winner: int, lends: bool) -> Fault:
        reason = _("单号“%(number)s”在文件中重复出现，以第 %(winner)d 行为准，本行未导入")
        if lends:
            reason = _("单号“%(number)s”在文件中重复出现，以第 %(winner)d 行为准，本行只用来补上留空的单元格")
        return Fault(line, self._columns.header_of("number"), reason % {"number": number, "winner": winner})


def _agree_in(one: Said, other: Said, fields: Sequence[str]) -> bool:
    """Whether nothing that both say of these fields differs."""
    return all(_agree(one[field], other[field]) for field in fields if field in one and field in other)


def _agree(one: Any, other: Any) -> bool:
    """A day without a time agrees with every time of that day."""
    if one == other:
        return True
    if not (_is_moment(one) and _is_moment(other)):
        return False
    return bool(one[0].date() == other[0].date() and not (one[1] and other[1]))


def _is_news(field: str, said: Said, known: Said) -> bool:
    """Whether it is said, and is not known already, or not as exactly."""
    if field not in said or field not in known:
        return field in said
    one, other = said[field], known[field]
    more_exact = _is_moment(one) and _is_moment(other) and bool(one[1] and not other[1])
    return more_exact or not _agree(one, other)


def _is_moment(means: Any) -> bool:
    return isinstance(means, tuple) and isinstance(means[0], datetime)


def _unheard(_reason: str) -> None:
    """Remarks on a cell are made when its row is read."""
