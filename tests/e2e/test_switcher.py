"""Somebody who works in two stores goes from one to the other with one click."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from infra.demo.cast import NETWORK
from tenants.actions import add_member
from tenants.models import Tenant, User

pytestmark = [pytest.mark.browser]


def test_from_store_to_store_and_back(
    network: dict[str, Tenant], sign_in_by_form: Callable[..., Page], site: Callable[..., str]
) -> None:
    lina = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "李娜")
    add_member(network["suzhou"], User.objects.get(email=lina.email), "crc_manager")
    page = sign_in_by_form("李娜")
    page.get_by_label("切换明暗主题").click()
    page.get_by_role("button", name="深色").click()
    for here, there, role in (("chengdu", "suzhou", "客户关系经理"), ("suzhou", "chengdu", "客户关系专员")):
        expect(page.locator(".topbar__place-name")).to_have_text(network[here].short_name)
        page.get_by_label(f"当前门店：{network[here].short_name}").click()
        page.get_by_role("button", name=network[there].short_name).click()
        page.wait_for_url(site(there, "/workbench/"))
        expect(page.locator(".topbar__place-name")).to_have_text(network[there].short_name)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.get_by_label("账户菜单：李娜").click()
        expect(page.locator(".menu__role")).to_have_text(role)
