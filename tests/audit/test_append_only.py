"""A tenant's role adds to the books and reads them; it changes nothing in them, however its schema was made."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from psycopg.errors import InsufficientPrivilege

from crm.customers.models import Customer
from sanfang.audit.actions import record_access, record_event
from sanfang.audit.models import Access, Event, History
from sanfang.audit.operations import BOOKS
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant
from tenants.provisioning import claim, make_schema

pytestmark = pytest.mark.usefixtures("own_database")
MIGRATED = "t_migrated_books"


@pytest.fixture(scope="module", params=["claimed", "migrated"])
def tenant(request: pytest.FixtureRequest, own_database: str) -> Iterator[Tenant]:
    if request.param == "claimed":
        yield claim(kind="dealer", slug="books", name="账本店", short_name="账本店")
        return
    make_schema(MIGRATED)
    tenant = Tenant.objects.create(
        schema_name=MIGRATED, kind="dealer", slug="migrated-books", name="迁移店", short_name="迁移店", state="ready"
    )
    call_command("migrate_tenants", "--no-pool")
    yield tenant
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{MIGRATED}" CASCADE; SET LOCAL ROLE sanfang_provisioner; DROP ROLE "{MIGRATED}"')


def written() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (History, Access, Event)]


def test_the_books_are_all_that_audit_keeps() -> None:
    assert {model._meta.db_table for model in (History, Access, Event)} == set(BOOKS)


def test_what_stands_in_the_books_stays(tenant: Tenant) -> None:
    with inside(tenant):
        staff = Staff.objects.create(name="李娜")
        lina = Actor(staff_id=staff.pk, name=staff.name, role="crc_specialist", capabilities=frozenset())
        customer = Customer.objects.create(name="赵一")
        record_access(lina, customer, "mobile", customer.created_at)
        record_event(lina, customer, "customer.made", customer.created_at)
        before = written()
        assert all(before), "without entries nothing would be proved"
        for table in BOOKS:
            for statement in (
                f"UPDATE {table} SET model = 'x'",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"UPDATE {table} SET model = 'x' WHERE false",
                f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET model = 'x'",
                f"ALTER TABLE {table} ADD COLUMN mine int",
                f"GRANT DELETE ON {table} TO CURRENT_USER; DELETE FROM {table}",
            ):
                with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement)
                assert isinstance(refused.value.__cause__, InsufficientPrivilege), statement
        assert written() == before
        customer.name = "赵二"
        customer.save()
        assert History.objects.filter(object=customer.pk, change="~").count() == 1


def test_the_books_of_every_schema_are_closed(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, c.relname, has_table_privilege(n.nspname::name, c.oid, 'SELECT'), "
            "has_table_privilege(n.nspname::name, c.oid, 'INSERT'), "
            "has_table_privilege(n.nspname::name, c.oid, 'UPDATE, DELETE, TRUNCATE') "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.rolname = n.nspname "
            "WHERE c.relname = ANY (%s)",
            [list(BOOKS)],
        )
        rows = cursor.fetchall()
    assert len({row[0] for row in rows}) >= 4
    assert all(row[2:] == (True, True, False) for row in rows), rows


def test_the_owner_may_still_erase(tenant: Tenant) -> None:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f'DELETE FROM "{tenant.schema_name}".audit_event WHERE false')
