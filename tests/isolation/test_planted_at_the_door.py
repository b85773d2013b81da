"""More planted bugs, where requests, codes and tasks come in: each is caught by the check that is there for it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from unittest import mock

import pytest
from care_support import a_customer, invite
from celery import Task
from day_support import client_of
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from django.utils import timezone
from isolation import test_tokens as tokens

from sanfang.celery import app
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import inside
from sanfang.tenancy.tasks import TENANT, TenantTask
from tenants.actions import suspend
from tenants.models import Membership, Tenant, User
from tenants.queries import forget_tenants
from tenants.signals import SESSION_KEY

CAUGHT = (AssertionError, pytest.fail.Exception)


@pytest.fixture(autouse=True)
def tenants_are_looked_up_afresh() -> Iterator[None]:
    """What is cached doesn't roll back."""
    yield
    forget_tenants()


def a_session_stays_where_it_was_opened(network: dict[str, Tenant]) -> None:
    tokens.test_a_sessions_cookie_opens_nothing_elsewhere_though_its_person_works_there_too(network, "suzhou.localhost")


def a_stranger_gets_nothing(network: dict[str, Tenant]) -> None:
    """Somebody with a session of this very store, and no membership."""
    lina = User.objects.get(email=tokens.LINA.email)
    stranger = Membership(user=lina, tenant=network["suzhou"], role="crc_specialist")
    assert client_of(stranger).get("/complaints/").status_code == 302


def a_code_enters_its_own_store_only(network: dict[str, Tenant]) -> None:
    codes = {}
    for slug in ("chengdu", "suzhou"):
        with inside(network[slug]):
            codes[slug] = invite(a_customer(), now=timezone.now())[1]
    tokens.test_a_code_of_one_store_opens_nothing_in_another(network["chengdu"], network["suzhou"], codes, "get")


def a_suspended_store_is_closed_at_once(network: dict[str, Tenant]) -> None:
    visitor = Client(SERVER_NAME="suzhou.localhost")
    assert visitor.get("/accounts/login/").status_code == 200
    suspend(network["suzhou"])
    assert visitor.get("/accounts/login/").status_code == 403


def a_task_needs_its_tenant(network: dict[str, Tenant]) -> None:
    task = app.tasks["sanfang.messaging.tasks.send"]
    with mock.patch.object(task, "run") as ran, suppress(WrongTenant):
        task()
    assert not ran.called


class Anywhere(str):
    """A pin that fits every tenant."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def _unpinned(self: SessionBase, key: str, default: Any = None) -> Any:
    return Anywhere() if key == SESSION_KEY else dict(self.items()).get(key, default)


def _always_chengdu(code: str) -> Tenant:
    tenant: Tenant = Tenant.objects.get(slug="chengdu")
    return tenant


def _members_of_suzhou(user: User) -> list[Membership]:
    """Whatever somebody is elsewhere, they are it here."""
    found = list(Membership.objects.filter(user_id=user.pk).select_related("user", "tenant"))
    for one in found:
        one.tenant = Tenant.objects.get(slug="suzhou")
    return found


def _at_the_door(self: Any, *args: Any, **kwargs: Any) -> Any:
    kwargs.pop(TENANT, None)
    return Task.__call__(self, *args, **kwargs)


Check = Callable[[dict[str, Tenant]], None]
BUGS: dict[str, tuple[Check, Callable[[], Any]]] = {
    "a session that isn't pinned": (
        a_session_stays_where_it_was_opened,
        lambda: mock.patch.object(SessionBase, "get", _unpinned),
    ),
    "a membership of any store opens this one": (
        a_stranger_gets_nothing,
        lambda: mock.patch("tenants.middleware.live_memberships", _members_of_suzhou),
    ),
    "a survey's code is looked up in a store that it doesn't name": (
        a_code_enters_its_own_store_only,
        lambda: mock.patch("frontend.views.survey.tenant_by_code", _always_chengdu),
    ),
    "the cached tenant is not forgotten": (
        a_suspended_store_is_closed_at_once,
        lambda: mock.patch("tenants.life.work.forget_tenants"),
    ),
    "a tenant's task that runs at the door": (
        a_task_needs_its_tenant,
        lambda: mock.patch.object(TenantTask, "__call__", _at_the_door),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_without_the_bug_the_check_passes(network: dict[str, Tenant], bug: str) -> None:
    BUGS[bug][0](network)


@pytest.mark.parametrize("bug", BUGS)
def test_it_is_caught(network: dict[str, Tenant], bug: str) -> None:
    check, planted = BUGS[bug]
    with planted(), pytest.raises(CAUGHT):
        check(network)
