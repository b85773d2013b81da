"""``make run``: everything the product needs, started in order, kept alive, and ended together."""

import http.client
import os
import platform
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from sanfang.ops import parts, ports, postgres, presence, processes, stack, valkey
from sanfang.ops.errors import StackError
from sanfang.ops.following import attach, show_new
from sanfang.ops.parts import LOOK_EVERY, PARTS, Part
from sanfang.ops.places import Place
from sanfang.ops.processes import Process
from sanfang.ops.stack import Services
from sanfang.ops.terminal import Followed, Terminal

READY_SECONDS = 90
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Server(Protocol):
    @property
    def process(self) -> Process: ...
    @property
    def port(self) -> int: ...


class Kind(Protocol):
    """What the modules of the two servers have in common."""

    def find(self, place: Place, /) -> Server | None: ...
    def stop(self, place: Place, /) -> bool: ...


SERVERS: dict[str, tuple[Kind, str]] = {"postgres": (postgres, "DATABASE_URL"), "valkey": (valkey, "BROKER_URL")}
"""Each embedded server and the variable that names another one in its stead."""


class Stop(BaseException):
    """Ctrl-C, a SIGTERM or a closed terminal: end what we started."""


def run(port: int) -> int:
    """Starts the stack, or attaches to the one that runs in this checkout. Returns an exit code (0 when stopped)."""
    place = Place("dev")
    place.prepare()
    processes.need_linux()
    with _stopping_on_signals():
        try:
            held = presence.take(place, port)
            if held is None:
                return attach(place, port)
            try:
                return Supervisor(place, port).run()
            finally:
                os.close(held)
        except Stop:
            return 0


