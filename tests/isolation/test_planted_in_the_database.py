"""Bugs planted in PostgreSQL itself, as a migration might: each is caught by the check that is there for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connections, transaction
from isolation import test_raw_sql as raw_sql

from sanfang.celery import app
from sanfang.tenancy.context import current_schema, inside
from sanfang.tenancy.tasks import TENANT, TenantTask, tenant_task
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")
SEEN: list[str] = []


def a_store_sees_itself_alone(network: dict[str, Tenant]) -> None:
    with inside(network["chengdu"]):
        assert set(Tenant.objects.values_list("slug", flat=True)) == {"chengdu"}


def public_tables_are_protected(network: dict[str, Tenant]) -> None:
    raw_sql.test_every_public_table_that_tenants_read_has_forced_row_level_security(network["chengdu"])


def other_schemas_are_closed(network: dict[str, Tenant]) -> None:
    raw_sql.test_no_table_of_another_schema_can_be_read_or_changed(network, "chengdu")


def functions_give_no_way_out(network: dict[str, Tenant]) -> None:
    raw_sql.test_functions_in_public_give_no_way_out(network["chengdu"])


def public_tables_are_closed(network: dict[str, Tenant]) -> None:
    raw_sql.test_public_tables_are_closed_but_for_a_named_few(network["chengdu"])


FUNCTION = "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1"
SUZHOU = "t_cast_suzhou"
Check = Callable[[dict[str, Tenant]], None]
BUGS: dict[str, tuple[Check, str, str]] = {
    "row-level security off": (
        a_store_sees_itself_alone,
        "ALTER TABLE public.tenants_tenant DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE public.tenants_tenant ENABLE ROW LEVEL SECURITY",
    ),
    "row-level security not forced": (
        public_tables_are_protected,
        "ALTER TABLE public.tenants_affiliation NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE public.tenants_affiliation FORCE ROW LEVEL SECURITY",
    ),
    "a policy that lets all rows through": (
        a_store_sees_itself_alone,
        "CREATE POLICY all_of_them ON public.tenants_tenant TO sanfang_tenant USING (true)",
        "DROP POLICY all_of_them ON public.tenants_tenant",
    ),
    "a table of a store granted to all stores": (
        other_schemas_are_closed,
        f"GRANT USAGE ON SCHEMA {SUZHOU} TO sanfang_tenant; GRANT SELECT ON {SUZHOU}.staff TO sanfang_tenant",
        f"REVOKE ALL ON {SUZHOU}.staff FROM sanfang_tenant; REVOKE ALL ON SCHEMA {SUZHOU} FROM sanfang_tenant",
    ),
    "a public table granted to all stores": (
        public_tables_are_closed,
        "GRANT SELECT ON public.tenants_user TO sanfang_tenant",
        "REVOKE SELECT ON public.tenants_user FROM sanfang_tenant",
    ),
    "a function with its maker's rights": (functions_give_no_way_out, FUNCTION, "DROP FUNCTION public.f()"),
}


@contextmanager
def planted(plant: str, pull_out: str) -> Iterator[None]:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(plant)
        try:
            yield
        finally:
            cursor.execute(pull_out)


@pytest.mark.parametrize("bug", BUGS)
def test_it_is_caught(network: dict[str, Tenant], bug: str) -> None:
    check, plant, pull_out = BUGS[bug]
    check(network)
    with planted(plant, pull_out), pytest.raises(AssertionError):
        check(network)
    check(network)


# --- one that needs real commits ----------------------------------------------------------------
@tenant_task(name="tests.look_where")
def look_where() -> None:
    SEEN.append(current_schema())


def a_task_goes_where_it_was_sent(network: dict[str, Tenant]) -> None:
    SEEN.clear()
    with inside(network["chengdu"]), transaction.atomic(), inside(network["suzhou"]):
        look_where.later()
    assert [network["suzhou"].schema_name] == SEEN


def _at_commit(self: Any, schema_name: str, added: dict[str, Any], args: Any, kwargs: dict[str, Any]) -> None:
    transaction.on_commit(lambda: self.apply_async(args=args, kwargs={**kwargs, TENANT: current_schema()}))


def test_a_tenant_that_is_looked_up_at_commit_is_caught(network: dict[str, Tenant]) -> None:
    app.conf.task_always_eager = True
    try:
        a_task_goes_where_it_was_sent(network)
        with mock.patch.object(TenantTask, "_send", _at_commit), pytest.raises(AssertionError):
            a_task_goes_where_it_was_sent(network)
    finally:
        app.conf.task_always_eager = False
