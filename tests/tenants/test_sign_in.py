"""Signing in: by e-mail or mobile, members only, locked by person and address, pinned to the tenant."""

import time
from collections.abc import Callable

import database
import pytest
import time_machine
from allauth.mfa.totp.internal import auth as totp_auth
from django.test import Client
from django.utils import timezone

from infra.demo.cast import NETWORK
from sanfang.kernel.errors import DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.actions import add_member, end_membership
from tenants.models import Membership, Tenant, User
from tenants.requests import LEFT_HERE

LINA = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "李娜")
LOGIN = "/accounts/login/"


def sign_in(host: str, login: str, password: str = database.PASSWORD, **extra: str) -> tuple[Client, bool]:
    client = Client(SERVER_NAME=host, **extra)  # type: ignore[arg-type]
    client.post(LOGIN, {"login": login, "password": password})
    return client, client.get("/complaints/").status_code == 200


@pytest.mark.parametrize(
    "login",
    [
        LINA.email,
        LINA.email.upper(),
        LINA.mobile,
        f"+86 {LINA.mobile}",
        f"{LINA.mobile[:3]}-{LINA.mobile[3:7]}-{LINA.mobile[7:]}",
    ],
)
def test_a_member_signs_in_by_email_or_mobile(network: dict[str, Tenant], login: str) -> None:
    assert sign_in("chengdu.localhost", login)[1]


def test_a_stranger_and_a_wrong_password_get_the_same_answer(network: dict[str, Tenant]) -> None:
    pages = []
    for host, login, password in (
        ("suzhou.localhost", LINA.email, database.PASSWORD),
        ("suzhou.localhost", LINA.email, "wrong password 1"),
        ("suzhou.localhost", "nobody@chengdu.example", "wrong password 1"),
    ):
        answer = Client(SERVER_NAME=host).post(LOGIN, {"login": login, "password": password})
        text = answer.content.decode()
        for own in (login, answer.headers["X-Request-ID"]):
            text = text.replace(own, "")
        pages.append((answer.status_code, _without_tokens(text)))
    assert pages[0] == pages[1] == pages[2]
    assert not sign_in("suzhou.localhost", LINA.email)[1]


@pytest.mark.parametrize("login", [LINA.email, LINA.mobile])
@pytest.mark.parametrize(
    ("language", "words"), [("zh-cn", "账号是您的邮箱或手机号。"), ("en", "e-mail address or mobile number")]
)
def test_a_wrong_password_is_told_in_words_for_both_ways(
    network: dict[str, Tenant], login: str, language: str, words: str
) -> None:
    client = Client(SERVER_NAME="suzhou.localhost", headers={"accept-language": language})
    page = client.post(LOGIN, {"login": login, "password": "wrong password 1"}).content.decode()
    assert words in page


def _without_tokens(page: str) -> str:
    import re

    return re.sub(r'(value|nonce|content)="[^"]*"|\d{10,}', "", page)


def test_a_session_is_good_for_its_own_tenant_only(network: dict[str, Tenant]) -> None:
    client, inside_now = sign_in("chengdu.localhost", LINA.email)
    assert inside_now
    add_member(network["suzhou"], User.objects.get(email=LINA.email), "crc_specialist")
    carried = client.get("/complaints/", headers={"host": "suzhou.localhost"})
    assert carried.status_code == 302
    assert carried["Location"].startswith(LOGIN)
    assert LEFT_HERE not in client.session, "nobody has left anything"
    assert client.get("/complaints/").status_code == 302, "a session carried abroad is ended"


def test_taking_a_membership_away_ends_the_live_session(
    network: dict[str, Tenant], client_of: Callable[[str], Client], actor: Callable[[str], Actor]
) -> None:
    lina = client_of("李娜")
    assert lina.get("/complaints/").status_code == 200
    with inside(network["chengdu"]):
        staff = Staff.objects.get(name="李娜")
        end_membership(actor("陈雅婷"), network["chengdu"], staff.pk, timezone.now())
        assert not Staff.objects.get(pk=staff.pk).active
    assert lina.get("/complaints/").status_code == 302
    assert not sign_in("chengdu.localhost", LINA.email)[1]


