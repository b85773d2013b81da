"""What the pages of imports show."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from crm.dms import storing
from crm.dms.cells import on_one_line, text_of
from crm.dms.delimited import ENCODING_LABELS
from crm.dms.errors import FileRefused
from crm.dms.fields import FIELDS, KIND_LABELS, KINDS, Kind
from crm.dms.files import open_source
from crm.dms.models import ImportRun
from crm.dms.policy import imports
from crm.dms.progress import progress_of
from crm.dms.sources import Remembered, remembered
from crm.dms.states import TRANSITIONS, State
from crm.dms.storing import Reading, kind_of
from crm.dms.undone import Stays, UndoneFacts, undone_facts
from crm.followups.queries import made_for_import
from sanfang.kernel.permissions import Actor

__all__ = ["ImportRun", "Stays", "get", "imports_page", "job", "kinds", "mapping", "outcome"]

SAMPLES = 3
"""Values of a column that are shown to tell what it holds."""
ENCODINGS = ("utf-8", "gb18030", "utf-16")
TONES = {
    State.UPLOADED: "muted",
    State.CHECKING: "info",
    State.CHECKED: "info",
    State.QUEUED: "info",
    State.APPLYING: "info",
    State.DONE: "good",
    State.FAILED: "danger",
    State.CANCELLED: "muted",
    State.UNDOING: "info",
    State.UNDONE: "muted",
}


@dataclass(frozen=True, slots=True)
class KindChoice:
    """``columns_hint``: the headers that a file of this kind must have."""

    value: Kind
    label: Any
    columns_hint: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """``rows`` is None until the file has been read through."""

    id: UUID
    kind: str
    filename: str
    size: int
    kind_label: Any
    encoding_label: str
    encoding: str
    sheet: str
    header_line: int
    rows: int | None
    state: str


@dataclass(frozen=True, slots=True)
class Counts:
    rows: int
    new: int
    changed: int
    same: int
    faulty: int
    warnings: int


@dataclass(frozen=True, slots=True)
class ImportRow:
    """``by`` is empty for imports from the command line."""

    id: UUID
    kind_label: Any
    filename: str
    at: datetime
    by: str
    rows: int
    new: int
    changed: int
    same: int
    faulty: int
    warnings: int
    state: str
    state_label: Any
    tone: str
    has_error_file: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. ``target``: the field it is read as, None when left out. ``sure``: nothing speaks
    against that; ``error`` is what does, in words."""

    index: int
    header: str
    samples: tuple[str, ...]
    target: str | None
    sure: bool
    error: str


@dataclass(frozen=True, slots=True)
class Target:
    value: str
    label: Any
    required: bool
    taken: bool


@dataclass(frozen=True, slots=True)
class MappingPage:
    """``missing``: labels of fields that a file of this kind must have. ``errors``: why it can't be read at all.
    ``remembered``: how this source was read before, if it is read so now; ``before``: when the very same
    file came in."""

    file: FileFacts
    encodings: list[tuple[str, str]]
    sheets: tuple[str, ...]
    columns: list[Column]
    targets: list[Target]
    missing: list[str]
    errors: list[str]
    remembered: Remembered | None = None
    before: ImportRow | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """``total`` is 0 while it isn't known. ``seconds``: how long it took, once it is over."""

    state: str
    done: int
    total: int
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    message: str
    may_cancel: bool


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """The preview before an import and its result: each fault and warning is {line, column, value, reason}.

    ``planned``: follow-ups made so far for the documents of this import.
    """

    file: FileFacts
    counts: Counts
    faults: list[dict[str, Any]]
    fault_total: int
    warnings: list[dict[str, Any]]
    warning_total: int
    job: Job
    may_apply: bool
    has_error_file: bool
    planned: int
    may_undo: bool
    undone: UndoneFacts | None


def get(actor: Actor, run_id: UUID | str) -> ImportRun:
    return imports.get(actor, run_id)


def kinds() -> list[KindChoice]:
    return [KindChoice(kind, KIND_LABELS[kind], "、".join(_must_have(kind))) for kind in KINDS]


def imports_page(actor: Actor, *, limit: int = 100) -> list[ImportRow]:
    """The newest imports first. One statement."""
    imports.require(actor, "see")
    rows = imports.visible(actor).select_related("by").defer("faults", "warnings", "mapping")
    return [_row(run) for run in rows.order_by("-created_at", "-pk")[:limit]]


def mapping(actor: Actor, run_id: UUID | str) -> MappingPage:
    """How the file's columns are understood, to be corrected."""
    run = imports.get(actor, run_id, "make")
    path = Path(default_storage.path(run.file))
    sheets: tuple[str, ...] = ()
    try:
        sheets = open_source(path).sheets
        reading = storing.reading_of(run)
    except FileRefused as refusal:
        return MappingPage(_file(run), _encodings(run), sheets, [], [], [], [str(refusal)])
    columns = reading.columns
    taken = {position: field for field, position in columns.positions.items()}
    required = {field.name for field in FIELDS[kind_of(run)] if field.required}
    return MappingPage(
        file=_file(run),
        encodings=_encodings(run),
        sheets=sheets,
        columns=_columns(reading, taken),
        targets=[
            Target(field.name, field.label, field.name in required, field.name in columns.positions)
            for field in FIELDS[kind_of(run)]
        ],
        missing=[missing.label for missing in columns.missing],
        errors=[warning.reason for warning in columns.warnings if not warning.column],
        remembered=remembered(run, columns),
        before=_before(run),
    )


