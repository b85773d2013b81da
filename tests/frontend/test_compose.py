"""The screen on which a text is tried on a provider's rules."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
ADDRESS = "/messages/compose/"


@pytest.fixture
def li(client_of: Callable[[str], Client]) -> Client:
    return client_of("李娜")


def tried(client: Client, body: str, **more: Any) -> str:
    headers = {"HX-Request": "true"} if more.pop("htmx", True) else {}
    answer = client.post(ADDRESS, {"body": body, "provider": "aliyun", "purpose": "notice", **more}, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_begins_with_the_standards_own_words_and_their_verdict(li: Client) -> None:
    page = li.get(ADDRESS).content.decode()
    assert "填写一分钟问卷" in page
    assert "会被拒绝" in page
    assert "平台不接受调查问卷" in page
    assert "{customer}" in page


def test_while_typing_only_the_verdict_comes_back(li: Client) -> None:
    part = tried(li, "{customer}您好，您的车已完工。")
    assert "没有发现问题" in part
    assert "〔客户称呼〕您好" in part
    assert "${customer}您好" in part
    assert "<html" not in part
    assert "<html" in tried(li, "您好，您的车已完工。", htmx=False)


def test_reason_place_and_way_out_in_the_readers_language(li: Client) -> None:
    li.post("/preferences/language/", {"language": "en"})
    part = tried(li, "您的车已完工，致电13812345678。")
    assert "will be refused" in part
    assert "mobile number" in part
    assert "<mark>13812345678</mark>" in part


def test_the_provider_and_the_purpose_make_a_difference(li: Client) -> None:
    assert "拒收请回复R" in tried(li, "会员您好，空调清洗上线。", purpose="marketing")
    assert "回TD退订" in tried(li, "会员您好，空调清洗上线。", purpose="marketing", provider="qiniu")
    assert "没有发现问题" in tried(li, "您的车已完工。", provider="nobody", purpose="nothing")


def test_what_is_typed_is_text_and_nothing_is_kept(li: Client, chengdu: Tenant) -> None:
    part = tried(li, "<script>alert(1)</script>" + "长" * 5_000 + "{x}\x0b")
    assert "<script>" not in part
    with inside(chengdu):
        assert not Message.objects.exists()
