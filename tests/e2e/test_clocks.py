"""A complaint's clock on a page that stays open: it goes on with the store, and stands still when that closes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker
from row_support import a_complaint

from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = [pytest.mark.browser]

PUT = """([openings, left]) => {
  const chip = document.querySelector(".clock[data-due]"), twin = chip.cloneNode(true);
  const now = Number(document.body.dataset.now);
  const at = openings.map(([opens, closes, words]) => [now + opens, now + closes, words]);
  Object.assign(twin.dataset, {at: now, left, due: now + 90000, total: 7200, openings: JSON.stringify(at)});
  chip.replaceWith(twin);
}"""
"""A clock with so many seconds left, in a store with these openings, in seconds from when the page was made."""


@pytest.fixture
def complaints(server: Any, sign_in: Callable[..., Page], django_db_blocker: DjangoDbBlocker) -> Page:
    with django_db_blocker.unblock(), inside(Tenant.objects.get(slug="chengdu")):
        a_complaint()
    return sign_in("蒋国华", path="/complaints/")


def test_it_stands_still_from_closing_time_on_and_says_until_when(complaints: Page) -> None:
    complaints.evaluate(PUT, [[[-100, 1, ""], [3600, 7200, "周四 08:30"]], 60])
    expect(complaints.locator(".clock__closed").first).to_have_text("店休，周四 08:30 继续")
    for _look in range(2):
        expect(complaints.locator(".clock time").first).to_have_text("剩 0:00:59")
        complaints.wait_for_timeout(1200)


def test_it_goes_on_while_the_store_is_open(complaints: Page) -> None:
    complaints.evaluate(PUT, [[[-100, 7200, ""]], 600])
    left = complaints.locator(".clock time").first
    expect(left).to_have_text("剩 0:09:55", timeout=20_000)
    expect(complaints.locator(".clock__closed").first).to_have_text("")
