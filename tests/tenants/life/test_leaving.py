"""A store leaves: with everything, at once, and its data protected as long as the law says."""

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from life_support import die_at, everything, files_of, new_store, rows_of, silent

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.actions import add_member
from tenants.life import exporting, leaving, tasks
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
    assert (page.status_code, "已退出（数据保管中）" in page.content.decode()) == (403, True)


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
        call_command("tenant", "leave", "full-disk", "--reason", "合同到期", "--by", "周工")
    assert Tenant.objects.get(pk=store.pk).state == State.READY
    assert live(store) == 1
    assert Deed.objects.latest("pk").outcome == "failed"


MOMENTS = {
    "leaving.keep_out = then_die(leaving.keep_out)": False,
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
    assert rights(store) is not left, "open again it can be worked in again"
    assert rows_of(store.schema_name) == before
    if not left:
        leave(store, reason="合同到期", by="周工", heard=silent)
    assert Tenant.objects.get(pk=store.pk).state == State.LEAVING
    assert export_of(store).exists()


@contextmanager
def somebody_writing(store: Tenant) -> Iterator[threading.Event]:
    """A transaction that has written and goes on until the event is set."""
    written, go, over = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        try:
            with inside(store), transaction.atomic():
                Customer.objects.create(name="还在路上的")
                written.set()
                go.wait(30)
        finally:
            connection.close()
            over.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(10)
    try:
        yield go
    finally:
        go.set()
        thread.join(30)


def rights(store: Tenant) -> bool:
    """Whether the store's own role may use its schema."""
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(%s, %s, 'USAGE')", [store.schema_name, store.schema_name])
        return bool(cursor.fetchone()[0])


def test_what_was_under_way_is_waited_for_and_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that was open when the door closed commits afterwards, and its rows are the store's as well."""
    store, looks = new_store("under-way"), []
    with somebody_writing(store) as go:

        def look_again(seconds: float) -> None:
            looks.append(seconds)
            if len(looks) == 2:
                go.set()
            sleep(seconds)

        monkeypatch.setattr(leaving, "sleep", look_again)
        left = leave(store, reason="合同到期", by="周工", heard=silent)
    assert len(looks) >= 2
    assert any("还在路上的" in row for row in rows_of(store.schema_name)["customers_customer"])
    with zipfile.ZipFile(left.export) as file:
        assert "还在路上的" in file.read("csv/customers_customer.csv").decode()


def test_who_doesnt_end_in_time_keeps_the_store_open(monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("endless")
    monkeypatch.setattr(leaving, "periods", lambda: replace(periods(), last_call_seconds=0))
    with somebody_writing(store), pytest.raises(DomainError) as refused:
        leave(store, reason="合同到期", by="周工", heard=silent)
    assert refused.value.code == "still_writing"
    assert (Tenant.objects.get(pk=store.pk).state, rights(store)) == (State.READY, True)
    assert Deed.objects.latest("pk").outcome == "failed"
    assert any("还在路上的" in row for row in rows_of(store.schema_name)["customers_customer"]), "and it wasn't cut off"


def test_nothing_begins_once_the_door_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does what is open already go on writing: not even a worker who has looked at the state before."""
    store, write, refused = new_store("too-late"), exporting.write, []

    def too_late(*args: Any, **kwargs: Any) -> Any:
        with inside(store), pytest.raises(DatabaseError, match=r"does not exist|permission denied") as error:
            Customer.objects.create(name="太晚了")
        refused.append(error.value)
        return write(*args, **kwargs)

    monkeypatch.setattr(exporting, "write", too_late)
    leave(store, reason="合同到期", by="周工", heard=silent)
    assert len(refused) == 1
    assert not rights(store), "and nobody needs to come in again"


def test_who_reads_is_waited_for_by_nobody() -> None:
    store = new_store("read")
    reading, go = threading.Event(), threading.Event()

    def read() -> None:
        with inside(store), transaction.atomic():
            list(Customer.objects.all())
            reading.set()
            go.wait(30)
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    assert reading.wait(10)
    try:
        leave(store, reason="合同到期", by="周工", heard=silent)
    finally:
        go.set()
        thread.join(30)
    assert Tenant.objects.get(pk=store.pk).state == State.LEAVING


def test_nobody_joins_a_store_that_leaves(person: User) -> None:
    store = new_store("no-joining")
    leave(store, reason="合同到期", by="周工", heard=silent)
    for state in (State.LEAVING, State.GONE):
        Tenant.objects.filter(pk=store.pk).update(state=state)
        with pytest.raises(DomainError) as refused:
            add_member(store, person, "crc_manager")
        assert refused.value.code == "wrong_state"
    assert Membership.objects.filter(tenant=store).count() == 0
