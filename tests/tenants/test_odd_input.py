"""Input that no keyboard makes gets an answer, not a server error."""

from collections.abc import Callable

import pytest
from address_table import a_call
from django.test import Client

from sanfang.tenancy.context import inside
from tenants.models import Tenant


@pytest.mark.parametrize("login", ["x" * 300 + "@chengdu.example", "1" * 5000, "\x00", "", " "])
def test_sign_in_survives_any_name(network: dict[str, Tenant], login: str) -> None:
    answer = Client(SERVER_NAME="chengdu.localhost", raise_request_exception=False).post(
        "/accounts/login/", {"login": login, "password": "wrong password 1"}
    )
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize(
    "data",
    [
        {"outcome": "no_answer", "attempt": "9" * 5000},
        {"outcome": "call_later", "attempt": "1", "callback_at": "0001-01-01T00:00+14:00"},
        {"outcome": "call_later", "attempt": "1", "callback_at": "9999-12-31T23:59-14:00"},
        {"outcome": "completed", "attempt": "1", "note": "a\x00b"},
        {"outcome": "x" * 5000, "attempt": "-1"},
    ],
)
def test_an_outcome_survives_any_value(
    chengdu: Tenant, client_of: Callable[[str], Client], data: dict[str, str]
) -> None:
    with inside(chengdu):
        key = a_call()
    lina = client_of("李娜")
    lina.raise_request_exception = False
    for part in ("outcome", "draft"):
        assert lina.post(f"/workbench/{key}/{part}/", data).status_code < 500
