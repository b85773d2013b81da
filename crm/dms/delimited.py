"""Text files with separated cells: encoding, delimiter, physical lines."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from .errors import FileRefused
from .headers import header_words_in

ENCODING_LABELS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "gb18030": "GBK/GB18030",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-16": "UTF-16",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = (",", "\t", ";", "|")
_CHUNK = 1 << 20
# A cell of more than this is an unclosed quotation mark that swallowed the lines after it.
LONGEST_CELL = 131_072
MOST_COLUMNS = 500
_SAMPLE_LINES = 60


def looks_like_xml_workbook(head: bytes) -> bool:
    return b"urn:schemas-microsoft-com:office:spreadsheet" in head.replace(b"\0", b"")[:4096] and (
        b"<Workbook" in head.replace(b"\0", b"")
    )


def detect_encoding(path: Path) -> str:
    """The codec that reads the whole file without an error.

    UTF-8 is tried before GB18030, never the other way round: GBK text is practically never valid
    UTF-8, but UTF-8 often happens to be valid GBK. GB18030 holds GBK and GB 2312 entirely.
    """
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            _require_decodable(path, codec)
            return codec
    if b"\0" in head:
        return _utf16_without_mark(path, head)
    for codec in ("utf-8", "gb18030"):
        if _decodes(path, codec):
            return codec
    raise FileRefused(_("文件的文字编码无法识别（不是 UTF-8、GBK 或 UTF-16），请用表格软件打开后另存为 XLSX 再导入"))


def _utf16_without_mark(path: Path, head: bytes) -> str:
    """Zero bytes all on one side are ASCII's halves; known headers prove that it reads as text."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    codec, zeros, others = ("utf-16-le", odd, even) if odd > even else ("utf-16-be", even, odd)
    if zeros > 10 * others and _decodes(path, codec):
        words = re.split(r"[,\t;|\r\n\"]+", head.decode(codec, errors="ignore"))
        if header_words_in(words):
            return codec
    raise FileRefused(_nul_message(head[: head.index(0)].count(b"\n") + 1))


def _nul_message(line: int) -> str:
    return _("第 %(line)d 行含有空字符（NUL），文件已损坏或不是表格，请重新导出") % {"line": line}


def _require_decodable(path: Path, codec: str) -> None:
    if not _decodes(path, codec):
        raise FileRefused(
            _("文件标明是 %(encoding)s，但有字符无法读出，文件已损坏，请重新导出")
            % {"encoding": ENCODING_LABELS[codec]}
        )


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def detect_delimiter(path: Path, encoding: str) -> str:
    """The delimiter under which the most header words are found; then the most cells a line."""
    with path.open(encoding=encoding, newline="") as file:
        sample = [line for _number, line in zip(range(_SAMPLE_LINES), file, strict=False)]
    named = _named_delimiter(sample[:1])
    if named:
        return named

    def found(delimiter: str) -> tuple[int, int]:
        rows = _tolerantly(sample, delimiter)
        words = max((header_words_in(row) for row in rows), default=0)
        widths = sorted(len(row) for row in rows)
        return words, widths[len(widths) // 2] if widths else 0

    return max(_DELIMITERS, key=found)


def _tolerantly(sample: list[str], delimiter: str) -> list[list[str]]:
    """The sample's rows as far as they can be read under a delimiter that may be wrong."""
    rows = []
    try:
        for row in csv.reader(sample, delimiter=delimiter):
            rows.append(row)
    except csv.Error:
        pass
    return rows


def _named_delimiter(first: list[str]) -> str:
    """A first line "sep=;" is Excel's own way of naming the delimiter."""
    line = first[0].strip("\ufeff\r\n") if first else ""
    return line[4:] if line[:4].lower() == "sep=" and line[4:] in _DELIMITERS else ""


def read_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(physical line on which the record begins, cells); blank records are left out.

    Raises FileRefused in mid-file where the text can't go on: NUL, an unclosed quotation mark.
    """
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter)
        begins = 1
        try:
            for row in reader:
                _require_closed(lines, delimiter)
                if row and not (begins == 1 and _named_delimiter([delimiter.join(row)])):
                    if len(row) > MOST_COLUMNS:
                        raise FileRefused(too_many_columns(len(row), begins))
                    yield begins, row
                begins = reader.line_num + 1
        except csv.Error as error:
            raise FileRefused(
                _("从第 %(line)d 行起无法读出：引号没有成对，或某格超过 %(most)d 字；请更正后重试")
                % {"line": begins, "most": LONGEST_CELL}
            ) from error


def _require_closed(lines: _Lines, delimiter: str) -> None:
    """A cell may go over several lines, but only between proper quotation marks: one that was never closed takes
    the rows below into its cell, up to the next mark or the end of the file. Raises csv.Error.

    In a row on one line a mark too many does no such harm (12"轮胎), so there the reader is lenient.
    """
    record = lines.of_record()
    if len(record) > 1 or lines.ended:
        for _row in csv.reader(record, delimiter=delimiter, strict=True):
            pass


def too_many_columns(width: int, line: int) -> str:
    return _("第 %(line)d 行有 %(width)d 列，超过上限 %(most)d 列，请只导出需要的列") % {
        "line": line,
        "width": width,
        "most": MOST_COLUMNS,
    }


class _Lines:
    """The lines as the reader takes them, keeping those of the record at hand. ``ended``: it asked for one too many.

    PostgreSQL can't keep NUL in a text, and no DMS writes one: the file is damaged.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._numbered = enumerate(lines, start=1)
        self._taken: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        for number, line in self._numbered:
            if "\0" in line:
                raise FileRefused(_nul_message(number))
            self._taken.append(line)
            yield line
        self.ended = True

    def of_record(self) -> list[str]:
        taken, self._taken = self._taken, []
        return taken
