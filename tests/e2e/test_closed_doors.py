"""What people see when a store is closed, left, busy or under repair, or they are no longer its people."""

import csv
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp_auth
from axes.models import AccessAttempt
from caller_support import Enter, customers, held
from care_support import SATISFIED, a_customer, invite, posted
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from dms_cases import GOOD_ORDER, table
from playwright.sync_api import Page, expect
from screens_support import look

from crm.followups.models import Draft
from infra.demo.cast import NETWORK
from sanfang.tenancy.context import door, inside
from tenants import limits
from tenants.actions import add_member, resume, suspend
from tenants.life.models import Departure
from tenants.models import Membership, State, Tenant, User
from tenants.queries import forget_tenants

pytestmark = [pytest.mark.browser]
LOOKS = [("en-US", "dark", 375)]
"""The narrower window and the longer words; ``EVERY_LOOK=1`` takes Chinese on a desk as well."""
if os.environ.get("EVERY_LOOK"):
    LOOKS += [("zh-CN", "light", 1280)]
NAMES = "\n".join(
    [
        *(f"{dealer.name}{dealer.short_name}" for dealer in NETWORK.dealers),
        *(person.name for dealer in NETWORK.dealers for person in dealer.staff),
        "陈简体中文",
    ]
)
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of all of them."""
LIKE_ANOTHER = {"unknown host", "old form", "suspended", "second factor wrong", "no longer a member"}
if os.environ.get("EVERY_LOOK"):
    LIKE_ANOTHER = set()


APOSTROPHE = """() => {
  const sign = document.createElement("span");
  sign.textContent = "\u2019";
  document.querySelector("h1").append(sign);
  const {width} = sign.getBoundingClientRect();
  const size = parseFloat(getComputedStyle(sign).fontSize);
  sign.remove();
  return width / size;
}"""
"""How wide it is, by the size of the letters: a Chinese one is as wide as a character."""


def set_state(tenant: Tenant, **fields: Any) -> None:
    with door():
        Tenant.objects.filter(pk=tenant.pk).update(**fields)
    forget_tenants()


@pytest.fixture
def as_before(network: dict[str, Tenant]) -> Iterator[None]:
    yield
    for tenant in network.values():
        set_state(tenant, state=State.READY, behind="")


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[int], None]:
    """After this many more requests of a visitor it is too many."""

    def now(most: int) -> None:
        settings.RATE_LIMITS = True
        few = dict.fromkeys(("person", "people", "address", "visitors"), most)
        monkeypatch.setattr(limits, "table", lambda: dict.fromkeys(("public", "dealer", "group", "oem"), few))

    return now


def post(page: Page, address: str) -> None:
    """A form without its token, as an old page would send it."""
    with page.expect_navigation():
        page.evaluate(
            """address => {
          const form = document.createElement("form");
          form.method = "post"; form.action = address; document.body.append(form); form.submit();
        }""",
            address,
        )


def seen(page: Page, name: str, language: str, width: int) -> list[str]:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{language}-{width}.png", full_page=True)
    # Pages of one template are the same to axe: one of each is enough, and takes half the time.
    return [] if name in LIKE_ANOTHER else look(page, language, NAMES)


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_every_page_that_says_no_can_be_read(
    network: dict[str, Tenant],
    as_before: None,
    sign_in: Enter,
    new_page: Callable[..., Page],
    site: Callable[..., str],
    busy: Callable[[int], None],
    settings: Any,
    language: str,
    theme: str,
    width: int,
) -> None:
    settings.PLATFORM_CONTACT = "400-000-1234"
    wrong: list[str] = []
    style: dict[str, Any] = {"locale": language, "color_scheme": theme, "viewport": {"width": width, "height": 800}}
    page = new_page(refusals=True, **style)

    def see(name: str, status: str = "", at: Page = page) -> None:
        wrong.extend(f"{name}: {one}" for one in seen(at, name, language, width))
        if status and at.locator(".entrance__code").inner_text() != status:
            wrong.append(f"{name}: not {status}")

    page.goto(site("nobody"))
    see("unknown host", "404")
    page.goto(site("chengdu", "/accounts/login/"))
    post(page, site("chengdu", "/accounts/login/"))
    see("old form", "403")
    with inside(network["chengdu"]):
        _invitation, code = invite(a_customer(), now=timezone.now())
    with door():
        lina = User.objects.get(name="李娜")
        AccessAttempt.objects.create(
            username=f"user:{lina.pk}", ip_address="127.0.0.1", failures_since_start=9, attempt_time=timezone.now()
        )
    page.goto(site("chengdu", "/accounts/login/"))
    page.fill("input[name=login]", lina.email or "")
    page.fill("input[name=password]", "wrong password 1")
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
    see("locked out")
    with door():
        AccessAttempt.objects.all().delete()
    set_state(network["chengdu"], state=State.SUSPENDED)
    page.goto(site("chengdu", "/complaints/"))
    see("suspended")
    page.goto(site("", f"/s/{code}"))
    see("survey of a suspended store")
    set_state(network["chengdu"], state=State.READY)
    Client(SERVER_NAME="localhost").post(f"/s/{code}", posted(SATISFIED))
    page.goto(site("", f"/s/{code}"))
    see("answered survey")
    set_state(network["suzhou"], state=State.LEAVING)
    with door():
        Departure.objects.get_or_create(
            tenant=network["suzhou"],
            defaults={"by": "x", "reason": "x", "left_at": timezone.now(), "protected_until": date(2029, 11, 25)},
        )
    page.goto(site("suzhou"))
    see("left")
    assert page.evaluate(APOSTROPHE) < (0.5 if language == "en-US" else 1.1)
    with door():
        Departure.objects.all().delete()
    set_state(network["suzhou"], state=State.READY)

    staff = sign_in("周思颖", "/workbench/", refusals=True, **style)
    set_state(network["chengdu"], behind="x")
    post(staff, site("chengdu", "/imports/new/"))
    see("under repair", "503", staff)
    set_state(network["chengdu"], behind="")
    staff.goto(site("chengdu", "/accounts/2fa/"))
    see("account", at=staff)
    with door():
        Membership.objects.filter(user__name="周思颖").update(ended_at=timezone.now())
    staff.goto(site("chengdu", "/complaints/"))
    see("no longer a member", at=staff)
    with door():
        Membership.objects.filter(user__name="周思颖").update(ended_at=None)
    busy(0)
    page.goto(site("chengdu", "/accounts/login/"))
    see("busy", "429")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_the_second_factor_and_the_way_out_can_be_read(
    network: dict[str, Tenant],
    as_before: None,
    sign_in_by_form: Callable[..., Page],
    site: Callable[..., str],
    language: str,
    theme: str,
    width: int,
) -> None:
    style: dict[str, Any] = {"locale": language, "color_scheme": theme, "viewport": {"width": width, "height": 800}}
    with door():
        lina = User.objects.get(name="李娜")
        add_member(network["suzhou"], lina, "crc_specialist")
    page = sign_in_by_form("李娜", refusals=True, **style)
    wrong: list[str] = []

    def see(name: str) -> None:
        wrong.extend(f"{name}: {one}" for one in seen(page, name, language, width))

    page.locator(".topbar__place summary").click()
    panel = page.locator(".topbar__place .menu__panel")
    box = panel.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width, "the stores to go to stand within the window"
    expect(page.locator(".topbar__place summary .icon").last).to_be_visible()
    for label in page.locator(".rail__label").all():
        height = label.bounding_box()
        assert height
        assert height["height"] < 20, f"one line: {label.inner_text()}"
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"switcher-{language}-{width}.png")
    panel.get_by_role("button").first.click()
    page.wait_for_url(site("suzhou", "/workbench/"))
    page.goto(site("suzhou", "/accounts/logout/"))
    see("signing out")
    page.locator("button[value=everywhere]").click()
    page.wait_for_url("**/accounts/login/**")
    with door():
        totp_auth.TOTP.activate(lina, totp_auth.generate_totp_secret())
    page.fill("input[name=login]", lina.email or "")
    page.fill("input[name=password]", "correct horse 4 tests")
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/2fa/authenticate/**")
    see("second factor")
    for _guess in range(10):
        with page.expect_navigation():
            page.fill("input[name=code]", "000000")
            page.press("input[name=code]", "Enter")
    see("second factor wrong")
    page.fill("input[name=code]", "000000")
    with page.expect_navigation():
        page.press("input[name=code]", "Enter")
    see("second factor locked")
    expect(page.locator("input[name=code]")).to_have_count(0)
    with door():
        Authenticator.objects.filter(user=lina).delete()
        Membership.objects.filter(user=lina, tenant=network["suzhou"]).delete()
    caches["default"].clear()
    assert not wrong, "\n".join(wrong)


def test_a_store_suspended_under_ones_hands_says_so_and_keeps_what_was_typed(
    sign_in: Enter, chengdu: Tenant, as_before: None
) -> None:
    call = customers(chengdu, 蒋文静=2)["蒋文静"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/", refusals=True)
    held(page)
    suspend(chengdu)
    tries: list[str] = []
    page.on("request", lambda request: tries.append(request.url) if "/draft/" in request.url else None)
    page.locator("#call-note").fill("等了两个小时")
    bar = page.locator("#signed-out")
    expect(bar).to_contain_text("门店已停用，未保存")
    expect(bar.get_by_role("link")).to_be_hidden()
    expect(page.locator("[data-save-state]")).to_have_text("未保存，原因见页面上方")
    page.keyboard.press("Escape")
    page.wait_for_timeout(3000)
    assert len(tries) == 1, "it isn't tried for ever"
    resume(chengdu)
    page.evaluate("Date.now = (now => () => now() + 60000)(Date.now)")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-save-state]")).to_have_text("已自动保存")
    expect(bar).to_be_hidden()
    with inside(chengdu):
        assert Draft.objects.get(follow_up=call).note == "等了两个小时"


def test_whose_membership_ended_isnt_told_that_signing_in_saves(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 沈强=2)["沈强"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/", refusals=True)
    held(page)
    with door():
        Membership.objects.filter(user__name="周思颖").update(ended_at=timezone.now())
    page.locator("#call-note").fill("等了两个小时")
    bar = page.locator("#signed-out")
    expect(bar).to_contain_text("您已不是这家门店的成员")
    expect(bar).not_to_contain_text("登录后自动保存")
    page.goto(page.url)
    expect(page.get_by_role("status").filter(has_text="已不是这家门店的成员")).to_be_visible()
    with door():
        Membership.objects.filter(user__name="周思颖").update(ended_at=None)


def test_a_file_that_cant_be_taken_now_stays_chosen(
    sign_in: Enter, chengdu: Tenant, as_before: None, tmp_path: Path
) -> None:
    file = tmp_path / "工单.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows(table("repair_orders", [GOOD_ORDER]))
    page = sign_in("李娜", "/imports/new/", refusals=True)
    page.check("input[name=kind][value=repair_orders]")
    page.set_input_files("input[name=file]", file)
    set_state(chengdu, behind="x")
    page.get_by_role("button", name="上传并识别").click()
    expect(page.locator(".toast")).to_contain_text("正在修复")
    assert page.locator("input[name=file]").evaluate("field => field.files[0]?.name") == "工单.csv"
    assert page.url.endswith("/imports/new/")
    set_state(chengdu, behind="")
    page.get_by_role("button", name="上传并识别").click()
    page.wait_for_url("**/mapping/")


def test_who_is_put_off_goes_on_by_themselves(
    page: Page, new_page: Callable[..., Page], site: Callable[..., str], busy: Callable[[int], None], settings: Any
) -> None:
    busy(0)
    visitor = new_page(refusals=True)
    visitor.goto(site("chengdu", "/accounts/login/?next=/complaints/"))
    expect(visitor.get_by_text("秒，到时自动继续")).to_be_visible()
    settings.RATE_LIMITS = False
    visitor.evaluate("Date.now = (now => () => now() + 60000)(Date.now)")
    visitor.wait_for_url("**/accounts/login/?next=/complaints/")
    expect(visitor.locator("input[name=login]")).to_be_visible()
