"""Every task of the queue: not without a tenant, not at the door, and nothing with another tenant's ids."""

import inspect
from typing import Any
from unittest import mock

import pytest
from address_table import an_import
from care_support import everything
from celery.app.trace import reset_worker_optimizations, setup_worker_optimizations
from django.db import DatabaseError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from sanfang.celery import app
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, current_schema, inside
from sanfang.tenancy.tasks import TENANT, PlatformTask, TenantTask, tenant_task
from tenants.models import State, Tenant

app.loader.import_default_modules()
TASKS: dict[str, Any] = {
    name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests.")) and "." in name
}
TENANTS = sorted(name for name, task in TASKS.items() if isinstance(task, TenantTask))
PLATFORMS = sorted(name for name, task in TASKS.items() if isinstance(task, PlatformTask))

# What a task that takes arguments is given: the id of a fresh thing of another store, and what else it needs.
ARGUMENTS = {
    "crm.dms.tasks.check": lambda: [str(an_import("checking")), ""],
    "crm.dms.tasks.apply": lambda: [str(an_import("queued")), ""],
    "crm.dms.tasks.undo": lambda: [str(an_import("undoing")), ""],
}
# The platform's that work on one schema with the owner's rights. They take its name and return no row of it.
NAME_A_SCHEMA = {"tenants.tasks.retire_in"}


def test_every_task_is_a_tenants_or_the_platforms() -> None:
    assert len(TASKS) > 8
    assert set(TENANTS) | set(PLATFORMS) == set(TASKS)
    assert not set(TENANTS) & set(PLATFORMS)


def test_every_task_that_takes_arguments_has_a_row() -> None:
    taking = {
        name
        for name in TASKS
        if any(one.default is one.empty for one in inspect.signature(TASKS[name].run).parameters.values())
    }
    assert taking == set(ARGUMENTS) | NAME_A_SCHEMA
    assert set(PLATFORMS) >= NAME_A_SCHEMA


def test_what_the_scheduler_sends_runs_at_the_door() -> None:
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(PLATFORMS)


@pytest.mark.parametrize("name", TENANTS)
def test_without_a_tenant_no_statement_runs(network: dict[str, Tenant], name: str) -> None:
    ran = mock.Mock()
    with mock.patch.object(TASKS[name], "run", ran), CaptureQueriesContext(connection) as statements:
        for given in ({}, {TENANT: ""}, {TENANT: None}, {TENANT: "public"}):
            with pytest.raises(WrongTenant):
                TASKS[name](*["x"] * 2, **given)
    assert not ran.called
    assert not statements.captured_queries
    with pytest.raises(WrongTenant):
        TASKS[name].later()
    # The tenant that we happen to be in is not the one that was meant.
    with inside(network["chengdu"]), pytest.raises(WrongTenant):
        TASKS[name]()


@pytest.mark.parametrize("state", [state for state in State if state != State.READY])
@pytest.mark.parametrize("name", TENANTS)
def test_a_tenant_that_is_not_open_is_not_entered(network: dict[str, Tenant], name: str, state: str) -> None:
    suzhou = network["suzhou"]
    with inside(suzhou):
        arguments, before = (ARGUMENTS[name]() if name in ARGUMENTS else []), everything()
    Tenant.objects.filter(pk=suzhou.pk).update(state=state)
    with CaptureQueriesContext(connection) as statements:
        assert TASKS[name](*arguments, **{TENANT: suzhou.schema_name}) is None
    assert not _entered(statements, suzhou)
    with inside(suzhou):
        assert everything() == before


@pytest.mark.parametrize("name", TENANTS)
def test_a_schema_that_is_nobodys_is_not_entered(network: dict[str, Tenant], name: str) -> None:
    """Templates and the pool have schemas too."""
    for schema in ("t_nobodyhere2", "t_template_dealer", "sanfang_door", "pg_catalog"):
        ran = mock.Mock()
        with mock.patch.object(TASKS[name], "run", ran):
            assert TASKS[name](**{TENANT: schema}) is None
        assert not ran.called, schema


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_another_stores_ids_are_not_found(chengdu: Tenant, suzhou: Tenant, name: str) -> None:
    with inside(suzhou):
        arguments = ARGUMENTS[name]()
        before = everything()
    with inside(chengdu):
        own = everything()
    with CaptureQueriesContext(connection) as statements, pytest.raises(Exception, match="does not exist"):
        TASKS[name](*arguments, **{TENANT: chengdu.schema_name})
    assert _entered(statements, chengdu)
    assert not _entered(statements, suzhou)
    with inside(suzhou):
        assert everything() == before
    with inside(chengdu):
        assert everything() == own


@pytest.mark.parametrize("name", TENANTS)
@pytest.mark.parametrize("slug", ["yuanting", "lanchuan"])
def test_a_group_or_a_car_maker_has_nothing_for_it(network: dict[str, Tenant], slug: str, name: str) -> None:
    with inside(network["suzhou"]):
        arguments = ARGUMENTS[name]() if name in ARGUMENTS else []
    with pytest.raises(DatabaseError, match="does not exist"):
        TASKS[name](*arguments, **{TENANT: network[slug].schema_name})
    assert at_door()


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_platforms_tasks_refuse_a_tenant(chengdu: Tenant, name: str) -> None:
    ran = mock.Mock()
    with mock.patch.object(TASKS[name], "run", ran):
        with pytest.raises(WrongTenant):
            TASKS[name](**{TENANT: chengdu.schema_name})
        with inside(chengdu), pytest.raises(WrongTenant):
            TASKS[name]()
        assert not ran.called
        ran.side_effect = ZeroDivisionError
        with pytest.raises(ZeroDivisionError):
            TASKS[name]()
    assert at_door()


def test_a_task_that_is_tried_again_is_tried_in_its_own_tenant(suzhou: Tenant) -> None:
    """The next try goes by the message as it was sent, which is what Celery sees to in a worker."""
    places: list[str] = []

    @tenant_task(name="tests.try_again", autoretry_for=(OperationalError,), max_retries=5)
    def try_again() -> None:
        places.append(current_schema())
        if len(places) < 3:
            raise OperationalError("gone")

    setup_worker_optimizations(app)
    try:
        try_again.apply(kwargs={TENANT: suzhou.schema_name})
    finally:
        reset_worker_optimizations(app)
    assert places == [suzhou.schema_name] * 3
    assert at_door()


def _entered(statements: CaptureQueriesContext, tenant: Tenant) -> bool:
    return any(tenant.schema_name in query["sql"] for query in statements if "set_config" in query["sql"])
