"""What providers push: receipts and customers' answers, in the providers' own forms."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from care_support import MOBILE, NOW, Recorder, a_customer
from django.core.cache import caches
from django.test import Client

from crm.customers.models import Consent, Customer
from sanfang.messaging import receipts
from sanfang.messaging.actions import queue_message
from sanfang.messaging.delivery import send_waiting
from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
KEY = "k" * 32


@pytest.fixture(autouse=True)
def keyed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SMS_CALLBACK_KEY", KEY)
    yield
    caches["shared"].delete_many([receipts._by_provider_id("sid-9"), receipts._by_mobile(MOBILE)])


def push(kind: str, content: Any, *, provider: str = "aliyun", key: str = KEY) -> Any:
    return Client(headers={"host": "localhost"}).post(
        f"/hooks/sms/{provider}/{kind}/{key}", json.dumps(content), content_type="application/json"
    )


def sent(tenant: Tenant, **fields: Any) -> Message:
    with inside(tenant):
        message = queue_message(customer_id=a_customer().pk, mobile=MOBILE, text="您好", purpose="x", now=NOW)
        known = {"state": "sent", "sent_at": NOW, "provider_id": "sid-9"}
        Message.objects.filter(pk=message.pk).update(**{**known, **fields})
        return message


def state(tenant: Tenant, message: Message) -> tuple[str, str]:
    with inside(tenant):
        row = Message.objects.get(pk=message.pk)
        return row.state, row.error


def report(message: Message, tenant: Tenant, success: bool = True, provider: str = "aliyun") -> list[dict[str, Any]]:
    if provider == "aliyun":
        return [
            {"phone_number": MOBILE, "success": success, "biz_id": "b", "out_id": f"{tenant.code}.{message.pk.hex}"}
        ]
    return [{"mobile": MOBILE, "report_status": "SUCCESS" if success else "FAIL", "errmsg": "MK:1", "sid": "sid-9"}]


@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
@pytest.mark.parametrize(("success", "expected"), [(True, ("delivered", "")), (False, ("failed", "undelivered"))])
def test_a_receipt_says_what_became_of_it_once(
    chengdu: Tenant, suzhou: Tenant, provider: str, success: bool, expected: tuple[str, str]
) -> None:
    message, other = sent(chengdu), sent(suzhou)
    receipts.remember_sent("sid-9", MOBILE, chengdu.code)
    for _time in range(2):
        assert push("receipts", report(message, chengdu, success, provider), provider=provider).status_code == 200
        assert state(chengdu, message) == expected
    # Told otherwise later, it stays what it was.
    push("receipts", report(message, chengdu, not success, provider), provider=provider)
    assert state(chengdu, message) == expected
    assert state(suzhou, other) == ("sent", "")


def test_one_store_never_hears_of_anothers_message(chengdu: Tenant, suzhou: Tenant) -> None:
    message = sent(chengdu)
    push("receipts", report(message, suzhou))
    assert state(chengdu, message) == ("sent", "")


@pytest.mark.parametrize(
    "content",
    [None, 7, "x", {}, [], [7], [{"out_id": 5}], [{"out_id": "nobody.1"}], [{"out_id": "."}], [{"success": True}]],
)
def test_a_push_that_says_nothing_is_taken_and_changes_nothing(chengdu: Tenant, content: Any) -> None:
    message = sent(chengdu)
    assert push("receipts", content).status_code == 200
    assert push("replies", content).status_code == 200
    assert state(chengdu, message) == ("sent", "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"aliyun/receipts/{KEY[:-1]}x", 404),
        ("aliyun/receipts/x", 404),
        (f"another/receipts/{KEY}", 404),
        (f"aliyun/another/{KEY}", 404),
        (f"aliyun/receipts/{KEY}", 200),
    ],
)
def test_without_the_key_nothing_is_there(chengdu: Tenant, path: str, status: int) -> None:
    message = sent(chengdu)
    answer = Client(headers={"host": "localhost"}).post(
        f"/hooks/sms/{path}", json.dumps(report(message, chengdu)), content_type="application/json"
    )
    assert answer.status_code == status
    assert state(chengdu, message)[0] == ("delivered" if status == 200 else "sent")


def test_where_no_key_is_set_no_key_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMS_CALLBACK_KEY")
    assert not receipts.is_from_provider("")
    monkeypatch.setenv("SMS_CALLBACK_KEY", "short")
    assert not receipts.is_from_provider("short")
    monkeypatch.setenv("SMS_CALLBACK_KEY_BEFORE", KEY)
    assert receipts.is_from_provider(KEY)


def test_what_is_no_json_is_said_so() -> None:
    answer = Client(headers={"host": "localhost"}).post(
        f"/hooks/sms/aliyun/receipts/{KEY}", b"{", content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[
            (text, True)
            for text in ("R", "r", "Ｒ", "ｒ", "T", "td", "TD", "ＴＤ", "N", "n ", " t。", "回复R", "回R", "退订")
        ],
        *[(text, True) for text in ("TD退订", "R退订", "“R”", "拒收", "r!")],
        *[(text, False) for text in ("", "好的", "RT", "NO", "TT", "谢谢", "1", "退订怎么弄", "R8几点开门", "DT")],
    ],
)
def test_what_refuses(text: str, expected: bool) -> None:
    assert receipts.is_refusal(text) is expected


@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
def test_a_refusal_is_honoured_at_once(chengdu: Tenant, suzhou: Tenant, provider: str) -> None:
    with inside(chengdu):
        customer = a_customer()
        waiting = queue_message(customer_id=customer.pk, mobile=MOBILE, text="您好", purpose="x", now=NOW)
    with inside(suzhou):
        theirs = a_customer()
    said = (
        [{"phone_number": MOBILE, "content": "ｔｄ", "sign_name": chengdu.short_name}]
        if provider == "aliyun"
        else {"mobile": MOBILE, "nationcode": "86", "text": "ｔｄ", "sign": f"【{chengdu.short_name}】"}
    )
    for _time in range(2):
        assert push("replies", said, provider=provider).status_code == 200
    with inside(chengdu):
        [word] = Consent.objects.filter(customer=customer, purpose="messages")
        assert (word.granted, word.staff_id, word.evidence) == (False, None, "短信回复：ｔｄ")
        assert send_waiting(lambda: NOW) == 0
        assert Message.objects.get(pk=waiting.pk).error == "opted_out"
        fresh = queue_message(customer_id=customer.pk, mobile=MOBILE, text="您好", purpose="x", now=NOW)
        assert (fresh.state, fresh.error) == ("failed", "opted_out")
        assert not Customer.objects.get(pk=customer.pk).do_not_call
    with inside(suzhou):
        assert not Consent.objects.filter(customer=theirs).exists()


def test_a_refusal_reaches_who_wrote_last_and_who_had_the_number_then(chengdu: Tenant) -> None:
    """Signed with a name that nobody has; and the customer's number was corrected since."""
    message = sent(chengdu)
    with inside(chengdu):
        Customer.objects.filter(pk=message.customer_id).update(mobile="15400000099")
    receipts.remember_sent("sid-9", MOBILE, chengdu.code)
    push("replies", [{"phone_number": f"86{MOBILE}", "content": "T", "sign_name": "没有这家"}])
    with inside(chengdu):
        assert Consent.objects.filter(customer=message.customer_id, granted=False).count() == 1


def test_any_other_answer_refuses_nothing(chengdu: Tenant) -> None:
    message = sent(chengdu)
    push("replies", [{"phone_number": MOBILE, "content": "好的，谢谢", "sign_name": chengdu.short_name}])
    with inside(chengdu):
        assert not Consent.objects.filter(customer=message.customer_id).exists()


def test_nothing_was_sent_twice() -> None:
    assert Recorder.sent == []
