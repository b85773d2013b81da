"""A store's files: no name leads to another's folder, and nothing is written outside one's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from address_table import a_finished_import, an_import
from care_support import everything
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from crm.dms import storing
from crm.dms.actions import hand_out_errors
from crm.dms.errors import FileRefused
from crm.dms.models import ImportRun
from sanfang.kernel.errors import NotFound, WrongTenant
from sanfang.kernel.ids import uuid7
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.models import Tenant

SECRET = "苏州的机密文件".encode()

# How another tenant's file might be named; {foreign} is its schema, {file} its name there.
NAMES = {
    "up and over": "../{foreign}/{file}",
    "up from a folder": "imports/../../{foreign}/{file}",
    "hidden in the middle": "imports/x/../../../{foreign}/./{file}",
    "absolute": "{root}/{foreign}/{file}",
    "absolute and up": "{root}/{own}/../{foreign}/{file}",
    "backslashes": "..\\{foreign}\\{file}",
    "doubled slashes": "..//{foreign}//{file}",
    "a name that begins with ours": "../{own}2/{file}",
    "percent": "%2e%2e/{foreign}/{file}",
    "root": "//{foreign}/{file}",
}
DEEDS: dict[str, Callable[[str], Any]] = {
    "open": lambda name: default_storage.open(name).read(),
    "write": lambda name: default_storage.open(name, "wb").write(b"x"),
    "path": lambda name: default_storage.path(name),
    "exists": lambda name: default_storage.exists(name),
    "size": lambda name: default_storage.size(name),
    "delete": lambda name: default_storage.delete(name),
    "list": lambda name: default_storage.listdir(str(Path(name).parent)),
    "save": lambda name: default_storage.save(name, ContentFile(b"x")),
    "time": lambda name: default_storage.get_modified_time(name),
}


@pytest.fixture
def foreign_file(chengdu: Tenant, suzhou: Tenant) -> Iterator[str]:
    """A file of another store, and one of a store whose schema's name begins with ours."""
    name = f"imports/{uuid7()}/file.csv"
    with inside(suzhou):
        default_storage.save(name, ContentFile(SECRET))
    twin = Path(settings.MEDIA_ROOT) / f"{chengdu.schema_name}2" / name
    twin.parent.mkdir(parents=True)
    twin.write_bytes(SECRET)
    yield name
    twin.unlink()


def everywhere() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("how", NAMES)
def test_no_name_reaches_another_tenants_file(
    chengdu: Tenant, suzhou: Tenant, foreign_file: str, how: str, deed: str
) -> None:
    root = settings.MEDIA_ROOT
    name = NAMES[how].format(foreign=suzhou.schema_name, own=chengdu.schema_name, root=root, file=foreign_file)
    before = everywhere()
    with inside(chengdu):
        folder = Path(default_storage.path(""))
        try:
            answer = DEEDS[deed](name)
        except (SuspiciousFileOperation, FileNotFoundError, NotADirectoryError, IsADirectoryError):
            answer = None
    after = everywhere()
    assert answer != SECRET
    assert deed != "exists" or not answer
    assert deed != "path" or answer is None or folder in Path(answer).resolve().parents
    assert {path: after.get(path) for path in before} == before
    assert all(folder in path.parents for path in set(after) - set(before))


LINKS: dict[str, Callable[[Path, Path, str], str]] = {
    "a file": lambda own, foreign, file: _linked(own / "imports" / "link.csv", foreign / file, "imports/link.csv"),
    "a folder": lambda own, foreign, file: _linked(own / "linked", foreign, f"linked/{file}"),
    "a file of one's own": lambda own, foreign, file: _linked(own / "own.csv", own / "imports" / "x.csv", "own.csv"),
    "the whole folder": lambda own, foreign, file: _linked(own, foreign, file),
}


def _linked(link: Path, target: Path, name: str) -> str:
    if link.is_dir():
        link.rename(link.with_name(f"{link.name}_away"))
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    return name


@pytest.mark.parametrize("deed", [deed for deed in DEEDS if deed != "list"])
@pytest.mark.parametrize("how", LINKS)
def test_no_link_is_followed(chengdu: Tenant, suzhou: Tenant, foreign_file: str, how: str, deed: str) -> None:
    """However one got there: an upload's name can't make one, an operator or an archive's program can."""
    root = Path(settings.MEDIA_ROOT)
    own, foreign = root / chengdu.schema_name, root / suzhou.schema_name
    name = LINKS[how](own, foreign, foreign_file)
    link = next(
        path for path in (own, own / "own.csv", own / "linked", own / "imports" / "link.csv") if path.is_symlink()
    )
    before = everywhere()
    try:
        with inside(chengdu), pytest.raises(SuspiciousFileOperation):
            DEEDS[deed](name)
        assert everywhere() == before
    finally:
        link.unlink()
        away = own.with_name(f"{own.name}_away")
        if away.exists():
            away.rename(own)


