"""Behind proxies the client's address is what our own proxies wrote, never what the client says."""

from pathlib import Path
from typing import Any

import database
import pytest
from address_table import a_call
from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from django.core.cache import caches
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import reverse

from crm.surveys import limits
from infra.demo.cast import NETWORK
from sanfang.audit.models import Access
from sanfang.tenancy.context import inside
from tenants.accounts import AccountAdapter
from tenants.addresses import client_address
from tenants.checks import proxies
from tenants.models import Tenant

ROOT = Path(__file__).resolve().parents[2]
LOGIN = "/accounts/login/"
PROXY = "10.0.0.1"
ZHOU = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "周思颖")


def address(forwarded: str | None, remote: str = PROXY) -> str | None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return client_address(RequestFactory(REMOTE_ADDR=remote).get("/", headers=headers))


@pytest.mark.parametrize("forwarded", [None, "203.0.113.9", "198.51.100.1, 203.0.113.9", "nonsense"])
def test_without_a_trusted_proxy_the_header_is_not_read(forwarded: str | None) -> None:
    with override_settings(TRUSTED_PROXIES=0):
        assert address(forwarded) == PROXY


@pytest.mark.parametrize(
    ("trusted", "forwarded", "found"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "1.1.1.1, 2.2.2.2, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        # Fewer entries than proxies: the request came another way.
        (2, "203.0.113.9", PROXY),
        (1, None, PROXY),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(trusted: int, forwarded: str | None, found: str) -> None:
    with override_settings(TRUSTED_PROXIES=trusted):
        assert address(forwarded) == found


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("203.0.113.9:51234", "203.0.113.9"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_one_address_has_one_spelling(forwarded: str, found: str) -> None:
    with override_settings(TRUSTED_PROXIES=1):
        assert address(forwarded) == found


@pytest.mark.parametrize(
    "forwarded",
    ["", ",", ", ,", "unknown", "_hidden", "999.1.1.1", "[", "[]", "::1%eth0", "1" * 9000, "\x00", "一", "1.2.3.4;--"],
)
def test_a_malformed_entry_is_nobodys_address(forwarded: str) -> None:
    with override_settings(TRUSTED_PROXIES=1):
        assert address(forwarded) == PROXY
        assert address(forwarded, remote="") is None


def test_an_invented_header_neither_unlocks_a_person_nor_locks_another_place(network: dict[str, Tenant]) -> None:
    """Through one proxy: the client writes what it likes on the left."""

    def post(password: str, invented: str, real: str) -> int:
        client = Client(SERVER_NAME="chengdu.localhost", REMOTE_ADDR=PROXY)
        headers = {"x-forwarded-for": f"{invented}, {real}"}
        return int(client.post(LOGIN, {"login": ZHOU.email, "password": password}, headers=headers).status_code)

    with override_settings(TRUSTED_PROXIES=1):
        for attempt in range(5):
            post("wrong password 1", f"198.51.100.{attempt}", "203.0.113.77")
        assert {row.ip_address for row in AccessAttempt.objects.all()} == {"203.0.113.77"}
        assert post(database.PASSWORD, "198.51.100.250", "203.0.113.77") == 429
        assert post(database.PASSWORD, "203.0.113.77", "203.0.113.78") == 302, "the same person elsewhere"


def test_guessers_of_survey_codes_are_counted_one_by_one_behind_a_proxy(network: dict[str, Tenant]) -> None:
    guesser, customer = "203.0.113.201", "203.0.113.202"
    try:
        with override_settings(TRUSTED_PROXIES=1):

            def ask(real: str) -> int:
                client = Client(SERVER_NAME="localhost", REMOTE_ADDR=PROXY)
                return int(client.get("/s/nothing", headers={"x-forwarded-for": f"{customer}, {real}"}).status_code)

            answers = [ask(guesser) for _guess in range(limits.MISSES.most + 1)]
            assert answers == [404] * limits.MISSES.most + [429]
            assert ask(customer) == 404
    finally:
        caches["shared"].delete_many([f"survey:misses:{one}" for one in (guesser, customer)])


@pytest.mark.usefixtures("at_ten")
def test_a_look_at_a_number_keeps_the_real_address(chengdu: Tenant, client_of: Any) -> None:
    with inside(chengdu):
        key = a_call()
    with override_settings(TRUSTED_PROXIES=1):
        client_of("李娜").post(
            reverse("call-reveal", urlconf="sanfang.urls.dealer", args=[key]),
            headers={"x-forwarded-for": "1.1.1.1, 203.0.113.9"},
        )
    with inside(chengdu):
        assert Access.objects.get().address == "203.0.113.9"


def test_the_libraries_ask_the_same_function() -> None:
    request = RequestFactory(REMOTE_ADDR=PROXY).get("/", headers={"x-forwarded-for": "203.0.113.9"})
    with override_settings(TRUSTED_PROXIES=1, ALLAUTH_TRUSTED_PROXY_COUNT=0):
        assert get_client_ip_address(request) == "203.0.113.9"
        assert AccountAdapter(request).get_client_ip(request) == "203.0.113.9"


def test_nobody_else_reads_an_address() -> None:
    words = ("REMOTE_ADDR", "FORWARDED_FOR", "get_client_ip_address", "x-forwarded-for")
    readers = {
        str(path.relative_to(ROOT))
        for root in ("platform", "tenants", "crm", "frontend", "billing", "api", "infra")
        for path in (ROOT / root).rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    }
    assert readers == {"tenants/addresses.py"}


@pytest.mark.parametrize(
    ("header", "trusted", "said"),
    [
        (("HTTP_X_FORWARDED_PROTO", "https"), 0, ["tenants.W001"]),
        (("HTTP_X_FORWARDED_PROTO", "https"), 1, []),
        (None, 0, []),
    ],
)
def test_a_deployment_behind_a_proxy_is_asked_how_many(header: Any, trusted: int, said: list[str]) -> None:
    with override_settings(SECURE_PROXY_SSL_HEADER=header, TRUSTED_PROXIES=trusted):
        assert [one.id for one in proxies(None)] == said