def job(actor: Actor, run_id: UUID | str) -> Job:
    """Where an import is. A statement and a look into the cache: it is asked every second."""
    return _job(actor, imports.get(actor, run_id))


def outcome(actor: Actor, run_id: UUID | str) -> OutcomePage:
    """What an import will do or has done."""
    run = imports.get(actor, run_id)
    done = run.state in {State.DONE, State.UNDOING, State.UNDONE}
    return OutcomePage(
        file=_file(run),
        counts=Counts(run.rows, run.new, run.changed, run.same, run.faulty, run.warning_total),
        faults=run.faults,
        fault_total=run.fault_total,
        warnings=run.warnings,
        warning_total=run.warning_total,
        job=_job(actor, run),
        may_apply=run.state == State.CHECKED and bool(run.new + run.changed) and imports.may(actor, "make"),
        has_error_file=bool(run.error_file),
        planned=made_for_import(run.pk) if done else 0,
        may_undo=run.state in {State.DONE, State.UNDONE} and imports.may(actor, "undo"),
        undone=undone_facts(run) if run.undo else None,
    )


def _before(run: ImportRun) -> ImportRow | None:
    """The import that has taken in the very same bytes."""
    same = ImportRun.objects.filter(sha256=run.sha256, kind=run.kind, state=State.DONE).exclude(pk=run.pk)
    found = same.select_related("by").order_by("-created_at").first()
    return _row(found) if found else None


def _must_have(kind: Any) -> list[str]:
    groups: dict[str, str] = {}
    for field in FIELDS[kind]:
        if field.required == "who" and "who" in groups:
            # Any of these tells whom a row of a list is about.
            groups["who"] += f"/{field.headers[0]}"
        elif field.required:
            groups.setdefault(field.required, field.headers[0])
    return list(groups.values())


def _row(run: ImportRun) -> ImportRow:
    return ImportRow(
        id=run.pk,
        kind_label=KIND_LABELS[kind_of(run)],
        filename=run.filename,
        at=run.created_at,
        by=run.by.name if run.by else "",
        rows=run.rows,
        new=run.new,
        changed=run.changed,
        same=run.same,
        faulty=run.faulty,
        warnings=run.warning_total,
        state=run.state,
        state_label=State(run.state).label,
        tone=TONES[State(run.state)],
        has_error_file=bool(run.error_file),
    )


def _file(run: ImportRun) -> FileFacts:
    read = run.rows or run.state in {State.CHECKED, State.DONE, State.UNDOING, State.UNDONE}
    return FileFacts(
        id=run.pk,
        kind=run.kind,
        filename=run.filename,
        size=run.size,
        kind_label=KIND_LABELS[kind_of(run)],
        encoding_label=ENCODING_LABELS.get(run.encoding, run.encoding),
        encoding=run.encoding,
        sheet=run.sheet,
        header_line=run.header_line,
        rows=run.rows if read else None,
        state=run.state,
    )


def _encodings(run: ImportRun) -> list[tuple[str, str]]:
    """What a text file may be read as; none for a workbook, which says it itself."""
    if not run.encoding:
        return []
    return [(name, ENCODING_LABELS[name]) for name in dict.fromkeys((run.encoding, *ENCODINGS))]


def _columns(reading: Reading, taken: dict[int, str]) -> list[Column]:
    columns = reading.columns
    doubts = {warning.column: warning.reason for warning in reversed(columns.warnings) if warning.column}
    samples: list[list[str]] = [[] for _header in columns.headers]
    for line, cells in islice(reading.source.rows(), 400):
        if line <= columns.header_line:
            continue
        for position, cell in enumerate(cells[: len(samples)]):
            if len(samples[position]) < SAMPLES and (text := on_one_line(text_of(cell))):
                samples[position].append(text[:60])
    found = []
    for position in range(len(columns.headers)):
        header = columns.header_at(position)
        doubt = doubts.get(header, "") if position in taken else ""
        found.append(Column(position, header, tuple(samples[position]), taken.get(position), not doubt, doubt))
    return found


def _job(actor: Actor, run: ImportRun) -> Job:
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    at_work = run.state in {State.CHECKING, State.APPLYING, State.UNDOING}
    progress = progress_of(run) if at_work else None
    finished = run.state in {State.DONE, State.CHECKED, State.UNDONE}
    return Job(
        state=run.state,
        done=progress.done if progress else run.rows if finished else 0,
        total=progress.total if progress else run.rows,
        started_at=run.started_at,
        finished_at=run.finished_at,
        seconds=seconds,
        message=run.message,
        may_cancel=run.state in TRANSITIONS["cancel"].sources and imports.may(actor, "make"),
    )
