"""From a file's bytes to rows of cells with their physical line: what it is decides its content.

The name is not asked: DMS exports called .xls are often HTML or CSV. A `Source` is opened on a
path and can be read as often as wanted; `rows()` yields (line, cells), where line is the physical
line of a CSV on which the record begins, the sheet's row in a workbook, the table's row in HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from django.utils.translation import gettext as _

from . import delimited, webtable, workbook
from .cells import Cell
from .errors import FileRefused

Form: TypeAlias = Literal["csv", "xlsx", "xls", "html"]
Row: TypeAlias = tuple[int, Sequence[Cell]]

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = {
    b"%PDF": "PDF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "GZIP",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}
_SNIFFED = 65_536


@dataclass(frozen=True, slots=True)
class Source:
    """A file recognised: what it is, how it is written, and its rows."""

    path: Path
    form: Form
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    _unpacked: workbook.SheetRows | None = field(default=None, repr=False, compare=False)

    @property
    def encoding_label(self) -> str:
        """The encoding in the words a person knows it by; "" for workbooks."""
        return delimited.ENCODING_LABELS.get(self.encoding, self.encoding)

    def rows(self) -> Iterator[Row]:
        if self.form == "csv":
            return delimited.read_rows(self.path, self.encoding, self.delimiter)
        if self.form == "html":
            return webtable.read_rows(self.path, self.encoding)
        assert self._unpacked is not None, "a workbook is opened by open_source"
        return self._unpacked.rows()


def open_source(path: Path, sheet: str | None = None) -> Source:
    """Recognise the file. Raises FileRefused with what to do instead."""
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except OSError as error:
        raise FileRefused(_("文件打不开：%(why)s") % {"why": error.strerror or error}) from error
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileRefused(_("文件是空的，请重新导出"))
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        workbook.check_archive(path)
        return _open_workbook(path, "xlsx", sheet)
    if head.startswith(_COMPOUND):
        workbook.check_compound(path)
        return _open_workbook(path, "xls", sheet)
    for mark, name in _OTHER_KINDS.items():
        if head.startswith(mark):
            raise FileRefused(_("这是 %(form)s 文件，不是表格；请从 DMS 导出 XLSX 或 CSV") % {"form": name})
    if delimited.looks_like_xml_workbook(head):
        raise FileRefused(_("这是 XML 表格（Excel 2003），请用表格软件打开后另存为 XLSX 再导入"))
    encoding = delimited.detect_encoding(path)
    if webtable.looks_like_html(head, encoding):
        return Source(path, "html", encoding=encoding)
    return Source(path, "csv", encoding=encoding, delimiter=delimited.detect_delimiter(path, encoding))


def _open_workbook(path: Path, form: Form, sheet: str | None) -> Source:
    sheets = workbook.visible_sheets(path)
    if sheet is not None and sheet not in sheets:
        raise FileRefused(_("文件里没有工作表“%(sheet)s”") % {"sheet": sheet})
    chosen = sheet or sheets[0]
    return Source(path, form, sheet=chosen, sheets=sheets, _unpacked=workbook.SheetRows(path, chosen))
