"""Managers make tokens, see each once, take over a colleague's and revoke them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from api_support import Machine, a_token, manager_of
from django.test import Client

from api import codes
from api.models import Token
from tenants.models import Tenant
from tenants.roles import roles

WISH = {"name": "DMS 每晚同步", "scopes": ["read:customers", "read:vehicles"], "days": "90"}


@pytest.fixture
def manager(chengdu: Tenant, client_of: Callable[[str], Client]) -> Client:
    return client_of(manager_of(chengdu).name)


def test_a_token_is_shown_once_and_works(chengdu: Tenant, manager: Client) -> None:
    page = manager.post("/developers/tokens/new/", WISH).content.decode()
    [code] = set(codes.TOKEN.findall(page))
    assert Machine(code).get("token").json()["scopes"] == WISH["scopes"]
    later = manager.get("/developers/").content.decode()
    assert code not in later
    assert f"sanfang_{codes.name_of(code)}…" in later
    assert "DMS 每晚同步" in later


def test_an_odd_form_says_what_is_wrong_and_makes_nothing(manager: Client) -> None:
    odd: dict[str, Any]
    for odd in ({"scopes": []}, {"name": ""}, {"days": "7"}, {"days": ""}, {"scopes": ["read:everything"]}):
        answer = manager.post("/developers/tokens/new/", {**WISH, **odd})
        assert answer.status_code == 422, odd
        assert re.search(r'role="alert"|field__error', answer.content.decode()), odd
    assert not Token.objects.exists()


def test_what_a_manager_may_not_give_is_not_offered(chengdu: Tenant, client_of: Callable[[str], Client]) -> None:
    head = client_of(manager_of(chengdu, "general_manager").name)
    page = head.get("/developers/tokens/new/").content.decode()
    assert re.search(r'value="write:orders" disabled', page)
    assert head.post("/developers/tokens/new/", {**WISH, "scopes": ["write:orders"]}).status_code == 422


def test_revoking_asks_first_and_ends_it_at_once(chengdu: Tenant, manager: Client) -> None:
    token, code = a_token(chengdu)
    page = manager.get(f"/developers/tokens/{token.pk}/revocation/")
    assert page.status_code == 200
    assert Machine(code).get("token").status_code == 200
    assert manager.post(f"/developers/tokens/{token.pk}/revocation/").status_code == 302
    assert Machine(code).get("token").status_code == 401
    assert "已停用" in manager.get("/developers/").content.decode()


def test_taking_over(chengdu: Tenant, client_of: Callable[[str], Client]) -> None:
    token, _code = a_token(chengdu, "read:customers")
    head = client_of(manager_of(chengdu, "general_manager").name)
    address = f"/developers/tokens/{token.pk}/takeover/"
    assert address in head.get("/developers/").content.decode()
    assert head.post(address).status_code == 302
    assert address not in head.get("/developers/").content.decode()
    token.refresh_from_db()
    assert token.membership.user.name == manager_of(chengdu, "general_manager").name


@pytest.mark.parametrize("role", sorted(key for key, role in roles().items() if "dealer" in role.kinds))
def test_the_area_is_the_managers(chengdu: Tenant, client_of: Callable[[str], Client], role: str) -> None:
    page: Any = client_of(manager_of(chengdu, role).name).get("/developers/")
    assert page.status_code == (200 if role in {"general_manager", "crc_manager"} else 403)
