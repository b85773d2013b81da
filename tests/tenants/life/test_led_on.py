"""Work on a tenant whose process died, or lost its lock: one goes on with it, and never two."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import database
import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.utils import timezone
from life_support import add_file, everything, files_of, new_store, rows_of, silent
from rollout_support import Later, column, columns

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from sanfang.tenancy.rollout import fleet
from tenants.life import aside, commands, exporting, folders, restoring, tasks, work
from tenants.life.backing_up import back_up
from tenants.life.erasing import erase
from tenants.life.leaving import leave
from tenants.life.models import Deed, Departure
from tenants.life.restoring import restore
from tenants.models import State, Tenant

pytestmark = pytest.mark.usefixtures("own_database")


class Killed(BaseException):
    pass


def die(*args: object, **kwargs: object) -> None:
    raise Killed


@pytest.fixture(autouse=True)
def nothing_left(own_database: str) -> Iterator[None]:
    yield
    Deed.objects.filter(outcome="").update(outcome="cut off")
    for name in aside.set_aside():
        aside.discard(name)


def elsewhere(do: Callable[[], Any]) -> Any:
    """What another process would get, or what would be raised there."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(do())
        except BaseException as error:
            found.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    return found[0]


def state_of(tenant: Tenant) -> str:
    return str(Tenant.objects.get(pk=tenant.pk).state)


def killed_restore(tenant: Tenant, folder: Path) -> tuple[Any, Any]:
    """A restore whose process died right after its transaction. What the store was before it, and at the backup."""
    with inside(tenant):
        Customer.objects.create(name="钱二")
    then, backup = everything(tenant), back_up(tenant, folder, by="运维", heard=silent)
    with inside(tenant):
        Customer.objects.create(name="后来的")
    add_file(tenant, "later.csv")
    before = everything(tenant)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restoring, "finish", die)
        with pytest.raises(Killed):
            restore(tenant, backup, by="运维", heard=silent)
    row = Deed.objects.get(tenant=tenant, verb="restore")
    assert (row.outcome, state_of(tenant)) == ("", State.SUSPENDED), "or it isn't what a dead process leaves"
    return before, then


def test_a_dead_restore_waits_for_the_rollout(tmp_path: Path, later: Later) -> None:
    """Finished beside a rollout it would find the column there already, and drop the schema for it."""
    store = new_store("beside")
    _before, then = killed_restore(store, tmp_path)
    later("customers", column("height"))
    with fleet.alone():
        elsewhere(tasks.put_in_order)
        refused = elsewhere(lambda: back_up(store, tmp_path, by="运维", heard=silent))
        assert isinstance(refused, DomainError)
        assert refused.code == "busy"
    assert (state_of(store), "height" in columns(store.schema_name)) == (State.SUSPENDED, False)
    assert len(aside.set_aside(store.schema_name)) == 1
    tasks.put_in_order()
    assert (state_of(store), "height" in columns(store.schema_name)) == (State.READY, True)
    assert files_of(store.schema_name) == then[1]
    assert not any("后来的" in row for row in rows_of(store.schema_name)["customers_customer"])


