"""Which two files may be one person's, and which never are."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from dms_cases import GOOD_ORDER
from followups_support import customer, deliver, stock_car
from import_support import bring, write_csv

from crm.doubles import actions, tasks
from crm.doubles.finding import look
from crm.doubles.models import Pair
from crm.vehicles.models import Ownership

pytestmark = pytest.mark.usefixtures("in_chengdu")


def found() -> dict[frozenset[Any], set[str]]:
    look(timezone.now())
    return {frozenset((one.first, one.second)): set(one.reasons) for one in Pair.objects.filter(state="found")}


def pair(one: Any, other: Any, *reasons: str) -> dict[frozenset[Any], set[str]]:
    return {frozenset((one.pk, other.pk)): set(reasons)}


@pytest.mark.parametrize(
    ("mobile", "alike"),
    [
        ("15412345679", True),  # one digit
        ("15421345678", True),  # two neighbours changed places
        ("15412345687", True),
        ("15412345770", False),
        ("15442315678", False),  # two that aren't neighbours
        ("15499999999", False),
        ("", False),
    ],
)
def test_one_name_and_nearly_the_same_mobile(mobile: str, alike: bool) -> None:
    one, other = customer("周建军", mobile="15412345678"), customer("周 建军", mobile=mobile)
    assert found() == (pair(one, other, "name_mobile") if alike else {})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("章伟", "mobile_alike"),
        ("张玮", "mobile_alike"),
        ("张伟(章芳)", "mobile_part"),
        ("李芳", ""),
        ("张", "mobile_part"),
    ],
)
def test_one_mobile_and_a_name_that_sounds_alike(name: str, reason: str) -> None:
    one, other = customer("张伟", mobile="15412345678"), customer(name, mobile="15412345678")
    assert found() == (pair(one, other, reason) if reason else {})


def test_a_form_of_address_stands_for_the_given_name() -> None:
    one = customer("张先生", form_of_address="先生", mobile="15412345678")
    other = customer("张伟", mobile="15412345678")
    assert found() == pair(one, other, "mobile_part")


def test_one_name_with_the_same_landline_address_plate_or_vin_tail() -> None:
    one = customer("周建军", mobile="", landline="028-88123456", address="人民南路四段27号")
    other = customer("周建军", mobile="", landline="028-88123456", address="人民南路四段27号")
    for who, vin in ((one, "LS4ASE2A000123456"), (other, "LS4ASE2B000123456")):
        Ownership.objects.create(vehicle=stock_car(vin=vin, plate="川A12345"), customer=who, since=date(2024, 1, 1))
    assert found() == pair(one, other, "name_landline", "name_address", "name_plate", "name_vin")


def test_neighbouring_owners_of_a_car_whose_names_sound_alike() -> None:
    car, one, other = stock_car(), customer("陈雅琴"), customer("陈亚勤")
    Ownership.objects.create(vehicle=car, customer=one, since=date(2023, 1, 1), until=date(2024, 1, 1))
    Ownership.objects.create(vehicle=car, customer=other, since=date(2024, 1, 1))
    assert found() == pair(one, other, "car_alike")


def test_a_name_alone_or_a_number_alone_is_nothing() -> None:
    customer("张伟", mobile="15412345678", address="成都")
    customer("张伟", mobile="15487654321", address="成都")
    customer("王芳", mobile="15412345678")
    assert found() == {}


def test_a_dealers_number_behind_thirty_owners_makes_no_pairs() -> None:
    for place in range(30):
        customer("章伟" if place % 2 else "张伟", mobile="15412345678")
    assert found() == {}


def test_what_was_decided_is_not_asked_again_and_what_is_no_longer_alike_leaves(actor: Any) -> None:
    one, other = customer("张伟", mobile="15412345678"), customer("章伟", mobile="15412345678")
    assert len(found()) == 1
    actions.set_apart(actor("陈雅婷"), Pair.objects.get(), now=timezone.now())
    assert found() == {}
    assert Pair.objects.get().state == "different"
    third = customer("张玮", mobile="15412345678")
    assert set(found()) == {frozenset((one.pk, third.pk)), frozenset((other.pk, third.pk))}
    third.mobile = "15400000001"
    third.save()
    assert found() == {}


def test_looking_twice_is_looking_once() -> None:
    customer("张伟", mobile="15412345678")
    customer("章伟", mobile="15412345678")
    first = found()
    kept = list(Pair.objects.values())
    assert found() == first
    assert list(Pair.objects.values()) == kept


def test_an_import_has_the_list_brought_up_to_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.find, "later", lambda: sent.append("find"))
    deliver(stock_car(), "2026-01-02")
    bring(write_csv(tmp_path / "x.csv", "repair_orders", [GOOD_ORDER]), "repair_orders")
    assert sent == ["find"]
