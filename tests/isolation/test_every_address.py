"""Every address of every kind of host by every method, as a page and as a part of one (htmx). A route without a row
fails here too: addresses that all hosts have (accounts, preferences) have their rows below."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from address_table import TABLE, Row
from care_support import everything
from day_support import SLUGS
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sanfang.kernel.ids import uuid7
from sanfang.tenancy.context import inside
from tenants.models import Membership, Tenant
from tenants.roles import roles

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
SAFE, BOTH = ("get", "head"), ("get", "head", "post")
HTMX = {"HX-Request": "true"}

# What an address of a tenant's host answers to. Those that aren't named take the one method of their row.
ALLOWED = {"standard-choice": BOTH, "messages-compose": BOTH,
           "import-new": BOTH, "import-mapping": BOTH, "staff-removal": ("get", "post"), "token-new": BOTH,
           "token-revocation": BOTH, "webhook-new": BOTH, "import-undo": BOTH}  # fmt: skip

# Addresses of every host: what a visitor gets, and what somebody gets who is signed in. All at the door.
COMMON = {
    "accounts/login/": (200, 302),
    "accounts/logout/": (302, 200),
    "accounts/inactive/": (200, 200),
    "accounts/signup/": (200, 302),
    "accounts/reauthenticate/": (302, 200),
    "accounts/password/change/": (302, 200),
    "accounts/password/set/": (302, 302),
    "accounts/password/reset/": (200, 200),
    "accounts/password/reset/done/": (200, 200),
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (200, 200),
    "accounts/password/reset/key/done/": (200, 200),
    "accounts/2fa/": (302, 200),
    "accounts/2fa/authenticate/": (302, 302),
    "accounts/2fa/reauthenticate/": (302, 302),
    "accounts/2fa/totp/activate/": (302, 302),
    "accounts/2fa/totp/deactivate/": (302, 404),
    "accounts/2fa/recovery-codes/": (302, 404),
    "accounts/2fa/recovery-codes/generate/": (302, 302),
    "accounts/2fa/recovery-codes/download/": (302, 404),
    "accounts/departure/": (405, 405),
    "accounts/arrival/": (302, 302),
    "preferences/": (405, 405),
    "preferences/language/": (302, 302),
}
HOSTS = {kind: "localhost" if kind == "public" else f"{slugs[0]}.localhost" for kind, slugs in SLUGS.items()}
ROWS = [(kind, name) for kind, table in TABLE.items() if kind != "public" for name in table]


def patterns(kind: str) -> Iterator[tuple[str, str]]:
    """Path and name of everything that the host's resolver knows. Nothing is left out."""

    def walk(found: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
        for pattern in found:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            else:
                yield path, str(pattern.name)

    yield from walk(get_resolver(settings.TENANT_TYPES[kind]["URLCONF"]).url_patterns, "")


@pytest.mark.parametrize("kind", TABLE)
def test_every_path_has_one_row_and_a_name_of_its_own(kind: str) -> None:
    found = list(patterns(kind))
    common = {path for path, _name in found if path.startswith(("accounts/", "preferences/"))}
    assert common == set(COMMON)
    names = [name for path, name in found if path not in common]
    assert sorted(names) == sorted(TABLE[kind]), "twice the same name would be one row for two addresses"


def allowed(name: str, row: Row) -> tuple[str, ...]:
    return ALLOWED.get(name, SAFE if row.method == "get" else ("post",))


def address(kind: str, name: str, key: Any) -> str:
    given = TABLE[kind][name].parts or ([key] if key else [])
    return reverse(name, urlconf=settings.TENANT_TYPES[kind]["URLCONF"], args=given)


def ask(client: Client, method: str, path: str, headers: dict[str, str] | None = None, words: Any = None) -> Any:
    given = [words] if words and method == "post" else []
    return getattr(client, method)(path, *given, headers=headers or {})


def able(tenant: Tenant, row: Row) -> str:
    """Somebody who may."""
    live = Membership.objects.filter(tenant=tenant, ended_at=None).select_related("user").order_by("pk")
    return next(
        str(one.user.name)
        for one in live
        if not row.capabilities or roles()[one.role].capabilities & set(row.capabilities)
    )


def rows_of(*tenants: Tenant) -> list[Any]:
    found: list[Any] = []
    for tenant in tenants:
        with inside(tenant):
            found.append(everything())
    return found


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_other_methods_are_refused_and_change_nothing(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    row, own = TABLE[kind][name], network[SLUGS[kind][0]]
    person = able(own, row)
    client = client_of(person)
    with inside(own):
        key = row.key_for(person)
    before = rows_of(own)
    got = {
        (method, bool(headers)): ask(client, method, address(kind, name, key), headers).status_code
        for method in METHODS
        if method not in allowed(name, row)
        for headers in ({}, HTMX)
    }
    assert set(got.values()) == {405}, got
    assert rows_of(own) == before


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name in ROWS if TABLE[kind][name].make])
def test_another_tenants_id_by_any_method_as_a_page_or_a_part(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    row, own = TABLE[kind][name], network[SLUGS[kind][0]]
    other = network["suzhou" if kind == "dealer" else "chengdu"]
    client = client_of(able(own, row))
    with inside(other):
        key = TABLE["dealer"][name].key_for("")
    before = rows_of(own, other)
    for method in METHODS:
        for headers in ({}, HTMX):
            answer = ask(client, method, address(kind, name, key), headers, row.words())
            assert answer.status_code == (404 if method in allowed(name, row) else 405), (method, headers)
    assert rows_of(own, other) == before


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_a_visitor_gets_in_by_no_method(network: dict[str, Tenant], kind: str, name: str) -> None:
    row, own = TABLE[kind][name], network[SLUGS[kind][0]]
    with CaptureQueriesContext(connection) as statements:
        for method in METHODS:
            path = address(kind, name, uuid7() if row.make else None)
            page = ask(Client(SERVER_NAME=HOSTS[kind]), method, path)
            assert (page.status_code, page["Location"].split("?")[0]) == (302, "/accounts/login/"), method
            part = ask(Client(SERVER_NAME=HOSTS[kind]), method, path, HTMX)
            assert part.status_code == 401, method
    assert own.schema_name not in str([one["sql"] for one in statements if "set_config" in one["sql"]])


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, n in ROWS if "head" in allowed(n, TABLE[k][n])])
def test_head_says_what_get_says_and_shows_nothing(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    row, own = TABLE[kind][name], network[SLUGS[kind][0]]
    client = client_of(able(own, row))
    with inside(own):
        path = address(kind, name, row.key_for(""))
    head: Any = client.head(path, row.words())
    get = client.get(path, row.words())
    assert head.status_code == get.status_code
    assert (b"".join(head.streaming_content) if head.streaming else head.content) == b""


@pytest.mark.parametrize("path", COMMON)
@pytest.mark.parametrize("kind", HOSTS)
def test_what_every_host_has_runs_at_the_door(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, path: str
) -> None:
    people = {"dealer": "李娜", "group": "段景行", "oem": "姜书恒", "public": "方以宁"}
    real = "/" + (path if "^" not in path else "accounts/password/reset/key/1-set-password/")
    visitor, member = Client(SERVER_NAME=HOSTS[kind]), client_of(people[kind])
    with CaptureQueriesContext(connection) as statements:
        got = tuple(client.get(real).status_code for client in (visitor, member))
        for method in METHODS:
            for client in (visitor, member):
                assert ask(client, method, real, HTMX if method in BOTH else {}).status_code < 500, method
    assert got == COMMON[path]
    assert "set_config('role', 't_" not in str([one["sql"] for one in statements]), "no store is entered"


@pytest.mark.parametrize("kind", HOSTS)
def test_addresses_of_another_kind_of_host_are_not_there(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str
) -> None:
    people = {"dealer": "李娜", "group": "段景行", "oem": "姜书恒", "public": "方以宁"}
    client = client_of(people[kind])
    tried = 0
    for other, table in TABLE.items():
        for name, row in table.items():
            if name in TABLE[kind] or name.startswith("survey"):
                continue
            path = address(other, name, uuid7() if row.make else None)
            for method in ("get", "post"):
                assert ask(client, method, path).status_code == 404, path
                tried += 1
    assert tried >= 6