PASSING = [
    psycopg.errors.LockNotAvailable("somebody holds the table"),
    psycopg.OperationalError("the connection is lost"),
    Killed(),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_isnt_the_migrations_fault_puts_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    store = new_store(f"passing-{PASSING.index(error)}")
    _before, then = killed_restore(store, tmp_path)

    def fail(target: object) -> bool:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(fleet, "migrate_one", fail)
        with pytest.raises(type(error)), work.alone_with(store):
            pass
    assert state_of(store) == State.SUSPENDED
    assert Deed.objects.get(tenant=store, verb="restore").outcome == ""
    tasks.put_in_order()
    assert everything(store) == then


def test_a_restore_that_fails_in_passing_is_led_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whoever comes next, though its own process is alive and has told its error."""
    store = new_store("in-passing")
    then, backup = everything(store), back_up(store, tmp_path, by="运维", heard=silent)
    add_file(store, "later.csv")

    def full(*args: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(folders, "swap_in", full)
        with pytest.raises(OSError, match="No space"):
            restore(store, backup, by="运维", heard=silent)
    assert state_of(store) == State.SUSPENDED, "open it would have the backup's rows and today's files"
    tasks.put_in_order()
    assert everything(store) == then


@pytest.mark.parametrize("moment", ["before the files", "after the files"])
def test_a_migration_that_fails_puts_rows_and_files_back(
    tmp_path: Path, later: Later, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Also when a dead process had the files in their place already."""
    store = new_store("back-before" if "before" in moment else "back-after")
    before, _then = killed_restore(store, tmp_path)
    if moment == "after the files":
        with monkeypatch.context() as patch:
            patch.setattr(restoring, "let_in", die)
            with pytest.raises(Killed):
                tasks.put_in_order()
        assert files_of(store.schema_name) != before[1]
    later("customers", column("born", "models.IntegerField(unique=True, default=1)"))
    tasks.put_in_order()
    assert everything(store) == before
    assert Deed.objects.get(tenant=store, verb="restore").outcome == "cut off"
    assert [path.name for path in Path(settings.MEDIA_ROOT).glob(f"{store.schema_name}_*")] == []


def test_files_that_are_gone_put_the_rows_back(tmp_path: Path) -> None:
    """All of the backup or nothing of it; and the folder that is there isn't taken for the backup's."""
    store = new_store("no-files")
    before, _then = killed_restore(store, tmp_path)
    (laid_out,) = Path(settings.MEDIA_ROOT).glob(f"{store.schema_name}_restoring_*")
    folders.remove(laid_out.name)
    with pytest.raises(FileNotFoundError):
        folders.swap_in(store.schema_name, laid_out.name[-aside.DIGITS :])
    tasks.put_in_order()
    assert everything(store) == before


def test_one_broken_deed_keeps_nobody_else_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, other = new_store("broken"), new_store("unbroken")
    for store in (broken, other):
        Tenant.objects.filter(pk=store.pk).update(state=State.SUSPENDED)
        about = {"was": "ready", "stamp": "0" * aside.DIGITS}
        Deed.objects.create(tenant=store, verb="restore", by="x", began_at=timezone.now(), details=about)
    finish = restoring.finish

    def fail_there(alone: work.Alone, row: Deed) -> None:
        if row.tenant == broken:
            connections["provisioner"].connection.close()
            raise RuntimeError("disk")
        finish(alone, row)

    monkeypatch.setattr(restoring, "finish", fail_there)
    tasks.put_in_order()
    assert [state_of(broken), state_of(other)] == [State.SUSPENDED, State.READY]


def kill_connections(*, spare: set[int]) -> None:
    """As an administrator does, or a firewall with what is idle: all that hold a lock of ours but ``spare``."""
    with psycopg.connect(database.admin_url(), autocommit=True) as somebody:
        somebody.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM (SELECT DISTINCT pid FROM pg_locks "
            "WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = %s)) one "
            "WHERE pid <> ALL(%s)",
            [connection.settings_dict["NAME"], list(spare)],
        )


def provisioner_pid() -> int:
    found: Any = connections["provisioner"].connection
    return int(found.info.backend_pid)


def test_the_idle_connection_of_the_lock_may_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection at work holds the lock as well: nobody takes a restore for dead that lives."""
    store = new_store("idle")
    then, backup = everything(store), back_up(store, tmp_path, by="运维", heard=silent)
    add_file(store, "later.csv")
    swap_in, seen = restoring._swap_in, []

    def lose_the_lock(*args: Any) -> None:
        kill_connections(spare={provisioner_pid()})
        seen.append(elsewhere(tasks.put_in_order))
        seen.append(state_of(store))
        swap_in(*args)

    monkeypatch.setattr(restoring, "_swap_in", lose_the_lock)
    restore(store, backup, by="运维", heard=silent)
    assert seen == [None, State.SUSPENDED]
    assert everything(store) == then
    assert Deed.objects.get(tenant=store, verb="restore").outcome == "done"


def test_without_any_lock_nothing_more_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("lockless")
    backup = back_up(store, tmp_path, by="运维", heard=silent)
    add_file(store, "later.csv")
    before, swap_in = everything(store), restoring._swap_in

    def lose_all(*args: Any) -> None:
        kill_connections(spare=set())
        swap_in(*args)

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_swap_in", lose_all)
        with pytest.raises((psycopg.Error, DatabaseError, work.Lost)):
            restore(store, backup, by="运维", heard=silent)
    connections["provisioner"].close()
    assert state_of(store) == State.SUSPENDED
    tasks.put_in_order()
    assert everything(store) == before


def test_whoever_has_lost_the_lock_doesnt_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both connections die after the transaction; somebody else finishes. The first must not do it once more."""
    store = new_store("twice")
    then, backup = everything(store), back_up(store, tmp_path, by="运维", heard=silent)
    swap_in = restoring._swap_in

    def and_lose_all(*args: Any) -> None:
        swap_in(*args)
        kill_connections(spare=set())
        connections["provisioner"].close()
        elsewhere(tasks.put_in_order)
        with inside(store):
            Customer.objects.create(name="门已经开了")

    monkeypatch.setattr(restoring, "_swap_in", and_lose_all)
    with pytest.raises(work.Lost):
        restore(store, backup, by="运维", heard=silent)
    assert (state_of(store), Deed.objects.get(tenant=store, verb="restore").outcome) == (State.READY, "cut off")
    assert any("门已经开了" in row for row in rows_of(store.schema_name)["customers_customer"])
    assert files_of(store.schema_name) == then[1]


def test_a_leave_that_somebody_else_has_ended_doesnt_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    store, write = new_store("ended"), exporting.write

    def and_lose_all(*args: Any, **kwargs: Any) -> Any:
        done = write(*args, **kwargs)
        Deed.objects.filter(tenant=store, verb="leave").update(outcome="cut off")
        Tenant.objects.filter(pk=store.pk).update(state=State.READY)
        return done

    monkeypatch.setattr(exporting, "write", and_lose_all)
    with pytest.raises(work.Lost):
        leave(store, reason="x", by="x", heard=silent)
    assert (state_of(store), Departure.objects.filter(tenant=store).exists()) == (State.READY, False)


def test_a_leave_that_cant_be_undone_is_led_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open, with the role still kept out, it would be a store in which nothing works."""
    store = new_store("not-undone")
    before = everything(store)

    def fail(*args: object, **kwargs: object) -> None:
        kill_connections(spare=set())
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "write", fail)
        with pytest.raises((psycopg.Error, DatabaseError)):
            leave(store, reason="x", by="x", heard=silent)
    connections["provisioner"].close()
    assert (state_of(store), Deed.objects.get(tenant=store, verb="leave").outcome) == (State.SUSPENDED, "")
    tasks.put_in_order()
    assert everything(store) == before


DRY: dict[str, Callable[[Tenant, Path], object]] = {
    "backup": lambda store, folder: back_up(store, folder, by="x", heard=silent, dry_run=True),
    "export": lambda store, folder: exporting.export_tenant(store, folder / "x.zip", silent, by="x", dry_run=True),
    "leave": lambda store, folder: leave(store, reason="x", by="x", heard=silent, dry_run=True),
    "restore": lambda store, folder: restore(store, next(folder.iterdir()), by="x", heard=silent, dry_run=True),
    "discard": lambda store, folder: commands.run(
        {"verb": "discard-restored", "slug": store.slug, "dry_run": True, "by": "x"}, lambda text: None
    ),
    "resume": lambda store, folder: commands.run(
        {"verb": "resume", "slug": store.slug, "dry_run": True, "by": "x"}, lambda text: None
    ),
}


def test_a_dry_run_picks_nothing_up(tmp_path: Path) -> None:
    store = new_store("dry")
    killed_restore(store, tmp_path)
    before, deeds = everything(store), list(Deed.objects.order_by("pk").values())
    for verb in DRY.values():
        verb(store, tmp_path)
        assert (everything(store), list(Deed.objects.order_by("pk").values())) == (before, deeds)


def test_a_dry_run_of_erase_picks_nothing_up(tmp_path: Path) -> None:
    store = new_store("dry-erase")
    leave(store, reason="x", by="x", heard=silent)
    Deed.objects.create(tenant=store, verb="export", by="x", began_at=timezone.now())
    deeds = list(Deed.objects.order_by("pk").values())
    erase(store, by="x", heard=silent, dry_run=True)
    assert list(Deed.objects.order_by("pk").values()) == deeds


@pytest.mark.parametrize("call", [1, 2])
def test_with_valkey_down_a_deed_says_what_became_of_it(monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """Down when the door closes: nothing has been done. Down afterwards: the store has left, and so says the deed."""
    store, calls = new_store(f"no-valkey-{call}"), []

    def forget() -> None:
        calls.append(1)
        if len(calls) == call:
            raise ConnectionError("valkey")

    monkeypatch.setattr(work, "forget_tenants", forget)
    with pytest.raises(ConnectionError):
        leave(store, reason="x", by="x", heard=silent)
    row = Deed.objects.get(tenant=store, verb="leave")
    found = (state_of(store), row.outcome, Departure.objects.filter(tenant=store).exists())
    assert found == ((State.READY, "failed", False) if call == 1 else (State.LEAVING, "done", True))
