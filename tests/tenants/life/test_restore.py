"""One tenant put back to a backup: its rows, files, structure and rights to the byte, and nobody else's touched."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone
from life_support import add_file, change, everything, new_store, rows_of, schemas, silent
from rollout_support import Later, column

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from sanfang.tenancy.rollout import fleet
from sanfang.tenancy.rollout.states import Target
from tenants.life import aside, folders, structure, work
from tenants.life.backing_up import back_up, backups
from tenants.life.models import Deed
from tenants.life.restoring import restore
from tenants.models import Membership, SchemaTemplate, State, Tenant

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def backup(filled: None, chengdu: Tenant, tmp_path: Path) -> Path:
    return back_up(chengdu, tmp_path, by="运维", heard=silent)


@pytest.fixture(autouse=True)
def nothing_aside(own_database: str) -> Iterator[None]:
    yield
    for name in aside.set_aside():
        aside.discard(name)


def put_back(tenant: Tenant, path: Path, *, dry_run: bool = False) -> str:
    return restore(tenant, path, by="运维", heard=silent, dry_run=dry_run).set_aside


def test_it_is_what_it_was_and_the_other_is_untouched(chengdu: Tenant, suzhou: Tenant, backup: Path) -> None:
    before, built = everything(chengdu), structure.dump(chengdu.schema_name)
    assert all(before[0][table] for table in ("audit_history", "customers_customer", "dms_importrun"))
    assert before[1], "without files nothing would be proved of them"
    change(chengdu)
    change(suzhou)
    changed, other = everything(chengdu), everything(suzhou)
    assert changed[0]["audit_history"] != before[0]["audit_history"]
    assert changed[1] != before[1]
    copy = put_back(chengdu, backup)
    assert everything(chengdu) == before
    below = [folders.folder(chengdu.schema_name), *folders.folder(chengdu.schema_name).rglob("*")]
    assert [path for path in below if path.stat().st_mode & 0o077] == [], "nobody else of the machine looks in"
    assert structure.dump(chengdu.schema_name) == built
    assert everything(suzhou) == other
    assert rows_of(copy) == changed[0], "what was set aside is what was there"


def test_the_restored_store_works_and_its_books_stay_closed(chengdu: Tenant, backup: Path) -> None:
    put_back(chengdu, backup)
    with inside(chengdu):
        before = Customer.objects.count()
        made = Customer.objects.create(name="又来一位")
        assert Customer.objects.count() == before + 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM audit_history WHERE object = %s", [made.pk])
            assert cursor.fetchone()[0] == 1, "the history's triggers are there again"
        for statement in ("DELETE FROM audit_history", "CREATE TABLE mine ()"):
            with pytest.raises(Exception, match="permission denied"):
                connection.cursor().execute(statement)
        copy = aside.set_aside(chengdu.schema_name)[-1]
        with pytest.raises(Exception, match="permission denied"):
            connection.cursor().execute(f'SELECT * FROM "{copy}".customers_customer')


def test_a_request_from_before_cant_write_into_it(
    chengdu: Tenant, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the transaction and the opening of the door the tenant's own role may not use the new schema."""
    migrate, refused = fleet.migrate_one, []

    def meanwhile(target: Target) -> bool:
        with inside(chengdu), pytest.raises(Exception, match=r"does not exist|permission denied") as error:
            Customer.objects.create(name="还在路上的")
        refused.append(error.value)
        return migrate(target)

    monkeypatch.setattr(fleet, "migrate_one", meanwhile)
    before = everything(chengdu)
    put_back(chengdu, backup)
    assert len(refused) == 1
    assert everything(chengdu) == before


def test_who_did_it_is_written_down(chengdu: Tenant, backup: Path) -> None:
    put_back(chengdu, backup)
    done = Deed.objects.filter(tenant=chengdu).order_by("-pk")[:2]
    assert [(deed.verb, deed.by, deed.outcome) for deed in done] == [
        ("restore", "运维", "done"),
        ("backup", "运维", "done"),
    ]


def test_a_dry_run_changes_nothing(chengdu: Tenant, backup: Path) -> None:
    change(chengdu)
    before, deeds, copies = everything(chengdu), Deed.objects.count(), schemas("%_before_%")
    put_back(chengdu, backup, dry_run=True)
    assert (everything(chengdu), Deed.objects.count(), schemas("%_before_%")) == (before, deeds, copies)


