"""What people do with DMS files: upload, correct the columns, check, import, cancel."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.dms import storing, tasks
from crm.dms.columns import Columns
from crm.dms.errors import FileRefused
from crm.dms.fields import FIELDS, KINDS
from crm.dms.models import ImportRun, SourceMapping
from crm.dms.policy import imports
from crm.dms.sources import mapping_for, name_of, source_of
from crm.dms.states import TRANSITIONS, State
from crm.dms.storing import Reading, kind_of
from sanfang.audit.actions import record_access, record_event
from sanfang.kernel.errors import Conflict, DomainError, NotFound
from sanfang.kernel.permissions import Actor

MOST_MB = 500


def receive(
    actor: Actor | None,
    *,
    kind: str,
    filename: str,
    content: File,  # type: ignore[type-arg]
    now: datetime,
) -> ImportRun:
    """Stores an uploaded file and recognises it. ``actor`` None is the command line.

    The columns are read as a person corrected them for this source before, else as their headers say. Raises
    :class:`DomainError` with what to do when the file can't be read; then nothing of it is kept.
    """
    _allow(actor)
    if kind not in KINDS:
        raise DomainError(_("请选择文件类型，例如销售台账或维修工单。"), code="unknown_kind", field="kind")
    if content.size > MOST_MB << 20:
        raise DomainError(too_large(), code="too_big", field="file")
    run = ImportRun(kind=kind, filename=storing.shown_name(filename), size=content.size, created_at=now)
    run.by_id = actor.staff_id if actor else None
    run.file = storing.keep(run.pk, filename, content)
    try:
        _recognise(run, now)
        with transaction.atomic():
            run.sha256 = storing.digest(run.file)
            run.save()
            record_event(actor, run, "import.upload", now)
    except FileRefused as refusal:
        storing.forget(run.file)
        raise DomainError(str(refusal), code="unreadable", field="file") from refusal
    except BaseException:
        storing.forget(run.file)
        raise
    return run


def too_large() -> str:
    return _("文件超过 %(most)d MB，请按日期分成几个文件导出。") % {"most": MOST_MB}


def remap(
    actor: Actor,
    run: ImportRun,
    *,
    chosen: Mapping[int, str],
    now: datetime,
    sheet: str = "",
    encoding: str = "",
) -> ImportRun:
    """Reads the columns as a person says, in another sheet or encoding if they say so, and remembers it.

    ``chosen``: column number (from 0) → field; columns that aren't named are left out. The next file with the same
    headers is read the same way. Raises :class:`DomainError` when the file can't be read so.
    """
    _allow(actor)
    fields = [field for field in chosen.values() if field]
    twice = next((field for field in fields if fields.count(field) > 1), "")
    if twice:
        label = next((field.label for field in FIELDS[kind_of(run)] if field.name == twice), twice)
        raise DomainError(_("“%(field)s”只能对应一列，请检查。") % {"field": label}, code="twice", field=twice)
    mapping: dict[str, str | int] = {field.name: "" for field in FIELDS[kind_of(run)]}
    mapping |= {field: position for position, field in chosen.items() if field}
    reading = _reread(run, mapping, sheet, encoding)
    _refuse_missing(reading.columns)
    run.mapping = reading.columns.mapping()
    with transaction.atomic():
        _save_reading(actor, run, "import.remap", now)
        SourceMapping.objects.update_or_create(
            kind=run.kind,
            source=source_of(reading.columns),
            name=name_of(run.filename),
            defaults={"mapping": run.mapping, "by_id": actor.staff_id, "used_at": now},
        )
    return run


def reread(actor: Actor, run: ImportRun, *, now: datetime, sheet: str = "", encoding: str = "") -> ImportRun:
    """Recognises the columns anew, in another sheet or encoding. Raises :class:`DomainError`."""
    _allow(actor)
    _reread(run, {}, sheet, encoding)
    with transaction.atomic():
        _save_reading(actor, run, "import.reread", now)
    return run


def forget_mapping(actor: Actor, run: ImportRun, *, now: datetime) -> ImportRun:
    """What was remembered for this source is wrong: forgotten, and the columns are recognised anew."""
    _allow(actor)
    try:
        known = mapping_for(run, storing.reading_of(run).columns)
    except FileRefused as refusal:
        raise DomainError(str(refusal), code="unreadable") from refusal
    if known is not None:
        SourceMapping.objects.filter(pk=known.pk).delete()
    return reread(actor, run, now=now)


def check(actor: Actor, run: ImportRun, *, now: datetime) -> None:
    """Compares the file with what is stored, in the background. Changes nothing."""
    _step(actor, run, "check", now, _("这个文件正在导入或已导入，请刷新页面查看。"))
    tasks.check.later(str(run.pk), get_language() or "")


def apply(actor: Actor, run: ImportRun, *, now: datetime) -> None:
    """Imports the file in the background."""
    _step(actor, run, "apply", now, _("这个文件已在导入、已导入或已取消，请刷新页面查看。"))
    tasks.apply.later(str(run.pk), get_language() or "")


def queue(run: ImportRun, *, now: datetime) -> None:
    """Makes a run ready for whoever calls :func:`crm.dms.running.apply` at once: the command line."""
    _step(None, run, "apply", now, _("这个文件已在导入、已导入或已取消，请刷新页面查看。"))


def cancel(actor: Actor, run: ImportRun, *, now: datetime) -> None:
    """Stops an import; of one under way nothing stays. One that is done stays: :class:`Conflict`."""
    _step(actor, run, "cancel", now, _("导入已经完成，不能再取消。"), finished_at=now)


def undo(actor: Actor, run: ImportRun, *, now: datetime) -> None:
    """Takes an import back, in the background. What somebody has worked on since stays."""
    imports.require(actor, "undo")
    _guarded(actor, run, "undo", now, _("只有已完成的导入才能撤销，请刷新页面查看。"), undone_by_id=actor.staff_id)
    tasks.undo.later(str(run.pk), get_language() or "")


@transaction.atomic
def hand_out_errors(actor: Actor, run_id: UUID | str, *, now: datetime, address: str | None = None) -> tuple[Path, str]:
    """The error file and its name. It shows customers in clear: who fetches it is written down first.

    Raises :class:`NotFound` when there is none.
    """
    run = imports.get(actor, run_id)
    if not run.error_file or not default_storage.exists(run.error_file):
        raise NotFound(f"error file of {run_id}")
    record_access(actor, run, "error_file", now, address=address)
    path = Path(default_storage.path(run.error_file))
    return path, path.name


def _step(actor: Actor | None, run: ImportRun, verb: str, now: datetime, refusal: str, **fields: Any) -> None:
    _allow(actor)
    _guarded(actor, run, verb, now, refusal, **fields)


@transaction.atomic
def _guarded(actor: Actor | None, run: ImportRun, verb: str, now: datetime, refusal: str, **fields: Any) -> None:
    step = TRANSITIONS[verb]
    if not ImportRun.objects.filter(pk=run.pk, state__in=step.sources).update(state=step.target, **fields):
        raise Conflict(refusal, code="wrong_state")
    record_event(actor, run, f"import.{verb}", now)
    run.state = step.target


def _allow(actor: Actor | None) -> None:
    if actor is not None:
        imports.require(actor, "make")


def _recognise(run: ImportRun, now: datetime) -> None:
    reading = storing.reading_of(run)
    known = mapping_for(run, reading.columns)
    if known is not None:
        run.mapping = known.mapping
        with suppress(FileRefused):
            reading = storing.reading_of(run)
            SourceMapping.objects.filter(pk=known.pk).update(used_at=now)
    _describe(run, reading)


def _describe(run: ImportRun, reading: Reading) -> None:
    source = reading.source
    run.form, run.encoding, run.delimiter = source.form, source.encoding, source.delimiter
    run.sheet, run.header_line = source.sheet, reading.columns.header_line


def _reread(run: ImportRun, mapping: Mapping[str, str | int], sheet: str, encoding: str) -> Reading:
    run.mapping, run.sheet, run.encoding = dict(mapping), sheet or run.sheet, encoding or run.encoding
    try:
        reading = storing.reading_of(run)
    except FileRefused as refusal:
        raise DomainError(str(refusal), code="unreadable") from refusal
    except (LookupError, UnicodeError) as error:
        raise DomainError(_("文件不能按所选编码读取，请换一个编码。"), code="encoding", field="encoding") from error
    _describe(run, reading)
    return reading


def _save_reading(actor: Actor, run: ImportRun, kind: str, now: datetime) -> None:
    """Guarded: an import that has begun is read as it began."""
    fields = {name: getattr(run, name) for name in ("mapping", "sheet", "encoding", "delimiter", "header_line")}
    free = ImportRun.objects.filter(pk=run.pk, state__in=[State.UPLOADED, State.CHECKED, State.FAILED])
    if not free.update(state=State.UPLOADED, **fields):
        raise Conflict(_("这个文件正在导入或已导入，不能再改列的对应关系。"), code="too_late")
    record_event(actor, run, kind, now)
    run.state = State.UPLOADED


def _refuse_missing(columns: Columns) -> None:
    if columns.missing:
        raise DomainError("；".join(missing.sentence() for missing in columns.missing), code="missing_columns")
