"""A second ``make run`` in one checkout: it shows what the first one does."""

import json
import time

from sanfang.ops import presence
from sanfang.ops.parts import LOOK_EVERY, PARTS
from sanfang.ops.places import Place
from sanfang.ops.terminal import Followed, show

QUIET = {"debug", "info"}


def attach(place: Place, port: int) -> int:
    """Shows what the running stack said and says. Leaving changes nothing."""
    found = presence.running(place)
    whose = f" (process {found.pid}, since {found.since})" if found else ""
    show(f"Already running{whose}; following it. Ctrl-C leaves it running, `make stop` ends it.\n")
    if found and found.port != port:
        show(f"It runs on port {found.port}. To move it to {port} end it first: make stop\n")
    followed = {name: Followed(place.log(name)) for name in PARTS}
    told = Followed(place.log("stack"), from_start=True)
    while presence.is_running(place):
        for line in told.lines():
            show(line)
        show_new(followed)
        time.sleep(LOOK_EVERY)
    for line in told.lines():
        show(line)
    show("The stack we followed has ended.")
    return 0


def show_new(followed: dict[str, Followed]) -> None:
    """What a person at the terminal wants to see of the parts' logs. The files have everything."""
    for name, log in followed.items():
        for line in log.lines():
            if (text := in_short(line)) is not None:
                show(f"{name:<6} | {text}")


def in_short(line: str) -> str | None:
    """Requests in one line, warnings and errors whole, anything that is no log line (a traceback) as it is."""
    try:
        entry = json.loads(line)
        if entry["event"] == "request":
            return "{method} {path} {status} {milliseconds} ms".format_map(entry)
        return None if entry["level"] in QUIET else line
    except (ValueError, KeyError, TypeError):
        return line if line.strip() else None
