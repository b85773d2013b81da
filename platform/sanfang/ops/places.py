"""Where the development stack keeps things: ``var/dev`` for ``make run``, ``var/test`` for ``make test``."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sanfang.ops.errors import StackError

Profile = Literal["dev", "test"]
PROFILES: tuple[Profile, ...] = ("dev", "test")

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(os.environ.get("SANFANG_VAR") or ROOT / "var").resolve()
LOG_LIMIT = 5_000_000
"""Bytes after which a log is put aside (as ``.1``) at the next start."""


@dataclass(frozen=True, slots=True)
class Place:
    """One profile's folder. The two profiles share no server, no secret and no file."""

    profile: Profile
    var: Path = VAR

    @property
    def folder(self) -> Path:
        return self.var / self.profile

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def disposable(self) -> bool:
        """Test data is made again in a minute, so it may be thrown away instead of repaired."""
        return self.profile == "test"

    @property
    def name(self) -> str:
        """Tells this checkout's servers from another's on the same machine; at most 63 ASCII characters."""
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return f"sanfang-{self.profile}-{digest}"

    def prepare(self) -> None:
        """Creates the folders. The outer two may be entered by all: as root PostgreSQL is another user."""
        try:
            for folder, mode in (
                (self.var, 0o755),
                (self.folder, 0o755),
                (self.secrets, 0o700),
                (self.folder / "log", 0o700),
            ):
                if not folder.is_dir():
                    folder.mkdir(mode=mode)
                    folder.chmod(mode)  # whatever the umask took away
        except OSError as error:
            raise StackError(
                f"The folder {error.filename} cannot be written ({error.strerror}). Make it writable for you, or name "
                "another one: SANFANG_VAR=/a/folder make run"
            ) from error

    def secret(self, name: str) -> str:
        """A random word, made at the first call and the same ever after."""
        path = self.secrets / name
        with lock(self.secrets / ".lock"):
            if not path.exists():
                write_private(path, secrets.token_urlsafe(40))
        return path.read_text()

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def open_log(self, name: str) -> int:
        """A descriptor to append to; the file belongs to whoever starts the stack, the writer need not reach it."""
        path = self.log(name)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def tail(self, name: str, lines: int = 15) -> str:
        """The end of a log, for a message about what went wrong."""
        path = self.log(name)
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 20_000))
            text = file.read().decode(errors="replace").splitlines()[-lines:]
        return "\n".join([f"The end of {path}:", *(f"    {line}" for line in text)])


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """One process at a time; the system lets go of it when its holder dies, however it dies."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise StackError(
            f"{path} belongs to another user: the stack of one checkout is one user's. Start it as that user, or name "
            "a folder of your own: SANFANG_VAR=/a/folder make run"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
