"""A machine with a token, for tests of the API."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from api.actions import create_token
from api.models import Token
from api.scopes import scopes
from api.webhooks.models import Endpoint, Letter
from api.webhooks.rules import kinds
from api.webhooks.signing import new_secret
from sanfang.kernel.permissions import Actor
from sanfang.messaging.secrets import seal
from sanfang.tenancy.context import current_tenant, door, inside
from tenants.middleware import actor_of
from tenants.models import Membership, Tenant


def manager_of(tenant: Tenant, role: str = "crc_manager") -> Actor:
    with door():
        found = Membership.objects.filter(tenant=tenant, role=role, ended_at=None).select_related("user")
        return actor_of(found.order_by("pk")[0])


def a_token(
    tenant: Tenant, *names: str, role: str = "crc_manager", now: Any = None, days: int = 90
) -> tuple[Token, str]:
    """A live token with these scopes (all that there are without any), and its code."""
    with inside(tenant):
        return create_token(
            manager_of(tenant, role),
            tenant,
            name="DMS 同步",
            names=names or tuple(scopes()),
            days=days,
            now=now or timezone.now() - timedelta(minutes=1),
        )


@dataclass
class Machine:
    """Sends requests with ``code`` to ``host`` and reads what comes back."""

    code: str
    host: str = "chengdu.localhost"
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, data: Any = None, **headers: str) -> Any:
        return self._client().get(f"/api/v1/{path}", data, headers=self._headers(headers))

    def post(self, path: str, body: Any, key: str = "", **headers: str) -> Any:
        given = {**headers, **({"Idempotency-Key": key} if key else {})}
        text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
        return self._client().post(
            f"/api/v1/{path}", text, content_type="application/json", headers=self._headers(given)
        )

    def ask(self, method: str, path: str, **headers: str) -> Any:
        return self._client().generic(method, f"/api/v1/{path}", headers=self._headers(headers))

    def _client(self) -> Client:
        return Client(SERVER_NAME=self.host)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.code}"} if self.code else {}
        return {**own, **self.headers, **{name.replace("_", "-"): value for name, value in more.items()}}


def machine(tenant: Tenant, *names: str, role: str = "crc_manager") -> Machine:
    return Machine(a_token(tenant, *names, role=role)[1], f"{tenant.slug}.localhost")


def any_token() -> Any:
    """The id of a fresh token of the store we are in, that every manager may take over."""
    return a_token(current_tenant(), "read:customers")[0].pk


def an_endpoint(*names: str, url: str = "https://example.com/webhooks") -> Any:
    """The id of a fresh webhook endpoint of the store we are in, however many there are."""
    listens = sorted(event for name in names or ("complaint.registered",) for event in kinds()[name].of)
    return Endpoint.objects.create(
        url=url,
        kinds=list(names or ("complaint.registered",)),
        listens=listens,
        secret=seal(new_secret()),
        by_id=manager_of(current_tenant()).staff_id,
        created_at=timezone.now(),
    ).pk


def a_letter() -> Any:
    """The id of a letter that has been delivered."""
    endpoint = Endpoint.objects.get(pk=an_endpoint())
    now = timezone.now()
    letter = Letter(endpoint=endpoint, event="complaint.registered", thing=endpoint.pk, at=now, next_at=now)
    letter.state = Letter.State.DELIVERED
    letter.save()
    return letter.pk
