"""What the development stack says: on the terminal and, for those who look later, in ``stack.log``."""

import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

SILENCE = 5.0
"""Seconds without a word after which an unfinished step shows that it is alive."""


@dataclass(slots=True)
class Step:
    detail: str = ""
    """What came out of it, shown when it is done."""


class Terminal:
    def __init__(self, record: Path | None = None) -> None:
        self._record: TextIO | None = record.open("w", encoding="utf-8", errors="replace") if record else None
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal in another encoding must not end the stack

        self._said = time.monotonic()

    def say(self, text: str = "") -> None:
        self._said = time.monotonic()
        if self._record:
            print(text, file=self._record, flush=True)
        show(text)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """One timed line; a sign of life whenever it is silent for long."""
        step, began, done = Step(), time.monotonic(), threading.Event()

        def signs() -> None:
            while not done.wait(0.5):
                if time.monotonic() - max(self._said, began) > SILENCE:
                    self.say(f"  {title:<14} … {time.monotonic() - began:.0f} s")

        clock = threading.Thread(target=signs, daemon=True)
        clock.start()
        try:
            yield step
        finally:
            done.set()
            clock.join()
        self.say(f"  {title:<14} {step.detail:<50} {time.monotonic() - began:6.1f} s")


def show(text: str) -> None:
    """On the terminal only. Nobody may be there any more (a closed window, ``| head``): that is no reason to stop."""
    with suppress(OSError):
        print(text, flush=True)


class Followed:
    """A log that others write: its lines as they come, across restarts that put the old file aside."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self._path = path
        self._inode = 0
        self._at = 0
        self._rest = b""
        if not from_start and path.exists():
            self._inode, self._at = path.stat().st_ino, path.stat().st_size

    def lines(self) -> list[str]:
        """What came since the last call, whole lines only."""
        try:
            with self._path.open("rb") as file:
                found = self._path.stat()
                if found.st_ino != self._inode or found.st_size < self._at:
                    self._inode, self._at, self._rest = found.st_ino, 0, b""
                file.seek(self._at)
                text = self._rest + file.read()
                self._at = file.tell()
        except FileNotFoundError:
            return []
        *whole, self._rest = text.split(b"\n")
        return [line.decode(errors="replace") for line in whole]
