"""A task works in the tenant it was sent for, and nowhere else."""

from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from crm.customers.models import Customer
from sanfang.celery import app
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, current_schema, inside
from sanfang.tenancy.tasks import TENANT, for_each_tenant, platform_task, tenant_task
from sanfang.tenancy.waiting import Waiting
from tenants.actions import suspend
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")
SEEN: list[str] = []


@tenant_task(name="tests.look_around")
def look_around() -> None:
    SEEN.append(current_schema())


@platform_task(name="tests.look_from_the_door")
def look_from_the_door() -> None:
    SEEN.append(current_schema())


@pytest.fixture(autouse=True)
def done_at_once() -> Iterator[None]:
    SEEN.clear()
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


def test_a_tenants_task_without_a_tenant_refuses_to_run() -> None:
    with pytest.raises(WrongTenant):
        look_around()
    assert SEEN == []


def test_the_platforms_task_with_a_tenant_refuses_to_run(chengdu: Tenant) -> None:
    with pytest.raises(WrongTenant):
        look_from_the_door(**{TENANT: chengdu.schema_name})
    with inside(chengdu), pytest.raises(WrongTenant):
        look_from_the_door()
    look_from_the_door()
    assert SEEN == ["public"]


def test_outside_a_tenant_nothing_can_be_sent_for_one() -> None:
    with pytest.raises(WrongTenant):
        look_around.later()


def test_the_tenant_is_the_one_where_it_was_sent_and_not_the_one_of_the_commit(chengdu: Tenant, suzhou: Tenant) -> None:
    """Study §3 #3: callbacks after commit see the schema of the commit."""
    with transaction.atomic():
        with inside(chengdu):
            look_around.later()
        with inside(suzhou):
            look_around.later()
        assert SEEN == []
    assert [chengdu.schema_name, suzhou.schema_name] == SEEN
    assert at_door()


def test_what_is_rolled_back_is_not_sent(chengdu: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), inside(chengdu), transaction.atomic():
        look_around.later()
        raise ZeroDivisionError
    assert SEEN == []


def test_each_open_tenant_of_the_kind_gets_its_own(network: dict[str, Tenant]) -> None:
    suspend(network["suzhou"])
    assert for_each_tenant(look_around, {"dealer"}) == 1
    assert [network["chengdu"].schema_name] == SEEN
    Tenant.objects.filter(slug="suzhou").update(state="ready")


def test_only_those_get_one_that_have_such_rows(chengdu: Tenant, suzhou: Tenant) -> None:
    waiting = Waiting("customers_customer", "name = '等着的'")
    assert for_each_tenant(look_around, {"dealer", "group", "oem"}, waiting=waiting) == 0
    with inside(suzhou):
        Customer.objects.create(name="等着的")
    # Groups and car makers have no such table.
    assert for_each_tenant(look_around, {"dealer", "group", "oem"}, waiting=waiting) == 1
    assert [suzhou.schema_name] == SEEN
    with inside(suzhou):
        Customer.objects.filter(name="等着的").delete()


def test_what_nobody_began_in_its_time_is_dropped(chengdu: Tenant) -> None:
    with mock.patch.object(look_around, "apply_async") as sent:
        for_each_tenant(look_around, {"dealer"}, expires=30)
    assert {call.kwargs["expires"] for call in sent.call_args_list} == {30}


def test_every_round_of_the_scheduler_ends_before_its_next() -> None:
    for name, entry in app.conf.beat_schedule.items():
        schedule = entry["schedule"]
        assert entry["options"]["expires"] <= (schedule if isinstance(schedule, float) else 24 * 3600), name


def test_a_task_of_a_suspended_tenant_does_nothing(suzhou: Tenant) -> None:
    suspend(suzhou)
    look_around(**{TENANT: suzhou.schema_name})
    assert SEEN == []
    Tenant.objects.filter(slug="suzhou").update(state="ready")


def test_with_the_queue_down_the_change_stands(chengdu: Tenant) -> None:
    with (
        inside(chengdu),
        mock.patch.object(look_around, "apply_async", side_effect=OperationalError("no broker")),
        transaction.atomic(),
    ):
        Customer.objects.create(name="赵一")
        look_around.later()
    with inside(chengdu):
        assert Customer.objects.filter(name="赵一").exists()
    assert connection.schema_name == "public"  # type: ignore[attr-defined]
