"""The call screen as it answers: what is chosen, shown and kept on it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from desk_support import call_of, plan, repaired
from django.test import Client

from crm.followups.models import Attempt, Draft, FollowUp, Hold
from sanfang.audit.models import Access
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("at_ten")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def calls(chengdu: Tenant) -> list[FollowUp]:
    """Of two customers; the first is what a submit leads from, the second what it leads to."""
    with inside(chengdu):
        owners = [repaired("陈雅琴", 3), repaired("赵俊杰", 2)]
        plan()
        return [call_of(owner) for owner in owners]


@pytest.fixture
def lina(client_of: Callable[[str], Client]) -> Client:
    return client_of("李娜")


def submit(client: Client, call: FollowUp, **words: str) -> str:
    address = f"/workbench/{call.pk}/outcome/"
    return client.post(address, {"attempt": "1", **words}, headers=HTMX).content.decode()


def chosen(html: str) -> list[str]:
    """Every radio button, option and moment that the sheet has chosen; the queue beside it has a form of its own."""
    html = html[html.index('id="call"') :]
    inputs = [tag for tag in re.findall(r"<input[^>]*>", html) if "checked" in tag]
    options = re.findall(r'<option value="([^"]+)" selected', html)
    return [value for tag in inputs for value in re.findall(r'value="([^"]*)"', tag)] + options


def test_a_sheet_begins_with_nothing_chosen(lina: Client, calls: list[FollowUp]) -> None:
    assert chosen(lina.get(f"/workbench/{calls[0].pk}/").content.decode()) == []


@pytest.mark.parametrize(
    "words",
    [{"outcome": "refused", "reason-refused": "no_time"}, {"outcome": "no_answer", "callback_at": "2099-01-01T10:00"}],
)
def test_one_customers_outcome_is_not_the_next_ones(lina: Client, calls: list[FollowUp], words: dict[str, str]) -> None:
    html = submit(lina, calls[0], **words)
    assert f'data-call="{calls[1].pk}"' in html
    assert chosen(html) == []
    assert "2099" not in html


def test_a_refused_sheet_shows_what_was_sent(lina: Client, calls: list[FollowUp]) -> None:
    html = submit(lina, calls[0], outcome="refused", **{"reason-wrong_number": "stopped", "q-overall": "4"})
    assert f'data-call="{calls[0].pk}"' in html
    assert chosen(html) == ["4", "refused", "stopped"]


def test_a_second_ctrl_enter_writes_down_nothing_about_the_next_customer(
    lina: Client, chengdu: Tenant, calls: list[FollowUp]
) -> None:
    submit(lina, calls[0], outcome="no_answer")
    html = submit(lina, calls[1], note="")
    assert "请选择回访结果" in html
    with inside(chengdu):
        assert list(Attempt.objects.values_list("follow_up", flat=True)) == [calls[0].pk]
        assert FollowUp.objects.get(pk=calls[1].pk).attempts == 0


# --- the session ends -----------------------------------------------------------------------
@pytest.mark.parametrize("headers", [HTMX, {"X-Requested-With": "fetch"}])
@pytest.mark.parametrize("part", ["draft", "outcome", "reveal", "hold", "leave"])
def test_a_script_hears_that_nobody_is_signed_in(
    client_of: Callable[..., Client], calls: list[FollowUp], part: str, headers: dict[str, str]
) -> None:
    visitor = client_of(None, host="chengdu.localhost")
    answer = visitor.post(f"/workbench/{calls[0].pk}/{part}/", {"note": "x"}, headers=headers)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer


def test_signing_out_gives_the_customers_back(lina: Client, chengdu: Tenant, calls: list[FollowUp]) -> None:
    lina.post(f"/workbench/{calls[0].pk}/draft/", {"note": "说到一半"})
    with inside(chengdu):
        assert Hold.objects.count() == 1
    lina.post("/accounts/logout/")
    with inside(chengdu):
        assert not Hold.objects.exists()
        assert Draft.objects.get().note == "说到一半"


# --- drafts, holds, the number --------------------------------------------------------------
def test_a_draft_of_a_window_that_has_not_seen_the_newer_one_is_412(
    lina: Client, chengdu: Tenant, calls: list[FollowUp]
) -> None:
    def save(**words: str) -> Any:
        return lina.post(f"/workbench/{calls[0].pk}/draft/", words).status_code

    assert save(note="新", base="", revision="a:1") == 204
    assert save(note="旧", base="", revision="b:1") == 412
    assert save(note="更新", base="a:1", revision="b:2") == 204
    with inside(chengdu):
        assert (Draft.objects.get().note, Draft.objects.get().revision) == ("更新", "b:2")
    assert 'name="base" value="b:2"' in lina.get(f"/workbench/{calls[0].pk}/").content.decode()


def test_a_page_that_is_left_gives_its_customer_back(
    lina: Client, client_of: Callable[[str], Client], calls: list[FollowUp]
) -> None:
    address, zhou = f"/workbench/{calls[0].pk}/", client_of("周思颖")
    lina.post(f"{address}hold/", headers=HTMX)
    assert "data-locked" in zhou.post(f"{address}hold/", headers=HTMX).content.decode()
    assert lina.post(f"{address}leave/").status_code == 204
    assert "data-held" in zhou.post(f"{address}hold/", headers=HTMX).content.decode()


def test_a_refused_sheet_shows_the_number_without_a_second_look(
    lina: Client, chengdu: Tenant, calls: list[FollowUp]
) -> None:
    address, number = f"/workbench/{calls[0].pk}/", calls[0].customer.mobile
    assert number not in lina.get(address).content.decode()
    assert number in lina.post(f"{address}reveal/", headers=HTMX).content.decode()
    html = submit(lina, calls[0], outcome="completed")
    assert number in html
    assert "data-started" in html
    lina.post(f"{address}reveal/", headers=HTMX)
    with inside(chengdu):
        assert Access.objects.count() == 1


# --- looking things up again ----------------------------------------------------------------
def test_a_finished_call_is_found_again(lina: Client, calls: list[FollowUp]) -> None:
    submit(lina, calls[0], outcome="refused", note="没时间细说", **{"reason-refused": "no_time"})
    listed = lina.get("/workbench/?queue=done").content.decode()
    assert f'href="/workbench/{calls[0].pk}/?queue=done"' in listed
    assert str(calls[1].pk) not in listed
    page = lina.get(f"/workbench/{calls[0].pk}/?queue=done").content.decode()
    assert "没时间细说" in page
    assert "短信问卷：" in page
    assert 'id="call-form"' not in page
    assert "data-leave" not in page
