"""The host decides the tenant."""

from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis import ConnectionError as Unreachable
from redis import Redis

from tenants.actions import resume, suspend
from tenants.models import Domain, Tenant
from tenants.queries import forget_tenants, tenant_of_host


def test_an_unknown_host_gets_a_plain_404(network: dict[str, Tenant]) -> None:
    answer = Client(SERVER_NAME="nowhere.localhost").get("/")
    assert answer.status_code == 404
    assert "chengdu" not in answer.content.decode()


def test_a_known_host_asks_to_sign_in(network: dict[str, Tenant]) -> None:
    answer = Client(SERVER_NAME="chengdu.localhost").get("/complaints/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/complaints/"


def test_upper_case_and_a_port_lead_to_the_same_tenant(network: dict[str, Tenant]) -> None:
    assert Client().get("/", headers={"host": "ChengDu.localhost:8000"}).status_code == 302


def test_a_suspended_tenant_says_so_at_once_and_comes_back(chengdu: Tenant) -> None:
    visitor = Client(SERVER_NAME="chengdu.localhost")
    assert visitor.get("/").status_code == 302
    suspend(chengdu)
    refused = visitor.get("/accounts/login/")
    assert refused.status_code == 403
    assert "服务已暂停" in refused.content.decode()
    resume(chengdu)
    assert visitor.get("/").status_code == 302


def test_a_new_address_is_known_at_once(chengdu: Tenant) -> None:
    visitor = Client(SERVER_NAME="crm.chengdu-cars.localhost")
    assert visitor.get("/").status_code == 404
    Domain.objects.create(tenant=chengdu, domain="crm.chengdu-cars.localhost", is_primary=False)
    assert visitor.get("/").status_code == 302


def test_a_known_address_costs_one_round_trip_to_the_cache(chengdu: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tenant_of_host("chengdu.localhost") == chengdu
    sent: list[str] = []
    execute = Redis.execute_command

    def noted(self: Any, *words: Any, **options: Any) -> Any:
        sent.append(words[0])
        return execute(self, *words, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(Redis, "execute_command", noted)
    with CaptureQueriesContext(connection) as asked:
        assert tenant_of_host("chengdu.localhost") == chengdu
    assert (sent, len(asked)) == (["MGET"], 0)


def test_what_was_looked_up_before_a_change_is_not_believed_after_it(chengdu: Tenant) -> None:
    """The change comes between asking the database and noting the answer."""
    forget_tenants()
    cache = caches["shared"]
    known = cache.get_many(["tenants:version"])["tenants:version"]
    tenant_of_host("chengdu.localhost")
    assert cache.get("tenant:chengdu.localhost")[0] == known
    forget_tenants()
    with CaptureQueriesContext(connection) as asked:
        assert tenant_of_host("chengdu.localhost") == chengdu
    assert len(asked) == 1


def test_probes_answer_on_every_host(network: dict[str, Tenant]) -> None:
    for host in ("nowhere.localhost", "chengdu.localhost", "127.0.0.1"):
        assert Client(SERVER_NAME=host).get("/livez").status_code == 200
    assert Client(SERVER_NAME="127.0.0.1").get("/readyz").json() == {
        "database": "ok",
        "migrations": "ok",
        "valkey": "ok",
    }


def test_a_change_stands_with_the_cache_down(chengdu: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: Any, *words: Any, **options: Any) -> Any:
        raise Unreachable("nobody listens")

    monkeypatch.setattr(Redis, "execute_command", down)
    suspend(chengdu)
    assert Client(SERVER_NAME="chengdu.localhost").get("/").status_code == 403
