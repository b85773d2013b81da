"""Under a tenant's role no SQL (short of SET ROLE) reads or changes another schema's rows."""

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from sanfang.tenancy.context import inside
from tenants.models import Tenant

# What every role may read in public: the rows are narrowed by row-level security.
PUBLIC_READABLE = {"tenants_tenant", "tenants_affiliation"}


def _refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return isinstance(error.__cause__, InsufficientPrivilege)
    return False


def _relations() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname NOT LIKE 'pg\\_%%' "
            "AND nspname <> 'information_schema'"
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


@pytest.mark.parametrize("slug", ["chengdu", "yuanting", "lanchuan"])
def test_no_table_of_another_schema_can_be_read_or_changed(network: dict[str, Tenant], slug: str) -> None:
    own = network[slug]
    with inside(own):
        foreign = [(schema, name) for schema, name in _relations() if schema not in (own.schema_name, "public")]
        assert len(foreign) > 20
        leaks = [
            f"{verb} {schema}.{name}"
            for schema, name in foreign
            for verb in ("SELECT * FROM", "DELETE FROM", "TRUNCATE")
            if not _refused(f'{verb} "{schema}"."{name}"')
        ]
    assert not leaks


def test_public_tables_are_closed_but_for_a_named_few(chengdu: Tenant) -> None:
    with inside(chengdu):
        open_tables = {
            name
            for schema, name in _relations()
            if schema == "public" and not _refused(f'SELECT * FROM public."{name}"')
        }
        assert open_tables == PUBLIC_READABLE
        for name in open_tables:
            assert _refused(f'DELETE FROM public."{name}"')
            assert _refused(f'UPDATE public."{name}" SET id = id')


def test_every_public_table_that_tenants_read_has_forced_row_level_security(chengdu: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND has_table_privilege('sanfang_tenant', oid, 'SELECT')"
        )
        rows = cursor.fetchall()
    assert {row[0] for row in rows} == PUBLIC_READABLE
    assert all(row[1] and row[2] for row in rows)


def test_functions_in_public_give_no_way_out(chengdu: Tenant) -> None:
    """Whatever a tenant may call runs with the caller's rights."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef")
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL search_path = {other}; SELECT * FROM customers_customer",
        "SELECT * FROM {other}.customers_customer",
        "CREATE TABLE {other}.mine ()",
        "CREATE TABLE public.mine ()",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine ()",
        "ALTER TABLE customers_customer ADD COLUMN mine int",
        "ALTER TABLE tenants_tenant DISABLE ROW LEVEL SECURITY",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        "ALTER ROLE sanfang_app SUPERUSER",
        "SET LOCAL session_replication_role = replica",
    ],
)
def test_ways_around_are_closed(chengdu: Tenant, suzhou: Tenant, statement: str) -> None:
    with inside(chengdu), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(other=f'"{suzhou.schema_name}"'))
