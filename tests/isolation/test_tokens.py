"""What opens something by itself, or for whoever holds it: codes, cookies, sessions, keys. In one place only."""

import re
from itertools import count
from typing import Any

import database
import pytest
from allauth.mfa.totp.internal import auth as totp_auth
from care_support import SATISFIED, a_customer, everything, invite, posted
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.surveys.codes import PREFIX, new_code
from infra.demo.cast import NETWORK
from sanfang.tenancy.context import inside
from tenants.actions import add_member
from tenants.models import State, Tenant, User
from tenants.queries import forget_tenants
from tenants.signals import SESSION_KEY

LINA = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "李娜")
HOSTS = ("chengdu.localhost", "suzhou.localhost", "yuanting.localhost", "lanchuan.localhost", "localhost")


_addresses = count(1)


def visitor(host: str = "localhost") -> Client:
    """Somebody at an address of their own: misses are counted by address, in the cache, which doesn't roll back."""
    return Client(SERVER_NAME=host, REMOTE_ADDR=f"198.51.100.{next(_addresses)}")


# --- survey codes ---------------------------------------------------------------------------
@pytest.fixture
def codes(chengdu: Tenant, suzhou: Tenant) -> dict[str, str]:
    """A code of a waiting questionnaire in each of two stores."""
    found = {}
    for tenant in (chengdu, suzhou):
        with inside(tenant):
            found[tenant.slug] = invite(a_customer(name=f"{tenant.city}的客户"), now=timezone.now())[1]
    return found


def entered(statements: CaptureQueriesContext) -> set[str]:
    """Schemas that were entered."""
    found = (re.search(r"set_config\('role', '(\w+)'", query["sql"]) for query in statements)
    return {match[1] for match in found if match} - {"sanfang_door"}


def state_of(*tenants: Tenant) -> list[Any]:
    found = []
    for tenant in tenants:
        with inside(tenant):
            found.append(everything())
    return found


def test_a_code_opens_its_own_questionnaire_and_enters_its_own_store_only(
    chengdu: Tenant, suzhou: Tenant, codes: dict[str, str]
) -> None:
    for tenant in (chengdu, suzhou):
        with CaptureQueriesContext(connection) as statements:
            page = visitor().get(f"/s/{codes[tenant.slug]}")
        assert page.status_code == 200
        assert tenant.name in page.content.decode()
        assert entered(statements) == {tenant.schema_name}


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_code_of_one_store_opens_nothing_in_another(
    chengdu: Tenant, suzhou: Tenant, codes: dict[str, str], method: str
) -> None:
    ours, theirs = codes["chengdu"], codes["suzhou"]
    tried = {
        "their prefix, our chance": theirs[:PREFIX] + ours[PREFIX:],
        "our prefix, their chance": ours[:PREFIX] + theirs[PREFIX:],
        "a fresh one of ours": new_code(chengdu.code),
        "nobody's prefix": "zzzz" + ours[PREFIX:],
        "both": ours + theirs,
        "chance alone": ours[PREFIX:],
        "prefix alone": ours[:PREFIX],
        "their prefix before ours": theirs[:PREFIX] + ours,
    }
    before = state_of(chengdu, suzhou)
    pages = set()
    for what, code in tried.items():
        with CaptureQueriesContext(connection) as statements:
            page = getattr(visitor(), method)(f"/s/{code}", posted(SATISFIED))
        assert page.status_code == 404, what
        named = {tenant.schema_name for tenant in (chengdu, suzhou) if code.startswith(tenant.code)}
        assert entered(statements) <= named, what
        pages.add(re.sub(r'nonce="[^"]*"|[0-9a-f-]{36}|\d{10}', "", page.content.decode()))
    assert len(pages) == 1, "all misses look the same"
    assert state_of(chengdu, suzhou) == before


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "localhost"])
def test_codes_open_nothing_on_a_stores_own_host(codes: dict[str, str], host: str) -> None:
    assert visitor(host).get(f"/s/{codes['chengdu']}").status_code in {302, 404}


@pytest.mark.parametrize("state", [state for state in State if state != State.READY])
def test_codes_of_a_store_that_is_not_open_open_nothing(suzhou: Tenant, codes: dict[str, str], state: str) -> None:
    Tenant.objects.filter(pk=suzhou.pk).update(state=state)
    forget_tenants()
    with CaptureQueriesContext(connection) as statements:
        page = visitor().get(f"/s/{codes['suzhou']}")
    if state == State.SUSPENDED:
        # A whole link is told that nothing is taken for now; for that the store is looked into, and no other.
        assert (page.status_code, b"<form" in page.content) == (403, False)
        assert entered(statements) == {suzhou.schema_name}
    else:
        assert (page.status_code, entered(statements)) == (404, set())


