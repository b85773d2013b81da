"""One row under the reader's eye: its cells by field, its faults and warnings by column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from .cells import Cell, half_width, on_one_line, text_of
from .columns import Columns
from .dates import parse_moment
from .errors import BadValue
from .names import NO_NAME, Name, parse_name, tidy_name
from .phones import NO_PHONES, Phones, parse_landline_cell, parse_mobile_cell
from .plates import parse_plate
from .records import Fault, StoreFacts
from .values import parse_gender, parse_mileage, parse_money, parse_yes_no
from .vin import parse_vin

_ROUNDED_NUMBER = re.compile(r"\d(?:\.\d+)?[Ee]\+\d{1,2}")
_ROUNDED_IDENTITY = re.compile(r"[1-9]\d{14,16}000", re.ASCII)
_BEFORE_ADDRESS = ("province", "city", "district")
_ADDRESS = frozenset({"address", *_BEFORE_ADDRESS})
_EXACT_BELOW = 1e15  # a spreadsheet's numbers keep 15 digits


class RowReader:
    """Reads one row after the other; `begin` moves it on.

    Every reading method takes a field's name, gives the empty value where the file has no such
    column, and writes what is wrong to `faults` (the row is not imported) or `warnings`.
    """

    def __init__(self, columns: Columns, facts: StoreFacts, words: frozenset[str] = frozenset()) -> None:
        self.columns = columns
        self.facts = facts
        self.line = 0
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._forgiving = False
        self._cells: Sequence[Cell] = ()
        self._positions = dict(columns.positions)
        self._headers = {field: columns.header_of(field) for field in columns.positions}
        self._words_at = [(field, place) for field, place in self._positions.items() if field in words]
        self._has_address = not _ADDRESS.isdisjoint(self._positions)
        # One per field for the whole file: a closure per cell would cost more than the parsing.
        self._notes = {field: partial(self.warn, field) for field in columns.positions}

    def begin(self, line: int, cells: Sequence[Cell]) -> None:
        self.line = line
        self.faults = []
        self.warnings = []
        self._forgiving = False
        width = len(self.columns.headers)
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        self._cells = cells
        if len(cells) > width and any(cell != "" for cell in cells[width:]):
            self.fault(
                "",
                _("本行有 %(found)d 列，表头只有 %(expected)d 列：某格里的逗号没有加引号，内容已错位，请更正")
                % {"found": len(cells), "expected": width},
            )

    def forgive(self) -> None:
        """From here on nothing is a fault: the document was taken back, only its number counts."""
        self._forgiving = True

    def fault(self, field: str, reason: str) -> None:
        into = self.warnings if self._forgiving else self.faults
        into.append(Fault(self.line, self._headers.get(field, ""), reason))

    def warn(self, field: str, reason: str) -> None:
        self.warnings.append(Fault(self.line, self._headers.get(field, ""), reason))

    def has_column(self, field: str) -> bool:
        return field in self._positions

    def text(self, field: str) -> str:
        """The cell's text, line breaks inside it kept."""
        position = self._positions.get(field)
        if position is None:
            return ""
        cell = self._cells[position]
        if cell == "":
            return ""
        text = text_of(cell)
        if text[:1] == "=":
            self.warn(field, _("“%(value)s”以等号开头，已作为文字导入，未计算") % {"value": text})
        return text

    def words(self, field: str) -> str:
        """The cell's text on one line."""
        text = self.text(field)
        return on_one_line(text) if text else text

    def number(self) -> str:
        """The document's number, exactly as it identifies the document for ever."""
        cell = self._cells[self._positions["number"]]
        text = on_one_line(text_of(cell))
        if not text:
            self.fault("number", _("缺少单号，无法识别单据，请补上"))
        elif (isinstance(cell, float) and abs(cell) >= _EXACT_BELOW) or _ROUNDED_NUMBER.fullmatch(text):
            self.fault(
                "number",
                _("单号“%(value)s”已被表格软件取整，末几位丢失：请把该列设为文本后重新导出") % {"value": text},
            )
        return text

    def vin(self) -> str:
        text = self.text("vin")
        if not text:
            self.fault("vin", _("缺少 VIN，请补上完整的17位VIN"))
            return ""
        try:
            return parse_vin(text, self._notes["vin"])
        except BadValue as bad:
            self.fault("vin", str(bad))
            return ""

    def plate(self) -> str:
        text = self.words("plate")
        return parse_plate(text, self._notes["plate"]) if text else ""

    def mileage(self, field: str) -> int | None:
        text = self.text(field)
        if not text:
            return None
        try:
            return parse_mileage(text, self._notes[field])
        except BadValue as bad:
            self.fault(field, str(bad))
            return None

    def day(self, field: str, *, informative: bool = False) -> date | None:
        """A date. An unreadable one is a fault, or a warning where nothing is decided by it."""
        moment = self.moment(field, informative=informative)
        return moment[0].date() if moment else None

    def moment(self, field: str, *, informative: bool = False) -> tuple[datetime, bool] | None:
        """A moment and whether its time of day was given."""
        position = self._positions.get(field)
        if position is None:
            return None
        cell = self._cells[position]
        if cell == "":
            return None
        try:
            return parse_moment(cell, self.facts.zone)
        except BadValue as bad:
            self._unreadable(field, str(bad), informative)
            return None

    def money(self, field: str) -> Decimal | None:
        text = self.text(field)
        if not text:
            return None
        try:
            return parse_money(text)
        except BadValue as bad:
            self._unreadable(field, str(bad), informative=True)
            return None

    def yes_no(self, field: str) -> bool | None:
        text = self.text(field)
        return parse_yes_no(text) if text else None

    def gender(self) -> str:
        text = self.words("gender")
        return parse_gender(text, self._notes["gender"]) if text else ""

    def name(self, field: str, customer_kind: str) -> Name:
        text = self.text(field)
        return parse_name(text, customer_kind, self._notes[field]) if text else NO_NAME

    def all_words(self) -> dict[str, str]:
        """The fields named at the start that hold something, on one line: one loop for many cells."""
        found = {}
        cells = self._cells
        for field, position in self._words_at:
            cell = cells[position]
            if cell != "":
                text = text_of(cell)
                if text[:1] == "=":
                    text = self.text(field)
                if text:
                    found[field] = text if text.isalnum() else " ".join(text.split())
        if len(found.get("customer_number", "")) > 6 and self._is_rounded(found["customer_number"]):
            number = found.pop("customer_number")
            self.warn(
                "customer_number",
                _("客户编号“%(value)s”已被表格软件取整，末几位丢失，未用来识别客户") % {"value": number},
            )
        return found

    def _is_rounded(self, number: str) -> bool:
        """An identity number used as the customer's, of which a spreadsheet has kept fifteen digits."""
        cell = self._cells[self._positions["customer_number"]]
        if isinstance(cell, float) and abs(cell) >= _EXACT_BELOW:
            return True
        return bool(_ROUNDED_NUMBER.fullmatch(number) or _ROUNDED_IDENTITY.fullmatch(number))

    def staff_name(self, field: str) -> str:
        text = self.text(field)
        return tidy_name(text) if text else ""

    def phones(self, mobile_field: str, landline_field: str) -> Phones:
        """The two phone columns together: a mobile in either is the one to call."""
        first = second = NO_PHONES
        if text := self.text(mobile_field):
            try:
                first = parse_mobile_cell(text, self._notes[mobile_field])
            except BadValue as bad:
                self.fault(mobile_field, str(bad))
        if other := self.text(landline_field):
            second = parse_landline_cell(other, self._notes[landline_field])
        if second == NO_PHONES:
            phones = first
        elif first == NO_PHONES:
            phones = second
        else:
            mobile = first.mobile or second.mobile
            beside = second.landline or first.landline
            if not beside and second.mobile != mobile:
                beside = second.mobile
            phones = Phones(mobile, beside)
        if phones.mobile in self.facts.staff_mobiles and phones.mobile:
            self.warn(
                mobile_field,
                _("手机“%(value)s”是本店员工的号码，请核对是不是客户本人") % {"value": phones.mobile},
            )
        return phones

    def address(self) -> str:
        """Province, city and district before the address, unless it names them already."""
        if not self._has_address:
            return ""
        detail = self.words("address")
        parts = [self.words(field) for field in _BEFORE_ADDRESS]
        before = [part for part in dict.fromkeys(parts) if part and part not in detail]
        return half_width("".join([*before, detail])) if before or detail else ""

    def warn_if_later(self, field: str, happened: date | None) -> None:
        if happened is not None and happened > self.facts.today:
            self.warn(
                field,
                _("日期 %(value)s 晚于今天，已照原样导入，请核对") % {"value": happened.isoformat()},
            )

    def _unreadable(self, field: str, reason: str, informative: bool) -> None:
        if informative:
            self.warn(field, _("%(reason)s（按未填处理）") % {"reason": reason})
        else:
            self.fault(field, reason)
