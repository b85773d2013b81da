"""Every change to a tracked row leaves who, when, old and new, also when it was a bulk statement."""

from collections.abc import Callable

from django.db import connection

from crm.customers.models import Customer
from sanfang.audit.models import History
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.models import Tenant


def changes(change: str) -> int:
    return History.objects.filter(model="customers_customer", change=change).count()


def test_insert_update_and_delete_are_written_down(chengdu: Tenant, actor: Callable[[str], Actor]) -> None:
    lina = actor("李娜")
    with inside(chengdu, actor=str(lina.staff_id), request_id="r-1"):
        customer = Customer.objects.create(name="赵一", mobile="15421234567")
        Customer.objects.filter(pk=customer.pk).update(name="赵二")
        Customer.objects.filter(pk=customer.pk).update(name="赵二")
        key = customer.pk
        customer.delete()
        rows = list(History.objects.filter(object=key).order_by("id"))
    assert [row.change for row in rows] == ["+", "~", "-"]
    assert rows[1].before == {"name": "赵一"}
    assert rows[1].after == {"name": "赵二"}
    assert {row.actor for row in rows} == {lina.staff_id}
    assert {row.request for row in rows} == {"r-1"}


def test_a_bulk_update_writes_one_row_for_each_changed_row(in_chengdu: Tenant) -> None:
    Customer.objects.bulk_create([Customer(name=f"王{n}") for n in "一二三"])
    Customer.objects.filter(name__in=["王一", "王二"]).update(company=True)
    assert changes("~") == 2
    assert changes("+") == 3


def test_history_goes_into_the_schema_of_the_table_it_watches(chengdu: Tenant, suzhou: Tenant) -> None:
    """Study §3 #30: a search path that points elsewhere must not carry the history off."""
    with inside(chengdu):
        Customer.objects.create(name="赵一")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = public")
            cursor.execute(f'UPDATE "{chengdu.schema_name}".customers_customer SET name = %s', ["赵二"])
    connection.set_context(actor="", request_id="")  # type: ignore[attr-defined]
    with inside(chengdu):
        assert changes("~") == 1
    with inside(suzhou):
        assert changes("~") == changes("+") == 0