GONE_FROM_HERE = "已不是这家门店的成员"


@pytest.fixture
def lina_who_left(
    network: dict[str, Tenant], client_of: Callable[[str], Client], actor: Callable[[str], Actor]
) -> Client:
    lina = client_of("李娜")
    assert lina.get("/complaints/").status_code == 200
    with inside(network["chengdu"]):
        end_membership(actor("陈雅婷"), network["chengdu"], Staff.objects.get(name="李娜").pk, timezone.now())
    return lina


def test_whose_membership_ended_is_told_so_by_the_page_and_at_signing_in(lina_who_left: Client) -> None:
    for _again in range(2):
        answer = lina_who_left.post("/complaints/", headers={"X-Requested-With": "fetch"})
        assert (answer.status_code, answer["X-Refused"]) == (401, "left")
        assert "您已不是这家门店的成员" in answer.content.decode()
    sent_off = lina_who_left.get("/complaints/")
    assert sent_off["Location"] == "/accounts/login/?next=/complaints/"
    assert GONE_FROM_HERE in lina_who_left.get(sent_off["Location"]).content.decode()
    wrong, right = (
        lina_who_left.post(LOGIN, {"login": LINA.email, "password": password}).content.decode()
        for password in ("wrong password 1", database.PASSWORD)
    )
    assert GONE_FROM_HERE in right, "not a word about the password alone"
    assert _without_tokens(right) == _without_tokens(wrong), "nor does it tell that the password was right"


def test_nobody_else_is_told_who_left(lina_who_left: Client) -> None:
    lina_who_left.get("/complaints/")
    fresh = Client(SERVER_NAME="chengdu.localhost")
    assert GONE_FROM_HERE not in fresh.get(LOGIN).content.decode()
    said = fresh.post(LOGIN, {"login": LINA.email, "password": database.PASSWORD}).content.decode()
    assert GONE_FROM_HERE not in said
    answer = fresh.get("/complaints/", headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.content, "X-Refused" in answer) == (401, b"", False)


def test_the_next_who_signs_in_at_that_computer_isnt_told_any_more(lina_who_left: Client) -> None:
    lina_who_left.get("/complaints/")
    zhou = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "周思颖")
    lina_who_left.post(LOGIN, {"login": zhou.email, "password": database.PASSWORD})
    assert lina_who_left.get("/complaints/").status_code == 200
    assert lina_who_left.session.get_expire_at_browser_close()
    assert LEFT_HERE not in lina_who_left.session
    lina_who_left.post("/accounts/logout/")
    assert GONE_FROM_HERE not in lina_who_left.get(LOGIN).content.decode()


def test_only_who_manages_staff_takes_memberships_away_and_never_their_own(
    chengdu: Tenant, actor: Callable[[str], Actor]
) -> None:
    with inside(chengdu):
        lina, manager = Staff.objects.get(name="李娜"), Staff.objects.get(name="陈雅婷")
        with pytest.raises(Forbidden):
            end_membership(actor("周思颖"), chengdu, lina.pk, timezone.now())
        with pytest.raises(DomainError):
            end_membership(actor("陈雅婷"), chengdu, manager.pk, timezone.now())
        assert Staff.objects.filter(active=True, name__in=["李娜", "陈雅婷"]).count() == 2
    assert Membership.objects.filter(user__name__in=["李娜", "陈雅婷"], ended_at=None).count() == 2


def test_five_wrong_passwords_lock_that_person_at_that_address_only(network: dict[str, Tenant]) -> None:
    zhou = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "周思颖")
    store = {"REMOTE_ADDR": "198.51.100.7"}
    client = Client(SERVER_NAME="chengdu.localhost", **store)  # type: ignore[arg-type]
    for attempt in range(5):
        login = LINA.email if attempt % 2 else LINA.mobile
        client.post(LOGIN, {"login": login, "password": "wrong password 1"})
    locked = client.post(LOGIN, {"login": LINA.email, "password": database.PASSWORD})
    assert locked.status_code == 429
    assert "请在 15 分钟后再试" in locked.content.decode()
    assert not sign_in("chengdu.localhost", LINA.mobile, **store)[1], "the mobile number is the same person"
    assert sign_in("chengdu.localhost", zhou.email, **store)[1], "a colleague in the same store"
    assert sign_in("chengdu.localhost", LINA.email, REMOTE_ADDR="203.0.113.9")[1], "the same person elsewhere"