def test_no_two_tenants_have_one_prefix(network: dict[str, Tenant]) -> None:
    prefixes = {tenant.code for tenant in network.values()}
    assert len(prefixes) == len(network)
    assert {len(code) for code in prefixes} == {PREFIX}
    assert Tenant._meta.get_field("code").unique


# --- sessions ---------------------------------------------------------------------------------
def sign_in(host: str) -> Client:
    client = Client(SERVER_NAME=host)
    client.post("/accounts/login/", {"login": LINA.email, "password": database.PASSWORD})
    return client


def sessions() -> list[dict[str, Any]]:
    from django.contrib.sessions.models import Session

    return [one.get_decoded() for one in Session.objects.all()]


@pytest.mark.parametrize("host", [host for host in HOSTS if not host.startswith("chengdu")])
def test_a_sessions_cookie_opens_nothing_elsewhere_though_its_person_works_there_too(
    network: dict[str, Tenant], host: str
) -> None:
    slug = "sanfang" if host == "localhost" else host.split(".")[0]
    role = {"suzhou": "crc_specialist", "yuanting": "group_head", "lanchuan": "oem_head_office"}.get(
        slug, "platform_operator"
    )
    add_member(network[slug], User.objects.get(email=LINA.email), role)
    client = sign_in("chengdu.localhost")
    assert client.get("/complaints/").status_code == 200
    path = "/tenants/" if slug == "sanfang" else "/staff/"
    carried = client.get(path, headers={"host": host})
    assert carried.status_code == 302
    assert carried["Location"].startswith("/accounts/login/")
    assert client.get("/complaints/").status_code == 302, "and it is ended"


def test_every_session_that_names_a_person_names_their_tenant(network: dict[str, Tenant]) -> None:
    sign_in("chengdu.localhost")
    named = [one for one in sessions() if "_auth_user_id" in one]
    assert len(named) == 1
    assert named[0][SESSION_KEY] == network["chengdu"].schema_name


@pytest.mark.parametrize("pinned", [None, "", "public", "t_cast_suzhou", "t_cast_chengdu2", 0, True])
def test_a_session_without_its_tenant_or_with_another_is_ended(chengdu: Tenant, pinned: Any) -> None:
    client = sign_in("chengdu.localhost")
    session: Any = client.session
    if pinned is None:
        del session[SESSION_KEY]
    else:
        session[SESSION_KEY] = pinned
    session.save()
    assert client.get("/complaints/").status_code == 302
    assert not [one for one in sessions() if "_auth_user_id" in one]


def test_cookies_are_bound_to_their_host(network: dict[str, Tenant]) -> None:
    cookies = sign_in("chengdu.localhost").cookies
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert name.startswith("__Host-")
        assert cookies[name]["secure"]
        assert cookies[name]["path"] == "/"
        assert not cookies[name]["domain"]
    assert not [name for name, cookie in cookies.items() if cookie["domain"]]


# --- a password's reset, a second factor half way ----------------------------------------------
def reset_link() -> str:
    mail.outbox.clear()
    Client(SERVER_NAME="chengdu.localhost").post("/accounts/password/reset/", {"email": LINA.email})
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    return found[1]


@pytest.mark.parametrize("host", HOSTS)
def test_a_reset_link_changes_a_password_and_signs_nobody_in(network: dict[str, Tenant], host: str) -> None:
    """An account is one on the whole platform, so its link works on each host; it opens no store, and works once."""
    before = state_of(network["chengdu"], network["suzhou"])
    link, client = reset_link(), Client(SERVER_NAME=host)
    form = client.get(link, follow=True)
    fresh = "a new horse 5 tests"
    answer = client.post(form.redirect_chain[-1][0], {"password1": fresh, "password2": fresh})
    assert answer.status_code == 302
    assert not [one for one in sessions() if "_auth_user_id" in one]
    path = "/tenants/" if host == "localhost" else "/staff/"
    assert client.get(path).status_code == 302
    assert User.objects.get(email=LINA.email).check_password(fresh)
    again = Client(SERVER_NAME=host).get(link, follow=True)
    assert 'name="password1"' not in again.content.decode(), "once only"
    assert state_of(network["chengdu"], network["suzhou"]) == before


def test_a_second_factor_begun_in_one_store_ends_in_no_other(network: dict[str, Tenant]) -> None:
    secret = totp_auth.generate_totp_secret()
    totp_auth.TOTP.activate(User.objects.get(email=LINA.email), secret)
    client = Client(SERVER_NAME="chengdu.localhost")
    client.post("/accounts/login/", {"login": LINA.email, "password": database.PASSWORD})
    right = totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/authenticate/", {"code": right}, headers={"host": "suzhou.localhost"})
    for host in ("suzhou.localhost", "chengdu.localhost"):
        assert client.get("/complaints/", headers={"host": host}).status_code == 302
