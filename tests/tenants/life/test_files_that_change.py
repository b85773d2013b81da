"""Files that change while they are read: a backup under a restore, a store's folder under a backup."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from life_support import add_file, everything, new_store, schemas, silent

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.life import archives, aside, folders
from tenants.life.backing_up import BEFORE, back_up
from tenants.life.exporting import export_tenant
from tenants.life.models import Deed
from tenants.life.restoring import restore

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def nothing_aside(own_database: str) -> Iterator[None]:
    yield
    for name in aside.set_aside():
        aside.discard(name)


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members lie in the archive as they are, so that a test can write others over them."""
    real = zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda file, mode="r", *args, **options: real(file, mode))


TABLE = [0] * 256
for _number in range(256):
    _value = _number
    for _bit in range(8):
        _value = (_value >> 1) ^ 0xEDB88320 if _value & 1 else _value >> 1
    TABLE[_number] = _value
BY_TOP = {value >> 24: number for number, value in enumerate(TABLE)}


def before(crc: int, byte: int) -> int:
    """The check sum as it was before ``byte``."""
    number = BY_TOP[crc >> 24]
    return ((crc ^ TABLE[number]) << 8 & 0xFFFFFFFF) | (number ^ byte)


def forged(head: bytes, tail: bytes, crc: int) -> bytes:
    """Both with twelve letters between them that give the whole that CRC: the zip's own check finds nothing."""
    wanted = crc ^ 0xFFFFFFFF
    for byte in reversed(tail):
        wanted = before(wanted, byte)
    for attempt in range(1_000_000):
        begun = head + b"%08x" % attempt
        value = wanted
        for byte in reversed(struct.pack("<I", zlib.crc32(begun) ^ 0xFFFFFFFF)):
            value = before(value, byte)
        four = struct.pack("<I", value)
        if four.isalnum():
            return begun + four + tail
    raise AssertionError("no such text")


def overwrite(backup: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(backup) as file:
        about, written = file.getinfo(name), file.read(name)
    content = bytearray(backup.read_bytes())
    start = about.header_offset + 30 + sum(struct.unpack("<HH", content[about.header_offset + 26 :][:4]))
    other = change(written)
    assert len(other) == len(written)
    assert zlib.crc32(other) == about.CRC
    content[start : start + len(other)] = other
    backup.write_bytes(content)


def test_sql_that_was_exchanged_after_the_check_never_runs(
    stored: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who may write the file would be the owner of the whole database."""
    store = new_store("exchanged")
    backup, before = back_up(store, tmp_path, by="运维", heard=silent), everything(store)
    evil = b"CREATE TABLE public.owned AS SELECT current_user;\n"

    def exchange(sql: bytes) -> bytes:
        plain = b"".join(line for line in sql.splitlines(keepends=True) if line.strip() and line[:2] != b"--")
        room = len(sql) - len(evil + plain) - 16
        return forged(evil + plain + b"\n" * room + b"-- ", b"\n", zlib.crc32(sql))

    check = archives.Opened.verify

    def check_and_exchange(self: Any, heard: Any) -> None:
        check(self, heard)
        overwrite(backup, BEFORE, exchange)

    monkeypatch.setattr(archives.Opened, "verify", check_and_exchange)
    with pytest.raises(DomainError) as refused:
        restore(store, backup, by="运维", heard=silent)
    assert refused.value.code == "damaged"
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.owned')")
        assert cursor.fetchone()[0] is None
    assert (everything(store), schemas("%_before_%")) == (before, [])


WAS, FAR = b"twelve signs", b"x" * 20_000  # what the reader has in its buffer doesn't change any more


@pytest.mark.parametrize("member", ["rows/customers_customer", "files/imports/long.csv"])
def test_rows_and_files_that_were_exchanged_are_in_no_store(
    stored: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    store = new_store(f"exchanged-{'rows' if 'rows' in member else 'files'}")
    (Path(settings.MEDIA_ROOT) / store.schema_name / "imports" / "long.csv").write_bytes(FAR + WAS + FAR)
    with inside(store):
        Customer.objects.create(name=WAS.decode())
    backup, before = back_up(store, tmp_path, by="运维", heard=silent), everything(store)
    check = archives.Opened.verify

    def exchange(was: bytes) -> bytes:
        head, tail = was.split(WAS)
        return forged(head, tail, zlib.crc32(was))

    def check_and_exchange(self: Any, heard: Any) -> None:
        check(self, heard)
        overwrite(backup, member, exchange)

    monkeypatch.setattr(archives.Opened, "verify", check_and_exchange)
    with pytest.raises(DomainError) as refused:
        restore(store, backup, by="运维", heard=silent)
    assert refused.value.code == "damaged"
    assert (everything(store), schemas("%_before_%")) == (before, [])
    assert [path.name for path in Path(settings.MEDIA_ROOT).glob("*_restoring_*")] == []


@pytest.mark.parametrize("verb", ["backup", "export"])
def test_a_file_deleted_meanwhile_is_named_and_the_rest_is_there(tmp_path: Path, verb: str) -> None:
    store = new_store(f"deleted-{verb}")
    for name in ("a.csv", "b.csv", "c.csv"):
        add_file(store, name)

    def delete(what: str, number: int, total: int) -> None:
        if what == "files/imports/a.csv":
            (Path(settings.MEDIA_ROOT) / store.schema_name / "imports" / "c.csv").unlink()

    if verb == "backup":
        path = back_up(store, tmp_path, by="运维", heard=delete)
    else:
        path = tmp_path / "all.zip"
        assert export_tenant(store, path, delete, by="运维").files == 3
    assert Deed.objects.latest("pk").outcome == "done"
    with archives.opened(path) as archive:
        archive.verify(silent)
        files = [name for name in archive.manifest["members"] if name.startswith("files/")]
        assert files == ["files/imports/a.csv", "files/imports/b.csv", "files/imports/维修工单.csv"]
        assert archive.manifest["missing"] == ["imports/c.csv"]
    if verb == "backup":
        restore(store, path, by="运维", heard=silent)
        assert [name for name, _path in folders.files_of(store.schema_name)] == [name[6:] for name in files]


def test_a_file_that_becomes_a_link_meanwhile_is_nobodys(tmp_path: Path, own_media: Path) -> None:
    store = new_store("linked")
    add_file(store, "a.csv")
    secret = own_media / "secret.csv"
    secret.write_text("另一家店的")

    def exchange(what: str, number: int, total: int) -> None:
        if what == "files/imports/a.csv":
            path = own_media / store.schema_name / "imports" / "维修工单.csv"
            path.unlink()
            path.symlink_to(secret)

    with zipfile.ZipFile(back_up(store, tmp_path, by="运维", heard=exchange)) as file:
        assert "files/imports/维修工单.csv" not in file.namelist()
