"""No form of the product breaks on what no browser sends, and what is refused has changed nothing."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from address_table import TABLE, Row
from care_support import a_customer, everything, invite
from django.conf import settings
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sanfang.tenancy.context import inside
from tenants.models import Membership, Tenant, User
from tenants.roles import roles

SLUGS = {"dealer": "chengdu", "group": "yuanting", "oem": "lanchuan"}
ROWS = [(kind, name) for kind in SLUGS for name in TABLE[kind]]
EVERYBODYS = [
    *("login/", "logout/", "signup/", "reauthenticate/", "password/change/", "password/set/", "password/reset/"),
    *("password/reset/key/1-set-password/", "2fa/", "2fa/authenticate/", "2fa/reauthenticate/", "2fa/totp/activate/"),
    *("2fa/totp/deactivate/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/"),
]
ADDRESSES = [*(f"/accounts/{one}" for one in EVERYBODYS), "/preferences/", "/preferences/language/"]

# What views and forms read beside the names in the table.
NAMES = [
    *(
        "note",
        "value",
        "outcome",
        "attempt",
        "callback_at",
        "kind",
        "file",
        "again",
        "state",
        "page",
        "queue",
        "filter",
    ),
    *("filter", "next", "theme", "shortcuts", "language", "column-0", "q-overall", "q-overall-reason", "q-clean"),
    *("take_over", "login", "password", "email", "oldpassword", "password1", "password2", "code", "remember"),
]
LONG = "长" * 350_000
"""A megabyte of Chinese."""
HOSTILE: dict[str, Any] = {
    "NUL": "a\x00b",
    "long": LONG,
    "digits": "9" * 5000,
    "negative": "-1",
    "float": "1e999",
    "not a number": "NaN",
    "array": ["a", "b", ""],
    "empty": "",
    "markup": "<script>alert(1)</script>{{ 7|add:1 }}{% now %}%s'\";--",
    "direction": "\u202e\ufeff\u200b\U0001f469\u200d\U0001f4bb",
    "an upload": None,  # made afresh, since it is read to its end
}
EACH = {"long"}
"""Values that are tried in each of an address's own fields as well; the others go into all of them at once."""
EVERY_VALUE = "EVERY_VALUE" in os.environ
KEPT_ON_PURPOSE = {"followups_draft", "followups_hold"}
"""A refused outcome keeps what was typed, with the customer still in hand."""

MULTIPART = "multipart/form-data; boundary=b"
FORM = "application/x-www-form-urlencoded"


def part(value: bytes, extra: bytes = b"", end: bytes = b"\r\n--b--\r\n") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"' + extra + b"\r\n\r\n" + value + end


# Content type and body; %s is the name of a field.
BROKEN = [
    (MULTIPART, part(b"x", b"; filename*=utf-7''%%2B2AA-")),
    (MULTIPART, part(b"x", b"; filename*=base64''AAAA")),
    (MULTIPART, part(b"x", b'; filename="../../\x00\xed\xa0\x80.csv"')),
    (MULTIPART, part(b"cut of", end=b"")),
    (MULTIPART, part(b"!!!", b"\r\nContent-Transfer-Encoding: base64")),
    (MULTIPART, part(b"x", b"; x=" + b"y" * 20_000)),
    ("multipart/form-data", b"%s"),
    (FORM, b"%s=%%ED%%A0%%80%%FF%%FE"),
    (FORM, b"%s=" + b"&a=1" * 1500),
    ("application/json", b'{"%s": ["\\ud800", {"a": 1e999}]}'),
]
QUERY = "note=%2B2AA-&filter=%2B2AA-&queue=%ED%A0%80"


def able(tenant: Tenant, row: Row) -> Iterator[Membership]:
    for one in Membership.objects.filter(tenant=tenant, ended_at=None).select_related("user").order_by("pk"):
        if not row.capabilities or roles()[one.role].capabilities & set(row.capabilities):
            yield one


def state(tenant: Tenant) -> dict[str, Any]:
    with inside(tenant):
        found: dict[str, Any] = everything()
    found["memberships"] = list(Membership.objects.order_by("pk").values())
    found["users"] = list(User.objects.order_by("pk").values("pk", "name", "email", "phone", "password", "is_active"))
    return found


def value_of(what: str) -> Any:
    return SimpleUploadedFile("名字\u202e.csv", b"\xff\x00\xfe" * 1000) if what == "an upload" else HOSTILE[what]


