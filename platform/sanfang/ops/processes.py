"""Finding, starting and ending the processes of one stack, and no others.

A number in a file says nothing after a crash: the process may be gone and its number another's. So nothing here
trusts a recorded number: processes are recognised by what the system says about them now, the environment they were
started with, their command line, their working folder.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sanfang.ops.errors import StackError

MARK = "SANFANG_PART"
"""Environment variable of every part: ``web@/path/of/var/dev``. Children of a part inherit it."""

started: list[subprocess.Popen[bytes]] = []
"""Kept so that those which outlive us on purpose are not reported as forgotten, and those which die are reaped."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user to run a process as, by numbers, with no groups but the one."""

    user: int
    group: int


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    since: int
    """Clock ticks from boot to its start: tells a number that was given out again."""

    @property
    def alive(self) -> bool:
        return look_up(self.pid) == self

    @property
    def command(self) -> list[str]:
        return [os.fsdecode(word) for word in _read(self.pid, "cmdline").rstrip(b"\0").split(b"\0")]

    def send(self, number: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def need_linux() -> None:
    if not sys.platform.startswith("linux"):
        raise StackError(
            "The embedded servers run on Linux (WSL included). Elsewhere start PostgreSQL 17 or newer and Valkey or "
            "Redis yourself and name them: DATABASE_URL=postgresql://… BROKER_URL=redis://… make run"
        )


def look_up(pid: int) -> Process | None:
    """The live process of that number. One that has ended but was not yet collected (a zombie) is none."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    if not fields or fields[0] in (b"Z", b"X"):
        return None
    return Process(pid, int(fields[19]))


def everyone() -> Iterator[Process]:
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal() and (process := look_up(int(entry.name))):
            yield process


def marked(part: str, folder: Path) -> list[Process]:
    """The processes of one part of the stack in ``folder``, its children included."""
    mark = os.fsencode(f"{MARK}={part}@{folder}")
    return [process for process in everyone() if mark in _read(process.pid, "environ").split(b"\0")]


def working_in(folder: Path, program: str) -> list[Process]:
    """Runs of ``program`` whose working folder is ``folder``, also when it was moved since they started."""
    found, wanted = [], os.path.realpath(folder)
    for process in everyone():
        try:
            here = os.readlink(f"/proc/{process.pid}/cwd") == wanted
        except OSError:  # another user's, or gone
            continue
        if here and _read(process.pid, "comm").strip() == program.encode():
            found.append(process)
    return found


def spawn(
    command: Sequence[str | Path], *, log: int, env: Mapping[str, str], cwd: Path, account: Account | None = None
) -> subprocess.Popen[bytes]:
    """Starts ``command`` in a session of its own (a Ctrl-C in our terminal is not meant for it); closes ``log``."""
    started[:] = [process for process in started if process.poll() is None]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=env,
            cwd=cwd,
            start_new_session=True,
            umask=0o077,
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
    finally:
        os.close(log)
    started.append(process)
    return process


def can_enter(folder: Path, account: Account) -> bool:
    """Whether that user may go there: asked of the system itself, which alone knows all its rules."""
    found = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$0"', folder],
        cwd="/",
        capture_output=True,
        user=account.user,
        group=account.group,
        extra_groups=[],
    )
    return found.returncode == 0


def end(processes: Iterable[Process], *, grace: float, gently: signal.Signals = signal.SIGTERM) -> None:
    """Asks the leaders (they know how to end their children), and kills what is still there after ``grace`` seconds."""
    everything = list(processes)
    leaders = [process for process in everything if _leads(process)]
    for process in leaders or everything:
        process.send(gently)
    wait(lambda: not any(process.alive for process in leaders or everything), grace)
    # Children of a leader that has just gone get a moment to follow it.
    if not wait(lambda: not any(process.alive for process in everything), 0.5 if grace else 0):
        for process in everything:
            process.send(signal.SIGKILL)
        wait(lambda: not any(process.alive for process in everything), 10)


def wait(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Whether ``condition`` came true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= until:
            return False
        time.sleep(every)
    return True


def _leads(process: Process) -> bool:
    try:
        return os.getsid(process.pid) == process.pid
    except ProcessLookupError:
        return False


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
