"""The session that a ticket opens: as good as the first one, no better, and gone with what it stands on."""

from datetime import timedelta

import database
import pytest
import time_machine
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from allauth.mfa.totp.internal import auth as totp_auth
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from handover_support import INSIDE, LINA, LOGIN, OUTSIDE, arrive, assert_refused, depart, nowhere_signed_in, signed_in

from infra.demo.cast import NETWORK
from tenants.models import Membership, Tenant, User

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def as_it_was(network: dict[str, Tenant]) -> None:
    nowhere_signed_in(network)


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
    network: dict[str, Tenant], headers: dict[str, str]
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
