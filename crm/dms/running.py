"""The runs of imports: step by step as workers' tasks, or all steps here and now.

A large file's import is many short steps, so that it doesn't keep a worker from other stores' tasks: a slice is
read in each, and the last takes all of them in, in one transaction. A killed worker or server leaves nothing in the
store; the run goes on with the step at which it was, and a run that is done says so in the very transaction that
wrote its rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.dms import carrying, storing, turns, undoing
from crm.dms.carrying import Result
from crm.dms.errors import FileRefused
from crm.dms.models import ImportRun
from crm.dms.progress import Unwanted, Watch
from crm.dms.records import Fault
from crm.dms.slices import Begun, Slices
from crm.dms.states import TRANSITIONS, State
from crm.dms.storing import Reading
from crm.dms.undoing import Undone
from crm.doubles.actions import look_again
from sanfang.audit.actions import record_event
from sanfang.tenancy.context import current_tenant, inside

SHOWN = 100
"""Faults and warnings that a run keeps for its pages."""
WANTED = {"check": [State.CHECKING], "apply": [State.QUEUED, State.APPLYING], "undo": [State.UNDOING]}
"""The states in which a run is waiting for a verb, or in the middle of it."""


@dataclass(frozen=True, slots=True)
class Went:
    """How a step went. ``further``: the step that comes next; ``ended``: none does, however the run ended."""

    further: int | None = None
    ended: bool = False


def check(run_id: UUID) -> None:
    """Compares a run's file for its preview. Repeatable; does nothing for a run that isn't waiting for it."""
    _whole(run_id, "check")


def apply(run_id: UUID) -> Result | None:
    """Imports a run's file; None when there is nothing (more) to do, or it can't be done.

    Repeatable, by as many workers as there are: the first does it, the others find it done.
    """
    return _whole(run_id, "apply")


def _whole(run_id: UUID, verb: str) -> Result | None:
    """All steps, here and now."""
    run = ImportRun.objects.get(pk=run_id)
    result: Result | None = None
    with _at_work(run, verb), turns.turn(lambda: _still(run, verb)):
        while result is None:
            result = _step(run, verb)
    # None still, when the block ended by a failure that has been told.
    return result


def go_on(run_id: UUID, verb: str, number: int) -> Went:
    """A worker's task: the step ``number`` of a run.

    Nothing happens when that isn't its next step (a message may come twice, and the first has done it), or when
    another import of the store is at work: whoever ends looks for those that wait, and so does the scheduler.
    """
    run = ImportRun.objects.get(pk=run_id)
    slices = storing.slices_of(run, verb)
    if run.state != State.QUEUED and slices.done() != number:
        return Went()
    with _at_work(run, verb), turns.attempt(writing=number == 0 or slices.staged().last) as got:
        if not got:
            return Went()
        slices.wake()
        if _step(run, verb) is None:
            slices.rest()
            return Went(further=slices.done())
    return Went(ended=True)


def _step(run: ImportRun, verb: str) -> Result | None:
    """Reads the next slice of a run's file, or takes all of them in. Its result, once it has one."""
    _still(run, verb)
    reading = storing.reading_of(run)
    slices, begun = _begun(run, verb, reading)
    with override(begun.language):
        watch = Watch(run.pk, run.rows, State.CHECKING if verb == "check" else State.APPLYING)
        # A file of one slice is done with in one step.
        if not slices.staged().last and not (carrying.read_slice(slices, reading, watch).last and slices.done() == 1):
            return None
        work = _checked if verb == "check" else _applied
        result = work(run, slices, begun, reading, watch)
    slices.forget()
    return result


def _begun(run: ImportRun, verb: str, reading: Reading) -> tuple[Slices, Begun]:
    """The slices of a run's file, as far as there are any."""
    slices = storing.slices_of(run, verb)
    begun = slices.begun()
    if begun is None or ImportRun.objects.filter(pk=run.pk, state=State.QUEUED).exists():
        if verb == "apply":
            _give_up_killed(run)
        begun = carrying.begin(slices, reading, timezone.now())
        if verb == "apply":
            _move(run, "start", begun.now, started_at=begun.now, message="")
    return slices, begun


