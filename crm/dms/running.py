"""Carrying an import out: compared only, or for good. One transaction, so that nothing is ever half applied.

One transaction and not batches: a file is some thousand rows, a hundred thousand take seconds, and whoever
watches wants all of it or none. A killed worker or server leaves nothing; the same run starts afresh, and a run
that is done says so in the very transaction that wrote its rows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.dms import comparing, storing, turns, writing
from crm.dms.comparing import Counts
from crm.dms.errors import FileRefused
from crm.dms.models import ImportRun
from crm.dms.progress import Unwanted, Watch
from crm.dms.reading import read_documents
from crm.dms.records import Fault, StoreFacts
from crm.dms.staging import Staged, stage
from crm.dms.states import TRANSITIONS, State
from crm.dms.storing import Reading
from crm.dms.turns import turn
from sanfang.audit.actions import record_event
from sanfang.tenancy.context import current_tenant, inside
from sanfang.tenancy.models import Staff

SHOWN = 100
"""Faults and warnings that a run keeps for its pages."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a file; ``warnings`` of reading and of comparing, in the order of their lines."""

    staged: Staged
    counts: Counts
    warnings: list[Fault]

    @property
    def faults(self) -> list[Fault]:
        return sorted(self.staged.faults, key=lambda fault: fault.line)


def compare_only(reading: Reading, *, now: datetime, watch: Watch) -> Result:
    """What the import would do. Leaves nothing behind."""
    with transaction.atomic():
        result = _compared(reading, now, watch)
        transaction.set_rollback(True)
    return result


def carry_out(
    reading: Reading, *, source: UUID, now: datetime, watch: Watch, finish: Callable[[Result], None]
) -> Result:
    """The import for good. ``finish`` is part of its transaction; what it raises undoes everything."""
    with transaction.atomic():
        result = _compared(reading, now, watch)
        if result.counts.documents:
            writing.write(reading.kind, _zone().key, source=source, now=now, watch=watch)
        writing.clear()
        finish(result)
    writing.refresh_statistics()
    return result


def _compared(reading: Reading, now: datetime, watch: Watch) -> Result:
    zone = _zone()
    facts = StoreFacts(zone=zone, today=now.astimezone(zone).date(), staff_mobiles=_staff_mobiles())
    columns = reading.columns
    documents = read_documents(reading.source, columns, facts)
    staged = stage(documents, zone, columns, watch)
    watch.total = watch.total or staged.rows
    comparing.prepare(staged.documents)
    counts = comparing.compare(reading.kind, zone.key, watch)
    headers = {field: columns.header_of(field) for field in ("mobile", "landline") if field in columns.positions}
    warnings = [*columns.warnings, *staged.warnings, *comparing.numbers_known_wrong(headers)]
    return Result(staged, counts, sorted(warnings, key=lambda warning: warning.line))


def _zone() -> ZoneInfo:
    return ZoneInfo(current_tenant().time_zone)


def _staff_mobiles() -> frozenset[str]:
    return frozenset(Staff.objects.exclude(phone="").values_list("phone", flat=True))


# --- runs -----------------------------------------------------------------------------------
def check(run_id: UUID) -> None:
    """Compares a run's file for its preview. Repeatable; does nothing for a run that isn't waiting for it."""
    run = ImportRun.objects.get(pk=run_id)
    with _failure_told(run), turn(lambda: _still(run, State.CHECKING)):
        _still(run, State.CHECKING)
        now = timezone.now()
        reading = storing.reading_of(run)
        result = compare_only(reading, now=now, watch=Watch(run.pk, working=State.CHECKING))
        _move(run, "finish_check", now, message="", **_found(reading, result))


