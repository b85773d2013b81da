"""Whatever was made in one tenant refuses to run in another, on every way that Django has to the database."""

import pickle
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from care_support import a_customer
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from crm.customers.models import Customer, TrackingItem
from sanfang.audit.models import Event, History
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

Rows = Any


EVERY = Customer.objects.all  # made afresh in the tenant where it is called
RUNS: dict[str, Callable[[Rows], Any]] = {
    "evaluation": list,
    "length": len,
    "index": lambda rows: rows[0],
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(name="x"),
    "in_bulk": lambda rows: rows.in_bulk(),
    "values": lambda rows: list(rows.values_list("name")),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "aggregate": lambda rows: rows.aggregate(Count("pk")),
    "explain": lambda rows: rows.explain(),
    "iterator": lambda rows: list(rows.iterator()),
    "aiterator": lambda rows: rows.aiterator().__anext__().send(None),  # no loop is needed to be refused
    "select_for_update": lambda rows: list(rows.select_for_update()),
    "raw": lambda rows: list(rows.raw("SELECT * FROM customers_customer")),
    "union": lambda rows: list(EVERY().union(rows)),
    "intersection": lambda rows: list(EVERY().intersection(rows)),
    "difference": lambda rows: list(EVERY().difference(rows)),
    "pk__in": lambda rows: list(EVERY().filter(pk__in=rows)),
    "pk__in values": lambda rows: list(EVERY().filter(pk__in=rows.values("pk"))),
    "pk__in of update": lambda rows: EVERY().filter(pk__in=rows).update(name="x"),
    "pk__in of delete": lambda rows: EVERY().filter(pk__in=rows).delete(),
    "Q of a join": lambda rows: list(TrackingItem.objects.filter(Q(customer__in=rows))),
    "Subquery": lambda rows: list(EVERY().annotate(x=Subquery(rows.values("name")[:1]))),
    "Exists": lambda rows: list(EVERY().filter(Exists(rows.filter(pk=OuterRef("pk"))))),
    "Prefetch": lambda rows: list(TrackingItem.objects.prefetch_related(Prefetch("customer", queryset=rows))),
    "or": lambda rows: list(rows | EVERY()),
    "update": lambda rows: rows.update(name="x"),
    "delete": lambda rows: rows.delete(),
    "_raw_delete": lambda rows: rows._raw_delete("default"),
    "create": lambda rows: rows.create(name="x"),
    "get_or_create": lambda rows: rows.get_or_create(name="x"),
    "update_or_create": lambda rows: rows.update_or_create(name="x"),
    "bulk_create": lambda rows: rows.bulk_create([Customer(name="x")]),
    "bulk_update": lambda rows: rows.bulk_update(list(EVERY()), ["name"]),
    "another alias": lambda rows: list(rows.using("default")),
    "pickled": lambda rows: list(_pickled(rows)),
}


def _pickled(rows: Rows) -> Rows:
    again = EVERY()
    again.query = pickle.loads(pickle.dumps(rows.query))
    return again


@pytest.fixture
def here(chengdu: Tenant) -> Tenant:
    with inside(chengdu):
        a_tracking_item(a_customer(name="成都的客户"))
    return chengdu


@pytest.fixture
def elsewhere(suzhou: Tenant) -> Tenant:
    with inside(suzhou):
        a_tracking_item(a_customer(name="苏州的客户"))
    return suzhou


def a_tracking_item(customer: Customer) -> TrackingItem:
    return TrackingItem.objects.create(
        customer=customer, wrong_value="1540000000", found_by=Staff.objects.all()[0], found_at=timezone.now()
    )


def state() -> Any:
    return list(Customer.objects.order_by("pk").values()), list(TrackingItem.objects.order_by("pk").values())


@pytest.mark.parametrize("name", RUNS)
def test_a_query_of_another_tenant_is_refused(here: Tenant, elsewhere: Tenant, name: str) -> None:
    with inside(here):
        rows = Customer.objects.filter(company=False)
    with inside(elsewhere):
        before = state()
        with pytest.raises(WrongTenant), transaction.atomic():
            RUNS[name](rows)
        assert state() == before


@pytest.mark.parametrize("name", [name for name in RUNS if name not in {"aiterator", "_raw_delete"}])
def test_the_same_query_works_where_it_was_made(here: Tenant, name: str) -> None:
    """Without this the test above would pass on a query that never works."""
    with inside(here), suppress(Customer.DoesNotExist):
        RUNS[name](Customer.objects.filter(company=False))


