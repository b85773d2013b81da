"""One file with everything in it: written beside its place and put there whole, checked before it is believed.

A zip whose last member is the manifest: every other member with its size and SHA-256. What the manifest itself is
worth says a signature with the platform's key, since a backup's SQL runs with the owner's rights.
"""

import hashlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from tenants.life import folders
from tenants.life.speech import reason_of
from tenants.life.work import Heard

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
FORMAT = 1
CHUNK = 1 << 20
FILES = "files/"
signer = Signer(salt="tenants.life.manifest")


class Archive:
    """An archive in the making."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.members: dict[str, dict[str, Any]] = {}
        self.missing: list[str] = []
        """Files that were there when their folder was listed, and no more when their turn came."""

    @contextmanager
    def member(self, name: str) -> Iterator["Member"]:
        with self._file.open(name, "w", force_zip64=True) as stream:
            member = Member(stream)
            yield member
        self.members[name] = {"size": member.size, "sha256": member.digest.hexdigest()}

    def put(self, name: str, text: str) -> None:
        with self.member(name) as member:
            member.write(text.encode())

    def put_folder(self, name: str, heard: Heard) -> int:
        """Every file of a storage folder; how many. The tenant works on, so one may go before its turn comes."""
        found = folders.files_of(name)
        for number, (relative, path) in enumerate(found, start=1):
            try:
                source = folders.open_plainly(path)
            except FileNotFoundError:
                self.missing.append(relative)
                continue
            with source, self.member(FILES + relative) as member:
                while chunk := source.read(CHUNK):
                    member.write(chunk)
            heard(FILES + relative, number, len(found))
        return len(found) - len(self.missing)

    def close_with(self, manifest: dict[str, Any]) -> None:
        whole = {"format": FORMAT, **manifest, "missing": self.missing, "members": self.members}
        text = json.dumps(whole, ensure_ascii=False, indent=1)
        self._file.writestr(MANIFEST, text)
        self._file.writestr(SIGNATURE, signer.signature(_sha256(text.encode())))


class Member:
    """A stream into an archive that counts and hashes what goes by."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.size, self.digest = stream, 0, hashlib.sha256()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._stream.write(data)
        self.size += len(data)
        self.digest.update(data)


def refuse_place(target: Path) -> None:
    """Raises :class:`DomainError` where no archive can be put."""
    if target.is_dir():
        said = _("“%(name)s”是一个文件夹，请写明文件名，例如 %(example)s。")
        raise DomainError(said % {"name": target, "example": target / "export.zip"}, code="is_folder")
    if target.exists():
        raise DomainError(_("文件“%(name)s”已存在，请换一个名称。") % {"name": target.name}, code="file_exists")


@contextmanager
def writing(target: Path) -> Iterator[Archive]:
    """A new archive at ``target``, there when the block ends well and not before. Readable by its owner alone.

    Raises :class:`DomainError` for a place that can't be written; what it was written beside is nobody's concern.
    """
    refuse_place(target)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
                yield Archive(file)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(target)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        # A full disk names no file.
        if isinstance(error, OSError) and error.filename in (None, str(beside)):
            said = _("“%(file)s”写不了：%(reason)s。没有留下不完整的文件。")
            raise DomainError(said % {"file": target, "reason": reason_of(error)}, code="cant_write") from error
        raise


class Opened:
    """An archive that exists. Its manifest is signed; its members are held against it each time they are read,
    since the file may be another by then.
    """

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        text = file.read(MANIFEST)
        self.sha256 = _sha256(text)
        try:
            signer.unsign(f"{self.sha256}:{file.read(SIGNATURE).decode('ascii')}")
        except (BadSignature, UnicodeDecodeError) as error:
            raise DomainError(
                _("文件不是由本平台签发的，或者已被改动。若平台更换过密钥，请把旧密钥放进 SECRET_KEY_FALLBACKS。"),
                code="not_signed",
            ) from error
        self.manifest: dict[str, Any] = json.loads(text)

    def verify(self, heard: Heard) -> None:
        """Reads every member once. Raises :class:`DomainError` if one isn't as it was written."""
        members = self.manifest["members"]
        if sorted(self._file.namelist()) != sorted([*members, MANIFEST, SIGNATURE]):
            raise _damaged()
        for number, name in enumerate(members, start=1):
            for _chunk in self.chunks(name):
                pass
            heard(name, number, len(members))

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's bytes. That they are what was signed is known after the last of them: whoever uses them before
        has to be able to undo it. Raises :class:`DomainError` then.
        """
        digest, size = hashlib.sha256(), 0
        with _told():
            written = self.manifest["members"][name]
            with self._file.open(name) as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    yield chunk
        if (size, digest.hexdigest()) != (written["size"], written["sha256"]):
            raise _damaged()

    def text(self, name: str) -> str:
        """A member that is what was signed, to its last byte."""
        return b"".join(self.chunks(name)).decode()

    def lay_out(self, name: str) -> None:
        """The archive's files as a storage folder ``name``."""
        root = folders.folder(name)
        root.mkdir(parents=True, mode=folders.MODE)
        for member in self.manifest["members"]:
            if not member.startswith(FILES):
                continue
            path = root / member.removeprefix(FILES)
            if not path.resolve().is_relative_to(root.resolve()):
                raise _damaged()
            for place in reversed(path.relative_to(root).parents):
                (root / place).mkdir(exist_ok=True, mode=folders.MODE)
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
                for chunk in self.chunks(member):
                    target.write(chunk)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """An archive of ours. Raises :class:`DomainError` for what is none, or is broken."""
    with path.open("rb") as stream:
        with _told():
            file = zipfile.ZipFile(stream)
        with file:
            with _told():
                archive = Opened(file)
            yield archive


@contextmanager
def _told() -> Iterator[None]:
    """Whatever is broken in a file is one refusal."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, ValueError, OSError) as error:
        raise _damaged() from error


def _damaged() -> DomainError:
    return DomainError(_("备份文件已损坏或不完整。"), code="damaged")


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
