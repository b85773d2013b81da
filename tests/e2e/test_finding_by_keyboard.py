"""The palette and the hand-over, in real browsers: nothing is stolen from somebody who types or composes Chinese."""

import pytest
from caller_support import Enter, customers, held, name_of
from playwright.sync_api import Page, expect

from tenants.models import Tenant

pytestmark = [pytest.mark.browser]

COMPOSE = """(text) => {
  const field = document.activeElement;
  const send = (type, data, Kind = CompositionEvent) => field.dispatchEvent(new Kind(type, {bubbles: true, ...data}));
  const key = (name) => field.dispatchEvent(new KeyboardEvent("keydown", {
    key: name, keyCode: 229, isComposing: true, bubbles: true, cancelable: true}));
  send("compositionstart", {data: ""});
  for (const letter of "chen") {
    key(letter);
    field.value += letter;
    send("input", {data: letter, isComposing: true}, InputEvent);
  }
  key("Enter");
  key("ArrowDown");
  field.value = field.value.replace("chen", text);
  send("compositionend", {data: text});
  send("input", {data: text, isComposing: false}, InputEvent);
}"""
"""What an input method sends while 陈 is composed from c-h-e-n and chosen with Enter."""


def asked_for(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/search/?q=" in request.url else None)
    return asked


def test_anybody_is_found_without_a_mouse(sign_in: Enter, chengdu: Tenant) -> None:
    customers(chengdu, 陈雅琴=9, 陈静怡=8)
    page = sign_in("李娜")
    asked = asked_for(page)
    page.keyboard.press("Control+k")
    box = page.locator("#palette-input")
    expect(box).to_be_focused()
    page.evaluate(COMPOSE, "陈")
    expect(page.locator("#palette [role=option]").first).to_contain_text("陈")
    assert not [url for url in asked if "q=chen" in url], "asked for half composed text"
    expect(page.locator("#palette")).to_be_visible()
    box.fill("")
    page.keyboard.type("cyq")
    expect(page.locator("#palette [role=option][aria-selected=true]")).to_contain_text("陈雅琴")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    # Nobody types within the moment in which the closing box gives the focus back.
    page.wait_for_function("!document.getElementById('palette').contains(document.activeElement)")
    page.wait_for_timeout(200)
    page.keyboard.press("/")
    expect(box).to_be_focused()
    box.fill("")
    page.keyboard.type("cjy")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/*/")
    expect(page.locator("#customer-name")).to_contain_text("陈静怡")
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.type("hf")
    expect(page.locator("#palette [role=option][aria-selected=true]")).to_contain_text("回访")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workbench/")


def test_digits_and_letters_stay_text_in_the_box_and_the_note(sign_in: Enter, chengdu: Tenant) -> None:
    customers(chengdu, 赵一=9)
    page = sign_in("李娜")
    page.keyboard.press("j")
    held(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("5207jkc?")
    expect(page.locator("#palette-input")).to_have_value("5207jkc?")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator("#call-note")).to_be_focused()
    page.evaluate(COMPOSE, "陈")
    expect(page.locator("#call-note")).to_have_value("陈")
    expect(page.locator("#call-form input:checked")).to_have_count(0)
    page.keyboard.press("F2")
    expect(page.locator("[data-outcome=no_answer]")).to_be_checked()


def test_a_customer_is_asked_for_and_given(sign_in: Enter, chengdu: Tenant) -> None:
    call = customers(chengdu, 钱二=9)["钱二"]
    lina = sign_in("李娜", f"/workbench/{call.pk}/")
    held(lina)
    zhou = sign_in("周思颖", f"/workbench/{call.pk}/")
    expect(zhou.locator("#hold")).to_contain_text("李娜 正在处理")
    zhou.get_by_role("button", name="请求交接").click()
    expect(zhou.locator("#asked")).to_contain_text("等待回复")
    lina.evaluate("window.dispatchEvent(new Event('focus'))")  # the window comes to the front
    lina.get_by_role("button", name="交给对方").click()
    lina.wait_for_url("**/workbench/")
    expect(zhou.locator("#hold[data-locked]")).to_have_count(0)
    expect(name_of(zhou)).to_contain_text("钱二")
    expect(zhou.get_by_role("button", name="拨打")).to_be_enabled()
