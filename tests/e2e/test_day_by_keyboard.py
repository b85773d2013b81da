"""A day of calls without a mouse: ``CALLS=60 pytest tests/e2e/test_day_by_keyboard.py -s`` prints the time of each.

What is timed is the product, not the caller: from the customer's name on the screen to the next one's, every answer
given as fast as keys can be pressed. The everyday suite makes three.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator

import pytest
from caller_support import Enter, held, name_of, submit
from desk_support import plan, repaired
from playwright.sync_api import Page, expect

from crm.followups.models import Attempt, FollowUp
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = [pytest.mark.browser]
CALLS = int(os.environ.get("CALLS", "3"))


def ways() -> Iterator[str]:
    """Two of three are reached; of the others some don't answer and some want to be called later."""
    while True:
        yield from ("completed", "no_answer", "completed", "call_later", "completed", "completed")


def one_call(page: Page, way: str) -> None:
    page.keyboard.press("c")
    expect(page.locator("#phone[data-revealed]")).to_be_visible()
    if way == "completed":
        for digit in "54511":
            page.keyboard.press(digit)
        page.keyboard.press("F1")
    else:
        page.keyboard.press("F2" if way == "no_answer" else "F3")
    submit(page)


def test_a_day(sign_in: Enter, chengdu: Tenant) -> None:
    with inside(chengdu):
        for number in range(CALLS + 1):
            repaired(f"客户{number:03}", 5 + number % 20)
        plan()
    page = sign_in("李娜")
    page.evaluate("document.addEventListener('pointerdown', () => { window.mouse = true }, true)")
    page.keyboard.press("j")
    held(page)
    seen, times = set(), []
    for _number, way in zip(range(CALLS), ways(), strict=False):
        name = name_of(page).inner_text()
        assert name not in seen, f"{name} comes up twice"
        seen.add(name)
        began = time.perf_counter()
        one_call(page, way)
        expect(name_of(page)).not_to_have_text(name)
        times.append(time.perf_counter() - began)
    assert not page.evaluate("window.mouse")
    with inside(chengdu):
        assert Attempt.objects.count() == CALLS
        assert FollowUp.objects.filter(state="completed").exists()
    sys.stdout.write(
        f"\n{CALLS} calls by keyboard: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s a call\n"
    )
