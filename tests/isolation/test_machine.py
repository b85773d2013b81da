"""A machine enters and leaves stores at random, in and out of transactions, with errors, lost connections, tasks and
things carried from one place to another; a simple model says what each store must contain.

``SANFANG_MACHINE_RUNS`` and ``SANFANG_MACHINE_STEPS`` make it longer: 500 runs of 60 steps take minutes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as product
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, connection, transaction
from django_tenants.postgresql_backend import base
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from machine_support import Machine

from crm.customers.models import Customer
from sanfang.celery import app
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy import binding, querysets, routers
from sanfang.tenancy.backend import compiler
from sanfang.tenancy.backend.base import DatabaseWrapper
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import TenantModel
from sanfang.tenancy.storage import TenantFiles
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")
RUNS, STEPS = int(os.environ.get("SANFANG_MACHINE_RUNS", "15")), int(os.environ.get("SANFANG_MACHINE_STEPS", "30"))
LONGER = "SANFANG_MACHINE_RUNS" in os.environ
MOST = 400
"""Runs in which a planted bug must be found; nearly all are in the first few."""


@pytest.fixture
def machine(network: dict[str, Tenant]) -> Iterator[Callable[..., None]]:
    def run(runs: int, *phases: Phase) -> None:
        chosen = settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=phases or tuple(Phase),
            suppress_health_check=list(HealthCheck),
            # Whether a planted bug is found must not depend on the day; what the product does, on any.
            derandomize=bool(phases),
        )
        run_state_machine_as_test(Machine, settings=chosen)

    Machine.tenants = network
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield run
    app.conf.task_always_eager = app.conf.task_eager_propagates = False
    # A run that failed may have left anything behind.
    connection.in_atomic_block = connection.closed_in_transaction = False
    connection.close()
    connection.connection = None
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    for slug in ("chengdu", "suzhou"):
        with inside(network[slug]):
            Customer.objects.all().delete()


def test_each_store_contains_what_the_model_says(machine: Callable[..., None]) -> None:
    machine(RUNS)


# --- would it notice? -------------------------------------------------------------------------
def _anybody(*given: Any) -> None:
    """A guard that lets everything pass."""


HARD_TO_FIND = "a place that is entered in the middle of a transaction"
"""Takes up to hundreds of runs, so only a longer machine looks for it; a test of its own is below."""

PLANTED: dict[str, Callable[[], list[Any]]] = {
    HARD_TO_FIND: lambda: [mock.patch.object(DatabaseWrapper, "set_autocommit", base.DatabaseWrapper.set_autocommit)],
    "cache keys without a tenant": lambda: [
        mock.patch("django.core.cache.cache.key_func", lambda key, prefix, version: f"{prefix}:{version}:{key}")
    ],
    "files without a tenant's folder": lambda: [
        mock.patch.object(TenantFiles, "location", FileSystemStorage(product.MEDIA_ROOT).location)
    ],
    "queries and rows that work anywhere": lambda: [
        mock.patch.object(TenantModel, "_require_schema", _anybody),
        *(mock.patch.object(module, "require_place", _anybody) for module in (compiler, querysets)),
        *(mock.patch.object(module, "require_rows", _anybody) for module in (binding, compiler, routers, querysets)),
    ],
    "a role that is not switched": lambda: [mock.patch.object(DatabaseWrapper, "_role", return_value="t_cast_chengdu")],
}


@pytest.mark.parametrize("bug", [bug for bug in PLANTED if bug != HARD_TO_FIND or LONGER])
def test_it_finds(machine: Callable[..., None], bug: str) -> None:
    with ExitStack() as planted:
        for patch in PLANTED[bug]():
            planted.enter_context(patch)
        with pytest.raises((AssertionError, DatabaseError, WrongTenant, pytest.fail.Exception, Flaky)):
            machine(MOST, Phase.generate)


def test_after_an_error_that_somebody_swallowed_the_place_is_what_it_says(network: dict[str, Tenant]) -> None:
    """PostgreSQL answers the commit of a failed transaction by undoing it, and with it whatever was set in it. Where
    the place was entered in that transaction, one store's connection went on in the store before."""
    for slug in ("chengdu", "suzhou"):
        with inside(network[slug]):
            Customer.objects.create(name=slug)
    with inside(network["suzhou"]):
        assert Customer.objects.get().name == "suzhou"
        with inside(network["chengdu"]):
            with transaction.atomic():
                assert Customer.objects.get().name == "chengdu"
                with pytest.raises(DatabaseError):
                    connection.cursor().execute("SELECT 1 / 0")
            assert Customer.objects.get().name == "chengdu"
    for slug in ("chengdu", "suzhou"):
        with inside(network[slug]):
            Customer.objects.all().delete()
