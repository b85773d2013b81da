"""How far an import has come, for whoever looks on, and whether it is still wanted.

An import is one transaction, so nothing that it writes can be seen before its end; progress goes through the
cache instead. Without a cache the import works as well, only unseen.
"""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.core.cache import cache

from crm.dms.models import ImportRun
from crm.dms.states import State

log = structlog.get_logger(__name__)

EVERY = 0.5
"""Seconds between two notes."""
KEPT = 3600
READING = 0.6
"""Share of the work that is done when the file has been read."""


class Unwanted(Exception):
    """Somebody has cancelled the import while it ran."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` rows; ``total`` is 0 while it isn't known."""

    done: int = 0
    total: int = 0


class Watch:
    """Told by the import where it is. ``run_id`` None: nobody looks on (a dry run from the command line)."""

    def __init__(self, run_id: UUID | None = None, total: int = 0, working: str = State.APPLYING) -> None:
        self.run_id = run_id
        self.total = total
        self.working = working
        self.before = 0
        """Rows of earlier slices."""
        self._noted = 0.0

    def read(self, rows: int) -> None:
        """So many rows of this slice have been read. Raises :class:`Unwanted`."""
        rows += self.before
        self._note(round(rows * READING) if self.total else rows)

    def written(self, share: float) -> None:
        """The file is read, and so much of the rest is done. Raises :class:`Unwanted`."""
        self._note(round(self.total * (READING + (1 - READING) * share)))

    def _note(self, done: int) -> None:
        now = time.monotonic()
        if self.run_id is None or now - self._noted < EVERY:
            return
        self._noted = now
        _remember(self.run_id, Progress(min(done, self.total) if self.total else done, self.total))
        # Not in our transaction's snapshot but as committed by others: READ COMMITTED.
        if not ImportRun.objects.filter(pk=self.run_id, state=self.working).exists():
            raise Unwanted


def progress_of(run: ImportRun) -> Progress:
    """As last noted; nothing when nothing was."""
    try:
        found: Any = cache.get(_key(run.pk))
    except Exception as error:
        log.warning("progress unknown", error=repr(error))
        found = None
    return found if isinstance(found, Progress) else Progress(total=run.rows)


def _remember(run_id: UUID, progress: Progress) -> None:
    try:
        cache.set(_key(run_id), progress, KEPT)
    except Exception as error:
        # A cache that is down is no reason not to import.
        log.warning("progress not noted", error=repr(error))


def _key(run_id: UUID) -> str:
    return f"import:{run_id}"
