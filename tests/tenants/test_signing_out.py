"""Ending sessions: here, at all of one's stores, everywhere but here; and what a second factor ends by being set up."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp_auth
from django.contrib.auth import HASH_SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from handover_support import INSIDE, LINA, OUTSIDE, ZHOU, arrive, depart, nowhere_signed_in, signed_in

from tenants.models import Tenant, User
from tenants.sessions import end_sessions

pytestmark = pytest.mark.usefixtures("own_database")
SIGN_OUT = "/accounts/logout/"


@pytest.fixture(autouse=True)
def as_it_was(network: dict[str, Tenant]) -> None:
    nowhere_signed_in(network)


def works(*clients: Client) -> list[bool]:
    return [client.get("/complaints/").status_code == INSIDE for client in clients]


def test_whoever_is_signed_in_at_another_store_is_asked_before_they_are_out(network: dict[str, Tenant]) -> None:
    chengdu = signed_in()
    suzhou = arrive(depart(chengdu))
    for here, there in ((chengdu, "suzhou"), (suzhou, "chengdu")):
        page = here.post(SIGN_OUT).content.decode()
        assert network[there].short_name in page
        assert 'value="everywhere"' in page
        assert works(chengdu, suzhou) == [True, True]
    assert chengdu.post(SIGN_OUT, {"scope": "here"}).status_code == OUTSIDE
    assert works(chengdu, suzhou) == [False, True]
    assert suzhou.post(SIGN_OUT)["Location"] == "/", "nobody is left elsewhere: no question"
    assert works(suzhou) == [False]


def test_out_of_all_stores_is_out_of_all_and_of_nobody_elses(network: dict[str, Tenant]) -> None:
    chengdu, zhou = signed_in(), signed_in(login=ZHOU.email)
    suzhou, other_computer = arrive(depart(chengdu)), signed_in()
    ticket = depart(other_computer)
    suzhou.post(SIGN_OUT, {"scope": "everywhere"})
    assert works(chengdu, suzhou, other_computer, zhou) == [False, False, False, True]
    assert works(arrive(ticket)) == [False], "nor is a ticket under way good for anything"
    assert works(signed_in()) == [True]


def test_out_everywhere_else_leaves_this_one(network: dict[str, Tenant]) -> None:
    chengdu, other_computer = signed_in(), signed_in()
    suzhou = arrive(depart(chengdu))
    answer = suzhou.post(SIGN_OUT, {"scope": "others"}, follow=True)
    assert "这里仍然登录着" in answer.content.decode()
    assert works(chengdu, suzhou, other_computer) == [False, True, False]


def test_a_visitor_ends_nobodys_sessions() -> None:
    lina = signed_in()
    for scope in ("", "here", "others", "everywhere"):
        Client(SERVER_NAME="chengdu.localhost").post(SIGN_OUT, {"scope": scope})
    assert works(lina) == [True]


def test_ending_all_is_one_statement_and_costs_nothing_at_the_door() -> None:
    client = signed_in()
    with CaptureQueriesContext(
        connection,
    ) as before:
        client.get("/accounts/2fa/")
    lina = User.objects.get(email=LINA.email)
    with CaptureQueriesContext(connection) as statements:
        end_sessions(lina)
    assert [one["sql"].split()[0] for one in statements] == ["UPDATE", "SELECT"]
    client = signed_in()
    with CaptureQueriesContext(connection) as after:
        client.get("/accounts/2fa/")
    assert len(after) == len(before)


def test_sessions_from_before_there_was_such_a_number_go_on() -> None:
    from django.contrib.auth.base_user import AbstractBaseUser

    lina = User.objects.get(email=LINA.email)
    User.objects.filter(pk=lina.pk).update(sessions_ended=0)
    lina.refresh_from_db()
    client = signed_in()
    assert client.session[HASH_SESSION_KEY] == AbstractBaseUser.get_session_auth_hash(lina)
    plain = AbstractBaseUser._get_session_auth_hash(lina)  # type: ignore[attr-defined]
    assert client.session[HASH_SESSION_KEY] == plain


def switch_the_factor_on(client: Client) -> str:
    client.post("/accounts/reauthenticate/", {"password": "correct horse 4 tests"})
    client.get("/accounts/2fa/totp/activate/")
    secret = str(client.session["mfa.totp.secret"])
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == OUTSIDE
    assert Authenticator.objects.filter(user__email=LINA.email, type="totp").exists()
    return secret


def code_of(secret: str) -> str:
    return str(
        totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    )


def test_setting_up_the_second_factor_counts_as_having_used_it_and_ends_the_sessions_without() -> None:
    client, other_computer = signed_in(), signed_in()
    suzhou = arrive(depart(client))
    switch_the_factor_on(client)
    assert works(client, other_computer, suzhou) == [True, False, False]
    there = arrive(depart(client))
    assert there.arrived["Location"] == "/", "the factor goes along at once"  # type: ignore[attr-defined]
    assert works(client, there) == [True, True]
