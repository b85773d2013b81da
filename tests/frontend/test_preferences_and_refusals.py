"""What works on every host, signed in or not: theme, shortcuts, and pages that say no."""

import re
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory

from frontend.views.preferences import preferences
from tenants.models import Tenant


def post(data: dict[str, str], **headers: Any) -> Any:
    return preferences(RequestFactory().post("/preferences/", data, **headers))


def test_a_form_sets_the_theme_and_goes_back_where_it_came_from() -> None:
    response = post({"theme": "dark", "next": "/workbench/?queue=overdue"})
    assert (response.status_code, response["Location"]) == (302, "/workbench/?queue=overdue")
    cookie = response.cookies["theme"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("dark", "Lax", True)


def test_a_script_gets_no_page() -> None:
    response = post({"theme": "light"}, headers={"X-Requested-With": "fetch"})
    assert response.status_code == 204
    assert response.cookies["theme"].value == "light"


def test_the_cookie_is_secure_where_the_connection_is() -> None:
    assert post({"theme": "dark"}).cookies["theme"]["secure"] == ""
    assert post({"theme": "dark"}, secure=True).cookies["theme"]["secure"] is True


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_never_leads_to_another_site(elsewhere: str) -> None:
    assert post({"theme": "dark", "next": elsewhere})["Location"] == "/"


def test_it_keeps_nothing_it_does_not_know() -> None:
    assert not post({"theme": "purple", "shortcuts": "maybe", "sessionid": "x"}).cookies


def test_single_keys_can_be_switched_off() -> None:
    assert post({"shortcuts": "off"}).cookies["shortcuts"].value == "off"


def test_only_a_post_changes_them() -> None:
    assert preferences(RequestFactory().get("/preferences/", {"theme": "dark"})).status_code == 405


def test_the_error_page_needs_neither_request_nor_scripts() -> None:
    """Django renders it with an empty context when everything else has failed."""
    html = get_template("500.html").render()
    assert "系统出错了" in html
    assert "<script" not in html


def test_an_unknown_host_is_told_nothing() -> None:
    html = render_to_string("frontend/errors/unknown_host.html", request=RequestFactory().get("/"))
    assert "三访" not in html
    assert "<a " not in html


class TestRefusalsOfLibraries:
    """Django and django-axes find our pages by their names and by settings."""

    @staticmethod
    def told(answer: Any) -> tuple[int, str]:
        html = answer.content.decode()
        assert "三访" in html
        found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
        assert found
        return answer.status_code, found[1].strip()

    def test_a_form_without_its_token(self, network: dict[str, Tenant]) -> None:
        strict = Client(SERVER_NAME="chengdu.localhost", enforce_csrf_checks=True)
        assert self.told(strict.post("/accounts/login/", {})) == (403, "页面已过期")

    def test_too_many_wrong_passwords(self, network: dict[str, Tenant]) -> None:
        visitor = Client(SERVER_NAME="chengdu.localhost", REMOTE_ADDR="198.51.100.77")
        wrong = {"login": "nobody.here@chengdu.example", "password": "wrong password 1"}
        for _attempt in range(5):
            answer = visitor.post("/accounts/login/", wrong)
        assert self.told(answer) == (429, "登录暂时锁定")

    def test_a_page_that_is_not_there(self, client_of: Callable[[str], Client]) -> None:
        assert self.told(client_of("李娜").get("/nowhere/")) == (404, "找不到这个页面")

    def test_a_page_of_another_role(self, client_of: Callable[[str], Client]) -> None:
        assert self.told(client_of("邓凯").get("/complaints/")) == (403, "没有权限")

    def test_a_mistake_of_ours(self, client_of: Callable[[str], Client]) -> None:
        lina = client_of("李娜")
        lina.raise_request_exception = False
        with mock.patch("frontend.views.complaints.board", side_effect=ZeroDivisionError):
            assert self.told(lina.get("/complaints/")) == (500, "系统出错了")


def test_our_sign_in_pages_stand_before_those_of_the_library() -> None:
    template: Any = get_template("account/login.html").template  # type: ignore[attr-defined]
    assert "frontend" in template.origin.name