def test_a_suspended_tenant_stays_suspended(chengdu: Tenant, backup: Path) -> None:
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.SUSPENDED)
    put_back(chengdu, backup)
    assert Tenant.objects.get(pk=chengdu.pk).state == State.SUSPENDED
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.READY)


def test_access_is_todays(chengdu: Tenant, backup: Path) -> None:
    """Who left since the backup isn't on duty again; who came has a row to act under."""
    gone, came = Membership.objects.filter(tenant=chengdu, role="service_advisor").order_by("pk")[:2]
    with inside(chengdu):
        Staff.objects.filter(pk=came.staff_id).update(user_id=None, active=False)
    older = back_up(chengdu, backup.parent / "older", by="运维", heard=silent)
    Membership.objects.filter(pk=gone.pk).update(ended_at=timezone.now())
    put_back(chengdu, older)
    came.refresh_from_db()
    with inside(chengdu):
        assert Staff.objects.get(pk=gone.staff_id).active is False
        row = Staff.objects.get(user_id=came.user_id)
        assert (row.pk, row.active, row.role) == (came.staff_id, True, came.role)
    # As it was, for the tests after this one.
    Membership.objects.filter(pk=gone.pk).update(ended_at=None)
    with inside(chengdu):
        Staff.objects.filter(pk=gone.staff_id).update(active=True)


def test_a_backup_from_before_a_migration_gets_it(tmp_path: Path, later: Later) -> None:
    store = new_store("grown")
    backup = back_up(store, tmp_path, by="运维", heard=silent)
    later("customers", column("shoe_size"))
    put_back(store, backup)
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f'SELECT count(shoe_size) FROM "{store.schema_name}".customers_customer')


def test_a_migration_that_fails_leaves_all_as_it_was(chengdu: Tenant, backup: Path, later: Later) -> None:
    change(chengdu)
    before, copies = everything(chengdu), schemas("%_before_%")
    later("customers", column("born", "models.IntegerField(unique=True, default=1)"))
    with pytest.raises(DomainError) as refused:
        put_back(chengdu, backup)
    assert refused.value.code == "not_migrated"
    assert "Key (" not in str(refused.value)
    assert (everything(chengdu), schemas("%_before_%")) == (before, copies)


def test_a_straggler_is_backed_up_as_it_is(tmp_path: Path, later: Later) -> None:
    """No template has its migrations: its structure is read from itself."""
    store = new_store("straggler")
    later("customers", column("first_step"))
    fleet.migrate_one(Target(store.schema_name, store.kind, store.slug))
    assert not SchemaTemplate.objects.filter(sql__contains="first_step").exists()
    backup = back_up(store, tmp_path, by="运维", heard=silent)
    before, built = everything(store), structure.dump(store.schema_name)
    assert "first_step" in built[0]
    change(store)
    put_back(store, backup)
    assert (everything(store), structure.dump(store.schema_name)) == (before, built)


def test_only_one_at_a_time(chengdu: Tenant, backup: Path) -> None:
    before = everything(chengdu)
    with work.alone_with(chengdu):
        with pytest.raises(work.AtWork):
            put_back(chengdu, backup)
        with pytest.raises(work.AtWork):
            back_up(chengdu, backup.parent, by="运维", heard=silent)
    assert everything(chengdu) == before


def test_backups_are_listed_with_what_is_wrong_with_them(chengdu: Tenant, suzhou: Tenant, backup: Path) -> None:
    back_up(suzhou, backup.parent, by="运维", heard=silent)
    broken = backup.with_name(f"chengdu-20200101T000000Z{backup.name[-len('.sanfang-backup.zip') :]}")
    broken.write_bytes(backup.read_bytes()[:-100])
    found = backups(chengdu, backup.parent)
    assert [(one.path, bool(one.trouble)) for one in found] == [(broken, True), (backup, False)]
    assert found[1].rows > 100
    assert backup.stat().st_mode & 0o077 == 0


def test_copies_are_discarded_by_hand_and_by_age(chengdu: Tenant, backup: Path) -> None:
    add_file(chengdu, "neu.csv")
    copy = put_back(chengdu, backup)
    assert aside.discard_old(timezone.now() + timedelta(days=29)) == []
    assert copy in aside.discard_old(timezone.now() + timedelta(days=31))
    assert schemas("%_before_%") == []
    kept = everything(chengdu)
    copy = put_back(chengdu, backup)
    assert aside.discard_all(chengdu) == [copy]
    assert schemas("%_before_%") == []
    assert everything(chengdu) == kept