class Supervisor:
    def __init__(self, place: Place, port: int) -> None:
        self.place = place
        self.port = port
        self.terminal = Terminal(place.log("stack"))
        self.parts: list[Part] = []
        self.services: Services | None = None
        self.servers: dict[str, Process] = {}
        self.owned = presence.owned(place)
        self.ends_with_terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def run(self) -> int:
        began = time.monotonic()
        code = 0
        try:
            self.start()
            self.terminal.say(f"Ready after {time.monotonic() - began:.1f} s.")
            self.terminal.say(_greeting(self.place, self.port))
            self.watch()
        except Stop:
            self.terminal.say("Stopping …")
        except StackError as error:
            self.terminal.say(f"\n{error}\n")
            code = 1
        finally:
            self.stop()
        return code

    def start(self) -> None:
        place, terminal = self.place, self.terminal
        with terminal.step("environment") as step:
            left = [name for name in (*PARTS, parts.STEP) if parts.end_part(place, name)]
            step.detail = f"Python {platform.python_version()}"
            if left:
                step.detail += f" (ended what a killed run left: {', '.join(left)})"
            if not ports.is_free(self.port):
                raise StackError(
                    f"Port {self.port} is taken by {ports.holder(self.port)}. End it, or use another port: "
                    f"PORT={self.port + 1} make run"
                )
        self.services = self.ensure_services()
        for title, command in (
            ("migrations", ["migrate_tenants"]),
            ("static files", ["collectstatic", "--noinput", "--verbosity", "0"]),
            ("demo network", ["load_demo"]),
        ):
            with terminal.step(title):
                self.run_command(title, command)
        self.start_parts()
        with terminal.step("web") as step:
            self.wait_until_ready()
            step.detail = f"http://localhost:{self.port}/"

    def ensure_services(self) -> Services:
        with self.terminal.step("PostgreSQL") as step:
            self.own("postgres")
            admin_url = stack.ensure_database(self.place)
            step.detail = self.keep("postgres")
        with self.terminal.step("Valkey") as step:
            self.own("valkey")
            queue = stack.ensure_queue(self.place)
            step.detail = self.keep("valkey")
        with self.terminal.step("roles"):
            return stack.ensure_logins(self.place, admin_url, *queue)

    def own(self, name: str) -> None:
        kind, variable = SERVERS[name]
        if not os.environ.get(variable) and kind.find(self.place) is None:
            self.owned.add(name)
            presence.own(self.place, self.owned)

    def keep(self, name: str) -> str:
        """Watches the server from now on; says where it is."""
        kind, variable = SERVERS[name]
        if os.environ.get(variable):
            return f"as {variable} says"
        server = kind.find(self.place)
        if server is None:
            raise StackError(f"{name} ended at once.\n{self.place.tail(name)}")
        self.servers[name] = server.process
        return f"{ports.HOST}:{server.port}" + ("" if name in self.owned else " (was running, stays when we end)")

    def environment(self) -> dict[str, str]:
        assert self.services is not None
        return {
            **stack.environment(self.services, self.place.profile),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "sanfang.settings.development"),
        }

    def run_command(self, title: str, arguments: list[str]) -> None:
        """A management command to its end; its words go to the terminal, its log lines (JSON) to ``step.log``."""
        followed = Followed(self.place.log(parts.STEP))
        process = parts.run_python(self.place, parts.STEP, ["django", *arguments], self.environment())
        while True:
            code = process.poll()
            for line in followed.lines():
                if line.strip() and not line.startswith("{"):
                    self.terminal.say(f"    {line}")
            if code is not None:
                break
            time.sleep(0.05)
        if code:
            log = self.place.log(parts.STEP)
            raise StackError(f"{title}: `manage.py {arguments[0]}` {parts.ending(code)}. All it said is in {log}")

    def start_parts(self) -> None:
        env = self.environment()
        self.parts = [
            Part(self.place, name, command, env, self.terminal.say)
            for name, command in parts.commands(self.place, self.port).items()
        ]
        for part in self.parts:
            part.start()

    def wait_until_ready(self) -> None:
        said = ""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            for part in self.parts:
                if part.process and (code := part.process.poll()) is not None:
                    raise StackError(f"{part.name} {parts.ending(code)}.\n{self.place.tail(part.name)}")
            status, said = _ask_ready(self.port)
            if status == http.client.OK:
                return
            time.sleep(0.1)
        raise StackError(f"Not ready after {READY_SECONDS} s: {said or 'no answer'}.\n{self.place.tail('web')}")

    def watch(self) -> None:
        followed = {name: Followed(self.place.log(name)) for name in PARTS}
        pause = parts.FIRST_PAUSE
        while True:
            if self.ends_with_terminal and not _has_terminal():
                raise Stop  # a closed window tells only its first process, and `make` keeps that to itself
            for part in self.parts:
                part.watch()
            pause = parts.FIRST_PAUSE if self.servers_are_up(pause) else min(pause * 2, parts.LONGEST_PAUSE)
            show_new(followed)
            time.sleep(LOOK_EVERY)

    def servers_are_up(self, pause: float) -> bool:
        """Starts a server that died; False if it could not be started, after ``pause`` seconds."""
        gone = [name for name, process in self.servers.items() if not process.alive]
        if not gone:
            return True
        self.terminal.say(f"{' and '.join(gone)} died; starting again")
        before = self.services
        try:
            self.services = self.ensure_services()
        except StackError as error:
            self.terminal.say(f"{error}\nTrying again in {pause:.0f} s")
            time.sleep(pause)
            return False
        if self.services != before:
            self.terminal.say("Its address has changed: starting the parts again")
            self.end_parts()
            self.start_parts()
        return True

    def stop(self) -> None:
        """Parts first, then the servers they use. A second Ctrl-C doesn't wait for anyone's last words."""
        began = time.monotonic()
        try:
            self.end_parts()
            self.stop_servers()
        except Stop:
            self.terminal.say("At once, then.")
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            for name in (*PARTS, parts.STEP):
                parts.end_part(self.place, name, grace=0)
            self.stop_servers()
        self.terminal.say(f"Stopped after {time.monotonic() - began:.1f} s.")

    def end_parts(self) -> None:
        """All at a time: the slowest decides how long it takes."""
        enders = [
            threading.Thread(target=parts.end_part, args=(self.place, name), daemon=True)
            for name in (*PARTS, parts.STEP)
        ]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        self.parts = []

    def stop_servers(self) -> None:
        for name in sorted(self.owned, reverse=True):  # valkey, postgres
            SERVERS[name][0].stop(self.place)
        presence.release(self.place)
        if postgres.find(self.place) is None:
            stack.forget(self.place)


def _greeting(place: Place, port: int) -> str:
    logins = place.folder / "demo-logins.txt"
    lines = ["", f"  Sanfang 三访   http://localhost:{port}/", f"  Logs          {place.folder / 'log'}", ""]
    if logins.exists():
        lines += [logins.read_text(encoding="utf-8").rstrip(), ""]
    return "\n".join([*lines, "Ctrl-C stops everything; its log follows."])


def _ask_ready(port: int) -> tuple[int, str]:
    """Status and text of ``/readyz``; 0 as long as nobody answers."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")[:500]
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Stop

    # Started by nohup it is to outlive its terminal.
    watched = [number for number in SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = [signal.signal(number, stop) for number in watched]
    try:
        yield
    finally:
        for number, handler in zip(watched, before, strict=True):
            signal.signal(number, handler)
