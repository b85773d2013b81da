"""The host decides the tenant."""

import re
from datetime import date
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis import ConnectionError as Unreachable
from redis import Redis

from tenants.actions import resume, suspend
from tenants.life.models import Departure
from tenants.models import Domain, State, Tenant
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
    assert "服务已停用" in refused.content.decode()
    resume(chengdu)
    assert visitor.get("/").status_code == 302


def test_a_script_in_a_closed_store_gets_the_sentence_and_needs_not_try_again(chengdu: Tenant) -> None:
    visitor = Client(SERVER_NAME="chengdu.localhost")
    for headers in ({"HX-Request": "true"}, {"X-Requested-With": "fetch"}):
        assert visitor.get("/complaints/", headers=headers).status_code == 401
        suspend(chengdu)
        refused = visitor.post("/complaints/", headers=headers)
        resume(chengdu)
        assert (refused.status_code, refused["X-Refused"]) == (403, "closed")
        assert refused["Content-Type"] == "text/plain; charset=utf-8"
        assert "门店已停用" in refused.content.decode()


def test_a_store_that_has_left_says_until_when_and_whom_to_ask(chengdu: Tenant, settings: Any) -> None:
    settings.PLATFORM_CONTACT = "400-000-1234"
    Departure.objects.create(
        tenant=chengdu,
        by="x",
        reason="x",
        left_at=timezone.now(),
        protected_until=date(2029, 11, 25),
        export_sha256="x",
    )
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.LEAVING)
    forget_tenants()
    page = Client(SERVER_NAME="chengdu.localhost").get("/complaints/").content.decode()
    forget_tenants()
    for words in (chengdu.name, "2029-11-25", "400-000-1234", chengdu.phone, "删除证明"):
        assert words in page


def test_the_page_of_a_closed_store_can_be_read_in_another_language_and_does_nothing_else(chengdu: Tenant) -> None:
    visitor = Client(SERVER_NAME="chengdu.localhost", enforce_csrf_checks=True)
    suspend(chengdu)
    page = visitor.get("/complaints/?x=1").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "language": "en", "next": "/complaints/?x=1"}
    assert visitor.post("/preferences/language/", form)["Location"] == "/complaints/?x=1"
    assert "Service suspended" in visitor.get("/complaints/").content.decode()
    for path in ("/accounts/login/", "/accounts/logout/", "/accounts/password/reset/", "/complaints/"):
        assert visitor.post(path, form).status_code == 403
    resume(chengdu)


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