def _checked(run: ImportRun, slices: Slices, begun: Begun, reading: Reading, watch: Watch) -> Result:
    result = carrying.would_be(slices, reading, watch)
    _move(run, "finish_check", begun.now, message="", **_found(reading, result))
    return result


def _applied(run: ImportRun, slices: Slices, begun: Begun, reading: Reading, watch: Watch) -> Result:
    def finish(result: Result) -> None:
        errors = storing.keep_errors(run.pk, reading, result.staged.reasons)
        found = _found(reading, result)
        if result.journal:
            found |= {"journal_after": result.journal[0], "journal_until": result.journal[1]}
        _move(run, "finish", begun.now, error_file=errors, finished_at=timezone.now(), **found)

    result = carrying.carry_out(slices, reading, source=run.pk, now=begun.now, watch=watch, finish=finish)
    if result.journal:
        look_again()
    return result


def left_alone() -> list[tuple[UUID, str, int]]:
    """Runs that should be under way while no import of this tenant is: each with the verb and step to send again.

    A message that the queue lost, or still keeps for a worker that was killed. Sending one twice does no harm.
    """
    verbs = {state: verb for verb, states in WANTED.items() for state in states}
    waiting = list(ImportRun.objects.filter(state__in=verbs).order_by("created_at"))
    if not waiting or turns.taken():
        return []
    found = []
    for run in waiting:
        verb = verbs[State(run.state)]
        fresh = run.state in {State.QUEUED, State.UNDOING}
        found.append((run.pk, verb, 0 if fresh else storing.slices_of(run, verb).done()))
    return found


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


def _still(run: ImportRun, verb: str) -> None:
    """Raises :class:`Unwanted` when the run has left the states in which this is wanted meanwhile."""
    if not ImportRun.objects.filter(pk=run.pk, state__in=WANTED[verb]).exists():
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
    """Whoever says they are at work and aren't, nor between two steps, were killed: they wrote nothing."""
    if not turns.alone():
        return
    for other in ImportRun.objects.filter(state=State.APPLYING).exclude(pk=run.pk):
        slices = storing.slices_of(other, "apply")
        if not slices.rests():
            _fail(other, _("导入中途被中断，没有写入任何数据；此后已开始另一次导入。仍需要本文件的，请重新导入。"))
            slices.forget()


@contextmanager
def _at_work(run: ImportRun, verb: str) -> Iterator[None]:
    """As whoever asked for it. What stops it is told in the run, for the person who waits; what was cancelled ends."""
    slices = storing.slices_of(run, verb)
    with inside(current_tenant(), actor=str(run.by_id or "") if verb == "apply" else "", request_id=str(run.pk)):
        try:
            yield
        except Unwanted:
            slices.forget()
        except FileRefused as refusal:
            _fail(run, str(refusal))
            slices.forget()
        except (OperationalError, InterfaceError):
            # The database went away. Nothing is written; the task comes again and goes on with this slice.
            raise
        except Exception:
            _fail(run, _("导入时出现意外错误，没有写入任何数据。请重试；若再次失败，请联系平台运营。"))
            slices.forget()
            raise


def _fail(run: ImportRun, message: str) -> None:
    with suppress(Unwanted):
        now = timezone.now()
        _move(run, "fail", now, message=message, finished_at=now)


def undo(run_id: UUID) -> Undone | None:
    """Takes an import back; None when it isn't (or is no longer) asked for, or another import has the turn.

    Repeatable: a killed one has changed nothing, and the message that comes again does it.
    """
    run = ImportRun.objects.get(pk=run_id)
    by = {"actor": str(run.undone_by_id or ""), "request_id": f"undo{run.pk.hex}"}
    with inside(current_tenant(), **by), turns.attempt(writing=True) as got:
        if not got:
            return None
        try:
            _still(run, "undo")
            with transaction.atomic():
                now = timezone.now()
                undone = undoing.take_back(run, now, Watch(run.pk, run.rows, State.UNDOING))
                _move(run, "finish_undo", now, undo=undone.kept(), undone_at=now)
        except Unwanted:
            return None
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            with suppress(Unwanted):
                message = _("撤销时出现意外错误，没有改动任何数据。请重试；若再次失败，请联系平台运营。")
                _move(run, "fail_undo", timezone.now(), message=message)
            raise
    return undone
