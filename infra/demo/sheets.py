"""Writes tables as the files that dealers' systems give: CSV in two encodings, and a plain XLSX.

Standard library only, and the same table always gives the same bytes (so no timestamps inside the XLSX).
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Cell = str | int | float | date | datetime | None

_EXCEL_DAY_0 = datetime.combine(date(1899, 12, 30), time())
_TEXT, _DAY, _MINUTE = 0, 1, 2  # cell formats of the XLSX, as numbered in its styles
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OPEN_XML = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def serial(moment: date | datetime) -> float:
    """A moment as a spreadsheet counts it: days since 1899-12-30."""
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    span = whole - _EXCEL_DAY_0
    return span.days + span.seconds / 86400


def csv_bytes(rows: Sequence[Sequence[Cell]], encoding: str, day: str, minute: str) -> bytes:
    """CSV with Windows line ends. ``day`` and ``minute`` are the formats of dates without and with a time."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_plain(cell, day, minute) for cell in row] for row in rows)
    return text.getvalue().encode(encoding)


def _plain(cell: Cell, day: str, minute: str) -> str:
    if isinstance(cell, datetime):
        return cell.strftime(minute)
    if isinstance(cell, date):
        return cell.strftime(day)
    return "" if cell is None else str(cell)


def as_text(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """The same rows with times as text: some systems export no real dates even into a workbook."""
    return [
        [_plain(cell, "%Y-%m-%d", "%Y-%m-%d %H:%M") if isinstance(cell, date) else cell for cell in row] for row in rows
    ]


def xlsx_bytes(rows: Sequence[Sequence[Cell]], sheet: str, merged: Sequence[str] = ()) -> bytes:
    """A workbook with one sheet. ``merged``: ranges such as ``A1:H1``."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OPEN_XML}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_OPEN_XML}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_OPEN_XML}.styles+xml"/></Types>',
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/styles.xml": _styles(),
        "xl/worksheets/sheet1.xml": _sheet(rows, merged),
    }
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + body)
    return buffer.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _styles() -> str:
    """Three cell formats: general, a day, a day with its minute."""
    plain = '<xf numFmtId="{}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy/m/d"/>'
        '<numFmt numFmtId="165" formatCode="yyyy/m/d h:mm"/></numFmts>'
        '<fonts count="1"><font><sz val="10"/><name val="宋体"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0"/>'
        f'</cellStyleXfs><cellXfs count="3">{plain.format(0)}{plain.format(164)}{plain.format(165)}</cellXfs>'
        "</styleSheet>"
    )


def _sheet(rows: Sequence[Sequence[Cell]], merged: Sequence[str]) -> str:
    letters = [column_letters(number) for number in range(max(map(len, rows)))]
    body = "".join(
        f'<row r="{line}">{"".join(_cell(f"{letters[n]}{line}", cell) for n, cell in enumerate(row))}</row>'
        for line, row in enumerate(rows, 1)
    )
    merges = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    merges = f'<mergeCells count="{len(merged)}">{merges}</mergeCells>' if merged else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{merges}</worksheet>'


def _cell(place: str, cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, date):
        style = _MINUTE if isinstance(cell, datetime) else _DAY
        return f'<c r="{place}" s="{style}"><v>{serial(cell)!r}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def column_letters(number: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
