"""Ports on 127.0.0.1, the only address the development stack listens on."""

import os
import random
import socket
from pathlib import Path

from sanfang.ops.errors import StackError

HOST = "127.0.0.1"
CHOICE = range(20_000, 32_000)
"""Below the range from which Linux takes ports for outgoing connections, so that a chosen one stays free."""
LISTENING = "0A"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: a closing connection is no listener
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError:
            return False
    return True


def choose(preferred: int | None = None) -> int:
    """``preferred`` (the port of the last time) if it is still free, else another."""
    if preferred and is_free(preferred):
        return preferred
    for port in random.SystemRandom().sample(CHOICE, 100):
        if is_free(port):
            return port
    raise StackError(f"No free port was found between {CHOICE.start} and {CHOICE.stop}.")


def holder(port: int) -> str:
    """Who listens on ``port``, in words: ``process 4711 (python -m http.server)``, as far as we may know."""
    sockets = _listening_on(port)
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        try:
            links = {os.readlink(link.path) for link in os.scandir(f"{entry.path}/fd")}
        except OSError:  # another user's, or gone
            continue
        if links & sockets:
            command = Path(entry.path, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"process {entry.name} ({command[:100]})"
    return "another process (one of another user)"


def _listening_on(port: int) -> set[str]:
    """Names of the listening sockets, as the links in ``/proc/*/fd`` show them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
