"""From one store to another: a ticket for one person, one host, one use and 30 seconds; nothing without all of it."""

from threading import Barrier, Thread

import database
import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone
from handover_support import (
    INSIDE,
    LINA,
    LOGIN,
    OUTSIDE,
    ZHOU,
    arrive,
    assert_refused,
    depart,
    nowhere_signed_in,
    signed_in,
)

from infra.demo.cast import NETWORK
from tenants.actions import add_member, resume, suspend
from tenants.models import Membership, Tenant, User
from tenants.queries import forget_tenants

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def as_it_was(network: dict[str, Tenant]) -> None:
    nowhere_signed_in(network)


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


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_link_used_again_where_one_is_at_work_leads_to_the_desk_without_a_word(seconds: int) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        address = depart(signed_in())
        there = arrive(address)
        key = there.session.session_key
        clock.shift(seconds)
        arrive(address, there)
        assert there.arrived["Location"] == "/"  # type: ignore[attr-defined]
        page = there.get("/complaints/")
        assert page.status_code == INSIDE
        assert "已经用过一次" not in page.content.decode()
        assert "已过期" not in page.content.decode()
        assert there.session.session_key == key


def test_a_link_used_again_is_still_told_to_whoever_is_at_work_there_as_somebody_else() -> None:
    xu = next(person for person in NETWORK.dealer("suzhou").staff if person.role == "crc_specialist")
    address, there = depart(signed_in()), signed_in("suzhou.localhost", xu.email)
    for _twice in range(2):
        arrive(address, there)
        assert there.arrived["Location"] == LOGIN  # type: ignore[attr-defined]


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
    assert "服务已停用" in there.arrived.content.decode()  # type: ignore[attr-defined]
    resume(network["suzhou"])
    assert there.get("/complaints/").status_code == OUTSIDE


@pytest.mark.parametrize("what", ["suspended", "leaving", "ended"])
def test_a_menu_older_than_what_happened_leads_back_with_the_reason(network: dict[str, Tenant], what: str) -> None:
    client, there, words = (
        signed_in(),
        network["suzhou"],
        {"suspended": "已停用", "leaving": "已退出", "ended": "已不是"},
    )
    if what == "ended":
        Membership.objects.filter(user__email=LINA.email, tenant=there).update(ended_at=timezone.now())
    else:
        Tenant.objects.filter(pk=there.pk).update(state=what)
        forget_tenants()
    page = "http://chengdu.localhost/complaints/"
    answer = client.post("/accounts/departure/", {"tenant": "suzhou"}, headers={"referer": page})
    Tenant.objects.filter(pk=there.pk).update(state="ready")
    forget_tenants()
    assert (answer.status_code, answer["Location"]) == (302, page)
    said = client.get(answer["Location"]).content.decode()
    assert f"“{there.short_name}”" in said
    assert words[what] in said


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
