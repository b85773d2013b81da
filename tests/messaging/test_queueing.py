"""What goes in line, in which words, and what nobody reads on the way."""

from collections.abc import Callable
from typing import Any

import pytest
from care_support import MOBILE, NOW, a_customer, at, everything, nothing_changes

from crm.customers.models import Consent, Customer
from sanfang.kernel.errors import Forbidden, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.messaging import queries, secrets, tasks
from sanfang.messaging.actions import queue_message
from sanfang.messaging.delivery import send_waiting
from sanfang.messaging.models import Message
from sanfang.messaging.numbers import landline
from sanfang.messaging.wording import fill
from tenants.models import Tenant

Actors = Callable[[str], Actor]


def queue(customer: Customer, text: str = "您好，请点击 https://x.example/s/{secret} 填写。", **more: Any) -> Message:
    given = {"purpose": "survey_link", "secret": "abcd-secret", "now": NOW, **more}
    return queue_message(customer_id=customer.pk, mobile=customer.mobile, text=text, **given)


@pytest.mark.usefixtures("in_chengdu")
class TestTheText:
    def test_it_is_signed_and_tells_how_to_refuse(self, in_chengdu: Tenant) -> None:
        message = queue(a_customer())
        assert message.text.startswith(f"【{in_chengdu.short_name}】您好")
        assert message.text.endswith("填写。拒收请回复R")
        assert (message.state, message.to, message.queued_at) == ("queued", MOBILE, NOW)

    def test_its_secret_stands_nowhere_in_the_tables(self) -> None:
        message = queue(a_customer())
        send_waiting(lambda: NOW)
        assert secrets.opened(message.text, message.sealed).count("abcd-secret") == 1
        assert "abcd-secret" not in str(everything())

    def test_a_retired_key_still_opens_what_it_sealed(self, settings: Any) -> None:
        sealed = secrets.seal("abcd-secret")
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"
        assert secrets.unseal(sealed) == "abcd-secret"

    def test_colleagues_see_the_message_without_its_secret_and_number(self, actor: Actors) -> None:
        queue(a_customer())
        (row,) = queries.newest(actor("李娜"), NOW)
        assert "/s/•••• 填写" in row.text
        assert (row.to_masked, row.state, row.error) == ("154****4567", "queued", "")
        assert MOBILE not in str(row)
        assert [row.text for row in queries.of_customer(row.customer_id)] == [row.text]

    @pytest.mark.parametrize(
        ("moment", "facts", "words"),
        [
            ("2026-11-17 08:59", {}, "短信时段 09:00 起发送"),
            ("2026-11-17 19:59", {}, "正在排队，马上发送"),
            ("2026-11-17 20:00", {}, "短信时段 09:00–20:00，明日发送"),
            ("2026-11-17 12:00", {"not_before": at("2026-11-17 12:04")}, "短信平台暂时无法连接，12:04 再试"),
            ("2026-11-17 12:00", {"not_after": at("2026-11-17 12:00")}, "问卷已过期，不再发送"),
            ("2026-11-17 12:00", {"state": "sent"}, ""),
        ],
    )
    def test_what_waits_says_why(self, actor: Actors, moment: str, facts: dict[str, Any], words: str) -> None:
        message = queue(a_customer())
        Message.objects.filter(pk=message.pk).update(**facts)
        (row,) = queries.newest(actor("李娜"), at(moment))
        assert row.waits == words

    def test_the_development_outbox_shows_it_as_the_customer_would_get_it(self, actor: Actors) -> None:
        message = queue(a_customer())
        lina = actor("李娜")
        assert queries.outbox(lina) == []
        send_waiting(lambda: NOW)
        (row,) = queries.outbox(lina)
        assert row.link == "https://x.example/s/abcd-secret"
        assert row.provider_id == f"dev-{message.pk.hex[-12:]}"
        assert row.to == "154****4567"

    def test_who_may_not_see_messages_gets_none(self, actor: Actors) -> None:
        queue(a_customer())
        with pytest.raises(Forbidden):
            queries.newest(actor("邓凯"), NOW)
        with pytest.raises(Forbidden):
            queries.outbox(actor("邓凯"))

    def test_where_a_provider_carries_messages_there_is_no_outbox(self, actor: Actors, settings: Any) -> None:
        settings.MESSAGE_GATEWAY = "care_support.Recorder"
        with pytest.raises(NotFound):
            queries.outbox(actor("李娜"))


@pytest.mark.usefixtures("in_chengdu")
class TestWhoWantsNone:
    @pytest.mark.parametrize("why", ["do_not_call", "opted_out", "wrong_number"])
    def test_a_refusal_is_kept_as_a_message_that_was_not_sent(self, actor: Actors, why: str) -> None:
        customer = a_customer(do_not_call=why == "do_not_call")
        if why == "opted_out":
            Consent.objects.create(customer=customer, purpose="messages", granted=True, at=NOW.replace(hour=8))
            Consent.objects.create(customer=customer, purpose="messages", granted=False, at=NOW.replace(hour=9))
        if why == "wrong_number":
            customer.tracking_items.create(
                field="mobile", wrong_value=MOBILE, found_by_id=actor("李娜").staff_id, found_at=NOW
            )
        message = queue(customer)
        assert (message.state, message.error) == ("failed", why)
        with nothing_changes():
            assert send_waiting(lambda: NOW) == 0
        assert queries.newest(actor("李娜"), NOW)[0].error != ""

    def test_the_newest_word_on_messages_holds(self) -> None:
        customer = a_customer()
        Consent.objects.create(customer=customer, purpose="messages", granted=False, at=NOW.replace(hour=8))
        Consent.objects.create(customer=customer, purpose="calls", granted=False, at=NOW)
        Consent.objects.create(customer=customer, purpose="messages", granted=True, at=NOW.replace(hour=9))
        assert queue(customer).state == "queued"


@pytest.mark.usefixtures("in_chengdu")
def test_it_is_sent_for_this_tenant_once_the_transaction_is_through(
    in_chengdu: Tenant, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.send.app, "send_task", lambda name, args, kwargs, **how: sent.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        queue(a_customer())
        assert sent == []
    assert sent == [{"_tenant": in_chengdu.schema_name}]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"who": "陈女士", "phone": "028-1"}, "陈女士您好，请点开链接，有事请致电028-1。"),
        ({"who": "陈女士", "phone": ""}, "陈女士您好，请点开链接。"),
        ({"who": "【陈】{phone}", "phone": "1"}, "[陈]{phone}您好，请点开链接，有事请致电1。"),
    ],
)
def test_a_clause_that_lacks_its_variable_is_left_out(values: dict[str, str], expected: str) -> None:
    assert fill("{who}您好，请点开链接，有事请致电{phone}。", values) == expected


@pytest.mark.parametrize(
    ("number", "kept"),
    [("028-85551234", True), ("400-800-1234", True), (MOBILE, False), ("+86 154 2123 4567", False)],
)
def test_somebodys_mobile_is_no_number_for_a_text(number: str, kept: bool) -> None:
    assert landline(number) == (number if kept else "")
