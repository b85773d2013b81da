"""People and cars are found by whatever somebody knows of them; numbers stay masked and can't be guessed."""

from collections.abc import Callable
from typing import Any

import pytest
from followups_support import car, customer, deliver, repair
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.customers.models import Customer
from crm.desk import queries
from sanfang.kernel.errors import Forbidden
from sanfang.kernel.permissions import Actor
from tenants.models import Tenant

pytestmark = [pytest.mark.usefixtures("in_chengdu")]


@pytest.fixture
def li(actor: Callable[[str], Actor]) -> Actor:
    return actor("李娜")


@pytest.fixture
def chen(in_chengdu: Tenant) -> Customer:
    """陈雅琴, two cars, a repair order; and somebody who shares a bit of everything with her."""
    owner = customer("陈雅琴", mobile="15421345207")
    first = car(owner, plate="川A8K26N", vin="LS4ASE2A0AB123456", series="UNI-V")
    car(owner, plate="川AD12345", vin="LS4ASE2A0AB987654", series="CS75")
    repair(first, "2026-03-01 09:00", number="RO-2611-0418")
    car(customer("陈雅文", mobile="15421340000"), plate="川B00001", vin="LS4ASE2A0ZZ000001")
    return owner


FOUND = [
    "5207",
    "345207",
    "15421345207",
    "154 2134 5207",
    "8K26N",
    "A8K26N",
    "川A8K26N",
    "川A·8K26N",
    "a8k26n",
    "d12345",
    "123456",
    "AB987654",
    "LS4ASE2A0AB123456",
    "陈雅琴",
    "雅琴",
    " 陈 雅琴",
    "cyq",
    "CYQ",
    "yq",
    "RO-2611-0418",
    "ＣＹＱ",
]


@pytest.mark.parametrize("text", FOUND)
def test_she_is_found_by(li: Actor, chen: Customer, text: str) -> None:
    hits = queries.search(li, text)
    assert [hit.customer_id for hit in hits] == [chen.pk], [hit.name for hit in hits]


@pytest.mark.parametrize(
    "text", ["", " ", "c", "0", "52", "5208", "琴雅", "cq", "9K26N", "%", "___", "' OR 1=1 --", "\\"]
)
def test_nobody_is_found_by(li: Actor, chen: Customer, text: str) -> None:
    assert queries.search(li, text) == []


def test_whoever_begins_with_it_comes_first(li: Actor, chen: Customer) -> None:
    wen = customer("文陈雅", mobile="15400000001")
    assert [hit.name for hit in queries.search(li, "陈雅")][2] == wen.name
    exact = customer("陈雅", mobile="15400000002")
    assert queries.search(li, "陈雅")[0].customer_id == exact.pk
    assert queries.search(li, "陈")[0].name.startswith("陈")


def test_surnames_are_read_as_surnames(li: Actor) -> None:
    made = {name: customer(name).pk for name in ("单小东", "曾文", "仇英", "万俟明", "Smith John")}
    for text, name in {"sxd": "单小东", "zw": "曾文", "qy": "仇英", "mqm": "万俟明", "smith": "Smith John"}.items():
        assert [hit.customer_id for hit in queries.search(li, text)] == [made[name]], text


def test_a_hit_says_why_and_shows_no_number(li: Actor, chen: Customer) -> None:
    (hit,) = queries.search(li, "5207")
    assert (str(hit.why), hit.phone_masked) == ("手机号", "154****5207")
    (hit,) = queries.search(li, "D12345")
    assert (str(hit.why), hit.cars[0].plate) == ("车牌", "川AD12345")


def test_a_car_that_nobody_owns_leads_to_who_brought_it(li: Actor) -> None:
    brought = customer("送修人")
    one = car(customer("前车主"), plate="川C77777")
    repair(one, "2026-03-01 09:00", customer=brought)
    one.ownerships.update(until="2026-02-01")
    assert [hit.customer_id for hit in queries.search(li, "77777")] == [brought.pk]


def test_taken_back_documents_lead_nowhere(li: Actor) -> None:
    owner = customer("赵一")
    deliver(car(owner), "2026-03-01", number="SO-12345", cancelled=True)
    assert queries.search(li, "SO-12345") == []


def test_who_may_not_see_numbers_cannot_guess_them_digit_by_digit(
    actor: Callable[[str], Actor], chen: Customer
) -> None:
    manager = actor("蒋国华")
    assert not manager.may("customer.reveal")
    assert queries.search(manager, "5207")
    assert queries.search(manager, "15421345207")
    assert not [hit for hit in queries.search(manager, "45207") if str(hit.why) == "手机号"]


def test_advisors_see_nobody(actor: Callable[[str], Actor], chen: Customer) -> None:
    with pytest.raises(Forbidden):
        queries.search(actor("邓凯"), "陈雅琴")


def test_other_stores_customers_are_not_found(li: Actor, chen: Customer, suzhou: Tenant) -> None:
    from sanfang.tenancy.context import inside

    with inside(suzhou):
        customer("陈雅琴", mobile="15421345207")
    assert len(queries.search(li, "陈雅琴")) == 1


NAMES = st.text(alphabet="王李张陈雅琴文单曾重庆长安 ·aBc12（）", min_size=1, max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=NAMES, data=st.data())
def test_any_two_neighbouring_characters_find_a_name(li: Actor, name: str, data: Any) -> None:
    from crm.customers.words import asked

    owner = customer(name, mobile="")
    plain = asked(name).plain
    if len(plain) > 1:
        at = data.draw(st.integers(0, len(plain) - 2))
        length = data.draw(st.integers(2, len(plain) - at))
        part = plain[at : at + length]
        if asked(part).has_chinese or (asked(part).letters and not asked(plain).has_chinese):
            assert owner.pk in {hit.customer_id for hit in queries.search(li, part, limit=1000)}, part
    owner.delete()
