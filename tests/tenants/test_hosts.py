"""The host decides the tenant."""

from django.test import Client

from tenants.actions import resume, suspend
from tenants.models import Domain, Tenant


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


def test_probes_answer_on_every_host(network: dict[str, Tenant]) -> None:
    for host in ("nowhere.localhost", "chengdu.localhost", "127.0.0.1"):
        assert Client(SERVER_NAME=host).get("/livez").status_code == 200
    assert Client(SERVER_NAME="127.0.0.1").get("/readyz").json() == {
        "database": "ok",
        "migrations": "ok",
        "valkey": "ok",
    }
