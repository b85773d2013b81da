"""The processes of the product that ``make run`` keeps alive: web, worker, beat."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sanfang.ops import ports, processes
from sanfang.ops.places import ROOT, Place

STEP = "step"
"""Mark of a command that runs to its end before the parts start."""
PARTS = ("web", "worker", "beat")
LOOK_EVERY = 0.3
"""Seconds between two looks at them and their logs."""
WORKER_PROCESSES = 2
THREADS = 8
SIZES = {"WEB_CONCURRENCY": WORKER_PROCESSES, "WEB_THREADS": THREADS, "WORKER_CONCURRENCY": WORKER_PROCESSES}
"""Told to the parts, which compare what they need with what the database has room for (sanfang.tenancy.start)."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a part that died is started again; doubled each time it dies young."""
GROWN_UP = 30.0
"""Seconds after which a part counts as having worked, so that its next death is the first again."""
GRACE = {"web": 10.0, "worker": 15.0, "beat": 5.0, STEP: 5.0}
"""Seconds a part gets to finish what it has in hand."""


def commands(place: Place, port: int) -> dict[str, list[str]]:
    celery = ["celery", "-A", "sanfang.celery"]
    return {
        "web": [
            *("gunicorn", "sanfang.wsgi:application", "--bind", f"{ports.HOST}:{port}", "--worker-class", "gthread"),
            *("--workers", str(WORKER_PROCESSES), "--threads", str(THREADS)),
            *("--graceful-timeout", str(int(GRACE["web"]) - 2), "--no-control-socket"),
        ],
        "worker": [
            *(*celery, "worker", "--loglevel", "INFO", "--concurrency", str(WORKER_PROCESSES)),
            *("--without-gossip", "--without-mingle"),  # there is only this one
        ],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--schedule", str(place.folder / "beat"), "--pidfile="],
    }


@dataclass(slots=True)
class Part:
    """One of them: started, watched, started again."""

    place: Place
    name: str
    command: list[str]
    env: Mapping[str, str]
    say: Callable[[str], None]
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    again: float = field(default=0.0)
    """Monotonic time before which it is not started."""
    pause: float = 0.0

    def start(self) -> None:
        self.began = time.monotonic()
        self.process = run_python(self.place, self.name, self.command, self.env)

    def watch(self) -> None:
        """Starts it when it is due; notices when it has died."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.again:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        lived = now - self.began
        self.pause = FIRST_PAUSE if lived > GROWN_UP or not self.pause else min(self.pause * 2, LONGEST_PAUSE)
        self.say(f"{self.name} {ending(code)}; starting it again in {self.pause:.0f} s ({self.place.log(self.name)})")
        # What it left behind would hold its port or its tasks.
        end_part(self.place, self.name, grace=1)
        self.process, self.again = None, now + self.pause


def run_python(place: Place, name: str, module: list[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Starts ``python -m …`` as the part ``name``: marked, in its own session, writing to its own log."""
    mark = {processes.MARK: f"{name}@{place.folder}", "PYTHONUNBUFFERED": "1"}
    mark |= {size: str(number) for size, number in SIZES.items()}
    command = [sys.executable, "-m", *module]
    return processes.spawn(command, log=place.open_log(name), env={**os.environ, **env, **mark}, cwd=ROOT)


def end_part(place: Place, name: str, grace: float | None = None) -> bool:
    """Ends all processes of that part, whoever started them; whether there were any."""
    found = processes.marked(name, place.folder)
    processes.end(found, grace=GRACE[name] if grace is None else grace)
    return bool(found)


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"ended with exit code {code}" if code >= 0 else f"was killed by signal {-code}"
