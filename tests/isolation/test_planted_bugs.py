"""Would we notice? Each bug is planted, and the check that must catch it is run with and without it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import pytest
from care_support import a_customer
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crm.customers import policy, queries
from crm.customers.models import Customer, TrackingItem
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.backend.base import DatabaseWrapper
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

CAUGHT = (AssertionError, DatabaseError, pytest.fail.Exception)


@pytest.fixture
def two_stores(chengdu: Tenant, suzhou: Tenant) -> tuple[Tenant, Tenant]:
    for tenant in (chengdu, suzhou):
        with inside(tenant):
            a_customer(name=f"{tenant.city}的客户")
    return chengdu, suzhou


def each_store_reads_its_own(stores: tuple[Tenant, Tenant]) -> None:
    """Back and forth, through savepoints and an error, as requests on one connection would."""
    for _round in range(2):
        for tenant in stores:
            with inside(tenant), transaction.atomic():
                assert list(Customer.objects.values_list("name", flat=True)) == [f"{tenant.city}的客户"]
    with pytest.raises(ZeroDivisionError), inside(stores[0]), transaction.atomic():
        Customer.objects.count()
        raise ZeroDivisionError
    with inside(stores[1]):
        assert Customer.objects.get().name == f"{stores[1].city}的客户"


def rights_end_with_the_place(stores: tuple[Tenant, Tenant]) -> None:
    """Inside one store the other's tables are closed, and outside both are."""
    for here, there in (stores, stores[::-1]):
        for place in (inside(here), _outside()):
            with place, pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(f'SELECT * FROM "{there.schema_name}".customers_customer')


@contextmanager
def _outside() -> Iterator[None]:
    yield


def advisors_see_what_is_theirs(actor: Callable[[str], Actor]) -> None:
    advisor = actor("邓凯")
    for owner in ("邓凯", "曾丽"):
        TrackingItem.objects.create(
            customer=a_customer(name=f"{owner}的客户"),
            wrong_value=f"1540000000{len(owner)}",
            found_by=Staff.objects.get(name="李娜"),
            found_at=timezone.now(),
            owner=Staff.objects.get(name=owner),
        )
    assert [row.customer_name for row in queries.tracking(advisor).items] == ["邓凯的客户"]


def test_without_a_bug_the_checks_pass(two_stores: tuple[Tenant, Tenant], actor: Callable[[str], Actor]) -> None:
    each_store_reads_its_own(two_stores)
    rights_end_with_the_place(two_stores)
    with inside(two_stores[0]):
        advisors_see_what_is_theirs(actor)


def test_a_role_that_is_not_switched_is_caught(two_stores: tuple[Tenant, Tenant]) -> None:
    stuck = two_stores[0].schema_name
    with mock.patch.object(DatabaseWrapper, "_role", return_value=stuck):
        with pytest.raises(CAUGHT), transaction.atomic():
            rights_end_with_the_place(two_stores)
        with pytest.raises(CAUGHT), transaction.atomic():
            each_store_reads_its_own(two_stores)


def test_a_search_path_that_is_not_set_back_is_caught(two_stores: tuple[Tenant, Tenant]) -> None:
    stuck = two_stores[0].schema_name
    with (
        mock.patch.object(DatabaseWrapper, "_get_cursor_search_paths", return_value=[stuck, "public"]),
        pytest.raises(CAUGHT),
        transaction.atomic(),
    ):
        each_store_reads_its_own(two_stores)


def test_both_at_once_are_caught_by_the_rows(two_stores: tuple[Tenant, Tenant]) -> None:
    """The worst case, which PostgreSQL can't refuse: role and path both stay with the first store."""
    stuck = two_stores[0].schema_name
    with (
        mock.patch.object(DatabaseWrapper, "_role", return_value=stuck),
        mock.patch.object(DatabaseWrapper, "_get_cursor_search_paths", return_value=[stuck, "public"]),
        pytest.raises(CAUGHT),
        transaction.atomic(),
    ):
        each_store_reads_its_own(two_stores)


def test_a_swallowed_error_on_entering_is_caught(two_stores: tuple[Tenant, Tenant]) -> None:
    """The stock backend's leak: the switch fails, and the query goes on in the previous place."""
    here = two_stores[0]
    lost = Tenant(schema_name="t_nobodyhere2", kind="dealer", slug="nobody")
    with inside(here):
        assert Customer.objects.count() == 1
        with pytest.raises(DatabaseError), transaction.atomic(), inside(lost):
            list(Customer.objects.all())


def test_a_policy_without_its_filter_is_caught(
    two_stores: tuple[Tenant, Tenant], actor: Callable[[str], Actor]
) -> None:
    open_to_all = replace(policy.tracking, scope=None)
    with (
        inside(two_stores[0]),
        mock.patch.object(policy, "tracking", open_to_all),
        pytest.raises(AssertionError),
    ):
        advisors_see_what_is_theirs(actor)
