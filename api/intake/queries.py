"""How what was sent stands, and up to when everything has been told."""

import csv
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from api.intake.limits import limits
from api.intake.models import Receipt
from api.intake.rows import PLACE
from crm.dms.policy import imports
from crm.dms.progress import progress_of
from crm.dms.queries import ImportRun
from crm.dms.states import State
from sanfang.kernel.errors import NotFound
from sanfang.kernel.permissions import Actor

OVER = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.UNDOING, State.UNDONE})
LONG = {State.APPLYING: "started_at", State.UNDOING: "finished_at"}
"""States in which a transaction may be under way for long, and a moment that is not after its beginning."""
MARGIN = timedelta(minutes=2)
"""Longer than any other transaction lasts (settings.STATEMENT_TIMEOUT_MS)."""


def told_until(now: datetime) -> datetime:
    """Whoever has read all that changed since some moment asks next time for what changed since this one.

    A row says when its transaction began, and nobody sees it before the end. So what is still under way may come up
    with an earlier moment than what can be seen already: an import, with that of its start.
    """
    runs = ImportRun.objects.filter(state__in=LONG).only("state", "started_at", "finished_at")
    starts: list[datetime | None] = [getattr(run, LONG[State(run.state)]) for run in runs]
    return min([now, *(start for start in starts if start)]) - MARGIN


def is_over(run: ImportRun) -> bool:
    return run.state in OVER


def sent_import(actor: Actor, key: UUID) -> ImportRun:
    """An import that came by the API. Raises :class:`NotFound` for others: those are looked at on their pages."""
    run = imports.get(actor, key)
    if not Receipt.objects.filter(import_id=key).exists():
        raise NotFound(f"import {key}")
    return run


def account(run: ImportRun) -> dict[str, Any]:
    """How an import stands: counts once it is over, and which rows were refused or taken in with a remark."""
    progress = progress_of(run)
    over = run.state in {State.DONE, State.UNDOING, State.UNDONE}
    return {
        "id": str(run.pk),
        "kind": run.kind,
        "state": run.state,
        "done": run.rows if over else progress.done,
        "rows": run.rows or progress.total,
        "new": run.new,
        "changed": run.changed,
        "same": run.same,
        "refused": run.faulty,
        "message": run.message,
        "refusals": _refusals(run) if over else [],
        "remarks": _remarks(run) if over else [],
        "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }


def _refusals(run: ImportRun) -> list[dict[str, Any]]:
    """From the error file, which has all of them; none once its time is past."""
    found = []
    # The reason's header is in the sender's language; it stands behind the last column of ours.
    for _last, cells, place in islice(_lines(run.error_file), limits().refused):
        found.append({"row": int(cells[place]), "reason": cells[place + 1]})
    return found


def _remarks(run: ImportRun) -> list[dict[str, Any]]:
    """The first ones, as on the import's page. A row may have several lines, and is known by any of them."""
    if not run.warnings:
        return []
    ends = [(last, int(cells[place])) for last, cells, place in _lines(run.file)]
    found = []
    for one in run.warnings:
        at = bisect_left(ends, (one["line"],))
        if at < len(ends):
            found.append({"row": ends[at][1], "column": one["column"], "remark": one["reason"]})
    return found


def _lines(name: str) -> Iterator[tuple[int, list[str], int]]:
    """Each row of a file of ours: its last line, its cells, and which of them is the row's place in the body."""
    if not name or not default_storage.exists(name):
        return
    with Path(default_storage.path(name)).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        place = next(reader, []).index(PLACE)
        for cells in reader:
            yield reader.line_num, cells, place