def test_what_becomes_a_link_after_the_look_isnt_followed_either(
    chengdu: Tenant, suzhou: Tenant, foreign_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(chengdu):
        name = default_storage.save("imports/mine.csv", ContentFile(b"x"))
        plain = Path(default_storage.path(name))
        plain.unlink()
        plain.symlink_to(Path(settings.MEDIA_ROOT) / suzhou.schema_name / foreign_file)
        monkeypatch.setattr(type(default_storage._wrapped), "path", lambda self, name: str(plain))  # type: ignore[attr-defined]
        with pytest.raises(OSError, match="symbolic"):
            default_storage.open(name)
        plain.unlink()


@pytest.mark.parametrize("deed", DEEDS)
def test_at_the_door_there_are_no_files(network: dict[str, Tenant], foreign_file: str, deed: str) -> None:
    before = everywhere()
    with pytest.raises(WrongTenant):
        DEEDS[deed](foreign_file)
    assert everywhere() == before


def test_a_file_opened_in_one_place_is_the_same_name_s_other_file_in_another(chengdu: Tenant, suzhou: Tenant) -> None:
    """One storage object serves all tenants in turn and keeps no folder between them."""
    for tenant in (chengdu, suzhou, chengdu, suzhou):
        with inside(tenant):
            if not default_storage.exists("imports/same.txt"):
                default_storage.save("imports/same.txt", ContentFile(tenant.slug.encode()))
            assert default_storage.open("imports/same.txt").read() == tenant.slug.encode()
    for tenant in (chengdu, suzhou):
        with inside(tenant):
            default_storage.delete("imports/same.txt")


def test_files_have_no_public_address(in_chengdu: Tenant) -> None:
    with pytest.raises(ValueError, match="URL"):
        default_storage.url("imports/x.csv")


UPLOADS = ["../../{foreign}/x.csv", "{root}/{foreign}/x.csv", "..\\..\\{foreign}\\x.csv", "x.csv/../../y", ".", "", "/"]


@pytest.mark.parametrize("filename", UPLOADS)
def test_the_name_of_an_upload_names_no_folder(chengdu: Tenant, suzhou: Tenant, filename: str) -> None:
    before = everywhere()
    with inside(chengdu):
        given = filename.format(foreign=suzhou.schema_name, root=settings.MEDIA_ROOT)
        kept = storing.keep(uuid7(), given, ContentFile(b"x"))
        folder = Path(default_storage.path("imports"))
    new = set(everywhere()) - set(before)
    assert [folder in path.parents for path in new] == [True]
    assert ".." not in kept
    assert next(iter(new)).stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"


@pytest.mark.parametrize("field", ["error_file", "file"])
@pytest.mark.parametrize("how", NAMES)
def test_a_row_that_names_another_stores_file_hands_out_nothing(
    chengdu: Tenant, suzhou: Tenant, foreign_file: str, actor: Callable[[str], Actor], how: str, field: str
) -> None:
    """Should a bug ever write such a name: the storage is the wall, not the row."""
    root = settings.MEDIA_ROOT
    name = NAMES[how].format(foreign=suzhou.schema_name, own=chengdu.schema_name, root=root, file=foreign_file)
    with inside(chengdu):
        run = ImportRun.objects.get(pk=an_import())
        setattr(run, field, name)
        run.save()
        with pytest.raises((SuspiciousFileOperation, NotFound, FileRefused)):
            if field == "error_file":
                hand_out_errors(actor("李娜"), run.pk, now=timezone.now())
            else:
                storing.reading_of(run)


def test_a_finished_imports_files_lie_in_its_tenants_folder_alone(
    chengdu: Tenant, suzhou: Tenant, client_of: Callable[[str], Client]
) -> None:
    before = everywhere()
    with inside(chengdu):
        key, folder = a_finished_import(), Path(default_storage.path(""))
    new = set(everywhere()) - set(before)
    assert len(new) == 2, "the upload and its faulty rows"
    assert all(folder in path.parents for path in new)
    page = client_of("李娜").get(f"/imports/{key}/errors/")
    assert b"".join(page.streaming_content)  # type: ignore[attr-defined]
    with inside(suzhou):
        other = everything()
        with pytest.raises(FileNotFoundError):
            default_storage.open(next(iter(new)).relative_to(folder).as_posix())
    with inside(suzhou):
        assert everything() == other
