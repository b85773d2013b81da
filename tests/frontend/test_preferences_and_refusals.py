"""What works on every host, signed in or not: theme, shortcuts, and pages that say no."""

from typing import Any

import pytest
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from frontend.views.errors import csrf_failure, locked_out
from frontend.views.preferences import preferences


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


def test_refusals_have_their_status() -> None:
    request = RequestFactory().post("/accounts/login/")
    assert csrf_failure(request, reason="no cookie").status_code == 403
    locked = locked_out(request, None, {"username": "x"})
    assert locked.status_code == 429
    assert "登录暂时锁定" in locked.content.decode()


def test_our_sign_in_pages_stand_before_those_of_the_library() -> None:
    template: Any = get_template("account/login.html").template  # type: ignore[attr-defined]
    assert "frontend" in template.origin.name
