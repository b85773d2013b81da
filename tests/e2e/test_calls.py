"""A specialist's morning, done as people do it: by keyboard, with colleagues at the same customers."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from caller_support import Enter, customers, go_on_to, grouped, held, name_of, state_of, submit
from playwright.sync_api import Page, expect
from time_machine import Traveller

from crm.complaints.models import Complaint
from crm.customers.models import Customer, TrackingItem
from crm.followups.models import FollowUp
from crm.surveys.models import Response
from sanfang.audit.models import Access
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = [pytest.mark.browser]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "java_script_enabled": False}


def test_three_calls_by_keyboard(
    sign_in: Enter, site: Callable[..., str], chengdu: Tenant, new_page: Any, working_hours: Traveller
) -> None:
    calls = customers(chengdu, 陈雅琴=9, 赵俊杰=8, 王海燕=7)
    page = sign_in("李娜")
    page.keyboard.press("j")
    expect(name_of(page)).to_contain_text("陈雅琴")
    held(page)
    _completed(page, chengdu, calls["陈雅琴"])
    expect(name_of(page)).to_contain_text("赵俊杰")
    _nobody_answers(page, chengdu, calls["赵俊杰"], working_hours)
    link = _sent(page, site)
    _answered_on_a_phone(new_page, link)
    go_on_to(_back_to_work(page), "王海燕")
    _dissatisfied(page, chengdu, calls["王海燕"])
    with inside(chengdu):
        complaint = Complaint.objects.get(customer__name="王海燕")
    page.goto(site("chengdu", "/complaints/"))
    row = page.get_by_role("row").filter(has_text=complaint.number)
    expect(row.locator("time[title]")).to_have_text(re.compile(r"剩 1:5\d:\d\d"))
    before = row.locator("time[title]").inner_text()
    expect(row.locator("time[title]")).not_to_have_text(before)


def _completed(page: Page, tenant: Tenant, call: FollowUp) -> None:
    page.keyboard.press("c")
    expect(page.locator("#phone[data-revealed]")).to_contain_text(grouped(call.customer.mobile))
    for digit in "545":
        page.keyboard.press(digit)
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator("[data-answered]")).to_have_text("5")
    page.keyboard.press("F1")
    page.keyboard.press("n")
    page.keyboard.type("师傅很专业，j k c 都没有反应")
    expect(name_of(page)).to_contain_text("陈雅琴")
    submit(page)
    expect(page.locator(f"#queue-item-{call.pk}")).to_contain_text("已提交")
    with inside(tenant):
        assert Response.objects.get(follow_up_id=call.pk).note.startswith("师傅很专业")
        assert Access.objects.filter(object=call.customer.pk).count() == 1
    assert state_of(tenant, call) == "completed"


def _nobody_answers(page: Page, tenant: Tenant, call: FollowUp, clock: Traveller) -> None:
    """Three times in an hour, with the others in between; the screen says each time what will happen."""
    hints = ["第 1 次未接通；第 3 次后发送短信问卷", "第 2 次未接通", "第 3 次未接通，结束回访并发送短信问卷"]
    for hint in hints:
        go_on_to(page, "赵俊杰")
        held(page)
        page.keyboard.press("F2")
        expect(page.get_by_text(hint).first).to_be_visible()
        submit(page)
        clock.shift(timedelta(minutes=20))
    assert state_of(tenant, call) == "given_up"


def _sent(page: Page, site: Callable[..., str]) -> str:
    page.goto(site("chengdu", "/messages/outbox/"))
    message = page.get_by_role("article").first
    expect(message).to_contain_text("赵")
    return str(message.get_by_role("link", name="打开短信里的链接").get_attribute("href"))


def _answered_on_a_phone(new_page: Callable[..., Page], link: str) -> None:
    phone = new_page(refusals=True, **PHONE)
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("您好")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("alert")).to_be_visible()
    for question in phone.locator("fieldset[data-required]").all():
        options = question.locator(".answers input")
        options.nth(4 if options.count() == 5 else 0).check()
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("heading", name="谢谢您的回答")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_role("heading", name="这份问卷已经填过了")).to_be_visible()


def _back_to_work(page: Page) -> Page:
    page.go_back()
    page.goto(re.sub(r"/messages/.*|/workbench/.*", "/workbench/", page.url))
    page.keyboard.press("j")
    expect(name_of(page)).to_be_visible()
    return page


def _dissatisfied(page: Page, tenant: Tenant, call: FollowUp) -> None:
    held(page)
    page.keyboard.press("2")
    expect(page.get_by_text("2 小时内首次联系").first).to_be_visible()
    reason = page.locator(".reasons:visible input").first
    reason.focus()
    page.keyboard.press("Space")
    expect(reason).to_be_checked()
    for digit in "4411":
        page.keyboard.press(digit)
    page.keyboard.press("F1")
    submit(page)
    expect(page.locator("#toasts")).to_contain_text("投诉单已登记")
    assert state_of(tenant, call) == "completed"


def test_a_colleagues_customer_and_a_wrong_number(sign_in: Enter, site: Callable[..., str], suzhou: Tenant) -> None:
    calls = customers(suzhou, 林晓燕=6, 高志远=5)
    address = f"/workbench/{calls['林晓燕'].pk}/"
    mine = sign_in("徐梦婷", address)
    held(mine)
    theirs = sign_in("马晓雯", address)
    expect(theirs.locator("#hold")).to_contain_text("徐梦婷 正在处理")
    theirs.keyboard.press("5")
    expect(theirs.locator("#call-form input:checked[name^=q-]")).to_have_count(0)
    expect(theirs.get_by_role("button", name="拨打")).to_be_disabled()
    mine.keyboard.press("F6")
    mine.locator("#reason-wrong_number").select_option(label="空号")
    submit(mine)
    with inside(suzhou):
        owner = TrackingItem.objects.get(customer__name="林晓燕").owner
        assert owner is not None
    _corrected(sign_in(owner.name, "/tracking/"))
    _verified(mine, site, calls["林晓燕"])
    _promised(mine, site, calls["高志远"])


def _corrected(page: Page) -> None:
    row = page.get_by_role("row").filter(has_text="林晓燕")
    row.locator("summary").click()
    field = row.get_by_label("正确的手机")
    field.fill("1540000")
    row.get_by_role("button", name="保存更正").click()
    expect(row.get_by_role("alert")).to_contain_text("请输入 11 位手机号")
    expect(field).to_have_value("1540000")
    field.fill("154 0000 0077")
    row.get_by_role("button", name="保存更正").click()
    expect(row).to_contain_text("已更正，待核实")
    expect(page.locator("#tracking-filters")).to_contain_text("待更正 0")


def _verified(page: Page, site: Callable[..., str], call: FollowUp) -> None:
    page.goto(site("suzhou", "/workbench/"))
    page.goto(site("suzhou", "/tracking/?show=corrected"))
    row = page.get_by_role("row").filter(has_text="林晓燕")
    row.get_by_role("button", name="拨打核实").click()
    row.get_by_role("button", name="核实无误").click()
    expect(row).to_contain_text("已核实")
    page.goto(site("suzhou", "/workbench/"))
    page.locator(f"#queue-item-{call.pk} a").click()
    expect(page.locator("#phone")).to_contain_text("154 **** 0077")


def _promised(page: Page, site: Callable[..., str], call: FollowUp) -> None:
    page.goto(site("suzhou", f"/workbench/{call.pk}/"))
    held(page)
    page.keyboard.press("F3")
    page.get_by_role("button", name="明天 10:00").click()
    submit(page)
    page.goto(site("suzhou", "/workbench/?queue=promised"))
    expect(page.locator(".queue-item")).to_have_count(1)
    expect(page.locator(f"#queue-item-{call.pk}")).to_contain_text("约 明 10:00")


def test_keys_do_nothing_while_somebody_types_or_composes(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 周文斌=2)["周文斌"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/")
    held(page)
    page.keyboard.press("n")
    page.keyboard.type("j1k2c?")
    expect(page.locator("#call-note")).to_have_value("j1k2c?")
    for target in ("#call-note", "body"):
        for init in ({"key": "j"}, {"key": "1"}, {"key": "F2"}, {"key": "Enter", "ctrlKey": True}):
            page.locator(target).evaluate(
                "(element, init) => element.dispatchEvent(new KeyboardEvent('keydown',"
                " {...init, isComposing: true, bubbles: true, cancelable: true}))",
                init,
            )
    page.keyboard.press("Alt+c")
    expect(name_of(page)).to_contain_text("周文斌")
    assert page.url.endswith(f"/workbench/{call.pk}/")
    expect(page.locator("input[name=outcome]:checked")).to_have_count(0)
    expect(page.locator("#call-form input:checked[name^=q-]")).to_have_count(0)
    expect(page.locator("#phone[data-revealed]")).to_have_count(0)
    assert state_of(chengdu, call) == "open"


def test_what_was_ticked_survives_a_reload(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 孙丽=2)["孙丽"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/")
    held(page)
    page.keyboard.press("4")
    page.keyboard.press("n")
    page.keyboard.type("下周再来换轮胎")
    expect(page.locator("[data-save-state]")).to_have_text("已自动保存")
    page.reload()
    expect(page.locator("input[name=q-overall]:checked")).to_have_value("4")
    expect(page.locator("#call-note")).to_have_value("下周再来换轮胎")
    expect(page.locator("[data-answered]")).to_have_text("1")


def test_back_shows_the_customer_before(sign_in: Enter, chengdu: Tenant) -> None:
    calls = customers(chengdu, 郑凯=2, 冯洁=2)
    page = sign_in("周思颖", f"/workbench/{calls['郑凯'].pk}/")
    held(page)
    page.locator(f"#queue-item-{calls['冯洁'].pk} a").click()
    expect(name_of(page)).to_contain_text("冯洁")
    page.go_back()
    expect(name_of(page)).to_contain_text("郑凯")
    expect(page.locator(".queue-item[aria-current]")).to_contain_text("郑凯")
    expect(page.locator("html[data-ready]")).to_be_attached()
    page.go_forward()
    expect(name_of(page)).to_contain_text("冯洁")


def test_a_call_without_scripts(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 许志强=2)["许志强"]
    page = sign_in("周思颖", f"/workbench/{call.pk}/", java_script_enabled=False, refusals=True)
    page.get_by_role("button", name="拨打").click()
    expect(page.locator("#phone")).to_contain_text(grouped(call.customer.mobile))
    page.get_by_role("button", name="提交并下一位").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.locator("input[name=outcome][value=refused]").check()
    page.locator("#reason-refused").select_option(label="没时间")
    page.get_by_role("button", name="提交并下一位").click()
    page.wait_for_url(lambda url: str(call.pk) not in url)
    assert state_of(chengdu, call) == "given_up"
    with inside(chengdu):
        assert Customer.objects.get(pk=call.customer_id).name == "许志强"
