"""What reading a file has given so far, slice by slice, in files beside the upload.

A slice is two files: its documents as rows for COPY, and what was said about them. The second comes last and whole,
so a slice that has it is done, and a killed worker's half slice is nothing. Nothing of it is in the database until
the import's one transaction takes all of it in. The folder goes when the import ends, however it ends.
"""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crm.dms.records import Fault


@dataclass(frozen=True, slots=True)
class Limits:
    """``slices.yaml``."""

    rows: dict[str, int]
    at_once: int
    patience: int


@cache
def limits() -> Limits:
    return Limits(**yaml.safe_load((Path(__file__).parent / "slices.yaml").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Begun:
    """What all slices of one reading share, whoever reads them and whenever."""

    now: datetime
    language: str
    scattered: frozenset[int]


@dataclass(slots=True)
class Staged:
    """What reading gave. ``reasons``: every line of a faulty document with what to correct there.

    ``units``: documents that were gone through, sound or faulty; ``last``: the file has no more.
    """

    rows: int = 0
    documents: int = 0
    units: int = 0
    last: bool = False
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    reasons: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Staged") -> None:
        self.rows += other.rows
        self.documents += other.documents
        self.units += other.units
        self.last = other.last
        self.faulty += other.faulty
        self.faults += other.faults
        self.warnings += other.warnings
        self.reasons += other.reasons


class Slices:
    """The slices of one reading of one file, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, begun: Begun) -> None:
        """Afresh: whatever an earlier reading left goes."""
        self.forget()
        self._folder.mkdir(parents=True, mode=0o700)
        _write(self._begun, {"now": begun.now.isoformat(), "language": begun.language, "scattered": [*begun.scattered]})

    def begun(self) -> Begun | None:
        """None before the first slice."""
        if not self._begun.exists():
            return None
        kept = json.loads(self._begun.read_text(encoding="utf-8"))
        return Begun(datetime.fromisoformat(kept["now"]), kept["language"], frozenset(kept["scattered"]))

    def done(self) -> int:
        """How many slices there are; also the number of the next."""
        number = 0
        while self._said(number).exists():
            number += 1
        return number

    def rows_file(self, number: int) -> Path:
        return self._folder / f"{number:05d}.csv"

    def finish(self, number: int, staged: Staged) -> None:
        """The slice's rows are written: from now on it counts."""
        _write(self._said(number), asdict(staged))

    def staged(self) -> Staged:
        """All of them together."""
        found = Staged()
        for number in range(self.done()):
            kept: dict[str, Any] = json.loads(self._said(number).read_text(encoding="utf-8"))
            kept["faults"] = [Fault(**fault) for fault in kept["faults"]]
            kept["warnings"] = [Fault(**warning) for warning in kept["warnings"]]
            kept["reasons"] = [(line, reason) for line, reason in kept["reasons"]]
            found.add(Staged(**kept))
        return found

    def files(self) -> Iterator[Path]:
        """Their rows, in order."""
        return map(self.rows_file, range(self.done()))

    def rest(self) -> None:
        """Nobody is at work on it now, but its next task is on its way."""
        self._resting.touch()

    def wake(self) -> None:
        self._resting.unlink(missing_ok=True)

    def rests(self) -> bool:
        """Whether its next task may still be on its way."""
        try:
            return time.time() - self._resting.stat().st_mtime < limits().patience
        except FileNotFoundError:
            return False

    def forget(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _begun(self) -> Path:
        return self._folder / "begun.json"

    @property
    def _resting(self) -> Path:
        return self._folder / "resting"

    def _said(self, number: int) -> Path:
        return self._folder / f"{number:05d}.json"


def _write(path: Path, content: Any) -> None:
    """Whole or not at all."""
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
