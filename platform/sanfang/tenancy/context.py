"""Entering a tenant and returning to the door: the one place in the product where that happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db import connection as _connection

from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.repair import UnderRepair, is_because_of_repair

connection: Any = _connection


class TenantLike(Protocol):
    """What entering needs to know of a tenant."""

    schema_name: str
    slug: str

    def get_tenant_type(self) -> str: ...


def current_schema() -> str:
    """The schema this thread works in; ``public`` at the door."""
    return str(connection.schema_name)


def current_tenant() -> Any:
    """The tenant this thread is in. Raises :class:`WrongTenant` at the door."""
    if at_door():
        raise WrongTenant("This code runs inside a tenant only, and none has been entered.")
    return connection.tenant


def at_door() -> bool:
    return current_schema() == settings.PUBLIC_SCHEMA_NAME


@contextmanager
def inside(tenant: TenantLike, *, actor: str = "", request_id: str = "") -> Iterator[None]:
    """Works inside ``tenant`` until the block ends, then is back where it was, whatever happened.

    ``actor`` (a staff id) and ``request_id`` are what the history will say of changes made here.
    Takes a tenant, never a schema's name, so a misspelt one can't fall through to public tables.
    Raises :class:`UnderRepair` for what a read-only tenant's database refuses.
    Never ``yield`` from inside such a block in a generator: its caller would stay in the tenant.
    """
    if not hasattr(tenant, "get_tenant_type"):
        raise WrongTenant("inside() takes a Tenant object.")
    before, actor_before, request_before = connection.tenant, connection.actor, connection.request_id
    connection.set_tenant(tenant)
    connection.set_context(actor=actor, request_id=request_id)
    with structlog.contextvars.bound_contextvars(tenant=tenant.slug):
        try:
            yield
        except DatabaseError as error:
            if is_because_of_repair(tenant, error):
                raise UnderRepair(tenant.slug) from error
            raise
        finally:
            connection.set_tenant(before)
            connection.set_context(actor=actor_before, request_id=request_before)


@contextmanager
def door() -> Iterator[None]:
    """Works with the door's rights (sessions, accounts, tenants) until the block ends."""
    before, actor_before, request_before = connection.tenant, connection.actor, connection.request_id
    connection.set_schema_to_public()
    connection.set_context(actor="", request_id="")
    try:
        yield
    finally:
        connection.set_tenant(before)
        connection.set_context(actor=actor_before, request_id=request_before)
