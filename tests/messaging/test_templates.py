"""Providers that send approved templates only: what they are given, and what never leaves."""

from typing import Any

import pytest
from care_support import MOBILE, NOW, a_customer

from sanfang.messaging import gateways, receipts, secrets
from sanfang.messaging.actions import queue_message
from sanfang.messaging.delivery import send_waiting
from sanfang.messaging.gateways import Outgoing
from sanfang.messaging.models import Message, Template
from sanfang.messaging.texts import worded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_chengdu")]

FIXED = {"store": "岚川成都", "phone": "028-20006618", "link": "https://sanfang.example/s/{code}"}
BODY = "{customer}您好，请点击 {link} 确认，有事请致电{phone}。"


class Strict:
    """A provider as the real ones are, that keeps what it is given."""

    provider = "aliyun"
    templated = True
    sent: list[Outgoing] = []  # noqa: RUF012

    def send(self, message: Outgoing) -> str:
        Strict.sent.append(message)
        return f"biz-{len(Strict.sent)}"


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "import_string", lambda _path: Strict)
    monkeypatch.setattr(receipts, "remember_sent", lambda *_words: None)
    Strict.sent = []


def a_template(**fields: Any) -> Template:
    told = {"name": "survey_link", "provider": "aliyun", "body": BODY, "purpose": "notice", "changed_at": NOW}
    return Template.objects.create(**{**told, "state": "approved", "code": "SMS_7", **fields})


def queue(**values: str) -> Message:
    told = {"customer": "陈女士", "code": secrets.PLACE, **values}
    made = worded("survey_link", BODY, fixed=FIXED, values=told)
    return queue_message(
        customer_id=a_customer().pk, mobile=MOBILE, wording="survey_link", made=made, values=told, secret="k3v7",
        purpose="survey_link", now=NOW,
    )  # fmt: skip


def test_an_approved_template_leaves_with_its_values(chengdu: Any) -> None:
    a_template()
    message = queue()
    assert "k3v7" not in str(message.text) + str(message.parameters)
    assert send_waiting(lambda: NOW) == 1
    [sent] = Strict.sent
    assert (sent.signature, sent.template) == (chengdu.short_name, "SMS_7")
    assert sent.parameters == (("customer", "陈女士"), ("code", "k3v7"))
    assert sent.reference == f"{chengdu.code}.{message.pk.hex}"
    assert "https://sanfang.example/s/k3v7 确认" in sent.text


@pytest.mark.parametrize(
    "given", [None, {"state": "draft"}, {"state": "submitted"}, {"state": "rejected"}, {"provider": "tencent"}]
)
def test_what_is_not_approved_never_leaves(given: Any) -> None:
    if given is not None:
        a_template(**given)
    message = queue()
    assert send_waiting(lambda: NOW) == 0
    message.refresh_from_db()
    assert (Strict.sent, message.error) == ([], "not_approved")


def test_what_lacks_a_value_is_not_the_template_that_was_approved() -> None:
    a_template()
    message = queue(customer="")
    assert message.text.startswith("【")
    assert "{" not in message.text.replace(secrets.PLACE, "")
    send_waiting(lambda: NOW)
    message.refresh_from_db()
    assert message.error == "not_approved"


def test_a_stores_own_words_are_used_for_the_provider_they_are_for() -> None:
    a_template(body="{customer}您好，服务记录见 {link} 。")
    assert "服务记录见" in queue().text
    Template.objects.update(provider="tencent")
    assert "请点击" in queue().text
