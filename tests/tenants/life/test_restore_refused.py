"""What a restore refuses, and a restore that is killed: nothing is changed, and the next one works."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from life_support import add_file, change, die_at, everything, schemas, silent

from sanfang.kernel.errors import DomainError
from tenants.life import archives, aside, tasks
from tenants.life.backing_up import back_up
from tenants.life.models import Deed
from tenants.life.restoring import restore
from tenants.models import State, Tenant

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(scope="module")
def backup(filled: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tenant = Tenant.objects.get(slug="chengdu")
    return back_up(tenant, tmp_path_factory.mktemp("backups"), by="运维", heard=silent)


@pytest.fixture(autouse=True)
def nothing_aside(own_database: str) -> Iterator[None]:
    yield
    for name in aside.set_aside():
        aside.discard(name)


def rewritten(source: Path, target: Path, change: Callable[[dict[str, Any]], None], *, signed: bool = True) -> Path:
    """The same backup with another manifest."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name in {archives.MANIFEST, archives.SIGNATURE}:
                continue
            new.writestr(name, old.read(name))
        about = json.loads(old.read(archives.MANIFEST))
        change(about)
        text = json.dumps(about)
        new.writestr(archives.MANIFEST, text)
        key = archives.signer.signature(archives._sha256(text.encode())) if signed else old.read(archives.SIGNATURE)
        new.writestr(archives.SIGNATURE, key)
    return target


def cut(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes()[:-2000])
    return target


def flipped(source: Path, target: Path) -> Path:
    """One byte of the rows of customers is another."""
    content = bytearray(source.read_bytes())
    with zipfile.ZipFile(source) as file:
        member = file.getinfo("rows/customers_customer")
    content[member.header_offset + 100 + len(member.filename)] ^= 0xFF
    target.write_bytes(bytes(content))
    return target


def swapped(source: Path, target: Path) -> Path:
    """A member is another one, whole and with a right checksum of its own."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"CREATE", b"DROP  ") if name.endswith("before.sql") else content)
    return target


def added(source: Path, target: Path) -> Path:
    shutil.copy(source, target)
    with zipfile.ZipFile(target, "a") as file:
        file.writestr("files/../../escaped", "x")
    return target


WRONG: dict[str, tuple[str, Callable[[Path, Path], Path]]] = {
    "cut off": ("damaged", cut),
    "a byte flipped": ("damaged", flipped),
    "a member swapped": ("damaged", swapped),
    "a member added": ("damaged", added),
    "no archive": ("damaged", lambda source, target: Path(shutil.copy(__file__, target))),
    "its manifest changed": ("not_signed", lambda s, t: rewritten(s, t, lambda about: about.clear(), signed=False)),
    "an export": ("no_backup", lambda s, t: rewritten(s, t, lambda about: about.update(what="export"))),
    "another format": ("no_backup", lambda s, t: rewritten(s, t, lambda about: about.update(format=2))),
    "another kind": ("another_kind", lambda s, t: rewritten(s, t, lambda about: about["tenant"].update(kind="oem"))),
    "a newer version": (
        "newer_version",
        lambda s, t: rewritten(s, t, lambda about: about["migrations"].append(["customers", "0999_later"])),
    ),
    "a newer PostgreSQL": ("newer_version", lambda s, t: rewritten(s, t, lambda about: about.update(postgres=990000))),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_refused_and_changes_nothing(chengdu: Tenant, backup: Path, tmp_path: Path, wrong: str) -> None:
    code, make = WRONG[wrong]
    before, deeds = everything(chengdu), Deed.objects.count()
    with pytest.raises(DomainError) as refused:
        restore(chengdu, make(backup, tmp_path / "wrong.zip"), by="运维", heard=silent)
    assert refused.value.code == code
    assert (everything(chengdu), Deed.objects.count(), schemas("%_before_%")) == (before, deeds, [])


def test_another_tenants_backup_is_refused(suzhou: Tenant, backup: Path) -> None:
    before = everything(suzhou)
    with pytest.raises(DomainError) as refused:
        restore(suzhou, backup, by="运维", heard=silent)
    assert refused.value.code == "another_tenant"
    assert "chengdu" in str(refused.value)
    assert everything(suzhou) == before


@pytest.mark.parametrize("state", [State.PROVISIONING, State.LEAVING, State.GONE])
def test_who_leaves_isnt_restored(chengdu: Tenant, backup: Path, state: str) -> None:
    Tenant.objects.filter(pk=chengdu.pk).update(state=state)
    before = everything(chengdu)
    for dry_run in (True, False):
        with pytest.raises(DomainError) as refused:
            restore(chengdu, backup, by="运维", heard=silent, dry_run=dry_run)
        assert refused.value.code == "wrong_state"
    assert everything(chengdu) == before
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.READY)


# Where it is killed, and whether the backup is in by then.
MOMENTS = {
    "restoring.archives.Opened.lay_out = die": False,
    "restoring.archives.Opened.lay_out = then_die(restoring.archives.Opened.lay_out)": False,
    "restoring.make_schema = then_die(restoring.make_schema)": False,
    "restoring._copy_in = die": False,
    "restoring._copy_in = then_die(restoring._copy_in)": False,
    "restoring._swap_in = then_die(restoring._swap_in)": True,
    "restoring.fleet.migrate_one = then_die(restoring.fleet.migrate_one)": True,
    "Path.rename = then_die(Path.rename)": True,
    "restoring.folders.swap_in = then_die(restoring.folders.swap_in)": True,
    "restoring.let_in = then_die(restoring.let_in)": True,
    "restoring.staff_of_today = die": True,
}


@pytest.mark.kill
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_it_is_all_of_the_one_or_all_of_the_other(
    own_database: str, chengdu: Tenant, suzhou: Tenant, backup: Path, moment: str
) -> None:
    restore(chengdu, backup, by="运维", heard=silent)
    then = everything(chengdu)
    change(chengdu)
    add_file(chengdu, "neu.csv")
    now, other = everything(chengdu), everything(suzhou)
    assert now[:2] != then[:2]
    call = f"restoring.restore(Tenant.objects.get(slug='chengdu'), Path({str(backup)!r}), by='运维', heard=silent)"
    die_at(own_database, modules="restoring", patch=moment, call=call)
    assert Tenant.objects.get(pk=chengdu.pk).state == State.SUSPENDED, "the door stays closed until it is in order"
    tasks.put_in_order()
    assert everything(chengdu) == (then if MOMENTS[moment] else now)
    assert everything(suzhou) == other
    assert Deed.objects.latest("pk").outcome == "cut off"
    assert not [name for name in folders() if "_restoring_" in name]
    restore(chengdu, backup, by="运维", heard=silent)
    assert everything(chengdu) == then


def folders() -> list[str]:
    from django.conf import settings

    return [path.name for path in Path(settings.MEDIA_ROOT).iterdir()]


def test_what_is_at_work_is_left_alone(chengdu: Tenant) -> None:
    """A row without an end whose lock is held isn't abandoned."""
    from tenants.life import work

    with work.alone_with(chengdu), work.deed(chengdu, "restore", "运维", close=True, stamp="20000101000000"):
        tasks.put_in_order()
        assert Tenant.objects.get(pk=chengdu.pk).state == State.SUSPENDED
    assert Tenant.objects.get(pk=chengdu.pk).state == State.READY
