"""What goes wrong in the middle of a call: a key too many, a reload, another tab, a colleague, a dead network."""

from collections.abc import Callable
from typing import Any

import database
import pytest
from caller_support import Enter, customers, grouped, held, name_of, state_of, submit
from playwright.sync_api import Page, expect

from crm.followups.models import Draft, FollowUp, Hold
from sanfang.audit.models import Access
from sanfang.tenancy.context import door, inside
from tenants.models import Tenant, User

pytestmark = [pytest.mark.browser]


def test_ctrl_enter_twice_ends_one_call(sign_in: Enter, chengdu: Tenant) -> None:
    calls = customers(chengdu, 罗雪=3, 谭志伟=2)
    page = sign_in("周思颖", f"/workbench/{calls['罗雪'].pk}/")
    held(page)
    page.keyboard.press("F2")
    submit(page)
    page.wait_for_timeout(300)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#call-form").get_by_role("alert")).to_contain_text("请选择回访结果")
    expect(page.locator("input[name=outcome]:checked")).to_have_count(0)
    with inside(chengdu):
        assert sorted(FollowUp.objects.filter(attempts__gt=0, customer__name__in=calls).values_list("pk")) == [
            (calls["罗雪"].pk,)
        ]


def note_of(page: Page) -> str:
    return page.locator("#call-note").input_value()


def type_note(page: Page, words: str) -> None:
    page.locator("#call-note").focus()
    page.keyboard.press("End")
    page.keyboard.type(words)


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_text("已自动保存")


def kept(tenant: Tenant, call: FollowUp) -> str:
    with inside(tenant):
        return Draft.objects.get(follow_up=call).note


