"""``sanfang run | services | stop | status``."""

import os
import signal
from collections.abc import Callable

from sanfang.ops import parts, presence, processes, stack, supervisor
from sanfang.ops.errors import StackError
from sanfang.ops.places import PROFILES, Place
from sanfang.ops.terminal import Terminal, show

DEFAULT_PORT = 8000
STOP_SECONDS = 60


def run() -> int:
    return supervisor.run(_port())


def services() -> int:
    """PostgreSQL and Valkey for ``make run`` to come, ``manage.py`` and other tools; they stay until ``make stop``."""
    place, terminal = Place("dev"), Terminal()
    place.prepare()
    with terminal.step("services"):
        found = stack.ensure_services("dev")
    if not presence.is_running(place):
        presence.release(place)
        show("They run until `make stop`. `manage.py` finds them by itself; for other tools:")
    else:
        show("They belong to the `make run` that runs in this checkout and end with it. For other tools:")
    for name, value in stack.environment(found, "dev").items():
        if name.endswith("_URL"):
            show(f"  {name}={value}")
    return 0


def stop() -> int:
    """Asks the running stack to end itself, then ends what is left, whoever left it."""
    for profile in PROFILES:
        place = Place(profile)
        if not place.folder.exists():
            continue
        ended = _end_run(place)
        ended += [name for name in (*parts.PARTS, parts.STEP) if parts.end_part(place, name)]
        ended += [name for name, (kind, _) in reversed(supervisor.SERVERS.items()) if kind.stop(place)]
        presence.release(place)
        stack.forget(place)
        show(f"{place.profile}: ended {', '.join(ended)}" if ended else f"{place.profile}: nothing was running")
    return 0


def status() -> int:
    for profile in PROFILES:
        place = Place(profile)
        if run := presence.running(place):
            show(f"{profile}: make run, process {run.pid}, since {run.since}, http://localhost:{run.port}/")
        for name, (kind, _) in supervisor.SERVERS.items():
            server = kind.find(place) if place.folder.exists() else None
            state = f"process {server.process.pid}, port {server.port}" if server else "not running"
            show(f"{profile}: {name:<9} {state}")
        for name in parts.PARTS if profile == "dev" else ():
            count = len(processes.marked(name, place.folder))
            show(f"{profile}: {name:<9} {f'{count} processes' if count else 'not running'}")
    return 0


def _end_run(place: Place) -> list[str]:
    run = presence.running(place)
    process = run.process if run else None
    if process is None:
        return []
    process.send(signal.SIGTERM)
    if not processes.wait(lambda: not process.alive, STOP_SECONDS):
        process.send(signal.SIGKILL)
    return ["make run with all it had started"]


def _port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise StackError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


COMMANDS: dict[str, Callable[[], int]] = {"run": run, "services": services, "stop": stop, "status": status}
