"""Coming in, and the first page of each role."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser]


def test_a_specialist_signs_in_and_lands_on_the_queue(sign_in_by_form: Callable[..., Page]) -> None:
    page = sign_in_by_form("李娜")
    assert page.url.endswith("/workbench/")
    expect(page.get_by_role("heading", name="回访工作台")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("段景行", "/stores/"),
        ("高明远", "/dealers/"),
        ("姜书恒", "/dealers/"),
        ("方以宁", "/tenants/"),
        ("邓凯", "/tracking/"),
    ],
)
def test_everybody_lands_where_their_work_is(sign_in: Callable[..., Page], name: str, path: str) -> None:
    assert sign_in(name).url.endswith(path)
