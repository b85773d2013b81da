"""Managers set up where events are told, see how it went, and try the API."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from api_support import a_letter, an_endpoint, manager_of
from django.test import Client

from api.webhooks.models import Endpoint, Letter
from sanfang.messaging.secrets import unseal
from sanfang.tenancy.context import inside
from tenants.models import Tenant

WISH = {"url": "https://example.com/hooks", "kinds": ["import.finished", "complaint.registered"]}


@pytest.fixture
def manager(chengdu: Tenant, client_of: Callable[[str], Client]) -> Client:
    return client_of(manager_of(chengdu).name)


def test_a_secret_is_shown_once_and_renewed(chengdu: Tenant, manager: Client) -> None:
    page = manager.post("/developers/webhooks/new/", WISH).content.decode()
    [shown] = re.findall(r"whsec_[A-Za-z0-9+/=]+", page)
    with inside(chengdu):
        endpoint = Endpoint.objects.get()
        assert unseal(endpoint.secret) == shown
        assert endpoint.kinds == sorted(WISH["kinds"])
    address = f"/developers/webhooks/{endpoint.pk}/"
    assert "whsec_" not in manager.get(address).content.decode() + manager.get("/developers/webhooks/").content.decode()
    renewed = re.findall(r"whsec_[A-Za-z0-9+/=]+", manager.post(f"{address}secret/").content.decode())
    assert renewed
    assert renewed[0] != shown


def test_odd_addresses_are_refused_beside_the_field(chengdu: Tenant, manager: Client) -> None:
    odd: dict[str, Any]
    for odd in ({"url": "http://10.0.0.1/"}, {"url": "https://example.com:22/"}, {"kinds": []}, {"url": ""}):
        answer = manager.post("/developers/webhooks/new/", {**WISH, **odd})
        assert answer.status_code == 422, odd
        assert re.search(r'role="alert"|field__error', answer.content.decode()), odd
    with inside(chengdu):
        assert not Endpoint.objects.exists()


def test_switching_testing_and_telling_again(chengdu: Tenant, manager: Client) -> None:
    with inside(chengdu):
        letter = Letter.objects.get(pk=a_letter())
        key = letter.endpoint_id
    manager.post(f"/developers/letters/{letter.pk}/replay/")
    manager.post(f"/developers/webhooks/{key}/ping/")
    with inside(chengdu):
        assert set(Letter.objects.values_list("event", "state")) == {
            ("complaint.registered", "waiting"),
            ("ping", "waiting"),
        }
    manager.post(f"/developers/webhooks/{key}/switch/")
    with inside(chengdu):
        assert Endpoint.objects.get().state == "off"
    manager.post(f"/developers/webhooks/{key}/switch/", {"on": "1"})
    with inside(chengdu):
        assert Endpoint.objects.get().state == "active"
    manager.post(f"/developers/webhooks/{key}/removal/")
    with inside(chengdu):
        assert not Letter.objects.exists()


def test_one_that_was_switched_off_by_itself_says_so_on_top(chengdu: Tenant, manager: Client) -> None:
    with inside(chengdu):
        an_endpoint()
        Endpoint.objects.update(state="failed")
    page = manager.get("/developers/webhooks/").content.decode()
    assert "alert--danger" in page
    assert "已自动停用" in page


def test_every_operation_can_be_tried(manager: Client) -> None:
    page = manager.get("/developers/try/").content.decode()
    assert page.count("data-try=") == 14
    assert "<script>" not in page
    answer = manager.get("/developers/openapi.yaml")
    assert answer.content.startswith(b"openapi: 3.1")
