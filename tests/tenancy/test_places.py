"""A connection is at the door or inside one tenant, with exactly that place's rights."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from crm.customers.models import Customer
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, door, inside
from tenants.models import Membership, Tenant, User


def place() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('search_path')")
        row: tuple[str, str] = cursor.fetchone()
        return row


def test_outside_a_tenant_the_door_role_is_used(network: dict[str, Tenant]) -> None:
    assert place() == ("sanfang_door", '"public"')


def test_inside_a_tenant_its_role_and_path_are_set_together(chengdu: Tenant) -> None:
    with inside(chengdu):
        assert place() == (chengdu.schema_name, f'"{chengdu.schema_name}", "public"')
    assert place()[0] == "sanfang_door"


def test_entering_costs_one_statement(chengdu: Tenant, django_assert_num_queries: object) -> None:
    from django.test.utils import CaptureQueriesContext

    with inside(chengdu), CaptureQueriesContext(connection) as captured:
        Customer.objects.count()
        Customer.objects.count()
    assert [query["sql"].startswith("SELECT set_config") for query in captured] == [True, False, False]


def test_leaving_happens_after_an_error_too(chengdu: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), inside(chengdu):
        raise ZeroDivisionError
    assert place()[0] == "sanfang_door"


def test_tenants_nest_and_return(chengdu: Tenant, suzhou: Tenant) -> None:
    with inside(chengdu):
        with inside(suzhou):
            assert place()[0] == suzhou.schema_name
        assert place()[0] == chengdu.schema_name
        with door():
            assert place()[0] == "sanfang_door"
        assert place()[0] == chengdu.schema_name


def test_a_rolled_back_savepoint_takes_nobody_out_of_their_place(chengdu: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(), inside(chengdu):
        assert place()[0] == chengdu.schema_name
        raise ZeroDivisionError
    assert place()[0] == "sanfang_door"
    with inside(chengdu):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Customer.objects.count()
            raise ZeroDivisionError
        assert place()[0] == chengdu.schema_name


def test_a_role_that_does_not_exist_stops_everything(chengdu: Tenant) -> None:
    """Trap of the stock backend: it swallowed the error and read the previous tenant's rows."""
    with inside(chengdu):
        Customer.objects.create(name="赵一")
    lost = Tenant(schema_name="t_nobodyhere2", kind="dealer", slug="nobody")
    with pytest.raises(DatabaseError), transaction.atomic(), inside(lost):
        Customer.objects.count()
    assert place()[0] == "sanfang_door"


def test_the_door_may_not_read_a_tenants_tables(chengdu: Tenant) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f'SELECT * FROM "{chengdu.schema_name}".customers_customer')


def test_a_tenant_may_not_read_accounts_or_sessions(chengdu: Tenant) -> None:
    for model in (User, Membership):
        with inside(chengdu), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            model.objects.count()
    with inside(chengdu), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("SELECT * FROM django_session")


def test_a_tenant_sees_itself_and_a_holder_its_members_in_public_tables(network: dict[str, Tenant]) -> None:
    seen = {}
    for slug in ("chengdu", "suzhou", "yuanting", "lanchuan"):
        with inside(network[slug]):
            seen[slug] = set(Tenant.objects.values_list("slug", flat=True))
    assert seen == {
        "chengdu": {"chengdu"},
        "suzhou": {"suzhou"},
        "yuanting": {"yuanting", "chengdu"},
        "lanchuan": {"lanchuan", "chengdu", "suzhou"},
    }


def test_a_tenant_may_not_change_its_public_rows(chengdu: Tenant) -> None:
    with inside(chengdu), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Tenant.objects.update(state="gone")


def test_the_login_itself_may_do_nothing(chengdu: Tenant) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("RESET ROLE; SELECT * FROM public.tenants_tenant")


def test_a_context_takes_a_tenant_and_not_a_name(chengdu: Tenant) -> None:
    with pytest.raises(WrongTenant), inside(chengdu.schema_name):  # type: ignore[arg-type]
        pass


def test_a_query_made_in_one_tenant_refuses_to_run_in_another(chengdu: Tenant, suzhou: Tenant) -> None:
    with inside(chengdu):
        lazy = Customer.objects.filter(name="赵一")
    with inside(suzhou):
        for run in (lambda: list(lazy), lazy.count, lazy.exists, lazy.delete, lambda: lazy.update(name="x")):
            with pytest.raises(WrongTenant):
                run()
        with pytest.raises(WrongTenant):
            list(lazy.filter(company=False))
    with pytest.raises(WrongTenant):
        list(lazy)


def test_a_row_of_one_tenant_refuses_to_be_saved_in_another(chengdu: Tenant, suzhou: Tenant) -> None:
    with inside(chengdu):
        customer = Customer.objects.create(name="赵一")
    with inside(suzhou):
        for change in (customer.save, customer.delete, customer.refresh_from_db):
            with pytest.raises(WrongTenant):
                change()
        assert not Customer.objects.exists()
    assert at_door()
    with pytest.raises(WrongTenant):
        customer.save()


def test_a_failed_transaction_still_lets_the_rollback_through(chengdu: Tenant) -> None:
    with inside(chengdu):
        with pytest.raises(IntegrityError), transaction.atomic():
            connection.cursor().execute("INSERT INTO customers_customer (id) VALUES (NULL)")
        assert Customer.objects.count() == 0