def test_signed_out_in_another_tab_nothing_is_lost(sign_in: Enter, site: Callable[..., str], chengdu: Tenant) -> None:
    call = customers(chengdu, 蒋文静=2)["蒋文静"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/", refusals=True)
    held(page)
    other = page.context.new_page()
    other.goto(site("chengdu", "/accounts/logout/"))
    other.get_by_role("main").get_by_role("button", name="退出登录", exact=True).click()
    with inside(chengdu):
        assert not Hold.objects.filter(customer=call.customer_id).exists()
    type_note(page, "等了两个小时")
    expect(page.locator("[data-save-state]")).to_have_text("已退出登录，未保存")
    expect(page.get_by_role("alert").get_by_role("link", name="在新标签页登录")).to_be_visible()
    page.keyboard.press("F2")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(300)
    assert note_of(page) == "等了两个小时"
    assert page.url.endswith(f"/workbench/{call.pk}/")
    other.goto(site("chengdu", "/accounts/login/"))
    with door():
        other.fill("input[name=login]", User.objects.get(name="周思颖").email or "")
    other.fill("input[name=password]", database.PASSWORD)
    other.press("input[name=password]", "Enter")
    other.wait_for_url("**/workbench/")
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # a browser without a window doesn't always say it
    saved(page)
    expect(page.locator("#signed-out")).to_be_hidden()
    assert kept(chengdu, call) == "等了两个小时"
    submit(page)


def test_a_reload_in_the_middle_of_a_word_keeps_it(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 沈强=2)["沈强"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/", refusals=True)
    held(page)
    page.keyboard.press("c")
    expect(page.locator("#phone[data-revealed]")).to_be_visible()
    type_note(page, "第一句，")
    saved(page)
    type_note(page, "第二句，")
    page.reload()
    expect(page.locator("#call-note")).to_have_value("第一句，第二句，")
    # What the browser gives up on leaving the page (a slow line) is there all the same.
    page.route("**/draft/", lambda route: route.abort())
    page.keyboard.press("4")
    type_note(page, "第三句")
    page.reload()
    expect(page.locator("#call-note")).to_have_value("第一句，第二句，第三句")
    expect(page.locator("[data-answered]")).to_have_text("1")
    page.unroute("**/draft/")
    type_note(page, "。")
    saved(page)
    assert kept(chengdu, call) == "第一句，第二句，第三句。"
    # The call has been running all the while, and its number was looked at once.
    expect(page.locator("#phone")).to_contain_text(grouped(call.customer.mobile))
    expect(page.locator("[data-call-timer]")).to_be_visible()
    page.keyboard.press("F1")
    page.locator("#call-note").press("Control+Enter")
    expect(page.locator("#call-form").get_by_role("alert")).to_be_visible()
    expect(page.locator("#phone")).to_contain_text(grouped(call.customer.mobile))
    page.locator("body").press("c")
    with inside(chengdu):
        assert Access.objects.filter(object=call.customer.pk).count() == 1


def test_a_customer_who_was_only_looked_at_is_free_when_the_page_is_left(sign_in: Enter, chengdu: Tenant) -> None:
    calls = customers(chengdu, 韩梅=3, 唐伟=2)
    mine = sign_in("周思颖", f"/workbench/{calls['韩梅'].pk}/")
    held(mine)
    theirs = sign_in("李娜", f"/workbench/{calls['韩梅'].pk}/")
    expect(theirs.locator("#hold")).to_contain_text("周思颖 正在处理")
    with mine.expect_response("**/leave/"):
        mine.locator(f"#queue-item-{calls['唐伟'].pk} a").click()
    theirs.reload()
    held(theirs)
    expect(theirs.get_by_role("button", name="拨打")).to_be_enabled()
    # Whoever has begun keeps the customer, also while looking something up elsewhere.
    theirs.keyboard.press("c")
    expect(theirs.locator("#phone[data-revealed]")).to_be_visible()
    with theirs.expect_response("**/leave/"):
        theirs.locator(f"#queue-item-{calls['唐伟'].pk} a").click()
    mine.goto(theirs.url.replace(str(calls["唐伟"].pk), str(calls["韩梅"].pk)))
    expect(mine.locator("#hold")).to_contain_text("李娜 正在处理")


def test_a_reason_is_asked_for_where_the_hands_are(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 冯涛=2)["冯涛"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/")
    held(page)
    page.keyboard.press("F4")
    expect(page.locator("#reason-refused")).to_be_focused()
    page.keyboard.press("Control+Enter")
    error = page.locator(".call-form__foot").get_by_role("alert")
    expect(error).to_contain_text("请选择原因")
    page.keyboard.press("F1")
    expect(error).to_have_count(0)
    page.keyboard.press("Control+Enter")
    first = page.locator("fieldset[data-required]").first
    expect(first.locator(".question__error")).to_be_visible()
    page.keyboard.press("5")
    expect(first.locator(".question__error")).to_have_count(0)
    page.keyboard.press("F4")
    page.keyboard.press("ArrowDown")
    submit(page)
    assert state_of(chengdu, call) == "given_up"


def test_an_outcome_sent_without_a_network_follows_when_it_is_back(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 曹阳=2)["曹阳"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/", refusals=True)
    held(page)
    page.keyboard.press("F2")
    saved(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("恢复后自动提交")
    page.wait_for_timeout(2500)
    page.context.set_offline(False)
    page.wait_for_url(lambda url: str(call.pk) not in url, timeout=3000)
    expect(name_of(page).filter(has_text="曹阳")).to_have_count(0)
    with inside(chengdu):
        assert FollowUp.objects.get(pk=call.pk).attempts == 1


def test_a_phone_shows_no_keys_and_all_of_the_outcomes(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 彭丽=2)["彭丽"]
    size: Any = {"width": 390, "height": 844}
    page = sign_in("周思颖", f"/workbench/{call.pk}/", viewport=size, is_mobile=True, has_touch=True)
    held(page)
    assert page.evaluate("[...document.querySelectorAll('kbd')].filter((key) => key.checkVisibility()).length") == 0
    for part in (page.locator(".outcomes__more label").last, page.get_by_role("button", name="提交并下一位")):
        part.scroll_into_view_if_needed()
        bar, box = page.locator(".rail").bounding_box(), part.bounding_box()
        assert bar
        assert box
        assert box["y"] + box["height"] <= bar["y"] + 1
