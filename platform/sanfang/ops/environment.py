"""Makes ``.venv`` as ``requirements.lock`` says. Runs on a bare Python, before anything is installed: see the Makefile.

    python3 -I platform/sanfang/ops/environment.py

An interrupted installation can look whole to pip. So while it runs a file says "unfinished", and whoever finds that
file begins anew (pip keeps its downloads).
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
UNFINISHED = ENVIRONMENT / ".unfinished"
READY = ENVIRONMENT / ".ready"
LOCK = ROOT / "requirements.lock"
SIGN_EVERY = 3.0
"""Seconds between two signs of life."""


def main() -> int:
    with _alone() as lock:
        if _is_ready():  # whoever we waited for has made it
            return 0
        return _make(lock)


def _make(lock: int) -> int:
    began = time.monotonic()
    if UNFINISHED.exists() or not _works():
        if ENVIRONMENT.exists():
            print("Beginning .venv anew: it was not finished, or its Python is gone", flush=True)
            shutil.rmtree(ENVIRONMENT)
        print(f"Making .venv with Python {sys.version.split()[0]}", flush=True)
        ENVIRONMENT.mkdir()
        UNFINISHED.touch()
        words = [sys.executable, "-m", "venv", str(ENVIRONMENT)]
        made = subprocess.run(words, capture_output=True, text=True, pass_fds=[lock])
        if made.returncode:
            print(made.stdout + made.stderr, "On Debian and Ubuntu: apt-get install python3-venv", file=sys.stderr)
            return 1
    UNFINISHED.touch()
    READY.unlink(missing_ok=True)
    count = len(re.findall(r"(?m)^[A-Za-z0-9]\S*==", LOCK.read_text()))
    print(f"Installing the {count} packages of requirements.lock (about 160 MB the first time)", flush=True)
    if not _pip(lock, "install", "--require-hashes", "--requirement", str(LOCK)):
        return 1
    if not _pip(lock, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)):
        return 1
    UNFINISHED.unlink()
    READY.write_text(str(ROOT))
    print(f"The environment is ready ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


@contextmanager
def _alone() -> Iterator[int]:
    """One at a time in this checkout: a lock on its folder, which needs no file."""
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another `make setup` in this checkout", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _is_ready() -> bool:
    try:
        return READY.read_text() == str(ROOT) and READY.stat().st_mtime > max(
            path.stat().st_mtime for path in (LOCK, ROOT / "pyproject.toml")
        )
    except FileNotFoundError:
        return False


def _works() -> bool:
    """Its Python starts and has pip; a link to a Python that was removed does not."""
    try:
        return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _pip(lock: int, *arguments: str) -> bool:
    """Runs pip; shows where it is every few seconds, and all it said if it fails."""
    command = [str(PYTHON), "-m", "pip", *arguments, "--progress-bar", "off", "--disable-pip-version-check"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[lock],  # should we be killed, our successor waits for what we left
    )
    assert process.stdout is not None
    said, shown = [], time.monotonic()
    for line in process.stdout:
        said.append(line)
        if time.monotonic() - shown > SIGN_EVERY and line.split():
            shown = time.monotonic()
            print(f"    {line.split(' (from ')[0].strip()[:100]}", flush=True)
    if process.wait():
        print("".join(said[-40:]), file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
