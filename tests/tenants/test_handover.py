"""From one store to another: a ticket for one person, one host, one use and 30 seconds; nothing without all of it."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import urlsplit

import database
import pytest
import time_machine
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp_auth
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from infra.demo.cast import NETWORK
from tenants.actions import add_member, resume, suspend
from tenants.models import Membership, Tenant, User

pytestmark = pytest.mark.usefixtures("own_database")
LINA = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "李娜")
ZHOU = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "周思颖")
LOGIN = "/accounts/login/"
INSIDE, OUTSIDE = 200, 302


@pytest.fixture(autouse=True)
def as_it_was(network: dict[str, Tenant]) -> None:
    """李娜 works in both stores and is signed in nowhere."""
    Session.objects.all().delete()
    lina = User.objects.get(email=LINA.email)
    Authenticator.objects.filter(user=lina).delete()
    lina.is_active = True
    lina.set_password(database.PASSWORD)
    lina.save()
    for slug in ("chengdu", "suzhou"):
        add_member(network[slug], lina, "crc_specialist")


def signed_in(host: str = "chengdu.localhost", login: str = LINA.email, **extra: object) -> Client:
    client = Client(SERVER_NAME=host, **extra)  # type: ignore[arg-type]
    client.post(LOGIN, {"login": login, "password": database.PASSWORD})
    assert client.get("/complaints/").status_code == INSIDE
    return client


def depart(client: Client, slug: str = "suzhou") -> str:
    answer = client.post("/accounts/departure/", {"tenant": slug})
    assert answer.status_code == 302
    assert answer["Referrer-Policy"] == "no-referrer"
    return str(answer["Location"])


def arrive(address: str, client: Client | None = None, host: str = "") -> Client:
    parts = urlsplit(address)
    client = client or Client(SERVER_NAME=host or parts.hostname or "")
    client.arrived = client.get(f"{parts.path}?{parts.query}")  # type: ignore[attr-defined]
    return client


def assert_refused(client: Client, words: str) -> None:
    answer = client.arrived  # type: ignore[attr-defined]
    assert (answer.status_code, answer["Location"]) == (302, LOGIN)
    assert answer["Referrer-Policy"] == "no-referrer"
    page = client.get(LOGIN)
    assert words in page.content.decode()
    assert client.get("/complaints/").status_code == OUTSIDE


def test_one_click_leads_into_the_other_store_as_the_same_person() -> None:
    client = signed_in()
    page = client.get("/complaints/").content.decode()
    assert 'action="/accounts/departure/"' in page
    assert 'value="suzhou"' in page
    address = depart(client)
    assert address.startswith("http://suzhou.localhost/accounts/arrival/?ticket=")
    there = arrive(address)
    assert there.arrived["Location"] == "/"  # type: ignore[attr-defined]
    assert there.get("/complaints/").status_code == INSIDE
    assert client.get("/complaints/").status_code == INSIDE, "the first session goes on"
    there.post("/accounts/logout/")
    assert client.get("/complaints/").status_code == INSIDE


def test_the_session_opened_there_is_good_there_only() -> None:
    there = arrive(depart(signed_in()))
    assert there.get("/complaints/", headers={"host": "chengdu.localhost"}).status_code == OUTSIDE
    assert there.get("/complaints/").status_code == OUTSIDE, "carried abroad it is ended"


def test_who_works_in_one_store_sees_no_switcher() -> None:
    assert "/accounts/departure/" not in signed_in(login=ZHOU.email).get("/complaints/").content.decode()


def test_a_ticket_is_used_once() -> None:
    address = depart(signed_in())
    arrive(address)
    assert_refused(arrive(address), "已经用过一次")


def test_of_two_who_use_a_ticket_at_once_one_gets_in() -> None:
    for _round in range(5):
        address, start = depart(signed_in()), Barrier(4)
        inside: list[int] = []

        def use(address: str = address, start: Barrier = start, inside: list[int] = inside) -> None:
            start.wait()
            inside.append(arrive(address).get("/complaints/").status_code)
            connection.close()

        threads = [Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(inside) == [INSIDE, OUTSIDE, OUTSIDE, OUTSIDE]


def test_a_ticket_is_good_for_half_a_minute() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in()
        late, in_time = depart(client), depart(client)
        clock.shift(29)
        assert arrive(in_time).get("/complaints/").status_code == INSIDE
        clock.shift(2)
        assert_refused(arrive(late), "已过期")


def test_a_ticket_is_good_for_its_host_only(network: dict[str, Tenant]) -> None:
    add_member(network["yuanting"], User.objects.get(email=LINA.email), "group_head")
    address = depart(signed_in())
    here = arrive(address, host="chengdu.localhost")
    assert_refused(here, "属于另一家门店")
    there = arrive(address, host="yuanting.localhost")
    assert there.arrived["Location"] == LOGIN  # type: ignore[attr-defined]
    assert there.get("/stores/").status_code == OUTSIDE
    Membership.objects.filter(user__email=LINA.email, tenant=network["yuanting"]).delete()


@pytest.mark.parametrize("change", ["", "x", "cut", "salt"])
def test_a_ticket_that_was_changed_opens_nothing(change: str) -> None:
    ticket = depart(signed_in()).partition("ticket=")[2]
    forged = {
        "": "",
        "x": ticket[:-1] + ("A" if ticket[-1] != "A" else "B"),
        "cut": ticket[: len(ticket) // 2],
        "salt": signing.dumps({"user": 1, "tenant": "t_cast_suzhou", "host": "suzhou.localhost"}),
    }[change]
    assert_refused(arrive(f"http://suzhou.localhost/accounts/arrival/?ticket={forged}"), "不完整或被改动")


def test_a_ticket_ends_with_the_membership_there(network: dict[str, Tenant]) -> None:
    address = depart(signed_in())
    Membership.objects.filter(user__email=LINA.email, tenant=network["suzhou"]).update(ended_at=timezone.now())
    assert_refused(arrive(address), "不是这家门店的成员")


def test_a_ticket_ends_with_the_membership_here(network: dict[str, Tenant]) -> None:
    address = depart(signed_in())
    Membership.objects.filter(user__email=LINA.email, tenant=network["chengdu"]).update(ended_at=timezone.now())
    assert_refused(arrive(address), "已经失效")


def test_a_ticket_ends_with_the_account() -> None:
    address = depart(signed_in())
    User.objects.filter(email=LINA.email).update(is_active=False)
    assert_refused(arrive(address), "已经失效")


def test_a_ticket_ends_with_its_session() -> None:
    client = signed_in()
    address = depart(client)
    client.post("/accounts/logout/")
    assert_refused(arrive(address), "已经失效")


def test_a_ticket_is_sealed_to_how_its_session_was_signed_in() -> None:
    client = signed_in()
    address = depart(client)
    client.post("/accounts/reauthenticate/", {"password": database.PASSWORD})
    assert_refused(arrive(address), "已经失效")
    assert arrive(depart(client)).get("/complaints/").status_code == INSIDE


def test_a_ticket_ends_with_the_password() -> None:
    address = depart(signed_in())
    lina = User.objects.get(email=LINA.email)
    lina.set_password("another horse 4 tests")
    lina.save()
    assert_refused(arrive(address), "已经失效")


def test_a_suspended_store_says_so_and_opens_nothing(network: dict[str, Tenant]) -> None:
    client = signed_in()
    address = depart(client)
    suspend(network["suzhou"])
    there = arrive(address)
    assert there.arrived.status_code == 403  # type: ignore[attr-defined]
    assert "服务已暂停" in there.arrived.content.decode()  # type: ignore[attr-defined]
    assert client.post("/accounts/departure/", {"tenant": "suzhou"}).status_code == 404
    resume(network["suzhou"])
    assert there.get("/complaints/").status_code == OUTSIDE


def test_nobody_departs_for_a_store_that_isnt_theirs() -> None:
    client = signed_in()
    before = Session.objects.count()
    for slug in ("lanchuan", "chengdu", "nowhere", "", "//evil.example/", "evil.example"):
        answer = client.post("/accounts/departure/", {"tenant": slug})
        assert answer.status_code == 404, slug
        assert "Location" not in answer
    assert Session.objects.count() == before
    visitor = Client(SERVER_NAME="chengdu.localhost").post("/accounts/departure/", {"tenant": "suzhou"})
    assert visitor["Location"].startswith(LOGIN)


def test_departing_needs_the_forms_token_and_a_post() -> None:
    client = Client(SERVER_NAME="chengdu.localhost", enforce_csrf_checks=True)
    client.cookies = signed_in().cookies
    assert client.post("/accounts/departure/", {"tenant": "suzhou"}).status_code == 403
    assert client.get("/accounts/departure/", {"tenant": "suzhou"}).status_code == 405


def test_the_second_factor_goes_along() -> None:
    lina = User.objects.get(email=LINA.email)
    secret = totp_auth.generate_totp_secret()
    totp_auth.TOTP.activate(lina, secret)
    client = Client(SERVER_NAME="chengdu.localhost")
    client.post(LOGIN, {"login": LINA.email, "password": database.PASSWORD})
    right = totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/authenticate/", {"code": right})
    there = arrive(depart(client))
    assert there.get("/complaints/").status_code == INSIDE
    ways = [(way["method"], way["at"]) for way in there.session[METHODS]]
    assert ways == [(way["method"], way["at"]) for way in client.session[METHODS]]
    assert [name for name, _at in ways] == ["password", "mfa"]
    # What asks for the password once more asks there exactly when it asks here.
    page = "/accounts/2fa/totp/deactivate/"
    assert (there.get(page).status_code, client.get(page).status_code) == (302, 302)
    client.post("/accounts/reauthenticate/", {"password": database.PASSWORD})
    there = arrive(depart(client))
    assert (there.get(page).status_code, client.get(page).status_code) == (200, 200)
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        assert (there.get(page).status_code, client.get(page).status_code) == (302, 302)


def test_a_second_factor_set_up_since_is_asked_for_there() -> None:
    client = signed_in()
    totp_auth.TOTP.activate(User.objects.get(email=LINA.email), totp_auth.generate_totp_secret())
    assert_refused(arrive(depart(client)), "两步验证")


def test_going_to_and_fro_doesnt_make_a_sign_in_last_for_ever() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in()
        clock.shift(11 * 3600)
        there = arrive(depart(client))
        assert there.get("/complaints/").status_code == INSIDE
        clock.shift(2 * 3600)
        assert_refused(arrive(depart(there, "chengdu")), "已经失效")


def test_the_key_of_a_session_that_was_there_before_isnt_kept() -> None:
    there = Client(SERVER_NAME="suzhou.localhost")
    session = there.session
    session["planted"] = "by somebody"
    session.save()
    planted = str(session.session_key)
    there.cookies["__Host-sanfang-session"] = planted
    arrive(depart(signed_in()), there)
    assert there.get("/complaints/").status_code == INSIDE
    assert there.session.session_key != planted
    assert "planted" not in there.session
    assert not Session.objects.filter(pk=planted).exists()


def test_a_colleague_who_is_signed_in_there_stays_who_they_are() -> None:
    xu = next(person for person in NETWORK.dealer("suzhou").staff if person.role == "crc_specialist")
    there = signed_in("suzhou.localhost", xu.email)
    arrive(depart(signed_in()), there)
    page = there.get("/complaints/").content.decode()
    assert "已有另一位同事登录" in page
    assert xu.name in page


def test_language_and_theme_go_along() -> None:
    client = signed_in()
    client.post("/preferences/", {"theme": "dark", "shortcuts": "off"})
    client.post("/preferences/language/", {"language": "en"})
    there = arrive(depart(client))
    page = there.get("/complaints/").content.decode()
    assert '<html lang="en" data-theme="dark">' in page
    assert 'data-shortcuts="off"' in page


def test_luggage_is_looked_into() -> None:
    client = signed_in()
    client.cookies["theme"] = "evil"
    assert "theme" not in arrive(depart(client)).cookies


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}, {"X-Requested-With": "fetch"}])
def test_a_membership_taken_away_ends_the_session_there_and_no_other(
    network: dict[str, Tenant], headers: dict[str, str], client_of: Callable[..., Client]
) -> None:
    client = signed_in()
    there = arrive(depart(client))
    Membership.objects.filter(user__email=LINA.email, tenant=network["suzhou"]).update(ended_at=timezone.now())
    answer = there.post("/imports/new/", {"kind": "repair_orders"}, headers=headers)
    assert answer.status_code == (401 if headers else 302)
    assert there.get("/complaints/", headers=headers).status_code == (401 if headers else 302)
    assert client.get("/complaints/").status_code == INSIDE


def test_a_new_password_and_a_closed_account_end_every_session() -> None:
    client = signed_in()
    there = arrive(depart(client))
    lina = User.objects.get(email=LINA.email)
    lina.set_password("another horse 4 tests")
    lina.save()
    assert [one.get("/complaints/").status_code for one in (client, there)] == [OUTSIDE, OUTSIDE]
    lina.set_password(database.PASSWORD)
    lina.save()
    client = signed_in()
    there = arrive(depart(client))
    User.objects.filter(pk=lina.pk).update(is_active=False)
    assert [one.get("/complaints/").status_code for one in (client, there)] == [OUTSIDE, OUTSIDE]


def test_the_log_names_no_ticket(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    address = depart(signed_in())
    arrive(address)
    said = caplog.text + "".join(capsys.readouterr())
    assert address.partition("ticket=")[2] not in said
