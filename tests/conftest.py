"""Fixtures for everybody. The people are the demo network's cast (infra/demo/staff.py).

Database
  db            (pytest-django) one transaction, rolled back; covers public and all tenants
  own_database  a fresh copy of the template for the module, real commits: threads, kills, browsers
Network
  network       tenants by slug: chengdu (dealer, of the group yuanting), suzhou (independent dealer),
                yuanting (group), lanchuan (oem), sanfang (public)
  chengdu, suzhou, yuanting, lanchuan   the same, one by one
  in_chengdu, in_suzhou                 the test runs inside that tenant (its role and search path)
  at_ten                                the clock says ten in the morning, when customers may be called
People
  actor("李娜")              the Actor, as middleware would make it
  client_of("李娜")          a django.test.Client signed in on the right host; client_of(None, host="chengdu.localhost")
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import database
import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.utils import translation
from pytest_django import DjangoDbBlocker

from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import at_door, inside
from tenants.models import Membership, Tenant
from tenants.queries import forget_tenants
from tenants.signals import SESSION_KEY

LONGEST = ("e2e", "ops", "dms")
"""Folders whose files take longest. They begin, so that no process is left with one of them at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not set(LONGEST) & set(item.path.parts))


def _name(use: str) -> str:
    """Names a database by its process, so that two runs at once don't take each other's."""
    return f"sanfang_{use}_{os.getpid()}"


@pytest.fixture(scope="session")
def template_database(django_db_blocker: DjangoDbBlocker, django_test_environment: None) -> str:
    with django_db_blocker.unblock():
        return database.ensure_template()


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    name = _name("run")
    with django_db_blocker.unblock():
        database.drop_orphans()
        database.drop_roles_of_nobody()
        database.copy(template_database, name)
        database.use(name)
    yield
    with django_db_blocker.unblock():
        database.use(name)
        connections.close_all()
        database.drop(name)


@pytest.fixture(scope="module")
def own_database(template_database: str, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of this module's own, with real commits. Its name, for processes started by the test."""
    name = _name("own")
    with django_db_blocker.unblock():
        database.copy(template_database, name)
        database.use(name)
        yield name
        database.use(_name("run"))
        database.drop(name)


@pytest.fixture(autouse=True)
def source_language() -> Iterator[None]:
    """A request for an English page leaves its language behind in the thread; the next test starts in Chinese."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def back_at_the_door() -> Iterator[None]:
    """Every test leaves the connection where it found it."""
    yield
    left_in = None if at_door() else connection.schema_name  # type: ignore[attr-defined]
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    assert left_in is None, f"the test left the connection in {left_in}"


@pytest.fixture
def network(request: pytest.FixtureRequest) -> dict[str, Tenant]:
    if "own_database" not in request.fixturenames:
        request.getfixturevalue("db")
    # The shared cache doesn't roll back with the database.
    forget_tenants()
    return {tenant.slug: tenant for tenant in Tenant.objects.all()}


@pytest.fixture
def chengdu(network: dict[str, Tenant]) -> Tenant:
    return network["chengdu"]


@pytest.fixture
def suzhou(network: dict[str, Tenant]) -> Tenant:
    return network["suzhou"]


@pytest.fixture
def yuanting(network: dict[str, Tenant]) -> Tenant:
    return network["yuanting"]


@pytest.fixture
def lanchuan(network: dict[str, Tenant]) -> Tenant:
    return network["lanchuan"]


@pytest.fixture
def at_ten() -> Iterator[time_machine.Traveller]:
    """The clock goes on from ten o'clock at the stores today, whenever the tests run: no quiet hour."""
    ten = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=10, minute=0, second=0, microsecond=0)
    with time_machine.travel(ten, tick=True) as clock:
        yield clock


@pytest.fixture
def in_chengdu(chengdu: Tenant) -> Iterator[Tenant]:
    with inside(chengdu):
        yield chengdu


@pytest.fixture
def in_suzhou(suzhou: Tenant) -> Iterator[Tenant]:
    with inside(suzhou):
        yield suzhou


def _membership(name: str) -> Membership:
    from sanfang.tenancy.context import door

    with door():
        return Membership.objects.select_related("user", "tenant").get(user__name=name, ended_at=None)


@pytest.fixture
def actor(network: dict[str, Tenant]) -> Callable[[str], Actor]:
    from tenants.middleware import actor_of

    return lambda name: actor_of(_membership(name))


@pytest.fixture
def client_of(network: dict[str, Tenant]) -> Callable[..., Client]:
    from sanfang.tenancy.context import door

    def sign_in(name: str | None, host: str = "") -> Client:
        if name is None:
            return Client(SERVER_NAME=host)
        membership = _membership(name)
        tenant = membership.tenant
        server = "localhost" if tenant.kind == "public" else f"{tenant.slug}.localhost"
        client = Client(SERVER_NAME=server)
        with door():
            client.force_login(membership.user, backend="tenants.accounts.MemberBackend")
            session: Any = client.session
            session[SESSION_KEY] = tenant.schema_name
            session.save()
        return client

    return sign_in