def apply(run_id: UUID) -> Result | None:
    """Imports a run's file; None when there is nothing (more) to do, or it can't be done.

    Repeatable, by as many workers as there are: the first does it, the others find it done.
    """
    run = ImportRun.objects.get(pk=run_id)
    actor = str(run.by_id or "")
    result: Result | None = None
    with (
        inside(current_tenant(), actor=actor, request_id=str(run.pk)),
        _failure_told(run),
        turn(lambda: _still(run, State.QUEUED, State.APPLYING)),
    ):
        _still(run, State.QUEUED, State.APPLYING)
        _give_up_killed(run)
        now = timezone.now()
        _move(run, "start", now, started_at=now, message="")
        reading = storing.reading_of(run)

        def finish(result: Result) -> None:
            errors = storing.keep_errors(run.pk, reading, result.staged.reasons)
            found = _found(reading, result)
            _move(run, "finish", now, error_file=errors, finished_at=timezone.now(), **found)

        result = carry_out(reading, source=run.pk, now=now, watch=Watch(run.pk, run.rows), finish=finish)
    # None still, when the block ended by a failure that has been told.
    return result  # noqa: RET504


def left_alone() -> list[tuple[UUID, str]]:
    """Runs that should be under way while no import of this tenant is: each with the verb to send again.

    A message that the queue lost, or still keeps for a worker that was killed. Sending one twice does no harm.
    """
    states = {State.CHECKING: "check", State.QUEUED: "apply", State.APPLYING: "apply"}
    waiting = list(ImportRun.objects.filter(state__in=states).order_by("created_at").values_list("pk", "state"))
    if not waiting or turns.taken():
        return []
    return [(run_id, states[State(state)]) for run_id, state in waiting]


def _found(reading: Reading, result: Result) -> dict[str, Any]:
    staged, counts = result.staged, result.counts
    return {
        "header_line": reading.columns.header_line,
        "rows": staged.rows,
        "new": counts.new,
        "changed": counts.changed,
        "same": counts.same,
        "faulty": staged.faulty,
        "fault_total": len(staged.faults),
        "warning_total": len(result.warnings),
        "faults": _shown(reading, result.faults),
        "warnings": _shown(reading, result.warnings),
    }


def _shown(reading: Reading, faults: list[Fault]) -> list[dict[str, Any]]:
    first = faults[:SHOWN]
    values = storing.values_at(reading, first)
    return [{**asdict(fault), "value": value} for fault, value in zip(first, values, strict=True)]


def _still(run: ImportRun, *states: State) -> None:
    """Raises :class:`Unwanted` when the run has left these states meanwhile."""
    if not ImportRun.objects.filter(pk=run.pk, state__in=states).exists():
        raise Unwanted


def _move(run: ImportRun, verb: str, now: datetime, **fields: Any) -> None:
    """A guarded step. Whoever cancels at the same moment is either before it or too late."""
    step = TRANSITIONS[verb]
    moved = ImportRun.objects.filter(pk=run.pk, state__in=step.sources).update(state=step.target, **fields)
    if not moved:
        raise Unwanted
    counts = {name: fields[name] for name in ("rows", "new", "changed", "same", "faulty") if name in fields}
    record_event(None, run, f"import.{verb}", now, **counts)


def _give_up_killed(run: ImportRun) -> None:
    """It is our turn, so a run that says it is at work isn't: its process was killed, and it wrote nothing."""
    for other in ImportRun.objects.filter(state=State.APPLYING).exclude(pk=run.pk):
        _fail(other, _("导入中途被中断，没有写入任何数据；此后已开始另一次导入。仍需要本文件的，请重新导入。"))


@contextmanager
def _failure_told(run: ImportRun) -> Iterator[None]:
    """What stops an import is told in the run, for the person who waits. What was cancelled just ends."""
    try:
        yield
    except Unwanted:
        return
    except FileRefused as refusal:
        _fail(run, str(refusal))
    except (OperationalError, InterfaceError):
        # The database went away. Nothing is written; the task comes again.
        raise
    except Exception:
        _fail(run, _("导入时出现意外错误，没有写入任何数据。请重试；若再次失败，请联系平台运营。"))
        raise


def _fail(run: ImportRun, message: str) -> None:
    with suppress(Unwanted):
        now = timezone.now()
        _move(run, "fail", now, message=message, finished_at=now)