@pytest.mark.parametrize("name", RUNS)
def test_no_query_runs_at_the_door(here: Tenant, name: str) -> None:
    with inside(here):
        rows = Customer.objects.filter(company=False)
    with pytest.raises(WrongTenant), transaction.atomic():
        RUNS[name](rows)


def test_a_query_made_at_the_door_is_bound_where_it_is_first_refined(here: Tenant, elsewhere: Tenant) -> None:
    unbound = Customer.objects.filter(company=False)
    with inside(here):
        bound = unbound.order_by("pk")
        assert [one.name for one in bound.all()] == ["成都的客户"]
    with inside(elsewhere):
        assert [one.name for one in unbound.order_by("pk")] == ["苏州的客户"]
        with pytest.raises(WrongTenant):
            list(bound)


def test_rows_that_come_one_by_one_stop_at_the_border(here: Tenant, elsewhere: Tenant) -> None:
    with inside(here):
        a_customer(name="成都的另一位")
        rows = Customer.objects.all().iterator()
        next(rows)
    with inside(elsewhere), pytest.raises(WrongTenant):
        next(rows)


def test_sql_by_hand_stays_in_its_tenant(here: Tenant, elsewhere: Tenant) -> None:
    with inside(here):
        rows = Customer.objects.raw("SELECT * FROM customers_customer WHERE NOT company = %s", [True])
        assert [one.name for one in rows.using("default")] == ["成都的客户"]
    for place in (inside(elsewhere), nullcontext()):
        with place:
            for run in (list, lambda one: list(one.using("default")), lambda one: list(one.prefetch_related(None))):
                with pytest.raises(WrongTenant):
                    run(rows)


RELATED: dict[str, Callable[[Customer, TrackingItem], Any]] = {
    "reverse": lambda customer, item: list(customer.tracking_items.all()),
    "reverse count": lambda customer, item: customer.tracking_items.count(),
    "reverse filter": lambda customer, item: list(customer.tracking_items.filter(pk=item.pk)),
    "reverse create": lambda customer, item: customer.tracking_items.create(wrong_value="1"),
    "reverse update": lambda customer, item: customer.tracking_items.update(wrong_value="1"),
    "forward": lambda customer, item: item.found_by,
    "refresh": lambda customer, item: item.refresh_from_db(),
    "save": lambda customer, item: item.save(),
    "delete": lambda customer, item: item.delete(),
    "assign": lambda customer, item: TrackingItem(customer=customer),
    "assign elsewhere": lambda customer, item: setattr(TrackingItem.objects.get(), "customer", customer),
    "bulk_create": lambda customer, item: Customer.objects.bulk_create([customer]),
    "bulk_create again": lambda customer, item: Customer.objects.bulk_create([customer], ignore_conflicts=True),
    "bulk_update": lambda customer, item: Customer.objects.bulk_update([customer], ["name"]),
    "save_base": lambda customer, item: customer.save_base(force_insert=True),
    "save_base again": lambda customer, item: customer.save_base(force_update=True),
}


@pytest.mark.parametrize("name", RELATED)
def test_rows_of_another_tenant_lead_nowhere(here: Tenant, elsewhere: Tenant, name: str) -> None:
    with inside(here):
        customer, item = Customer.objects.get(), TrackingItem.objects.get()
        before_here = state()
    with inside(elsewhere):
        before = state()
        with pytest.raises(WrongTenant), transaction.atomic():
            RELATED[name](customer, item)
        assert state() == before
    with inside(here):
        assert state() == before_here


def test_rows_remember_their_tenant_however_they_were_made(here: Tenant, elsewhere: Tenant) -> None:
    with inside(here):
        made = Customer.objects.create(name="一")
        (bulk,) = Customer.objects.bulk_create([Customer(name="二")])
        read = Customer.objects.get(name="一")
        raw = next(iter(Customer.objects.raw("SELECT * FROM customers_customer WHERE name = '二'")))
    with inside(elsewhere):
        for row in (made, bulk, read, raw):
            with pytest.raises(WrongTenant):
                row.save()


def test_history_and_events_are_guarded_too(here: Tenant, elsewhere: Tenant) -> None:
    with inside(here):
        books = [model.objects.all() for model in (History, Event)]
    with inside(elsewhere):
        for book in books:
            with pytest.raises(WrongTenant):
                list(book)


def test_public_rows_may_be_taken_along(chengdu: Tenant) -> None:
    """Accounts and tenants are read at the door and used inside."""
    members = chengdu.memberships.all()
    with inside(chengdu):
        assert chengdu.name
    assert members.count() > 0
