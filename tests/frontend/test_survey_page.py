"""The customer's page behind a link: public, without a script, and silent towards everybody else."""

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from care_support import DISSATISFIED, MOBILE, SATISFIED, a_customer, a_vehicle, everything, invite, posted
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from crm.complaints.models import Complaint
from crm.surveys import limits
from crm.surveys.models import Invitation, Response
from sanfang.ops.scrub import GONE, scrub_text
from sanfang.tenancy.context import at_door, inside
from tenants import actions as tenants
from tenants.models import Tenant

UNKNOWN = "找不到这份问卷"


@pytest.fixture
def customers_phone() -> Iterator[Client]:
    """A browser at an address nobody else has, so that limits count for this test alone."""
    address = ".".join(str(random.randint(1, 250)) for _ in range(4))
    yield Client(SERVER_NAME="localhost", REMOTE_ADDR=address, headers={"accept-language": "zh-cn"})
    caches["shared"].delete(f"survey:misses:{address}")


@pytest.fixture
def link(chengdu: Tenant) -> str:
    with inside(chengdu):
        _invitation, code = invite(a_customer(), now=timezone.now())
    return f"/s/{code}"


def test_the_page_asks_the_questions_and_shows_nothing_personal_but_the_form_of_address(
    chengdu: Tenant, customers_phone: Client
) -> None:
    with inside(chengdu):
        customer, vehicle = a_customer(birthday="1990-02-03", address="人民南路 1 号"), a_vehicle()
        invitation, code = invite(customer, now=timezone.now())
        Invitation.objects.filter(pk=invitation.pk).update(vehicle=vehicle)
    answer = customers_phone.get(f"/s/{code}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "陈女士" in page
    assert chengdu.name in page
    assert 'name="q-overall"' in page
    for personal in ("静怡", MOBILE, "4567", vehicle.vin, vehicle.plate, "1990", "人民南路", str(customer.pk)):
        assert personal not in page
    assert "<script" not in page
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert at_door()


def test_satisfied_answers_are_taken_and_thanked_for(chengdu: Tenant, customers_phone: Client, link: str) -> None:
    answer = customers_phone.post(link, posted(SATISFIED, "谢谢"), follow=True)
    assert answer.status_code == 200
    assert "谢谢您的回答" in answer.content.decode()
    with inside(chengdu):
        response = Response.objects.get()
        assert (response.note, response.source, response.dissatisfied) == ("谢谢", "link", [])
        assert response.answers["clean"]["value"] is True
        assert Complaint.objects.count() == 0


def test_answers_lead_to_a_page_of_its_own_so_that_going_back_sends_nothing_again(
    chengdu: Tenant, customers_phone: Client, link: str
) -> None:
    sent = customers_phone.post(link, posted(SATISFIED))
    assert (sent.status_code, sent["Location"]) == (302, f"{link}/thanks")
    # A preview doesn't use it up; a reader does.
    assert customers_phone.head(f"{link}/thanks").status_code == 302
    thanks = customers_phone.get(sent["Location"])
    assert "谢谢您的回答" in thanks.content.decode()
    assert chengdu.short_name in thanks.content.decode()
    assert at_door()
    again = customers_phone.get(f"{link}/thanks")
    assert (again.status_code, again["Location"]) == (302, link)
    assert customers_phone.get(link).status_code == 410
    with inside(chengdu):
        assert Response.objects.count() == 1


def test_nobody_is_thanked_for_nothing(chengdu: Tenant, customers_phone: Client, link: str) -> None:
    refused = customers_phone.post(link, {})
    assert refused.status_code == 422
    for code in (link.removeprefix("/s/"), chengdu.code + "a" * 12, "x"):
        answer = customers_phone.get(f"/s/{code}/thanks")
        assert (answer.status_code, answer["Location"]) == (302, f"/s/{code}")
    customers_phone.post(link, posted(SATISFIED))
    tenants.suspend(chengdu)
    assert customers_phone.get(f"{link}/thanks").status_code == 302


def test_the_store_is_named_as_in_its_message(chengdu: Tenant, customers_phone: Client, link: str) -> None:
    page = customers_phone.get(link).content.decode()
    assert f'<b class="survey__sign">{chengdu.short_name}</b>' in page
    assert chengdu.name in page


def test_there_is_one_place_for_words_of_ones_own(customers_phone: Client, link: str) -> None:
    page = customers_phone.get(link).content.decode()
    assert page.count("<textarea") == 1
    # What an older page sent along isn't lost when something is missing.
    assert "很急" in customers_phone.post(link, {"note": "很急"}).content.decode()


def test_a_dissatisfied_answer_becomes_a_complaint(chengdu: Tenant, customers_phone: Client, link: str) -> None:
    answer = customers_phone.post(link, posted(DISSATISFIED), follow=True)
    assert "尽快给您打电话" in answer.content.decode()
    with inside(chengdu):
        assert Complaint.objects.get().channel == "survey"


def test_a_second_answer_is_told_that_there_was_one(chengdu: Tenant, customers_phone: Client, link: str) -> None:
    customers_phone.post(link, posted(SATISFIED))
    for answer in (customers_phone.post(link, posted(DISSATISFIED)), customers_phone.get(link)):
        assert answer.status_code == 410
        assert "已经填过" in answer.content.decode()
    with inside(chengdu):
        assert Response.objects.count() == 1


def test_an_incomplete_form_comes_back_with_its_answers_and_what_is_missing(
    chengdu: Tenant, customers_phone: Client, link: str
) -> None:
    form = posted(DISSATISFIED, "很急") | {"q-repaired": "", "q-advisor": "9"}
    with inside(chengdu):
        before = everything()
    answer = customers_phone.post(link, form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请检查第 2、4 题。" in page
    assert "请回答这一题。" in page
    assert "很急" in page
    assert re.search(r'name="q-overall" value="1"[^>]* checked', page)
    assert re.search(r'name="q-overall-reason" value="price" checked', page)
    assert re.search(r'name="q-clean" value="no"[^>]* checked', page)
    with inside(chengdu):
        assert everything() == before


def test_what_was_typed_comes_back_as_text_not_as_markup(customers_phone: Client, link: str) -> None:
    page = customers_phone.post(
        link, {"note": "<script>alert(1)</script>", "q-opinion": '"><img src=x>'}
    ).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_english_for_who_reads_english(customers_phone: Client, link: str) -> None:
    page = customers_phone.get(link, headers={"accept-language": "en"}).content.decode()
    assert "Ms 陈" in page
    assert "Very satisfied" in page
    assert 'lang="en"' in page
    refused = customers_phone.post(link, {}, headers={"accept-language": "en"}).content.decode()
    assert "Please answer this question." in refused


def test_an_expired_link_says_so(chengdu: Tenant, customers_phone: Client) -> None:
    with inside(chengdu):
        invitation, code = invite(a_customer(), now=timezone.now())
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
    for answer in (customers_phone.get(f"/s/{code}"), customers_phone.post(f"/s/{code}", posted(SATISFIED))):
        assert answer.status_code == 410
        assert "已经过期" in answer.content.decode()


def test_a_phones_capital_letters_do_no_harm(customers_phone: Client, link: str) -> None:
    assert customers_phone.get("/s/" + link.removeprefix("/s/").upper()).status_code == 200


def test_a_suspended_stores_customers_are_told_that_it_takes_no_answers_now(
    chengdu: Tenant, customers_phone: Client, link: str
) -> None:
    tenants.suspend(chengdu)
    for page in (customers_phone.get(link), customers_phone.post(link, posted(SATISFIED))):
        assert page.status_code == 403
        assert "暂时不能填写" in page.content.decode()
        assert f"tel:{chengdu.phone}" in page.content.decode()
    unknown = customers_phone.get(f"/s/{chengdu.code}{'a' * 12}")
    assert (unknown.status_code, UNKNOWN in unknown.content.decode()) == (404, True), "a guess learns nothing"
    with inside(chengdu):
        assert Response.objects.count() == 0
    tenants.resume(chengdu)
    assert customers_phone.post(link, posted(SATISFIED)).status_code == 302
    assert at_door()


def test_unknown_codes_and_closed_stores_get_one_and_the_same_page(
    chengdu: Tenant, suzhou: Tenant, customers_phone: Client, link: str
) -> None:
    code = link.removeprefix("/s/")
    wrong = [
        chengdu.code + "a" * 12,
        "zzzz" + code[4:],
        suzhou.code + code[4:],
        code[:-1],
        code + "a",
        "x",
        "%27%20or%201=1",
        code[:4],
    ]
    pages = [customers_phone.get(f"/s/{one}") for one in wrong]
    Tenant.objects.filter(pk=chengdu.pk).update(state="leaving")
    pages.append(customers_phone.get(link))
    pages.append(customers_phone.post(link, posted(SATISFIED)))
    assert {page.status_code for page in pages} == {404}
    # Each page has a fresh token for forms and the time.
    bodies = {re.sub(r"<body[^>]*>", "<body>", page.content.decode()) for page in pages}
    assert len(bodies) == 1
    assert UNKNOWN in bodies.pop()
    with inside(chengdu):
        assert Response.objects.count() == 0


def test_a_stores_own_host_has_no_such_page(chengdu: Tenant, link: str) -> None:
    answer = Client(SERVER_NAME="chengdu.localhost").get(link)
    assert answer.status_code in {302, 404}
    assert "陈女士" not in answer.content.decode()


def test_a_form_of_another_site_is_refused(chengdu: Tenant, link: str) -> None:
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post(link, posted(SATISFIED)).status_code == 403
    with inside(chengdu):
        assert Response.objects.count() == 0


def test_the_pages_own_form_is_let_through(customers_phone: Client, link: str) -> None:
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True, REMOTE_ADDR="10.9.8.7")
    page = strict.get(link, secure=True).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    answer = strict.post(
        link,
        posted(SATISFIED) | {"csrfmiddlewaretoken": token[1]},
        secure=True,
        headers={"origin": "https://localhost"},
    )
    assert answer["Location"] == f"{link}/thanks"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(customers_phone: Client, link: str, method: str) -> None:
    assert getattr(customers_phone, method)(link).status_code == 405


def test_a_link_preview_does_not_use_the_link_up(customers_phone: Client, link: str) -> None:
    assert customers_phone.head(link).status_code == 200
    assert customers_phone.post(link, posted(SATISFIED)).status_code == 302


def test_a_guesser_is_cut_off_and_others_are_not(chengdu: Tenant, customers_phone: Client, link: str) -> None:
    guesses = (f"/s/{chengdu.code}{''.join(sign)}" for sign in itertools.product("abcd", repeat=12))
    for _ in range(limits.MISSES.most):
        assert customers_phone.get(next(guesses)).status_code == 404
    assert customers_phone.get(next(guesses)).status_code == 429
    # Even the right one: nothing can be told from the answer.
    right = customers_phone.get(link)
    assert right.status_code == 429
    assert UNKNOWN in right.content.decode()
    assert Client(SERVER_NAME="localhost", REMOTE_ADDR="10.3.2.1").get(link).status_code == 200


def test_right_codes_are_no_misses(customers_phone: Client, link: str) -> None:
    for _ in range(limits.MISSES.most + 1):
        assert customers_phone.get(link).status_code == 200


def test_one_link_cannot_be_hammered(customers_phone: Client, link: str) -> None:
    for _ in range(limits.SUBMITS.most):
        assert customers_phone.post(link, {"note": "x"}).status_code == 422
    last = customers_phone.post(link, posted(SATISFIED, "还在"))
    page = last.content.decode()
    assert last.status_code == 429
    assert "请过十分钟再试" in page
    assert "还在" in page
    assert customers_phone.get(link).status_code == 200


def test_the_code_is_in_no_cache_key(customers_phone: Client, link: str) -> None:
    customers_phone.post(link, {})
    client: Any = caches["shared"]._cache.get_client()  # type: ignore[attr-defined]
    assert not list(client.scan_iter(f"*{link.removeprefix('/s/')}*"))


def test_the_code_is_not_written_into_logs(link: str) -> None:
    assert scrub_text(f"Not Found: {link}") == f"Not Found: /s/{GONE}"
