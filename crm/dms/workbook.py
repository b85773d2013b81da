"""Workbooks (.xlsx and real .xls): checked before anything unpacks them, then read by calamine."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from .cells import Cell
from .delimited import MOST_COLUMNS, too_many_columns
from .errors import FileRefused

# Calamine keeps a sheet's whole rectangle in memory, about 100 bytes a cell, so the rectangle
# is what must be limited. 8 million cells are 200,000 orders of 40 columns, 800 MB.
MOST_CELLS = 8_000_000
MOST_UNPACKED = 1 << 30
MOST_PARTS = 2_000
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_OLDEST_XLS_LIMIT = 256 << 20
# The stream in which a password-protected workbook hides, as its container names it.
_LOCKED = "EncryptedPackage".encode("utf-16-le")

# A cell's or row's own statement of where it stands, wherever it is among the attributes.
_CELL_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{2,})\d""")
_ROW_PLACE = re.compile(rb"""row\b[^>]*?\br\s*=\s*["'](\d{1,9})""")
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)


def check_archive(path: Path) -> None:
    """Refuse what would unpack to too much, or lies about it, before calamine opens it.

    Declared sizes are added up first; then each part is unpacked once in small pieces and
    thrown away, which finds a part that is longer than declared (its checksum fails) and a sheet
    whose cells stand so far apart that their rectangle would not fit in memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileRefused(_too_large())
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise FileRefused(_("这是压缩包，不是表格；请解压后导入其中的文件"))
            for part in parts:
                if part.flag_bits & _ENCRYPTED:
                    raise FileRefused(_encrypted())
                _check_part(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise FileRefused(_corrupt()) from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    is_sheet = _SHEET_PART.fullmatch(part.filename) is not None
    column, row, tail = 1, 0, b""
    with archive.open(part) as unpacked:
        while chunk := unpacked.read(_CHUNK):
            if not is_sheet:
                continue
            piece = tail + chunk
            column = max(column, *map(_column_number, set(_CELL_PLACE.findall(piece))), 1)
            row = max(row, *map(int, set(_ROW_PLACE.findall(piece))), 0)
            tail = piece[-256:]
    if column > MOST_COLUMNS:
        raise FileRefused(too_many_columns(column, 1))
    if column * row > MOST_CELLS * 4:
        raise FileRefused(_too_large())


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number


def check_compound(path: Path) -> None:
    """A real .xls is never larger than this, and a password turns an .xlsx into such a container."""
    if path.stat().st_size > _OLDEST_XLS_LIMIT:
        raise FileRefused(_too_large())
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if _LOCKED in tail + chunk:
                raise FileRefused(_encrypted())
            tail = chunk[-len(_LOCKED) :]


def _too_large() -> str:
    return _("表格展开后过大，可能不是正常的导出文件；数据量确实很大时请导出 CSV，或分成几个文件")


def _encrypted() -> str:
    return _("文件设了密码，请在表格软件中取消密码保护后再导入")


def _corrupt() -> str:
    return _("文件已损坏，或不是表格文件；请重新导出，或用表格软件打开后另存为 XLSX")


def _open(path: Path) -> CalamineWorkbook:
    try:
        # By path calamine would believe the suffix; by file it looks at the content.
        with path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)
    except PasswordError as error:
        raise FileRefused(_encrypted()) from error
    except (CalamineError, OSError) as error:
        raise FileRefused(_corrupt()) from error


def visible_sheets(path: Path) -> tuple[str, ...]:
    """Names of the worksheets a person sees, in their order."""
    with _open(path) as book:
        names = tuple(
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        )
    if not names:
        raise FileRefused(_("文件里没有可见的工作表"))
    return names


class SheetRows:
    """The rows of one sheet, unpacked on first use and kept as long as this object is.

    Unpacking is the dear part (30 µs a row) and a file is gone through several times.
    """

    def __init__(self, path: Path, sheet: str) -> None:
        self._path = path
        self._sheet = sheet
        self._unpacked: CalamineSheet | None = None

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """(sheet row, cells); rows without any content are left out, merged cells are filled."""
        if self._unpacked is None:
            self._unpacked = _unpack(self._path, self._sheet)
        merged = _merged_downwards(self._unpacked)
        above: list[Cell] = []
        for line, row in enumerate(self._unpacked.iter_rows(), start=1):
            for column in merged.get(line, ()):
                if row[column] == "":
                    row[column] = above[column]
            above = row
            if any(cell != "" for cell in row):
                yield line, list(row)


def _unpack(path: Path, sheet: str) -> CalamineSheet:
    with _open(path) as book:
        try:
            unpacked = book.get_sheet_by_name(sheet)
        except CalamineError as error:
            raise FileRefused(_corrupt()) from error
    if unpacked.width > MOST_COLUMNS:
        raise FileRefused(too_many_columns(unpacked.width, (unpacked.start or (0, 0))[0] + 1))
    if unpacked.width * unpacked.height > MOST_CELLS:
        raise FileRefused(_too_large())
    return unpacked


def _merged_downwards(sheet: CalamineSheet) -> dict[int, list[int]]:
    """Row → columns whose cell is merged with the one above it, so that it means the same.

    Cells merged sideways are left alone: titles and headings look like that.
    """
    below: dict[int, list[int]] = {}
    left = (sheet.start or (0, 0))[1]
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
        if first != last or first < left or bottom - top > 1_000:
            continue
        for row in range(top + 1, bottom + 1):
            below.setdefault(row + 1, []).append(first - left)
    return below
