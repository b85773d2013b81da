"""A number is seen in clear only by whom it concerns, and never unrecorded."""

from collections.abc import Callable

import pytest
from care_support import MOBILE, NOW, a_customer, nothing_changes

from crm.customers import actions, queries
from crm.customers.models import Customer
from sanfang.audit.models import Access
from sanfang.kernel.errors import DomainError, Forbidden
from sanfang.kernel.permissions import Actor

pytestmark = pytest.mark.usefixtures("in_chengdu")
Actors = Callable[[str], Actor]


def test_a_revealed_number_is_written_down_with_who_when_and_from_where(actor: Actors) -> None:
    customer, lina = a_customer(), actor("李娜")
    assert actions.reveal_mobile(lina, customer, now=NOW, reason="三访", address="10.1.2.3") == MOBILE
    row = Access.objects.get()
    assert (row.staff_id, row.at, row.what, row.object, row.reason, row.address) == (
        lina.staff_id,
        NOW,
        "mobile",
        customer.pk,
        "三访",
        "10.1.2.3",
    )


def test_nothing_is_revealed_when_it_cannot_be_written_down(actor: Actors, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(actions, "record_access", full)
    with pytest.raises(OSError):
        actions.reveal_mobile(actor("李娜"), a_customer(), now=NOW)


@pytest.mark.parametrize("name", ["邓凯", "廖晨", "蒋国华"])
def test_who_may_not_reveal_sees_nothing_and_leaves_no_row(actor: Actors, name: str) -> None:
    customer = a_customer()
    with nothing_changes(), pytest.raises(Forbidden):
        actions.reveal_mobile(actor(name), customer, now=NOW)


def test_the_landline_stands_in_for_a_wrong_or_missing_mobile(actor: Actors) -> None:
    for facts in ({"mobile": ""}, {"mobile_state": "wrong"}):
        customer = a_customer(landline="028-85551234", **facts)
        assert actions.reveal_mobile(actor("李娜"), customer, now=NOW) == "028-85551234"
    assert set(Access.objects.values_list("what", flat=True)) == {"landline"}


def test_without_a_number_there_is_nothing_to_write_down(actor: Actors) -> None:
    customer = a_customer(mobile_state="wrong")
    with nothing_changes(), pytest.raises(DomainError) as refused:
        actions.reveal_mobile(actor("李娜"), customer, now=NOW)
    assert refused.value.code == "no_number"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        (MOBILE, "154****4567"),
        ("", ""),
        ("028-85551234", "**********34"),
        ("110", "***"),
        ("12345678901", "*********01"),
    ],
)
def test_masked_numbers_show_what_they_may(number: str, masked: str) -> None:
    assert queries.masked_mobile(number) == masked


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"name": "陈静怡", "gender": "female"}, "陈女士"),
        ({"name": "欧阳震华", "gender": "male"}, "欧阳先生"),
        ({"name": "欧阳", "gender": "male"}, "欧先生"),
        ({"name": "陈静怡", "gender": "female", "form_of_address": "先生"}, "陈先生"),
        ({"name": "陈静怡", "form_of_address": "老师"}, "陈老师"),
        ({"name": "陈静怡"}, "尊敬的客户"),
        ({"name": "成都锦江汽车租赁有限公司", "company": True, "gender": "male"}, "成都锦江汽车租赁有限公司"),
        ({"name": "阿依古丽·买买提", "gender": "female"}, "阿依古丽·买买提女士"),
    ],
)
def test_customers_are_addressed_as_they_expect(facts: dict[str, object], expected: str) -> None:
    assert queries.salutation(Customer(**facts)) == expected


def test_for_a_complaint_the_number_is_for_who_handles_complaints(actor: Actors) -> None:
    customer = a_customer()
    for name in ("李娜", "邓凯"):
        with nothing_changes(), pytest.raises(Forbidden):
            actions.reveal_mobile(actor(name), customer, now=NOW, verb="reveal_for_complaint")
    assert actions.reveal_mobile(actor("蒋国华"), customer, now=NOW, verb="reveal_for_complaint") == customer.mobile
    with nothing_changes(), pytest.raises(Forbidden):
        actions.reveal_mobile(actor("蒋国华"), customer, now=NOW)
