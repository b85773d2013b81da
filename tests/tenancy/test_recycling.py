"""A connection is given up when it has touched many schemas: between requests and tasks, never within one."""

from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction

from sanfang.tenancy.context import door, inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def two_schemas(settings: Any) -> None:
    settings.SCHEMAS_PER_CONNECTION = 2
    connection.close()


def backend(tenant: Tenant | None = None) -> int:
    """Which of the server's processes works for us in this place."""
    with inside(tenant) if tenant else door(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_after_so_many_schemas_the_next_request_has_a_new_connection(chengdu: Tenant, suzhou: Tenant) -> None:
    first = backend()
    close_old_connections()
    assert backend(chengdu) == first
    close_old_connections()
    # The same tenant again is no further schema.
    assert backend(chengdu) == first
    close_old_connections()
    assert backend(suzhou) == first
    # Within the request it stays, though it has touched a third.
    assert backend() == first
    close_old_connections()
    fresh = backend()
    assert fresh != first
    # And it begins to count anew.
    close_old_connections()
    assert backend(chengdu) == fresh
    close_old_connections()
    assert backend(chengdu) == fresh


def test_never_within_a_transaction(chengdu: Tenant, suzhou: Tenant) -> None:
    with transaction.atomic():
        held = backend()
        assert [backend(chengdu), backend(suzhou), backend()] == [held] * 3
        close_old_connections()
        assert backend() == held
    close_old_connections()
    assert backend() != held


def test_a_connection_nobody_used_for_a_tenant_stays(chengdu: Tenant) -> None:
    held = backend()
    for _time in range(5):
        with inside(chengdu):
            pass  # entered, but nothing was asked
        close_old_connections()
    assert backend() == held
