"""The call screen as it answers: what is chosen, shown and kept on it."""

import re
from collections.abc import Callable

import pytest
from desk_support import call_of, plan, repaired
from django.test import Client

from crm.followups.models import Attempt, FollowUp
from sanfang.tenancy.context import inside
from tenants.models import Tenant

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
    """Every radio button, option and moment that the sheet has chosen."""
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
