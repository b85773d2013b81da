"""Which ``make run`` a checkout has, and whose the servers are: what a killed one leaves behind tells its successor."""

import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime

from sanfang.ops import processes
from sanfang.ops.places import Place, write_private
from sanfang.ops.processes import Process


@dataclass(frozen=True, slots=True)
class Run:
    """A ``make run`` as it announced itself."""

    pid: int
    port: int
    since: str

    @property
    def process(self) -> Process | None:
        """None if the number is no longer (or not yet again) a run's."""
        process = processes.look_up(self.pid)
        return process if process and "run" in process.command else None


def take(place: Place, port: int) -> int | None:
    """Makes this process the checkout's run, until the returned descriptor is closed. None if there is one already.

    A lock, which the system takes from the dead, and no file that could outlive its writer.
    """
    for _ in range(5):
        held = _lock(place, fcntl.LOCK_EX)
        if held is not None:
            run = {"pid": os.getpid(), "port": port, "since": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}"}
            write_private(place.folder / "run.json", json.dumps(run))
            return held
        time.sleep(0.05)  # someone may only be asking whether a stack runs
    return None


def is_running(place: Place) -> bool:
    if not (place.folder / "run.lock").exists():
        return False
    held = _lock(place, fcntl.LOCK_SH)
    if held is not None:
        os.close(held)
    return held is None


def running(place: Place) -> Run | None:
    """The run of this checkout; None also in the moment between its start and its announcement."""
    if not is_running(place):
        return None
    try:
        return Run(**json.loads((place.folder / "run.json").read_text()))
    except FileNotFoundError:
        return None


def owned(place: Place) -> set[str]:
    """Servers that end with the run: those it started, and those of a predecessor that was killed."""
    try:
        return set(json.loads((place.folder / "owned.json").read_text()))
    except (OSError, ValueError):
        return set()


def own(place: Place, names: set[str]) -> None:
    """Said before the start, so that whoever comes after a killed run knows whose the server was."""
    write_private(place.folder / "owned.json", json.dumps(sorted(names)))


def release(place: Place) -> None:
    """The servers belong to no run: they stay until ``make stop``."""
    (place.folder / "owned.json").unlink(missing_ok=True)


def _lock(place: Place, how: int) -> int | None:
    descriptor = os.open(place.folder / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