def posts(own: dict[str, Any], what: str) -> Iterator[dict[str, Any]]:
    """All names at once, then each of the address's own with the others right."""
    if what != "long":
        yield {name: value_of(what) for name in [*NAMES, *own]}
        yield {str(HOSTILE[what] or "x")[:2000]: "x"}
    if what in EACH or EVERY_VALUE:
        for name in own or NAMES[:1]:
            yield {**own, name: value_of(what)}


class Watch:
    """Asks, and undoes what the answer did, so that each request finds the same."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.before = tenant, state(tenant)

    def __call__(self, ask: Callable[[], Any]) -> int:
        """The answer's status: never 500 or more, and where it refuses, nothing has changed."""
        with transaction.atomic():
            status = int(ask().status_code)
            assert status < 500
            if status >= 400:
                after = state(self.tenant)
                assert {table for table in after if after[table] != self.before[table]} <= KEPT_ON_PURPOSE
            transaction.set_rollback(True)
        return status


def prepared(tenant: Tenant, kind: str, name: str, client_of: Callable[[str], Client]) -> tuple[Client, str]:
    row = TABLE[kind][name]
    person = next(able(tenant, row))
    with inside(tenant):
        key = row.key_for(person.user.name)
    client = client_of(person.user.name)
    client.raise_request_exception = False
    return client, reverse(name, urlconf=settings.TENANT_TYPES[kind]["URLCONF"], args=[key] if key else [])


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_no_field_breaks_a_form(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    tenant, row = network[SLUGS[kind]], TABLE[kind][name]
    client, address = prepared(tenant, kind, name, client_of)
    ask = Watch(tenant)
    for what in HOSTILE:
        for data in posts(row.words(), what):
            status = ask(partial(client.post, address, data))
            assert what != "NUL" or status >= 400 or not any("\x00" in str(value) for value in data.values())
        query = dict.fromkeys(NAMES, (HOSTILE[what] or "x")[:300])
        ask(partial(client.get, address, query))
    ask(partial(client.post, address, {}))


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_no_body_breaks_a_form(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    tenant, row = network[SLUGS[kind]], TABLE[kind][name]
    client, address = prepared(tenant, kind, name, client_of)
    ask = Watch(tenant)
    own = next(iter(row.words()), "note").encode()
    for kind_of_body, body in BROKEN:
        for method in ("POST", "GET"):
            send = partial(client.generic, method, address, body % own, kind_of_body, QUERY_STRING=QUERY)
            ask(send)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("person", [None, "李娜"])
def test_signing_in_and_what_every_host_has(
    network: dict[str, Tenant], client_of: Callable[..., Client], address: str, person: str | None
) -> None:
    def fresh() -> Client:
        """Some of them sign out, and that can't be undone in the client."""
        made = client_of(person, host="chengdu.localhost")
        made.raise_request_exception = False
        return made

    ask = Watch(network["chengdu"])
    bodies: list[dict[str, Any]] = [{}]
    bodies += [{name: value_of(what) for name in NAMES} for what in HOSTILE if what != "long"]
    bodies += [{"login": "a@b.example", "password": "x", name: LONG} for name in ("login", "password", "email", "next")]
    for data in bodies:
        ask(partial(fresh().post, address, data))
    for kind_of_body, body in BROKEN:
        ask(partial(fresh().generic, "POST", address, body % b"login", kind_of_body))


def test_a_customers_questionnaire(network: dict[str, Tenant]) -> None:
    tenant = network["chengdu"]
    with inside(tenant):
        _invitation, code = invite(a_customer(), now=timezone.now())
    phone = Client(SERVER_NAME="localhost", REMOTE_ADDR="198.51.100.199", raise_request_exception=False)
    link = f"/s/{code}"

    watch = Watch(tenant)

    def ask(send: Callable[[], Any]) -> int:
        for key in caches["shared"]._cache.get_client().scan_iter("*survey:*"):  # type: ignore[attr-defined]
            caches["shared"]._cache.get_client().delete(key)  # type: ignore[attr-defined]
        return watch(send)

    for what in HOSTILE:
        for data in posts({}, what):
            assert ask(partial(phone.post, link, data)) in {400, 422}
    for kind_of_body, body in BROKEN:
        ask(partial(phone.generic, "POST", link, body % b"q-overall", kind_of_body))
    for strange in ("%00", "%ED%A0%80", "9" * 3000, "..%2F", "%F0%9F%91%A9", "a b"):
        assert ask(partial(phone.get, f"/s/{strange}")) in {400, 404}
