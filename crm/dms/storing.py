"""The files of an import in the tenant's storage, and opening them for reading."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import cast
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage

from crm.dms.cells import Cell, on_one_line, text_of
from crm.dms.columns import Chosen, Columns, detect_columns
from crm.dms.errorfile import error_file_name, write_error_file
from crm.dms.fields import Kind
from crm.dms.files import Source, open_source
from crm.dms.models import ImportRun
from crm.dms.records import Fault
from crm.dms.slices import Slices

_LONGEST_NAME = 50
"""An error file's name has a mark behind it, and a file system counts bytes."""
_LONGEST_SUFFIX = 9
_UNPLAIN = re.compile(r"[^\w.-]+")
_LONGEST_VALUE = 120
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """A file with what is known of its columns: all that reading it takes."""

    kind: Kind
    source: Source
    columns: Columns


def read_from(path: Path, kind: Kind, mapping: Chosen | None = None) -> Reading:
    """A file anywhere. Raises FileRefused."""
    source = open_source(path)
    return Reading(kind, source, detect_columns(source, kind, mapping or None))


def reading_of(run: ImportRun) -> Reading:
    """A run's file as its person said it is to be read. Raises FileRefused."""
    source = open_source(Path(default_storage.path(run.file)), run.sheet or None)
    if source.encoding and run.encoding:
        source = replace(source, encoding=run.encoding)
    return Reading(kind_of(run), source, detect_columns(source, kind_of(run), run.mapping or None))


def kind_of(run: ImportRun) -> Kind:
    return cast(Kind, run.kind)


def values_at(reading: Reading, faults: Sequence[Fault]) -> list[str]:
    """What stands in the file where each fault is; "" for one that concerns a whole row."""
    columns = reading.columns
    places: dict[str, int] = {}
    for position in range(len(columns.headers)):
        places.setdefault(columns.header_at(position), position)
    wanted = {fault.line for fault in faults if fault.column}
    last = max(wanted, default=0)
    rows: dict[int, Sequence[Cell]] = {}
    for line, cells in reading.source.rows():
        if line > last:
            break
        if line in wanted:
            rows[line] = cells
    return [_cell(rows.get(fault.line, ()), places.get(fault.column, -1)) for fault in faults]


def _cell(cells: Sequence[Cell], place: int) -> str:
    return on_one_line(text_of(cells[place]))[:_LONGEST_VALUE] if 0 <= place < len(cells) else ""


def shown_name(filename: str) -> str:
    """What a person called the file, as far as a text can hold it; never empty."""
    return "".join(sign if sign.isprintable() else " " for sign in filename)[-255:].strip() or "?"


def keep(run_id: UUID, filename: str, content: File) -> str:  # type: ignore[type-arg]
    """Stores an upload; its name there."""
    name = PurePath(filename.replace("\\", "/"))
    stem, suffix = _plain(name.stem, "import"), "." + _plain(name.suffix.lstrip(".")[:_LONGEST_SUFFIX], "dat")
    return default_storage.save(f"{_folder(run_id)}/{stem[:_LONGEST_NAME]}{suffix}", content)


def _plain(part: str, otherwise: str) -> str:
    """A part of a name without what a file system or a shell might understand in it."""
    return _UNPLAIN.sub("_", part).strip("._-") or otherwise


def digest(name: str) -> str:
    found = hashlib.sha256()
    with default_storage.open(name, "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def forget(name: str) -> None:
    default_storage.delete(name)


def keep_errors(run_id: UUID, reading: Reading, reasons: list[tuple[int, str]]) -> str:
    """Writes the error file of a run; its name in the storage, empty when nothing is wrong.

    The same run writes the same name again, so one that was killed leaves nothing behind that stays.
    """
    if not reasons:
        return ""
    name = f"{_folder(run_id)}/{error_file_name(reading.source)}"
    write_error_file(reading.source, reading.columns, sorted(reasons), Path(default_storage.path(name)))
    return name


def slices_of(run: ImportRun, verb: str) -> Slices:
    """What has been read of a run's file for this. The same file read in another way is another reading."""
    way = json.dumps([run.mapping, run.sheet, run.encoding], sort_keys=True)
    name = f"slices-{verb}-{hashlib.sha256(way.encode()).hexdigest()[:12]}"
    return Slices(Path(default_storage.path(f"{_folder(run.pk)}/{name}")))


def forget_slices(run_id: UUID | str) -> None:
    """Of all readings of a run's file."""
    for folder in Path(default_storage.path(_folder(run_id))).glob("slices-*"):
        Slices(folder).forget()


def _folder(run_id: UUID | str) -> str:
    return f"imports/{run_id}"
