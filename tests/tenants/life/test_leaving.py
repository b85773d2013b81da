"""A store leaves: with everything, at once, and its data protected as long as the law says."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from life_support import die_at, everything, files_of, new_store, rows_of, silent

from sanfang.kernel.errors import DomainError
from tenants.life import exporting, tasks
from tenants.life.leaving import leave
from tenants.life.models import Deed, Departure
from tenants.life.periods import periods
from tenants.models import Membership, State, Tenant, User

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def person(own_database: str) -> User:
    number = User.objects.count()
    return User.objects.create_user(name="何平", email=f"heping{number}@example.com", password="x")


def live(tenant: Tenant) -> int:
    return Membership.objects.filter(tenant=tenant, ended_at=None).count()


def export_of(tenant: Tenant) -> Path:
    return Path(settings.MEDIA_ROOT) / f"{tenant.schema_name}_leaving" / f"{tenant.slug}-export.zip"


def test_it_takes_everything_and_nobody_comes_in(person: User) -> None:
    store = new_store("leaver", person)
    rows, files = rows_of(store.schema_name), files_of(store.schema_name)
    left = leave(store, reason="合同到期", by="周工", heard=silent)
    assert Tenant.objects.get(pk=store.pk).state == State.LEAVING
    assert live(store) == 0
    assert (rows_of(store.schema_name), files_of(store.schema_name)) == (rows, files), "kept, and left alone"
    with zipfile.ZipFile(left.export) as file:
        about = json.loads(file.read("manifest.json"))
        assert {name: one["rows"] for name, one in about["tables"].items()} == {
            name: len(found) for name, found in rows.items() if name != "sequences"
        }
        assert "files/imports/维修工单.csv" in file.namelist()
    departure = Departure.objects.get(tenant=store)
    assert (departure.reason, departure.by) == ("合同到期", "周工")
    assert departure.protected_until == left.protected_until
    assert departure.left_at.year + 6 == left.protected_until.year
    assert Deed.objects.filter(tenant=store, verb="leave", by="周工", outcome="done").exists()
    page = Client(SERVER_NAME="leaver.localhost").get("/")
    assert (page.status_code, "门店已退出" in page.content.decode()) == (403, True)


def test_the_period_is_the_longest_of_its_laws() -> None:
    for kind in ("dealer", "group", "oem"):
        laws = periods().of(kind)
        assert laws
        assert all(law.reason and law.name for law in periods().laws)
        until = periods().protected_until(kind, date(2026, 11, 25))
        assert until == date(2026 + max(law.years for law in laws), 11, 25)
    assert periods().protected_until("oem", date(2024, 2, 29)) == date(2027, 3, 1)


@pytest.mark.parametrize("state", [State.LEAVING, State.GONE, State.PROVISIONING])
def test_nobody_leaves_twice(person: User, state: str) -> None:
    store = Tenant.objects.filter(slug="twice").first() or new_store("twice", person)
    Tenant.objects.filter(pk=store.pk).update(state=state)
    before, deeds = everything(store), Deed.objects.count()
    with pytest.raises(DomainError):
        leave(store, reason="合同到期", by="周工", heard=silent)
    assert (everything(store), Deed.objects.count(), export_of(store).exists()) == (before, deeds, False)


def test_a_reason_is_wanted_and_a_dry_run_changes_nothing(person: User) -> None:
    store = new_store("stayer", person)
    before, deeds = everything(store), Deed.objects.count()
    with pytest.raises(CommandError):
        call_command("tenant", "leave", "stayer", "--reason", " ")
    call_command("tenant", "leave", "stayer", "--reason", "合同到期", "--dry-run")
    assert (everything(store), Deed.objects.count(), live(store)) == (before, deeds, 1)
    assert not export_of(store).parent.exists()
    assert not Departure.objects.filter(tenant=store).exists()


def test_the_door_is_closed_before_the_export(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what is written meanwhile is in no export; memberships end with the state, not before."""
    store, seen, write = new_store("shut", person), [], exporting.write

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append((Tenant.objects.get(pk=store.pk).state, live(store)))
        return write(*args, **kwargs)

    monkeypatch.setattr(exporting, "write", watched)
    leave(store, reason="合同到期", by="周工", heard=silent)
    assert seen == [(State.SUSPENDED, 1)]


def test_an_export_that_fails_leaves_it_open(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("full-disk", person)

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("tenants.life.exporting.write", fail)
    with pytest.raises(CommandError, match="No space left"):
        call_command("tenant", "leave", "full-disk", "--reason", "合同到期")
    assert Tenant.objects.get(pk=store.pk).state == State.READY
    assert live(store) == 1
    assert Deed.objects.latest("pk").outcome == "failed"


MOMENTS = {
    "leaving.exporting.write = die": False,
    "leaving.exporting.write = then_die(leaving.exporting.write)": False,
    "leaving.Departure.save = then_die(leaving.Departure.save)": False,
    "leaving._go = then_die(leaving._go)": True,
}


@pytest.mark.kill
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_it_has_left_or_it_hasnt(own_database: str, person: User, moment: str) -> None:
    slug = f"torn-{list(MOMENTS).index(moment)}"
    store = new_store(slug, person)
    before = rows_of(store.schema_name)
    call = f"leaving.leave(Tenant.objects.get(slug={slug!r}), reason='x', by='x', heard=silent)"
    die_at(own_database, modules="leaving", patch=moment, call=call)
    tasks.put_in_order()
    left = MOMENTS[moment]
    assert Tenant.objects.get(pk=store.pk).state == (State.LEAVING if left else State.READY)
    assert (live(store), Departure.objects.filter(tenant=store).exists()) == (0 if left else 1, left)
    assert rows_of(store.schema_name) == before
    if not left:
        leave(store, reason="合同到期", by="周工", heard=silent)
    assert Tenant.objects.get(pk=store.pk).state == State.LEAVING
    assert export_of(store).exists()