def test_many_colleagues_may_mistype_from_one_address(network: dict[str, Tenant]) -> None:
    people = NETWORK.dealer("chengdu").staff
    for person in people:
        for _attempt in range(2):
            Client(SERVER_NAME="chengdu.localhost", REMOTE_ADDR="198.51.100.8").post(
                LOGIN, {"login": person.email, "password": "wrong password 1"}
            )
    assert sign_in("chengdu.localhost", LINA.email, REMOTE_ADDR="198.51.100.8")[1]


def test_nobody_signs_up_by_themselves(network: dict[str, Tenant]) -> None:
    answer = Client(SERVER_NAME="chengdu.localhost").post(
        "/accounts/signup/", {"email": "new@chengdu.example", "phone": "15400000001", "password1": database.PASSWORD}
    )
    assert not User.objects.filter(email="new@chengdu.example").exists()
    assert answer.status_code in {200, 403, 404}


@pytest.mark.parametrize("ways", [("email",), ("phone",), ("email", "phone")])
def test_one_way_to_sign_in_is_enough(chengdu: Tenant, ways: tuple[str, ...]) -> None:
    contact = {"email": "new.person@chengdu.example", "phone": "15400001234"}
    given = {way: contact[way] for way in ways}
    add_member(chengdu, User.objects.create_user(name="新同事", password=database.PASSWORD, **given), "crc_specialist")
    for login in given.values():
        assert sign_in("chengdu.localhost", login)[1], login


def test_codes_of_the_second_factor_cannot_be_guessed_at_will(chengdu: Tenant) -> None:
    # Somebody whom no other test signs in this way: what is counted doesn't roll back with the database.
    zhou = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "周思颖")
    secret = totp_auth.generate_totp_secret()
    totp_auth.TOTP.activate(User.objects.get(email=zhou.email), secret)
    client = Client(SERVER_NAME="chengdu.localhost")
    answer = client.post(LOGIN, {"login": zhou.mobile, "password": database.PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "验证码不正确" in wrong
    for _guess in range(12):
        locked = client.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "两步验证暂时锁定" in locked
    assert "请在 5 分钟后再试" in locked
    assert 'name="code"' not in locked
    right = totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/authenticate/", {"code": right})
    assert client.get("/complaints/").status_code == 302, "too many guesses: even the right code has to wait"


def test_the_second_factor_opens_the_door(chengdu: Tenant) -> None:
    lina = User.objects.get(email=LINA.email)
    secret = totp_auth.generate_totp_secret()
    totp_auth.TOTP.activate(lina, secret)
    client, inside_already = sign_in("chengdu.localhost", LINA.email)
    assert not inside_already
    right = totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/authenticate/", {"code": right})
    assert client.get("/complaints/").status_code == 200


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_slow_or_fast(chengdu: Tenant, steps: int, opens: bool) -> None:
    secret = totp_auth.generate_totp_secret()
    totp_auth.TOTP.activate(User.objects.get(email=LINA.email), secret)
    with time_machine.travel(timezone.now(), tick=False):
        client, _inside = sign_in("chengdu.localhost", LINA.email)
        counter = int(time.time()) // 30 + steps
        client.post(
            "/accounts/2fa/authenticate/", {"code": totp_auth.format_hotp_value(totp_auth.hotp_value(secret, counter))}
        )
        assert (client.get("/complaints/").status_code == 200) == opens


def test_pages_with_customers_are_kept_by_no_cache(chengdu: Tenant, client_of: Callable[[str], Client]) -> None:
    assert client_of("李娜").get("/workbench/")["Cache-Control"] == "private, no-store"
