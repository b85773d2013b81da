"""What browser tests of the call screen do again and again."""

from collections.abc import Callable
from typing import Any

from desk_support import call_of, plan, repaired
from playwright.sync_api import Page, expect

from crm.followups.models import FollowUp
from sanfang.tenancy.context import inside
from tenants.models import Tenant

Enter = Callable[..., Page]


def customers(tenant: Tenant, **days_ago: int) -> dict[str, FollowUp]:
    """Each had their car repaired so many days ago; the calls that the planner asks for."""
    with inside(tenant):
        owners = {name: repaired(name, days) for name, days in days_ago.items()}
        plan()
        return {name: call_of(owner) for name, owner in owners.items()}


def name_of(page: Page) -> Any:
    return page.locator("#customer-name")


def held(page: Page) -> None:
    """The page has taken the customer; keys before that would work as well, but the test reads what they did."""
    expect(page.locator("#hold[data-held], #hold[hidden]:not([hx-post])")).to_be_attached()


def state_of(tenant: Tenant, call: FollowUp) -> str:
    with inside(tenant):
        return str(FollowUp.objects.get(pk=call.pk).state)


def go_on_to(page: Page, name: str) -> None:
    """Down the queue, key by key, until the customer is there."""
    for _step in range(20):
        if name in name_of(page).inner_text():
            return
        before = page.url
        page.keyboard.press("j")
        page.wait_for_function("before => location.href !== before", arg=before)
        held(page)
    raise AssertionError(f"{name} is not in the queue")


def submit(page: Page) -> None:
    """Ctrl+Enter, and the answer has come: the address is another."""
    before = page.url
    page.keyboard.press("Control+Enter")
    page.wait_for_function("before => location.href !== before", arg=before)


def grouped(mobile: str) -> str:
    return f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}"
