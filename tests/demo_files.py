"""Reads the demo's files the way a stranger would: by their bytes, with no help from the generator."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineWorkbook

from infra.demo.manifest import FileFacts, Kind, Manifest

REFERENCE = date(2025, 6, 18)
Line = tuple[int, dict[str, str]]  # physical line, cells by header


def read(folder: Path, file: FileFacts) -> list[Line]:
    """The data rows of one file, with their physical lines; rows without a VIN (合计) are none."""
    lines = list(_csv(folder / file.path, file.encoding) if file.encoding else _workbook(folder / file.path))
    header = lines[file.header_line - 1]
    rows = [
        (number, dict(zip(header, cells, strict=False)))
        for number, cells in enumerate(lines[file.header_line :], file.header_line + 1)
    ]
    return [(number, row) for number, row in rows if row.get("VIN")]


def _csv(path: Path, encoding: str) -> Iterator[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        yield from csv.reader(stream)


def _workbook(path: Path) -> Iterator[list[str]]:
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    for row in sheet.to_python(skip_empty_area=False):
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def moment(text: str) -> datetime:
    """A time as any of the four systems writes it."""
    if text.isdigit():
        return datetime.combine(date(1899, 12, 30) + timedelta(days=int(text)), time())
    return datetime.fromisoformat(text.replace("/", "-"))


def files(manifest: Manifest, kind: Kind) -> list[FileFacts]:
    return [file for file in manifest.files if file.kind == kind]


def spoilt(file: FileFacts, column: str) -> set[int]:
    """Lines whose value in ``column`` is bad on purpose."""
    return {blemish.line for blemish in file.blemishes if blemish.column == column}
